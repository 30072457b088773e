with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        units.*,
        row_number() over (
            partition by units.authority_code, units.unit_code, units.valid_from_date
            order by units.delivery_sequence desc nulls last, units.source_row_number desc nulls last
        ) as row_rank
    from {{ ref('stg_unit_registry__units') }} as units
    cross join builds
    where units.valid_from_date <= builds.as_of_date

),

followed as (

    select
        *,
        lead(valid_from_date) over (
            partition by authority_code, unit_code order by valid_from_date nulls last
        ) as next_valid_from_date
    from versions
    where row_rank = 1

)

select
    authority_code,
    unit_code,
    unit_name,
    unit_short_name,
    unit_bloc_code,
    parent_unit_code,
    is_synthetic,
    valid_from_date,
    -- A version ends by itself, or the day before the next one begins.
    coalesce(least(valid_to_date, next_valid_from_date - 1), valid_to_date, next_valid_from_date - 1) as valid_to_date,
    next_valid_from_date is null as is_newest
from followed
