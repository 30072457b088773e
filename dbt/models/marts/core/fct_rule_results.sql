select
    gate_code,
    subject_name,
    rule_code,
    rule_text,
    effect_code,
    is_passed,
    checked_count,
    failed_count
from {{ ref('stg_build__rule_results') }}
