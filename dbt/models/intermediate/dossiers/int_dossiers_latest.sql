with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        dossiers.*,
        row_number() over (
            partition by dossiers.authority_code, dossiers.dossier_code
            order by dossiers.delivery_sequence desc nulls last, dossiers.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_one_stop__dossiers') }} as dossiers

)

select
    versions.*,
    builds.as_of_date
from versions
cross join builds
where
    versions.version_number = 1
    -- What was received after the as-of date did not exist yet.
    and versions.received_at < cast(builds.as_of_date + 1 as timestamp)
