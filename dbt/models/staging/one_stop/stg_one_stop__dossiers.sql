with landed as (

    select * from {{ source('landing', 'one_stop__dossiers') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.dossier_code,
    landed.procedure_code,
    landed.procedure_name,
    landed.domain_name,
    landed.receiving_unit_code,
    landed.resolving_unit_code,
    landed.resolving_unit_name,
    landed.section_code,
    landed.channel_code,
    landed.submitted_at,
    landed.received_at,
    landed.due_at,
    landed.completed_at,
    landed.returned_at,
    landed.return_channel_code,
    landed.status_code,
    landed.declared_timeliness_code,
    landed.applicant_type_code,
    landed.online_service_level_code,
    landed.fee_amount,
    landed.is_paid_online,
    landed.is_digitised,
    landed.supplement_count,
    landed.officer_account_hash as officer_key,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
