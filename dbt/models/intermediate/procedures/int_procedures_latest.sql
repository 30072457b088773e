with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        procedures.*,
        row_number() over (
            partition by procedures.authority_code, procedures.procedure_code
            order by
                procedures.valid_from_date desc nulls last, procedures.delivery_sequence desc nulls last,
                procedures.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_procedure_registry__procedures') }} as procedures
    cross join builds
    where procedures.valid_from_date <= builds.as_of_date

)

select
    authority_code,
    procedure_code,
    procedure_name,
    domain_name,
    level_code,
    sla_value,
    sla_unit_code,
    online_service_level_code,
    has_fee,
    valid_from_date,
    valid_to_date
from versions
where version_number = 1
