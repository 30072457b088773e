with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        reports.*,
        row_number() over (
            partition by
                reports.authority_code, reports.unit_code, reports.period_start_date, reports.period_end_date,
                reports.definition_code
            order by reports.delivery_sequence desc nulls last, reports.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_portal__on_time_reports') }} as reports

)

select versions.*
from versions
cross join builds
where
    versions.version_number = 1
    and versions.period_end_date <= builds.as_of_date
