with landed as (

    select * from {{ source('landing', 'survey__answers') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.wave_code,
    landed.instrument_code,
    landed.survey_owner_code,
    landed.mode_code,
    landed.unit_code,
    landed.ballot_code,
    landed.item_code,
    landed.answer_code,
    landed.answered_at,
    landed.dossier_code,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
