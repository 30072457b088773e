select cause_code, compared_code, cause_name, explanation, display_order
from {{ ref('difference_causes') }}
