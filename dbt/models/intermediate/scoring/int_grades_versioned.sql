with versions as (

    select authority_code, regulation_code, regulation_version_code, valid_from_date, origin_code
    from {{ ref('int_regulations_unioned') }}

),

staged as (

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

landed as (

    {{ newest_version('staged', ['authority_code', 'regulation_code', 'unit_bloc_code', 'grade_code', 'valid_from_date']) }}

),

-- What was in force on the first day of a version belongs to it; where a part of it begins on a later day than the rest, the
-- newest day alone: a new year that is sent whole leaves nothing of the old one standing.
dated as (

    {%- for relation, origin, join in [
        ('landed', 'landed', 'versions.authority_code = rows_here.authority_code and '),
        (ref('regulation_grades'), 'national', ''),
    ] %}
    select
        versions.authority_code,
        versions.regulation_code,
        versions.regulation_version_code,
        coalesce(rows_here.unit_bloc_code, '') as unit_bloc_code,
        rows_here.grade_code,
        rows_here.grade_name,
        rows_here.lower_value,
        rows_here.display_order,
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
    unit_bloc_code,
    grade_code,
    grade_name,
    lower_value,
    display_order,
    is_confirmed
from dated
where row_valid_from_date = newest_valid_from_date
