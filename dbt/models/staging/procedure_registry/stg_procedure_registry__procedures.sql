with landed as (

    select * from {{ source('landing', 'procedure_registry__procedures') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.procedure_code,
    landed.procedure_name,
    landed.domain_name,
    landed.level_code,
    landed.sla_value,
    landed.sla_unit_code,
    landed.online_service_level_code,
    landed.has_fee,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
