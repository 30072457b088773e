with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_national_portal__dossiers'), ['authority_code', 'dossier_code']) }}

),

statuses as (

    select status_code, state_code, is_counted from {{ ref('dossier_statuses') }}

),

masked as (

    -- What happened after the as-of date is not known yet.
    select
        versions.authority_code,
        versions.dossier_code,
        versions.procedure_code,
        versions.unit_code,
        versions.received_at,
        versions.due_at,
        {{ known_finish('versions.completed_at', 'versions.returned_at', 'builds.as_of_date') }} as completed_at,
        coalesce(versions.completed_at, versions.returned_at) >= cast(builds.as_of_date + 1 as timestamp) as is_completed_later,
        versions.declared_timeliness_code,
        versions.synced_at,
        statuses.state_code as declared_state_code,
        coalesce(statuses.is_counted, true) as is_counted,
        builds.as_of_date,
        versions.delivery_id,
        versions.source_row_number
    from versions
    cross join builds
    left join statuses on versions.status_code = statuses.status_code
    where versions.received_at < cast(builds.as_of_date + 1 as timestamp)

),

stated as (

    select *, {{ state_as_of('declared_state_code', 'completed_at', 'is_completed_later') }} as state_code
    from masked

)

select
    authority_code,
    dossier_code,
    procedure_code,
    unit_code,
    received_at,
    {{ local_date('received_at') }} as received_date,
    due_at,
    completed_at,
    state_code,
    case
        when {{ is_judgeable('is_counted', 'state_code', 'completed_at') }} then {{ timeliness_by_date('due_at', 'completed_at', 'as_of_date') }}
        else 'not_counted'
    end as timeliness_by_date_code,
    declared_timeliness_code,
    synced_at,
    delivery_id,
    source_row_number
from stated
