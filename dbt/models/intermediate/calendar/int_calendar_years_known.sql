with days_off as (

    select
        year(calendar_date) as calendar_year,
        month(calendar_date) * 100 + day(calendar_date) as mmdd
    from {{ ref('int_days_off_unioned') }}
    where authority_code = 'VN' and kind_code <> 'swap_work'

),

holidays as (

    select holiday_code, first_mmdd, last_mmdd from {{ ref('public_holidays') }}

),

counted as (

    select count(*) as holiday_count from holidays

),

kept as (

    select distinct days_off.calendar_year, holidays.holiday_code
    from days_off
    cross join holidays
    where days_off.mmdd between holidays.first_mmdd and holidays.last_mmdd

)

-- One holiday alone does not make the calendar of a year: working days counted over a missing Tết would be invented.
select kept.calendar_year
from kept
cross join counted
group by kept.calendar_year, counted.holiday_count
having count(*) = counted.holiday_count
