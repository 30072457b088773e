with units as (

    select authority_code, unit_code from {{ ref('int_units_unioned') }}

),

periods as (

    select period_code, period_kind_code, start_date, end_date, counted_to_date from {{ ref('int_periods_defined') }}

),

ranges as (

    select * from {{ ref('int_authority_ranges') }}

)

select
    units.authority_code,
    units.unit_code,
    periods.period_code,
    periods.start_date,
    {{ month_start('periods.counted_to_date') }} as counted_to_month_date,
    {{ month_start('periods.end_date') }} as last_month_date,
    ranges.has_dossiers,
    ranges.has_answers
from units
inner join ranges on units.authority_code = ranges.authority_code
inner join periods
    on
        periods.period_kind_code <> 'window'
        and periods.start_date <= ranges.last_month_date
        and periods.end_date >= ranges.first_month_date
