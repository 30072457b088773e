with landed as (

    select * from {{ source('landing', 'petition_portal__petitions') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.petition_code,
    landed.unit_code,
    landed.subject_code,
    landed.petitioner_type_code,
    landed.channel_code,
    landed.dossier_code,
    landed.received_at,
    landed.more_requested_at,
    landed.due_at,
    landed.answered_at,
    landed.published_at,
    landed.outcome_code,
    landed.is_satisfied,
    landed.is_raised_again,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
