{#- The columns together identify a row. Fails with one row per repeated or incomplete key. -#}
{% test unique_grain(model, columns) %}

select
    {{ columns | join(", ") }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
    or max(case when {{ column }} is null then 1 else 0 end) = 1
    {%- endfor %}

{% endtest %}
