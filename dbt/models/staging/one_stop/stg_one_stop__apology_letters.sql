with landed as (

    select * from {{ source('landing', 'one_stop__apology_letters') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.dossier_code,
    landed.letter_code,
    landed.unit_code,
    landed.created_at,
    landed.issued_at,
    landed.due_at_before,
    landed.due_at_after,
    landed.signer_role_code,
    landed.late_cause_code,
    landed.late_cause_unit_code,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
