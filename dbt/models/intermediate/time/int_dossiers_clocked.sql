with dossiers as (

    select
        authority_code,
        dossier_code,
        procedure_code,
        resolving_unit_code,
        received_at,
        {{ known_finish('completed_at', 'returned_at', 'as_of_date') }} as completed_at,
        as_of_date
    from {{ ref('int_dossiers_latest') }}

),

limits as (

    select * from {{ ref('int_procedure_limits_dated') }}

),

clocks as (

    select authority_code, unit_code, clock_code from {{ ref('int_clocks_defined') }}

)

select
    dossiers.authority_code,
    dossiers.dossier_code,
    dossiers.received_at,
    dossiers.completed_at,
    dossiers.as_of_date,
    {{ clock_in_force('units', 'authorities') }} as clock_code,
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
left join clocks as units
    on dossiers.authority_code = units.authority_code and dossiers.resolving_unit_code = units.unit_code
left join clocks as authorities
    on dossiers.authority_code = authorities.authority_code and dossiers.authority_code = authorities.unit_code
