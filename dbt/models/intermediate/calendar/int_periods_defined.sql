with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

reported_windows as (

    select period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_on_time_reports_latest') }}
    union
    select period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_form_06a_lines_latest') }}
    union
    select period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_portal_metrics_latest') }}
    union
    select period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_criterion_scores_latest') }}
    union
    select period_start_date as start_date, period_end_date as end_date
    from {{ ref('int_quality_indices_averaged') }}

),

months as (

    -- One month past the as-of date: the report of that month speaks of days from the 15th of this one.
    select month_start_date, 1 as is_counted
    from {{ ref('int_days_classified') }}
    cross join builds
    where calendar_code = 'VN' and calendar_date <= builds.as_of_date + 31
    union all
    -- A whole month, quarter or year that a score sheet or a report speaks of is that period even where no dossier is known.
    select start_date as month_start_date, 0 as is_counted
    from reported_windows
    where start_date = {{ month_start('start_date') }} and end_date = last_day(end_date)

),

month_parts as (

    select
        month_start_date,
        max(is_counted) as is_counted,
        cast(year(month_start_date) as integer) as year_number,
        cast(month(month_start_date) as integer) as month_number
    from months
    group by month_start_date

),

calendar_candidates as (

    select
        is_counted,
        'month' as period_kind_code,
        cast(year_number as {{ dbt.type_string() }}) || '-' || {{ two_digits('month_number') }} as period_code,
        month_start_date as start_date,
        last_day(month_start_date) as end_date
    from month_parts

    union all

    select
        is_counted,
        'quarter' as period_kind_code,
        cast(year_number as {{ dbt.type_string() }}) || '-Q'
        || cast(cast((month_number + 2 - (month_number + 2) % 3) / 3 as integer) as {{ dbt.type_string() }}) as period_code,
        make_date(year_number, month_number - (month_number - 1) % 3, 1) as start_date,
        last_day(make_date(year_number, month_number - (month_number - 1) % 3 + 2, 1)) as end_date
    from month_parts

    union all

    select
        is_counted,
        'half_year' as period_kind_code,
        cast(year_number as {{ dbt.type_string() }}) || case when month_number <= 6 then '-H1' else '-H2' end as period_code,
        make_date(year_number, case when month_number <= 6 then 1 else 7 end, 1) as start_date,
        make_date(year_number, case when month_number <= 6 then 6 else 12 end, case when month_number <= 6 then 30 else 31 end) as end_date
    from month_parts

    union all

    select
        is_counted,
        'year' as period_kind_code,
        cast(year_number as {{ dbt.type_string() }}) as period_code,
        make_date(year_number, 1, 1) as start_date,
        make_date(year_number, 12, 31) as end_date
    from month_parts

),

calendar_periods as (

    select
        candidates.period_kind_code,
        candidates.period_code,
        candidates.start_date,
        candidates.end_date
    from calendar_candidates as candidates
    left join reported_windows
        on candidates.start_date = reported_windows.start_date and candidates.end_date = reported_windows.end_date
    group by candidates.period_kind_code, candidates.period_code, candidates.start_date, candidates.end_date
    having max(candidates.is_counted) = 1 or count(reported_windows.start_date) > 0

),

report_periods as (

    -- NĐ 09/2019/NĐ-CP Điều 12: from the 15th of the month before to the 14th of the last month.
    select
        'report_' || period_kind_code as period_kind_code,
        'R' || period_code as period_code,
        {{ month_start('start_date - 1') }} + 14 as start_date,
        {{ month_start('end_date') }} + 13 as end_date
    from calendar_periods

),

named_periods as (

    select periods.*
    from (
        select * from calendar_periods
        union all
        select * from report_periods
    ) as periods
    cross join builds
    where periods.start_date <= builds.as_of_date

),

other_windows as (

    -- A reported window that is none of these is a period of its own kind, never squeezed into one.
    select
        'window' as period_kind_code,
        cast(year(reported_windows.start_date) as {{ dbt.type_string() }})
        || {{ two_digits('month(reported_windows.start_date)') }}
        || {{ two_digits('day(reported_windows.start_date)') }} || '-'
        || cast(year(reported_windows.end_date) as {{ dbt.type_string() }})
        || {{ two_digits('month(reported_windows.end_date)') }}
        || {{ two_digits('day(reported_windows.end_date)') }} as period_code,
        reported_windows.start_date,
        reported_windows.end_date
    from reported_windows
    left join named_periods
        on
            reported_windows.start_date = named_periods.start_date
            and reported_windows.end_date = named_periods.end_date
    where named_periods.period_code is null

),

periods as (

    select * from named_periods
    union all
    select * from other_windows

)

select
    period_code,
    period_kind_code,
    start_date,
    end_date,
    -- The day up to which the build can speak of the period.
    least(end_date, builds.as_of_date) as counted_to_date,
    end_date <= builds.as_of_date as is_complete,
    case when period_kind_code <> 'window' then lag(period_code) over (
        partition by period_kind_code
        order by start_date nulls last, end_date nulls last
    ) end as previous_period_code
from periods
cross join builds
