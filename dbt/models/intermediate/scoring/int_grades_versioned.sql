{%- set columns = [
    'unit_bloc_code', 'grade_code', 'grade_name', 'lower_value', 'display_order', 'is_confirmed',
] -%}
-- A scale without a bloc is one for every bloc.
with staged as (

    select
        authority_code,
        regulation_code,
        coalesce(unit_bloc_code, '') as unit_bloc_code,
        grade_code,
        grade_name,
        lower_value,
        display_order,
        valid_from_date,
        valid_to_date,
        is_confirmed,
        source_row_number,
        delivery_sequence
    from {{ ref('stg_regulation__grades') }}

),

national as (

    select
        regulation_code,
        coalesce(unit_bloc_code, '') as unit_bloc_code,
        grade_code,
        grade_name,
        lower_value,
        display_order,
        valid_from_date,
        valid_to_date,
        is_confirmed
    from {{ ref('regulation_grades') }}

),

{{ rows_of_versions(
    ref('int_regulations_unioned'), 'staged', ['unit_bloc_code', 'grade_code'], 'national', columns
) }}
