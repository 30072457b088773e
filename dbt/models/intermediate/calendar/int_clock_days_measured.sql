with clocks as (

    select * from {{ ref('int_clocks_defined') }}

),

days as (

    select
        *,
        -- A Saturday that works by swap keeps the hours of a Monday.
        case when is_working_day and iso_weekday > 5 then 1 else iso_weekday end as hours_weekday
    from {{ ref('int_days_classified') }}

),

hours as (

    select
        *,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as last_date
    from {{ ref('int_working_hours_unioned') }}
    where is_time_limit

),

national_hours as (

    select * from hours where authority_code = 'VN'

),

matched as (

    select
        clocks.clock_code,
        days.calendar_date,
        days.is_working_day,
        days.is_calendar_known,
        days.is_confirmed,
        days.working_day_index,
        coalesce(own.opens_second, national.opens_second) as opens_second,
        case when own.opens_second is not null then own.break_starts_second else national.break_starts_second end as break_starts_second,
        case when own.opens_second is not null then own.break_ends_second else national.break_ends_second end as break_ends_second,
        case when own.opens_second is not null then own.closes_second else national.closes_second end as closes_second,
        row_number() over (
            partition by clocks.clock_code, days.calendar_date
            order by own.valid_from_date desc nulls last, national.valid_from_date desc nulls last
        ) as version_number
    from clocks
    inner join days on clocks.calendar_code = days.calendar_code
    left join hours as own
        on
            clocks.hours_authority_code = own.authority_code
            and clocks.hours_unit_code = own.unit_code
            and days.hours_weekday = own.iso_weekday
            and days.calendar_date >= own.valid_from_date
            and days.calendar_date <= own.last_date
    left join national_hours as national
        on
            days.hours_weekday = national.iso_weekday
            and days.calendar_date >= national.valid_from_date
            and days.calendar_date <= national.last_date

),

looking_ahead as (

    select
        *,
        min(case when is_working_day then calendar_date end) over (
            partition by clock_code
            order by calendar_date nulls last
            rows between current row and unbounded following
        ) as next_working_date,
        min(case when is_working_day then calendar_date end) over (
            partition by clock_code
            order by calendar_date nulls last
            rows between 1 following and unbounded following
        ) as following_working_date
    from matched
    where version_number = 1

)

select
    today.clock_code,
    today.calendar_date,
    today.is_working_day,
    today.is_calendar_known,
    today.is_confirmed,
    today.working_day_index,
    today.opens_second,
    today.break_starts_second,
    today.break_ends_second,
    today.closes_second,
    -- The first working day from this one on, and the first after it.
    today.next_working_date,
    today.following_working_date,
    following.opens_second as following_opens_second
from looking_ahead as today
left join looking_ahead as following
    on today.clock_code = following.clock_code and today.following_working_date = following.calendar_date
