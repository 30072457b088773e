with landed as (

    select * from {{ source('landing', 'national_portal__dossiers') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.dossier_code,
    landed.procedure_code,
    landed.unit_code,
    landed.received_at,
    landed.due_at,
    landed.completed_at,
    landed.returned_at,
    landed.status_code,
    landed.declared_timeliness_code,
    landed.synced_at,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
