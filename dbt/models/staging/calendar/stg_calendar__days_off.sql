with landed as (

    select * from {{ source('landing', 'calendar__days_off') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.calendar_date,
    landed.kind_code,
    landed.day_name,
    landed.legal_basis,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
