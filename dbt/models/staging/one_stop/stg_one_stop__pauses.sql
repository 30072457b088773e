with landed as (

    select * from {{ source('landing', 'one_stop__pauses') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.dossier_code,
    landed.pause_code,
    landed.unit_code,
    landed.reason_code,
    landed.paused_at,
    landed.resumed_at,
    landed.due_at_before,
    landed.due_at_after,
    landed.clock_mode_code,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
