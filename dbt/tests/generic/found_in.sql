{#- Every combination of `columns` stands in `to` under `to_columns`; rows with a null in `columns` are not asked. -#}
{% test found_in(model, columns, to, to_columns=none) %}
{%- set to_columns = to_columns or columns %}

select
    {%- for column in columns %}
    child.{{ column }},
    {%- endfor %}
    count(*) as row_count
from {{ model }} as child
left join {{ to }} as parent
    on
        {%- for column in columns %}
        {{ "and " if not loop.first }}child.{{ column }} = parent.{{ to_columns[loop.index0] }}
        {%- endfor %}
where
    parent.{{ to_columns[0] }} is null
    {%- for column in columns %}
    and child.{{ column }} is not null
    {%- endfor %}
group by {% for column in columns %}child.{{ column }}{{ ", " if not loop.last }}{% endfor %}

{% endtest %}
