with units as (

    select authority_code, unit_code, existed_from_date, valid_to_date from {{ ref('int_units_unioned') }}

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

),

-- Slices in which anything is counted of a unit, whether or not it is said to have existed then.
unit_slices as (

    select authority_code, unit_code, slice_start_date from {{ ref('int_unit_domains_counted') }}
    union
    select authority_code, unit_code, slice_start_date from {{ ref('int_unit_slices_received') }}
    union
    select authority_code, unit_code, slice_start_date from {{ ref('int_unit_slices_answered') }}
    union
    select authority_code, unit_code, slice_start_date from {{ ref('int_unit_slices_flagged') }}

),

unit_periods as (

    -- A unit is asked of in the periods in which it existed; one that no register dates, in all of them.
    select units.authority_code, units.unit_code, periods.period_code
    from units
    inner join authority_periods on units.authority_code = authority_periods.authority_code
    inner join periods on authority_periods.period_code = periods.period_code
    where
        coalesce(units.existed_from_date <= periods.end_date, true)
        and coalesce(units.valid_to_date >= periods.start_date, true)

    union

    select unit_slices.authority_code, unit_slices.unit_code, periods.period_code
    from unit_slices
    inner join authority_periods on unit_slices.authority_code = authority_periods.authority_code
    inner join periods on authority_periods.period_code = periods.period_code
    where unit_slices.slice_start_date between periods.start_date and periods.end_date

)

select
    unit_periods.authority_code,
    unit_periods.unit_code,
    periods.period_code,
    periods.start_date,
    periods.end_date,
    periods.counted_to_date,
    ranges.has_dossiers,
    ranges.has_answers
from unit_periods
inner join ranges on unit_periods.authority_code = ranges.authority_code
inner join periods on unit_periods.period_code = periods.period_code
