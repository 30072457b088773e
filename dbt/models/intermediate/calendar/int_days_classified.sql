with days as (

    select calendar_date from {{ ref('int_days_spanned') }}

),

days_off as (

    select calendar_date, kind_code, name_vi, is_confirmed from {{ ref('days_off') }}

),

covered_years as (

    select
        year(min(calendar_date)) as first_year,
        year(max(calendar_date)) as last_year
    from days_off

),

classified as (

    select
        days.calendar_date,
        days_off.kind_code as day_off_kind_code,
        days_off.name_vi as day_off_name,
        coalesce(days_off.is_confirmed, true) as is_confirmed,
        -- 03/01/2000 was a Monday; whole-number arithmetic gives the same weekday on every engine.
        cast({{ dbt.datediff("cast('2000-01-03' as date)", "days.calendar_date", "day") }} as bigint) as days_since_monday,
        year(days.calendar_date) between covered_years.first_year and covered_years.last_year as is_calendar_known
    from days
    cross join covered_years
    left join days_off on days.calendar_date = days_off.calendar_date

),

weekdays as (

    select
        *,
        cast((days_since_monday % 7 + 7) % 7 + 1 as integer) as iso_weekday
    from classified

),

working as (

    select
        *,
        coalesce(day_off_kind_code = 'swap_work', false)
        or (iso_weekday <= 5 and day_off_kind_code is null) as is_working_day
    from weekdays

)

select
    calendar_date,
    {{ month_start('calendar_date') }} as month_start_date,
    iso_weekday,
    day_off_kind_code,
    day_off_name,
    is_confirmed,
    is_calendar_known,
    is_working_day,
    cast(sum(case when is_working_day then 1 else 0 end) over (
        order by calendar_date nulls last
        rows between unbounded preceding and current row
    ) as bigint) as working_day_index
from working
