with calendars as (

    select distinct calendar_code from {{ ref('int_days_classified') }}

),

hours as (

    select distinct authority_code, unit_code from {{ ref('int_working_hours_unioned') }}

),

owners as (

    -- The national clock, one for each authority with days or hours of its own, one for each unit with hours of its own.
    select calendar_code as authority_code, calendar_code as unit_code from calendars
    union
    select authority_code, authority_code as unit_code from hours
    union
    select authority_code, unit_code from hours

)

select
    owners.authority_code || '/' || owners.unit_code as clock_code,
    owners.authority_code,
    owners.unit_code,
    coalesce(calendars.calendar_code, 'VN') as calendar_code,
    case when own.unit_code is not null or authorities.unit_code is not null then owners.authority_code else 'VN' end as hours_authority_code,
    coalesce(own.unit_code, authorities.unit_code, 'VN') as hours_unit_code
from owners
left join calendars on owners.authority_code = calendars.calendar_code
left join hours as own on owners.authority_code = own.authority_code and owners.unit_code = own.unit_code
left join hours as authorities
    on owners.authority_code = authorities.authority_code and owners.authority_code = authorities.unit_code
