with landed as (

    select * from {{ source('landing', 'survey__items') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.instrument_code,
    landed.item_code,
    landed.item_order,
    landed.part_code,
    landed.factor_code,
    landed.factor_name,
    landed.item_text,
    landed.scale_code,
    landed.is_indexed,
    landed.is_on_time_question,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
