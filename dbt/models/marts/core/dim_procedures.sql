select * from {{ ref('int_procedures_latest') }}
