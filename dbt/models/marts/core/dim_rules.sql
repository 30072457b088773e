with classes as (

    select rule_code, rule_class_code from {{ ref('rule_classes') }}

)

select
    rules.rule_code,
    rules.gate_code,
    rules.subject_name,
    rules.rule_text,
    rules.owner_text,
    rules.example_text,
    rules.effect_code,
    classes.rule_class_code
from {{ ref('stg_build__rules') }} as rules
left join classes on rules.rule_code = classes.rule_code
