select
    delivery_id,
    source_row_number,
    column_name,
    reason_code,
    reason_text
from {{ source('build', 'row_flags') }}
