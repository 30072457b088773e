with landed as (

    select * from {{ source('landing', 'regulation__regulations') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.regulation_code,
    landed.regulation_name,
    landed.unit_bloc_codes,
    landed.period_kind_codes,
    landed.score_order_code,
    landed.rounding_mode_code,
    landed.rounding_digits,
    landed.rounding_stage_code,
    landed.percent_digits,
    landed.tie_tolerance,
    landed.minimum_denominator,
    landed.volume_tier_bounds,
    landed.total_input_code,
    landed.grade_basis_code,
    landed.valid_from_date,
    landed.valid_to_date,
    landed.legal_basis,
    landed.source_sha256,
    landed.is_confirmed,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
