with landed as (

    select * from {{ source('landing', 'portal__on_time_reports') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.unit_name,
    landed.unit_bloc_code,
    landed.period_start_date,
    landed.period_end_date,
    landed.definition_code,
    landed.numerator_count,
    landed.denominator_count,
    landed.overdue_count,
    landed.average_processing_days,
    landed.declared_percent,
    landed.declared_score,
    landed.publisher_name,
    landed.has_child_units_included,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
