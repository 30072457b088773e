with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_one_stop__dossiers'), ['authority_code', 'dossier_code']) }}

)

select
    versions.*,
    builds.as_of_date
from versions
cross join builds
where
    -- What was received after the as-of date did not exist yet.
    versions.received_at < cast(builds.as_of_date + 1 as timestamp)
