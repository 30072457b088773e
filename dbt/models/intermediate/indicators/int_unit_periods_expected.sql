with units as (

    select authority_code, unit_code from {{ ref('int_units_unioned') }}

),

periods as (

    select period_code, period_kind_code, start_date, end_date, counted_to_date from {{ ref('int_periods_defined') }}

),

ranges as (

    select * from {{ ref('int_authority_ranges') }}

),

-- A window of its own is asked of the authority that reports by it.
reported_windows as (

    select authority_code, period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_on_time_reports_latest') }}
    union
    select authority_code, period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_form_06a_lines_latest') }}

),

authority_periods as (

    select ranges.authority_code, periods.period_code
    from ranges
    inner join periods on periods.start_date <= ranges.last_date and periods.end_date >= ranges.first_date
    where periods.period_kind_code <> 'window'

    union all

    select ranges.authority_code, periods.period_code
    from ranges
    inner join reported_windows on ranges.authority_code = reported_windows.authority_code
    inner join periods
        on reported_windows.start_date = periods.start_date and reported_windows.end_date = periods.end_date
    where
        periods.period_kind_code = 'window'
        and periods.start_date <= ranges.last_date
        and periods.end_date >= ranges.first_date

)

select
    units.authority_code,
    units.unit_code,
    periods.period_code,
    periods.start_date,
    periods.end_date,
    periods.counted_to_date,
    ranges.has_dossiers,
    ranges.has_answers
from units
inner join ranges on units.authority_code = ranges.authority_code
inner join authority_periods on units.authority_code = authority_periods.authority_code
inner join periods on authority_periods.period_code = periods.period_code
