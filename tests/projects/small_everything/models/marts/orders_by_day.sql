select
    cast(ordered_at as date) as day,
    cast(count(*) as integer) as orders,
    cast(sum(amount) as decimal(18, 2)) as amount
from {{ ref('small_everything', 'orders') }}
group by 1
