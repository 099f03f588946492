{# DuckDB's functions take no types; dbt-duckdb leaves dbt's default, which DuckDB does not understand. #}
{% macro duckdb__scalar_function_sql(target_relation) %}
    create or replace function {{ target_relation.include(database=false) }} (
        {{- model.arguments | map(attribute='name') | join(', ') -}}
    ) as ({{ model.compiled_code }});
{% endmacro %}
