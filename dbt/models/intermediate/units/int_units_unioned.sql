with versions as (

    select * from {{ ref('int_unit_versions_dated') }}

),

registered as (

    select * from versions where is_newest

),

first_versions as (

    select authority_code, unit_code, min(valid_from_date) as existed_from_date
    from versions
    group by authority_code, unit_code

),

successions as (

    select * from {{ ref('int_unit_successions') }}

),

seen as (

    -- Units that data speak of, registered or not. min() picks one of several spellings, always the same one.
    select authority_code, unit_code, min(unit_name) as unit_name, min(unit_bloc_code) as unit_bloc_code
    from (
        select authority_code, unit_code, unit_name, unit_bloc_code from {{ ref('int_on_time_reports_latest') }}
        union all
        select authority_code, resolving_unit_code as unit_code, resolving_unit_name as unit_name, cast(null as {{ dbt.type_string() }}) as unit_bloc_code
        from {{ ref('int_dossiers_timed') }}
        union all
        select authority_code, receiving_unit_code as unit_code, cast(null as {{ dbt.type_string() }}) as unit_name, cast(null as {{ dbt.type_string() }}) as unit_bloc_code
        from {{ ref('int_dossiers_timed') }}
        where receiving_unit_code is not null
        union all
        select authority_code, unit_code, cast(null as {{ dbt.type_string() }}) as unit_name, cast(null as {{ dbt.type_string() }}) as unit_bloc_code
        from {{ ref('int_survey_answers_judged') }}
        union all
        select authority_code, unit_code, unit_name, cast(null as {{ dbt.type_string() }}) as unit_bloc_code
        from {{ ref('int_portal_metrics_latest') }}
        union all
        select authority_code, unit_code, cast(null as {{ dbt.type_string() }}) as unit_name, cast(null as {{ dbt.type_string() }}) as unit_bloc_code
        from {{ ref('int_criterion_scores_latest') }}
        -- Where units are registered, a sheet with a code of its own (a slip of the pen) makes no unit to be ranked.
        where authority_code not in (select authority_code from registered where unit_code <> authority_code)
    ) as mentions
    group by authority_code, unit_code

),

authorities as (

    select authority_code from seen
    union
    select authority_code from registered
    union
    -- Of some only the register of changes speaks.
    select authority_code from successions
    union
    select successor_authority_code as authority_code from successions
    union
    -- Or its scoring regulation, before anything is scored.
    select authority_code from {{ ref('stg_regulation__regulations') }}

),

unit_keys as (

    select authority_code, unit_code from seen
    union
    select authority_code, unit_code from registered
    union
    select authority_code, unit_code from successions
    union
    select successor_authority_code as authority_code, successor_unit_code as unit_code from successions
    union
    -- Every authority is also a row of its own, which holds the totals and is never ranked.
    select authority_code, authority_code as unit_code from authorities

)

select
    unit_keys.authority_code,
    unit_keys.unit_code,
    coalesce(registered.unit_name, seen.unit_name, unit_keys.unit_code) as unit_name,
    coalesce(registered.unit_short_name, registered.unit_name, seen.unit_name, unit_keys.unit_code) as unit_short_name,
    case
        when unit_keys.unit_code = unit_keys.authority_code then 'authority'
        else coalesce(registered.unit_bloc_code, seen.unit_bloc_code, 'other')
    end as unit_bloc_code,
    registered.parent_unit_code,
    registered.unit_code is not null as is_registered,
    coalesce(registered.is_synthetic, false) as is_synthetic,
    registered.valid_from_date,
    registered.valid_to_date,
    first_versions.existed_from_date
from unit_keys
left join registered
    on unit_keys.authority_code = registered.authority_code and unit_keys.unit_code = registered.unit_code
left join seen
    on unit_keys.authority_code = seen.authority_code and unit_keys.unit_code = seen.unit_code
left join first_versions
    on unit_keys.authority_code = first_versions.authority_code and unit_keys.unit_code = first_versions.unit_code
