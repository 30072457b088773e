with versions as (

    {{ newest_version(ref('stg_one_stop__supplements'), ['authority_code', 'dossier_code', 'supplement_code']) }}

),

dossiers as (

    select authority_code, dossier_code, clock_code, received_at, as_of_date from {{ ref('int_dossiers_clocked') }}

),

days as (

    select clock_code, calendar_date, working_day_index, is_calendar_known from {{ ref('int_clock_days_measured') }}

),

stops as (

    select
        authority_code,
        dossier_code,
        stopped_at,
        coalesce(resumed_at, cast('9999-12-31' as timestamp)) as stopped_until_at,
        working_days_left
    from {{ ref('int_dossier_stops_counted') }}

),

thresholds as (

    select threshold_value from {{ ref('dossier_thresholds') }}
    where threshold_code = 'supplement_last_days'

),

requests as (

    -- What was asked for before reception is no request to a dossier under way.
    select
        versions.authority_code,
        versions.dossier_code,
        versions.supplement_code,
        versions.status_code,
        versions.requested_at,
        case when versions.answered_at < cast(dossiers.as_of_date + 1 as timestamp) then versions.answered_at end as answered_at,
        versions.due_at_before,
        versions.due_at_after,
        versions.delivery_id,
        versions.source_row_number,
        dossiers.clock_code,
        dossiers.received_at,
        greatest(versions.requested_at, dossiers.received_at) as asked_at
    from versions
    inner join dossiers
        on versions.authority_code = dossiers.authority_code and versions.dossier_code = dossiers.dossier_code
    where
        versions.requested_at < cast(dossiers.as_of_date + 1 as timestamp)
        and coalesce(versions.status_code, '') <> 'before_reception'

),

measured as (

    select
        requests.*,
        asked_days.working_day_index - received_days.working_day_index as working_days_since_received,
        -- The due date as it stood when the clock stopped; where no limit is known, the one that the file says it was.
        stops.working_days_left as recomputed_working_days_left,
        case
            when asked_days.is_calendar_known and due_days.is_calendar_known
                then due_days.working_day_index - asked_days.working_day_index
        end as declared_working_days_left
    from requests
    left join stops
        on
            requests.authority_code = stops.authority_code
            and requests.dossier_code = stops.dossier_code
            and requests.asked_at >= stops.stopped_at
            and requests.asked_at <= stops.stopped_until_at
    left join days as received_days
        on requests.clock_code = received_days.clock_code and {{ local_date('requests.received_at') }} = received_days.calendar_date
    left join days as asked_days
        on requests.clock_code = asked_days.clock_code and {{ local_date('requests.asked_at') }} = asked_days.calendar_date
    left join days as due_days
        on requests.clock_code = due_days.clock_code and {{ local_date('requests.due_at_before') }} = due_days.calendar_date

)

select
    measured.authority_code,
    measured.dossier_code,
    measured.supplement_code,
    row_number() over (
        partition by measured.authority_code, measured.dossier_code
        order by measured.requested_at nulls last, measured.supplement_code nulls last
    ) as request_number,
    measured.status_code,
    measured.requested_at,
    measured.answered_at,
    measured.due_at_before,
    measured.due_at_after,
    measured.working_days_since_received,
    coalesce(measured.recomputed_working_days_left, measured.declared_working_days_left) as working_days_left,
    case
        when measured.recomputed_working_days_left is not null then 'recomputed'
        when measured.declared_working_days_left is not null then 'declared'
    end as due_basis_code,
    coalesce(measured.recomputed_working_days_left, measured.declared_working_days_left) <= thresholds.threshold_value
        as is_asked_on_last_days,
    measured.delivery_id,
    measured.source_row_number
from measured
cross join thresholds
