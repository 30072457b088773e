with landed as (

    select * from {{ source('landing', 'survey__ballots') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.wave_code,
    landed.instrument_code,
    landed.unit_code,
    landed.ballot_code,
    landed.result_code,
    landed.mode_code,
    landed.item_answers,
    landed.stratum_code,
    landed.cluster_code,
    landed.stratum_total,
    landed.cluster_total,
    landed.base_weight,
    landed.final_weight,
    landed.gender_code,
    landed.age_band_code,
    landed.ethnicity_code,
    landed.education_code,
    landed.occupation_code,
    landed.residence_code,
    landed.started_at,
    landed.answered_at,
    landed.device_code,
    landed.dossier_code,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
