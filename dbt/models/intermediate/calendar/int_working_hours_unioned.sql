with national as (

    select * from {{ ref('working_hours') }}

),

landed as (

    {{ newest_version(ref('stg_calendar__working_hours'), ['authority_code', 'unit_code', 'iso_weekday', 'valid_from_date']) }}

),

hours as (

    select
        authority_code, unit_code, cast(iso_weekday as integer) as iso_weekday, opens_at, break_starts_at, break_ends_at, closes_at, is_time_limit,
        valid_from_date, valid_to_date, is_confirmed
    from national
    union all
    select
        authority_code, unit_code, cast(iso_weekday as integer) as iso_weekday, opens_at, break_starts_at, break_ends_at, closes_at, is_time_limit,
        valid_from_date, valid_to_date, is_confirmed
    from landed

)

select
    authority_code,
    unit_code,
    iso_weekday,
    {{ clock_second('opens_at') }} as opens_second,
    -- A day without a break: the break is at closing and has no length.
    {{ clock_second('coalesce(break_starts_at, closes_at)') }} as break_starts_second,
    {{ clock_second('coalesce(break_ends_at, closes_at)') }} as break_ends_second,
    {{ clock_second('closes_at') }} as closes_second,
    is_time_limit,
    valid_from_date,
    valid_to_date,
    is_confirmed
from hours
