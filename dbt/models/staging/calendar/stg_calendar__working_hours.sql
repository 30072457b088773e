with landed as (

    select * from {{ source('landing', 'calendar__working_hours') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.iso_weekday,
    landed.opens_at,
    landed.break_starts_at,
    landed.break_ends_at,
    landed.closes_at,
    landed.is_time_limit,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.legal_basis,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
