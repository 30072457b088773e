with versions as (

    select authority_code, regulation_code, regulation_version_code, valid_from_date, origin_code
    from {{ ref('int_regulations_unioned') }}

),

landed as (

    {{ newest_version(ref('stg_regulation__bands'), ['authority_code', 'regulation_code', 'criterion_code', 'band_number', 'valid_from_date']) }}

),

-- What was in force on the first day of a version belongs to it; where a part of it begins on a later day than the rest, the
-- newest day alone: a new year that is sent whole leaves nothing of the old one standing.
dated as (

    {%- for relation, origin, join in [
        ('landed', 'landed', 'versions.authority_code = rows_here.authority_code and '),
        (ref('regulation_bands'), 'national', ''),
    ] %}
    select
        versions.authority_code,
        versions.regulation_code,
        versions.regulation_version_code,
        rows_here.criterion_code,
        rows_here.band_number,
        rows_here.lower_value,
        rows_here.is_lower_included,
        rows_here.upper_value,
        rows_here.is_upper_included,
        rows_here.answer_code,
        rows_here.calculation_code,
        rows_here.awarded_score,
        rows_here.base_value,
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
    band_number,
    lower_value,
    is_lower_included,
    upper_value,
    is_upper_included,
    answer_code,
    calculation_code,
    awarded_score,
    base_value
from dated
where row_valid_from_date = newest_valid_from_date
