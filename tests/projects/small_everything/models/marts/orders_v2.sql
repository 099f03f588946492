select order_id, customer_id, status, amount, ordered_at
from {{ ref('stg_orders') }}
