{#- The finest count of dossiers at their resolving unit; every sum that is shown adds up these rows. -#}
{%- set dimensions = ['authority_code', 'unit_code', 'section_code', 'procedure_code', 'domain_name', 'channel_code'] -%}
{%- set names = resolving_measure_names() -%}

with dossiers as (

    select * from {{ ref('int_dossiers_placed') }}

),

{%- for slice, measures in resolving_measures().items() %}

by_{{ slice }} as (

    select
        {{ dimensions | join(", ") }},
        {{ slice }} as slice_start_date,
        {%- for name, condition in measures %}
        count(*){% if condition != 'true' %} filter (where {{ condition }}){% endif %} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from dossiers
    where {{ slice }} is not null
    group by {{ dimensions | join(", ") }}, {{ slice }}

),
{%- endfor %}

stacked as (

    {%- for slice, measures in resolving_measures().items() %}
    select
        {{ dimensions | join(", ") }},
        slice_start_date
        {%- for name in names %}, {{ name if name in (measures | map(attribute=0) | list) else '0' }} as {{ name }}{% endfor %}
    from by_{{ slice }}
    union all
    {%- endfor %}
    select
        {{ dimensions | join(", ") }},
        slice_start_date
        {%- for name in names %}, {{ name if name == 'waiting_late_change' else '0' }} as {{ name }}{% endfor %}
    from {{ ref('int_late_waits_counted') }}

)

select
    {{ dimensions | join(", ") }},
    slice_start_date,
    {%- for name in names %}
    cast(sum({{ name }}) as bigint) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
from stacked
group by {{ dimensions | join(", ") }}, slice_start_date
