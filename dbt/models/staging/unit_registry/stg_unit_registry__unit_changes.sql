with landed as (

    select * from {{ source('landing', 'unit_registry__unit_changes') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.predecessor_authority_code,
    landed.predecessor_unit_code,
    landed.successor_unit_code,
    landed.effective_date,
    landed.change_code,
    landed.share_rate,
    landed.is_open_work_transferred,
    landed.legal_basis,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
