with landed as (

    select * from {{ source('landing', 'regulation__grades') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.regulation_code,
    landed.unit_bloc_code,
    landed.grade_code,
    landed.grade_name,
    landed.lower_value,
    landed.display_order,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
