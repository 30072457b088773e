with landed as (

    select * from {{ source('landing', 'regulation__criteria') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.regulation_code,
    landed.criterion_code,
    landed.parent_criterion_code,
    landed.level_code,
    landed.criterion_name,
    landed.kind_code,
    landed.rule_code,
    landed.max_score,
    landed.weight,
    landed.input_kind_code,
    landed.input_code,
    landed.factor_input_code,
    landed.target_value,
    landed.floor_value,
    landed.zero_denominator_code,
    landed.rounding_digits,
    landed.evidence_text,
    landed.display_order,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.legal_basis,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
