with hours as (

    -- Hours on which an office is open though no time limit runs: a Saturday morning.
    select
        authority_code,
        unit_code,
        iso_weekday,
        valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as last_date
    from {{ ref('int_working_hours_unioned') }}
    where not is_time_limit

),

clocks as (

    select authority_code, unit_code, clock_code, calendar_code from {{ ref('int_clocks_defined') }}

),

days as (

    select calendar_code, calendar_date, iso_weekday, is_working_day from {{ ref('int_days_classified') }}

)

select distinct
    hours.authority_code,
    hours.unit_code,
    days.calendar_date
from hours
inner join clocks on hours.authority_code = clocks.authority_code and hours.unit_code = clocks.unit_code
inner join days
    on
        clocks.calendar_code = days.calendar_code
        and hours.iso_weekday = days.iso_weekday
        and days.calendar_date >= hours.valid_from_date
        and days.calendar_date <= hours.last_date
where not days.is_working_day
