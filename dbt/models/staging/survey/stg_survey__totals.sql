with landed as (

    select * from {{ source('landing', 'survey__totals') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.wave_code,
    landed.unit_code,
    landed.group_kind_code,
    landed.group_code,
    landed.person_count,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
