with versions as (

    select authority_code, regulation_code, regulation_version_code, valid_from_date, origin_code
    from {{ ref('int_regulations_unioned') }}

),

landed as (

    {{ newest_version(ref('stg_regulation__criteria'), ['authority_code', 'regulation_code', 'criterion_code', 'valid_from_date']) }}

),

-- What was in force on the first day of a version belongs to it; where a part of it begins on a later day than the rest, the
-- newest day alone: a new year that is sent whole leaves nothing of the old one standing.
dated as (

    {%- for relation, origin, join in [
        ('landed', 'landed', 'versions.authority_code = rows_here.authority_code and '),
        (ref('regulation_criteria'), 'national', ''),
    ] %}
    select
        versions.authority_code,
        versions.regulation_code,
        versions.regulation_version_code,
        rows_here.criterion_code,
        rows_here.parent_criterion_code,
        rows_here.level_code,
        rows_here.criterion_name,
        rows_here.kind_code,
        rows_here.rule_code,
        rows_here.max_score,
        rows_here.weight,
        rows_here.input_kind_code,
        rows_here.input_code,
        rows_here.factor_input_code,
        rows_here.target_value,
        rows_here.floor_value,
        rows_here.zero_denominator_code,
        rows_here.rounding_digits,
        rows_here.evidence_text,
        rows_here.display_order,
        rows_here.legal_basis,
        rows_here.is_confirmed,
        rows_here.valid_from_date as row_valid_from_date,
        max(rows_here.valid_from_date) over (
            partition by versions.authority_code, versions.regulation_version_code
        ) as newest_valid_from_date
    from versions
    inner join {{ relation }} as rows_here
        on
            {{ join }}versions.regulation_code = rows_here.regulation_code
            and versions.origin_code = '{{ origin }}'
            and rows_here.valid_from_date <= versions.valid_from_date
            and coalesce(rows_here.valid_to_date >= versions.valid_from_date, true)
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    authority_code,
    regulation_code,
    regulation_version_code,
    criterion_code,
    parent_criterion_code,
    level_code,
    criterion_name,
    kind_code,
    rule_code,
    max_score,
    weight,
    input_kind_code,
    input_code,
    factor_input_code,
    target_value,
    floor_value,
    zero_denominator_code,
    rounding_digits,
    evidence_text,
    display_order,
    legal_basis,
    is_confirmed
from dated
where row_valid_from_date = newest_valid_from_date
