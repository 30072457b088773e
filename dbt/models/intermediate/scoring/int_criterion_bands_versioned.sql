{%- set columns = [
    'criterion_code', 'band_number', 'lower_value', 'is_lower_included', 'upper_value', 'is_upper_included',
    'answer_code', 'calculation_code', 'awarded_score', 'base_value',
] -%}
with {{ rows_of_versions(
    ref('int_regulations_unioned'), ref('stg_regulation__bands'), ['criterion_code', 'band_number'], ref('regulation_bands'), columns
) }}
