select name, amount
from {{ ref('customers') }}
where {{ function('is_large') }}(amount)
order by amount desc
limit 10
