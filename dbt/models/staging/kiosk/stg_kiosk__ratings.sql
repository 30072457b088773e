with landed as (

    select * from {{ source('landing', 'kiosk__ratings') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.rating_code,
    landed.item_code,
    landed.unit_code,
    landed.dossier_code,
    landed.mode_code,
    landed.scale_code,
    landed.answer_code,
    landed.rated_at,
    landed.device_code,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
