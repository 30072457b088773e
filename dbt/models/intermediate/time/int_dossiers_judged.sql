with dossiers as (

    select * from {{ ref('int_dossiers_timed') }}

),

first_given as (

    -- The same in every version of a dossier.
    select authority_code, dossier_code, max(first_received_at) as received_at,
        max(first_due_at) as due_at, max(first_completed_at) as completed_at
    from {{ ref('int_dossier_versions_compared') }}
    group by authority_code, dossier_code

),

recomputed as (

    select * from {{ ref('int_dossiers_due') }}

),

uncounted_stops as (

    select authority_code, dossier_code, count(*) as uncounted_stop_count
    from {{ ref('int_dossier_stops_counted') }}
    where not is_counted
    group by authority_code, dossier_code

),

gathered as (

    select
        dossiers.*,
        coalesce(first_given.received_at, dossiers.received_at) as first_received_at,
        coalesce(first_given.due_at, dossiers.due_at) as original_due_at,
        -- A dossier that is open again has not finished, whatever an earlier delivery said.
        case when dossiers.completed_at is not null then coalesce(first_given.completed_at, dossiers.completed_at) end as first_completed_at,
        recomputed.due_at as recomputed_due_at,
        recomputed.due_at_without_stops,
        recomputed.limit_value,
        recomputed.limit_unit_code,
        recomputed.wait_seconds,
        coalesce(recomputed.counted_stop_count, 0) as counted_stop_count,
        coalesce(uncounted_stops.uncounted_stop_count, 0) as uncounted_stop_count,
        case when dossiers.completed_at is null then recomputed.stopped_since_at end as stopped_since_at
    from dossiers
    left join first_given
        on dossiers.authority_code = first_given.authority_code and dossiers.dossier_code = first_given.dossier_code
    left join recomputed
        on dossiers.authority_code = recomputed.authority_code and dossiers.dossier_code = recomputed.dossier_code
    left join uncounted_stops
        on dossiers.authority_code = uncounted_stops.authority_code and dossiers.dossier_code = uncounted_stops.dossier_code

),

judged as (

    select
        *,
        -- While the clock stands still, an open dossier is judged by the day on which it stopped.
        {{ timeliness_by_date('original_due_at', 'completed_at', 'as_of_date') }} as original_by_date,
        {{ timeliness_by_timestamp('original_due_at', 'completed_at', 'as_of_date') }} as original_by_timestamp,
        {{ timeliness_by_date('recomputed_due_at', 'first_completed_at', 'coalesce(' ~ local_date('stopped_since_at') ~ ', as_of_date)') }} as recomputed_by_date,
        {{ timeliness_by_timestamp('recomputed_due_at', 'first_completed_at', 'coalesce(' ~ local_date('stopped_since_at') ~ ', as_of_date)') }} as recomputed_by_timestamp,
        {{ timeliness_by_date('recomputed_due_at', 'completed_at', 'coalesce(' ~ local_date('stopped_since_at') ~ ', as_of_date)') }} as recomputed_on_last_finish,
        {{ timeliness_by_date('due_at_without_stops', 'completed_at', 'as_of_date') }} as without_stops_by_date
    from gathered

),

counted as (

    select
        *,
        -- What no rate counts has no verdict under any definition.
        timeliness_by_date_code = 'not_counted' as is_not_counted,
        {{ is_met('timeliness_by_date_code') }} as is_met_on_current,
        {{ is_met('original_by_date') }} as is_met_on_original,
        {{ is_met('recomputed_by_date') }} as is_met_on_recomputed,
        {{ is_met('recomputed_on_last_finish') }} as is_met_on_last_finish,
        {{ is_met('without_stops_by_date') }} as is_met_without_stops
    from judged

)

select
    authority_code,
    dossier_code,
    procedure_code,
    procedure_name,
    domain_name,
    receiving_unit_code,
    resolving_unit_code,
    section_code,
    channel_code,
    submitted_at,
    received_at,
    due_at,
    completed_at,
    returned_at,
    received_date,
    due_date,
    completed_date,
    status_code,
    state_code,
    is_counted,
    is_closed,
    timeliness_by_date_code,
    timeliness_by_timestamp_code,
    overdue_working_days,
    declared_timeliness_code,
    applicant_type_code,
    online_service_level_code,
    fee_amount,
    is_paid_online,
    is_digitised,
    supplement_count,
    as_of_date,
    delivery_id,
    source_row_number,
    first_received_at,
    original_due_at,
    first_completed_at,
    recomputed_due_at,
    due_at_without_stops,
    clock_code,
    limit_value,
    limit_unit_code,
    wait_seconds,
    counted_stop_count,
    uncounted_stop_count,
    stopped_since_at,
    case when is_not_counted then 'not_counted' else original_by_date end as timeliness_original_by_date_code,
    case when is_not_counted then 'not_counted' else original_by_timestamp end as timeliness_original_by_timestamp_code,
    case when is_not_counted then 'not_counted' else recomputed_by_date end as timeliness_recomputed_by_date_code,
    case when is_not_counted then 'not_counted' else recomputed_by_timestamp end as timeliness_recomputed_by_timestamp_code,
    -- Why the verdict by the due date on the dossier is not the one by its procedure's limit; the first that explains it.
    case
        when is_not_counted or is_met_on_current = is_met_on_recomputed then null
        when due_at is null and recomputed_due_at is null then null
        when due_at is null then 'missing_due_date'
        when recomputed_due_at is null and limit_value is not null then 'calendar_unknown'
        when recomputed_due_at is null then 'missing_limit'
        when is_met_on_last_finish = is_met_on_current then 'finish_changed'
        when is_met_on_original = is_met_on_recomputed then 'due_date_changed'
        when first_received_at <> received_at then 'receipt_changed'
        when uncounted_stop_count > 0 then 'stop_not_accepted'
        when counted_stop_count > 0 and is_met_without_stops = is_met_on_current then 'stop_not_credited'
        when supplement_count > 0 and counted_stop_count = 0 then 'stop_not_recorded'
        else 'other_calendar_or_limit'
    end as difference_cause_code
from counted
