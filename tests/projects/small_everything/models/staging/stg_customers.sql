{{ config(
    alias='customers_' ~ env_var('SMALL_EVERYTHING_SUFFIX', 'staged'),
    meta={'pii': true, 'weights': [1, 2.5, -3e-7, 18446744073709551615], 'note': none}
) }}

select
    id as customer_id,
    name,
    country_code,
    cast(created_at as timestamp) as created_at
from {{ source('shop', 'customers') }}
