with flags as (

    select delivery_id, source_row_number, reason_code from {{ ref('stg_build__row_flags') }}

),

classes as (

    select rule_code, rule_class_code from {{ ref('rule_classes') }}

),

classified as (

    select
        flags.delivery_id,
        flags.source_row_number,
        coalesce(classes.rule_class_code, 'other') as rule_class_code
    from flags
    left join classes on flags.reason_code = classes.rule_code

)

select
    delivery_id,
    source_row_number,
    {%- for class in rule_classes_counted() %}
    bool_or(rule_class_code = '{{ class }}') as is_{{ class }}{{ "," if not loop.last }}
    {%- endfor %}
from classified
group by delivery_id, source_row_number
