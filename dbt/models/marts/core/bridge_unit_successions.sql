select
    authority_code,
    unit_code,
    current_unit_code,
    succession_status_code,
    change_count,
    last_change_date
from {{ ref('int_unit_successions_followed') }}
