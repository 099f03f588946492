{% snapshot customers_history %}
{{ config(
    target_schema='history',
    unique_key='id',
    strategy='timestamp',
    updated_at='created_at',
    hard_deletes='new_record'
) }}
select * from {{ source('shop', 'customers') }}
{% endsnapshot %}
