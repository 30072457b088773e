with landed as (

    select * from {{ source('landing', 'survey__instruments') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.instrument_code,
    landed.instrument_name,
    landed.kind_code,
    landed.index_formula_code,
    landed.minimum_ballot_count,
    landed.method_version,
    landed.legal_basis,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
