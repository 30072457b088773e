with landed as (

    select * from {{ source('landing', 'portal__form_06a_lines') }}

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
    landed.form_code,
    landed.line_code,
    landed.level_name,
    landed.domain_code,
    landed.line_name,
    landed.received_total_count,
    landed.received_online_count,
    landed.received_direct_count,
    landed.received_postal_count,
    landed.received_carried_count,
    landed.resolved_total_count,
    landed.resolved_early_count,
    landed.resolved_on_time_count,
    landed.resolved_late_count,
    landed.open_total_count,
    landed.open_in_time_count,
    landed.open_late_count,
    landed.waiting_supplement_count,
    landed.withdrawn_count,
    landed.declared_percent,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
