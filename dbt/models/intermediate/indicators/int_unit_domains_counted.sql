{%- set measures = resolving_measure_names() + assigned_by_channel().keys() | list -%}

with counts as (

    select
        counted.authority_code,
        counted.unit_code,
        counted.domain_name,
        counted.slice_start_date,
        {%- for name in resolving_measure_names() %}
        counted.{{ name }},
        {%- endfor %}
        {%- for name, condition in assigned_by_channel().items() %}
        case when {{ condition }} then counted.assigned_count else 0 end as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_dossiers_counted') }} as counted
    left join {{ ref('channels') }} as channels on counted.channel_code = channels.channel_code

),

-- The authority as a whole: every dossier once, whatever the tree of units looks like. What one of its units hands to another
-- stays with it.
with_totals as (

    select * from counts
    union all
    select authority_code, authority_code as unit_code, domain_name, slice_start_date
        {%- for measure in measures %}, {{ '0' if measure in transfer_measures() else measure }} as {{ measure }}{% endfor %}
    from counts
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    domain_name,
    slice_start_date,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as bigint) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from with_totals
group by authority_code, unit_code, domain_name, slice_start_date
