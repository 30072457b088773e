with landed as (

    select * from {{ source('landing', 'unit_registry__units') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.unit_name,
    landed.unit_short_name,
    landed.unit_bloc_code,
    landed.parent_unit_code,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.legal_basis,
    landed.is_synthetic,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
