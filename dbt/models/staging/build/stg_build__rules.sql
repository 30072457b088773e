select
    rule_code,
    gate_code,
    subject_name,
    rule_text,
    owner_text,
    example_text,
    effect_code
from {{ source('build', 'rules') }}
