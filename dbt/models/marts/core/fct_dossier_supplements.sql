select
    authority_code,
    dossier_code,
    supplement_code,
    request_number,
    status_code,
    requested_at,
    answered_at,
    due_at_before,
    due_at_after,
    working_days_since_received,
    working_days_left,
    due_basis_code,
    is_asked_on_last_days,
    delivery_id,
    source_row_number
from {{ ref('int_dossier_supplements_counted') }}
