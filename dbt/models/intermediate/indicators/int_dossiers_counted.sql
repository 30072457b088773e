{#- The finest count of dossiers at their resolving unit; every sum that is shown adds up these rows. -#}
{%- set dimensions = ['authority_code', 'unit_code', 'section_code', 'procedure_code', 'domain_name', 'channel_code'] -%}
{%- set names = resolving_measure_names() -%}

with dossiers as (

    select * from {{ ref('int_dossiers_placed') }}

),

{%- for family in resolving_measures() %}

by_{{ family['slice'] }} as (

    select
        authority_code,
        {{ family['unit'] }} as unit_code,
        -- The section is one of the unit that has the dossier last.
        case when {{ family['unit'] }} = last_unit_code then section_code end as section_code,
        procedure_code,
        domain_name,
        channel_code,
        {{ family['slice'] }} as slice_start_date,
        {%- for name, condition in family['measures'] %}
        count(*){% if condition != 'true' %} filter (where {{ condition }}){% endif %} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from dossiers
    where {{ family['slice'] }} is not null
    group by
        authority_code,
        {{ family['unit'] }},
        case when {{ family['unit'] }} = last_unit_code then section_code end,
        procedure_code,
        domain_name,
        channel_code,
        {{ family['slice'] }}

),
{%- endfor %}

stacked as (

    {%- for family in resolving_measures() %}
    select
        {{ dimensions | join(", ") }},
        slice_start_date
        {%- for name in names %}, {{ name if name in (family['measures'] | map(attribute=0) | list) else '0' }} as {{ name }}{% endfor %}
    from by_{{ family['slice'] }}
    union all
    {%- endfor %}
    select
        {{ dimensions | join(", ") }},
        slice_start_date
        {%- for name in names %}, {{ name if name in transfer_measures() else '0' }} as {{ name }}{% endfor %}
    from {{ ref('int_transfers_counted') }}
    union all
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
