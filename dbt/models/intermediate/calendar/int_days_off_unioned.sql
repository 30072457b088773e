with national as (

    select 'VN' as authority_code, calendar_date, kind_code, name_vi as day_off_name, is_confirmed
    from {{ ref('days_off') }}

),

landed as (

    {{ newest_version(ref('stg_calendar__days_off'), ['authority_code', 'calendar_date']) }}

)

-- What is landed for the whole country (a later year) stands before the seed.
select authority_code, calendar_date, kind_code, day_name as day_off_name, is_confirmed
from landed

union all

select national.authority_code, national.calendar_date, national.kind_code, national.day_off_name, national.is_confirmed
from national
left join landed
    on national.authority_code = landed.authority_code and national.calendar_date = landed.calendar_date
where landed.authority_code is null
