{% macro log_run(moment) %}
    {% if var('audit').enabled and execute %}
        select '{{ moment }}' as moment, '{{ invocation_id }}' as invocation
    {% endif %}
{% endmacro %}
