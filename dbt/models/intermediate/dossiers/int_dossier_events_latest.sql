with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_one_stop__dossier_events'), ['authority_code', 'dossier_code', 'event_code']) }}

)

select versions.*
from versions
cross join builds
where versions.occurred_at < cast(builds.as_of_date + 1 as timestamp)
