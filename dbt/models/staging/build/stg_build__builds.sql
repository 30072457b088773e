select
    build_id,
    as_of_date,
    code_version
from {{ source('build', 'builds') }}
