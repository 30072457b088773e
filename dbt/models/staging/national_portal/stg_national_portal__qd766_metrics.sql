with landed as (

    select * from {{ source('landing', 'national_portal__qd766_metrics') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.unit_name,
    landed.period_start_date,
    landed.period_end_date,
    landed.group_code,
    landed.metric_code,
    landed.numerator_count,
    landed.denominator_count,
    landed.declared_value,
    landed.declared_score,
    landed.max_score,
    landed.publisher_name,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
