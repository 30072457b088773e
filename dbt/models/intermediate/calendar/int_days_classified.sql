with days as (

    select calendar_date from {{ ref('int_days_spanned') }}

),

days_off as (

    select authority_code, calendar_date, kind_code, day_off_name, is_confirmed from {{ ref('int_days_off_unioned') }}

),

calendars as (

    -- A province with days of its own has a calendar of its own: the national one with those days in place.
    select 'VN' as calendar_code
    union
    select authority_code as calendar_code from days_off

),

known_years as (

    select calendar_year from {{ ref('int_calendar_years_known') }}

),

classified as (

    select
        calendars.calendar_code,
        days.calendar_date,
        coalesce(own.kind_code, national.kind_code) as day_off_kind_code,
        case when own.kind_code is not null then own.day_off_name else national.day_off_name end as day_off_name,
        coalesce(own.is_confirmed, national.is_confirmed, known_years.calendar_year is not null) as is_confirmed,
        -- 03/01/2000 was a Monday; whole-number arithmetic gives the same weekday on every engine.
        cast({{ dbt.datediff("cast('2000-01-03' as date)", "days.calendar_date", "day") }} as bigint) as days_since_monday,
        known_years.calendar_year is not null as is_calendar_known
    from days
    cross join calendars
    left join known_years on year(days.calendar_date) = known_years.calendar_year
    left join days_off as own
        on days.calendar_date = own.calendar_date and calendars.calendar_code = own.authority_code
    left join days_off as national
        on days.calendar_date = national.calendar_date and national.authority_code = 'VN'

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
    calendar_code,
    calendar_date,
    {{ month_start('calendar_date') }} as month_start_date,
    iso_weekday,
    day_off_kind_code,
    day_off_name,
    is_confirmed,
    is_calendar_known,
    is_working_day,
    cast(sum(case when is_working_day then 1 else 0 end) over (
        partition by calendar_code
        order by calendar_date nulls last
        rows between unbounded preceding and current row
    ) as bigint) as working_day_index
from working
