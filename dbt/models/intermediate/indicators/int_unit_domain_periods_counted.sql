{%- set flows = resolving_measure_names() + assigned_by_channel().keys() | list -%}

with expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_dossiers

),

slices as (

    select * from {{ ref('int_unit_domains_counted') }}

)

-- Flows are those of the period; a stock is everything up to a day: the eve of the period, or its end.
select
    expected.authority_code,
    expected.unit_code,
    expected.period_code,
    slices.domain_name,
    {%- for measure in flows %}
    cast(sum(case when slices.slice_start_date >= expected.start_date then slices.{{ measure }} else 0 end) as bigint) as {{ measure }},
    {%- endfor %}
    {%- for stock, change in stock_changes().items() %}
    cast(sum(case when slices.slice_start_date < expected.start_date then {{ change }} else 0 end) as bigint) as carried_{{ stock }},
    cast(sum({{ change }}) as bigint) as {{ stock }}{{ "," if not loop.last }}
    {%- endfor %}
from expected
inner join slices
    on
        expected.authority_code = slices.authority_code
        and expected.unit_code = slices.unit_code
        and slices.slice_start_date <= expected.end_date
group by expected.authority_code, expected.unit_code, expected.period_code, slices.domain_name
