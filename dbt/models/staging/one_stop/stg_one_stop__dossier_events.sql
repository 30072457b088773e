with landed as (

    select * from {{ source('landing', 'one_stop__dossier_events') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.dossier_code,
    landed.event_code,
    landed.activity_name,
    landed.occurred_at,
    landed.status_code,
    landed.unit_code,
    landed.section_code,
    landed.step_due_at,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
