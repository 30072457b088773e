select
    authority_code,
    procedure_code,
    procedure_name,
    domain_name,
    level_code,
    sla_value,
    sla_unit_code,
    online_service_level_code,
    has_fee,
    valid_from_date,
    valid_to_date
from {{ ref('int_procedures_latest') }}
