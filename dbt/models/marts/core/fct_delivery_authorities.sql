select
    delivery_id,
    authority_code,
    row_count
from {{ ref('int_delivery_authorities_unioned') }}
