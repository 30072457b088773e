with dossiers as (

    select authority_code, dossier_code, procedure_code, clock_code, received_at, completed_at, as_of_date
    from {{ ref('int_dossiers_timed') }}

),

limits as (

    select * from {{ ref('int_procedure_limits_dated') }}

)

select
    dossiers.authority_code,
    dossiers.dossier_code,
    dossiers.received_at,
    dossiers.completed_at,
    dossiers.as_of_date,
    dossiers.clock_code,
    limits.limit_value,
    limits.limit_unit_code,
    limits.limit_seconds,
    limits.keeps_time_of_day,
    limits.wait_measure_code,
    limits.default_clock_mode_code
from dossiers
left join limits
    on
        dossiers.authority_code = limits.authority_code
        and dossiers.procedure_code = limits.procedure_code
        and {{ local_date('dossiers.received_at') }} between limits.valid_from_date and limits.valid_to_date
