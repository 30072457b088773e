select
    authority_code,
    dossier_code,
    version_number,
    status_code,
    procedure_code,
    resolving_unit_code,
    received_at,
    due_at,
    completed_at,
    returned_at,
    delivery_id,
    source_row_number
from {{ ref('int_dossier_versions_compared') }}
