with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        events.*,
        row_number() over (
            partition by events.authority_code, events.dossier_code, events.event_code
            order by events.delivery_sequence desc nulls last, events.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_one_stop__dossier_events') }} as events

)

select versions.*
from versions
cross join builds
where
    versions.version_number = 1
    and versions.occurred_at < cast(builds.as_of_date + 1 as timestamp)
