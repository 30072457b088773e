with classes as (

    select rule_code, rule_class_code from {{ ref('rule_classes') }}

),

current_rules as (

    select rule_code, gate_code, subject_name, rule_text, owner_text, example_text, effect_code
    from {{ ref('stg_build__rules') }}

),

-- A delivery keeps what the rules of its day found; one that has been renamed since still says what it was.
earlier_rules as (

    select
        results.rule_code,
        min(results.gate_code) as gate_code,
        min(deliveries.source_code) as subject_name,
        min(results.rule_text) as rule_text,
        min(results.effect_code) as effect_code
    from {{ ref('stg_build__rule_results') }} as results
    left join {{ ref('stg_build__deliveries') }} as deliveries on results.subject_name = deliveries.delivery_id
    left join current_rules on results.rule_code = current_rules.rule_code
    where current_rules.rule_code is null
    group by results.rule_code

),

rules as (

    select rule_code, gate_code, subject_name, rule_text, owner_text, example_text, effect_code, true as is_current
    from current_rules

    union all

    select
        rule_code,
        gate_code,
        subject_name,
        rule_text,
        cast(null as {{ dbt.type_string() }}) as owner_text,
        cast(null as {{ dbt.type_string() }}) as example_text,
        effect_code,
        false as is_current
    from earlier_rules

)

select
    rules.rule_code,
    rules.gate_code,
    rules.subject_name,
    rules.rule_text,
    rules.owner_text,
    rules.example_text,
    rules.effect_code,
    classes.rule_class_code,
    rules.is_current
from rules
left join classes on rules.rule_code = classes.rule_code
