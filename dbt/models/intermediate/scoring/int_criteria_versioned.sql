{%- set columns = [
    'criterion_code', 'parent_criterion_code', 'level_code', 'criterion_name', 'kind_code', 'rule_code', 'max_score',
    'weight', 'input_kind_code', 'input_code', 'factor_input_code', 'target_value', 'floor_value',
    'zero_denominator_code', 'rounding_digits', 'evidence_text', 'display_order', 'legal_basis', 'is_confirmed',
] -%}
with {{ rows_of_versions(
    ref('int_regulations_unioned'), ref('stg_regulation__criteria'), ['criterion_code'], ref('regulation_criteria'), columns
) }}
