{% test amount_above(model, column, minimum) %}
{{ config(fail_calc='count(*)', severity='warn') }}
select * from {{ model }} where {{ column }} < {{ minimum }}
{% endtest %}
