select
    authority_code,
    dossier_code,
    event_code,
    activity_name,
    occurred_at,
    status_code,
    unit_code,
    section_code,
    step_due_at,
    delivery_id,
    source_row_number
from {{ ref('int_dossier_steps_measured') }}
