with landed as (

    select * from {{ source('landing', 'regulation__bands') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.regulation_code,
    landed.criterion_code,
    landed.band_number,
    landed.lower_value,
    landed.is_lower_included,
    landed.upper_value,
    landed.is_upper_included,
    landed.answer_code,
    landed.calculation_code,
    landed.awarded_score,
    landed.base_value,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
