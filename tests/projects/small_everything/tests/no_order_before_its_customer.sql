{{ config(tags=['singular'], limit=100) }}

select orders.order_id
from {{ ref('orders', v=2) }} as orders
inner join {{ ref('stg_customers') }} as customers using (customer_id)
where orders.ordered_at < customers.created_at
