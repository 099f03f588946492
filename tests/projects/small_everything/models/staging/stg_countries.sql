{{ config(materialized='ephemeral') }}

select
    code as country_code,
    name as country_name,
    population_millions
from {{ ref('countries') }}
