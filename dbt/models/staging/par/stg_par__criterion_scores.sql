with landed as (

    select * from {{ source('landing', 'par__criterion_scores') }}

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
    landed.is_applicable,
    landed.measured_numerator,
    landed.measured_denominator,
    landed.measured_value,
    landed.self_score,
    landed.appraised_score_1,
    landed.appraised_score_2,
    landed.survey_score,
    landed.survey_answer_count,
    landed.evidence_reference,
    landed.explanation_reference,
    landed.self_scored_date,
    landed.appraised_date_1,
    landed.appraised_date_2,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
