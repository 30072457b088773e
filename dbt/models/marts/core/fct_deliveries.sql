select
    delivery_id,
    delivery_sequence,
    source_code,
    layout_code,
    file_name,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_ignored,
    data_from_date,
    data_until_date
from {{ ref('stg_build__deliveries') }}
