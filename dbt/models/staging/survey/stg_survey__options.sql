with landed as (

    select * from {{ source('landing', 'survey__options') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.scale_code,
    landed.answer_code,
    landed.option_text,
    landed.option_kind_code,
    landed.option_value,
    landed.option_order,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
