with dossiers as (

    select authority_code, dossier_code, procedure_code, clock_code, received_at, completed_at, as_of_date
    from {{ ref('int_dossiers_timed') }}

),

first_given as (

    -- The same in every version of a dossier. A receipt that is moved afterwards would move the limit with it.
    select authority_code, dossier_code, max(first_received_at) as received_at
    from {{ ref('int_dossier_versions_compared') }}
    group by authority_code, dossier_code

),

started as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.procedure_code,
        dossiers.clock_code,
        coalesce(first_given.received_at, dossiers.received_at) as received_at,
        dossiers.completed_at,
        dossiers.as_of_date
    from dossiers
    left join first_given
        on dossiers.authority_code = first_given.authority_code and dossiers.dossier_code = first_given.dossier_code

),

limits as (

    select * from {{ ref('int_procedure_limits_dated') }}

)

select
    started.authority_code,
    started.dossier_code,
    started.received_at,
    started.completed_at,
    started.as_of_date,
    started.clock_code,
    limits.limit_value,
    limits.limit_unit_code,
    limits.limit_seconds,
    limits.keeps_time_of_day,
    limits.wait_measure_code,
    limits.default_clock_mode_code
from started
left join limits
    on
        started.authority_code = limits.authority_code
        and started.procedure_code = limits.procedure_code
        and {{ local_date('started.received_at') }} between limits.valid_from_date and limits.valid_to_date
