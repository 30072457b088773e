{#-
  The rows of `relation` in their newest version per key: of several rows with the same `keys`, the one of the latest
  delivery and, inside it, the last row. The keys are never null (landing rejects such rows).
  Nearly every key occurs once. Only keys that occur more than once are ranked; ranking every row would hold and sort
  the whole wide table.
-#}
{% macro newest_version(relation, keys) -%}
{%- set same_key -%}
  {% for key in keys %}versions.{{ key }} = repeated.{{ key }}{{ " and " if not loop.last }}{% endfor %}
{%- endset -%}
with repeated as (

    select {{ keys | join(", ") }}
    from {{ relation }}
    group by {{ keys | join(", ") }}
    having count(*) > 1

),

ranked as (

    select
        versions.*,
        row_number() over (
            partition by {% for key in keys %}versions.{{ key }}{{ ", " if not loop.last }}{% endfor %}
            order by versions.delivery_sequence desc nulls last, versions.source_row_number desc nulls last
        ) as version_number
    from {{ relation }} as versions
    inner join repeated on {{ same_key }}

)

select versions.*, cast(1 as bigint) as version_number
from {{ relation }} as versions
left join repeated on {{ same_key }}
where repeated.{{ keys[0] }} is null
union all
select * from ranked
where version_number = 1
{%- endmacro %}
