with landed as (

    select * from {{ source('landing', 'par__score_explanations') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.campaign_code,
    landed.regulation_code,
    landed.period_start_date,
    landed.period_end_date,
    landed.unit_code,
    landed.criterion_code,
    landed.stage_code,
    landed.stated_at,
    landed.actor_code,
    landed.reason_text,
    landed.old_score,
    landed.new_score,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
