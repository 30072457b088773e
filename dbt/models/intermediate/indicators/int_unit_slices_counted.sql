{#- Volume belongs to the receiving unit, timeliness to the resolving unit. -#}
{%- set measures = received_measures() + resolving_measure_names() -%}

with resolving as (

    select
        authority_code,
        unit_code,
        slice_start_date,
        {%- for name in resolving_measure_names() %}
        sum({{ name }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_dossiers_counted') }}
    group by authority_code, unit_code, slice_start_date

),

stacked as (

    select authority_code, unit_code, slice_start_date
        {%- for measure in measures %}, {{ measure if measure in received_measures() else '0' }} as {{ measure }}{% endfor %}
    from {{ ref('int_unit_slices_received') }}
    union all
    select authority_code, unit_code, slice_start_date
        {%- for measure in measures %}, {{ '0' if measure in received_measures() else measure }} as {{ measure }}{% endfor %}
    from resolving

),

-- The authority as a whole: every dossier once, whatever the tree of units looks like.
with_totals as (

    select * from stacked
    union all
    select authority_code, authority_code as unit_code, slice_start_date
        {%- for measure in measures %}, {{ measure }}{% endfor %}
    from stacked
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    slice_start_date,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as bigint) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from with_totals
group by authority_code, unit_code, slice_start_date
