select
    id as order_id,
    customer_id,
    status,
    {{ cents_to_currency('amount_cents') }} as amount,
    '{{ var("currency") }}' as currency,
    cast(ordered_at as timestamp) as ordered_at
from {{ source('shop', 'orders') }}
