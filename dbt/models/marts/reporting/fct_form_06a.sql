with domains as (

    select
        authority_code,
        unit_code,
        period_code,
        'domain' as line_kind_code,
        domain_name as line_name,
        {%- for name, formula in form_columns().items() %}
        {{ formula }} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_unit_domain_periods_counted') }}
    where carried_open_count + assigned_count + closed_count + assigned_unplaced_count + taken_over_count + passed_on_count > 0

)

select * from domains
union all
select
    authority_code,
    unit_code,
    period_code,
    'unit' as line_kind_code,
    'Tổng số' as line_name,
    {%- for name in form_columns() %}
    cast(sum({{ name }}) as bigint) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
from domains
group by authority_code, unit_code, period_code
