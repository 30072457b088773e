with dossiers as (

    select * from {{ ref('int_dossiers_judged') }}

),

procedures as (

    select authority_code, procedure_code, procedure_name, domain_name from {{ ref('dim_procedures') }}

)

select
    dossiers.authority_code,
    dossiers.dossier_code,
    dossiers.procedure_code,
    coalesce(procedures.procedure_name, dossiers.procedure_name) as procedure_name,
    coalesce(procedures.domain_name, dossiers.domain_name) as domain_name,
    dossiers.receiving_unit_code,
    dossiers.resolving_unit_code,
    dossiers.section_code,
    dossiers.channel_code,
    dossiers.submitted_at,
    dossiers.received_at,
    dossiers.due_at,
    dossiers.completed_at,
    dossiers.returned_at,
    dossiers.received_date,
    dossiers.due_date,
    dossiers.completed_date,
    dossiers.status_code,
    dossiers.state_code,
    dossiers.is_counted,
    dossiers.is_closed,
    dossiers.timeliness_by_date_code,
    dossiers.timeliness_by_timestamp_code,
    dossiers.first_received_at,
    dossiers.original_due_at,
    dossiers.recomputed_due_at,
    dossiers.first_completed_at,
    dossiers.timeliness_original_by_date_code,
    dossiers.timeliness_original_by_timestamp_code,
    dossiers.timeliness_recomputed_by_date_code,
    dossiers.timeliness_recomputed_by_timestamp_code,
    dossiers.difference_cause_code,
    dossiers.limit_value,
    dossiers.limit_unit_code,
    dossiers.wait_seconds,
    dossiers.counted_stop_count,
    dossiers.uncounted_stop_count,
    dossiers.stopped_since_at,
    dossiers.overdue_working_days,
    dossiers.declared_timeliness_code,
    dossiers.applicant_type_code,
    dossiers.online_service_level_code,
    dossiers.fee_amount,
    dossiers.is_paid_online,
    dossiers.is_digitised,
    dossiers.supplement_count,
    dossiers.delivery_id,
    dossiers.source_row_number
from dossiers
left join procedures
    on
        dossiers.authority_code = procedures.authority_code
        and dossiers.procedure_code = procedures.procedure_code
