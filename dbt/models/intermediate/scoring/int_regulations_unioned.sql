with authorities as (

    select distinct authority_code from {{ ref('int_units_unioned') }}

),

landed as (

    {{ newest_version(ref('stg_regulation__regulations'), ['authority_code', 'regulation_code', 'valid_from_date']) }}

),

-- A national regulation scores every authority, until the day on which its own under the same code begins.
national as (

    select authorities.authority_code, regulations.*
    from {{ ref('regulations') }} as regulations
    cross join authorities
    left join (
        select authority_code, regulation_code, min(valid_from_date) as first_day
        from landed
        group by authority_code, regulation_code
    ) as own
        on authorities.authority_code = own.authority_code and regulations.regulation_code = own.regulation_code
    where coalesce(regulations.valid_from_date < own.first_day, true)

),

versions as (

    {%- for relation in ['landed', 'national'] %}
    select
        authority_code,
        regulation_code,
        regulation_name,
        unit_bloc_codes,
        period_kind_codes,
        score_order_code,
        rounding_mode_code,
        rounding_digits,
        rounding_stage_code,
        percent_digits,
        coalesce(tie_tolerance, 0) as tie_tolerance,
        coalesce(minimum_denominator, 0) as minimum_denominator,
        volume_tier_bounds,
        total_input_code,
        grade_basis_code,
        valid_from_date,
        valid_to_date,
        legal_basis,
        source_sha256,
        is_confirmed,
        '{{ relation }}' as origin_code
    from {{ relation }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- A version that names no end ends where the next begins.
followed as (

    select
        *,
        lead(valid_from_date) over (
            partition by authority_code, regulation_code order by valid_from_date nulls last
        ) - 1 as last_day_before_next
    from versions

)

select
    authority_code,
    regulation_code,
    regulation_code || '@' || cast(valid_from_date as {{ dbt.type_string() }}) as regulation_version_code,
    regulation_name,
    unit_bloc_codes,
    period_kind_codes,
    score_order_code,
    rounding_mode_code,
    rounding_digits,
    rounding_stage_code,
    percent_digits,
    tie_tolerance,
    minimum_denominator,
    volume_tier_bounds,
    total_input_code,
    grade_basis_code,
    valid_from_date,
    case
        when valid_to_date is null or last_day_before_next is null then coalesce(valid_to_date, last_day_before_next)
        else least(valid_to_date, last_day_before_next)
    end as valid_to_date,
    legal_basis,
    source_sha256,
    is_confirmed,
    origin_code
from followed
