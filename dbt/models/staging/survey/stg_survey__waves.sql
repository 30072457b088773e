with landed as (

    select * from {{ source('landing', 'survey__waves') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.wave_code,
    landed.wave_name,
    landed.instrument_code,
    landed.survey_owner_code,
    landed.population_code,
    landed.mode_code,
    landed.frame_name,
    landed.start_date,
    landed.end_date,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
