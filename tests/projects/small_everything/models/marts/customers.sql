with totals as (
    select customer_id, count(*) as orders, sum(amount) as amount
    from {{ ref('orders', v=2) }}
    group by customer_id
)

select
    customers.customer_id,
    customers.name,
    countries.country_name,
    coalesce(totals.orders, 0) as orders,
    coalesce(totals.amount, 0) as amount
from {{ ref('stg_customers') }} as customers
left join {{ ref('stg_countries') }} as countries using (country_code)
left join totals using (customer_id)
