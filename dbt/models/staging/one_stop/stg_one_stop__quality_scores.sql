with landed as (

    select * from {{ source('landing', 'one_stop__quality_scores') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.unit_name,
    landed.dossier_code,
    landed.period_start_date,
    landed.period_end_date,
    landed.index_1_score,
    landed.index_2_score,
    landed.index_3_score,
    landed.index_4_score,
    landed.index_5_score,
    landed.index_6_score,
    landed.index_7_score,
    landed.index_8_score,
    landed.index_9_score,
    landed.declared_total_score,
    landed.declared_grade_name,
    landed.declared_rank,
    landed.dissatisfied_count,
    landed.satisfied_count,
    landed.very_satisfied_count,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
