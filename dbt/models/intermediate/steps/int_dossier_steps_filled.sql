with days as (

    select * from {{ ref('int_clock_days_measured') }}

),

statuses as (

    select status_code, state_code in ('waiting', 'stopped') as is_waiting from {{ ref('dossier_statuses') }}

),

judged as (

    select
        *,
        completed_at is null and not is_closed and is_counted as is_open,
        -- Whichever due date the reader comes with, and whether by the day or by the clock.
        'late' in (
            timeliness_by_date_code,
            timeliness_by_timestamp_code,
            timeliness_original_by_date_code,
            timeliness_original_by_timestamp_code,
            timeliness_recomputed_by_date_code,
            timeliness_recomputed_by_timestamp_code
        ) as is_late
    from {{ ref('int_dossiers_judged') }}

),

dossiers as (

    select
        authority_code,
        dossier_code,
        procedure_code,
        resolving_unit_code,
        section_code,
        received_at,
        is_open,
        case
            when completed_at is not null then completed_at
            when is_open then {{ moment_of_day('as_of_date', '86399') }}
        end as ended_at,
        clock_code
    from judged
    -- The others are in the sums of fct_step_times and in fct_dossier_events.
    where is_late or is_open

),

logged as (

    select steps.*
    from {{ ref('int_dossier_steps_measured') }} as steps
    inner join dossiers
        on steps.authority_code = dossiers.authority_code and steps.dossier_code = dossiers.dossier_code

),

reached as (

    select
        authority_code,
        dossier_code,
        sum(case when is_after_finish then 0 else 1 end) as logged_step_count,
        max(case when not is_after_finish then occurred_at end) as logged_until_at
    from logged
    group by authority_code, dossier_code

),

-- What lies between the last event and the finish, or the as-of date of an open dossier: no event tells who ended it.
unlogged as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.procedure_code,
        dossiers.clock_code,
        dossiers.is_open,
        cast(reached.logged_step_count + 1 as bigint) as step_number,
        coalesce(reached.logged_until_at, dossiers.received_at) as began_at,
        dossiers.ended_at,
        coalesce(statuses.is_waiting, false) as is_wait,
        case
            when coalesce(statuses.is_waiting, false) then last_steps.unit_code
            else coalesce(dossiers.resolving_unit_code, last_steps.unit_code)
        end as unit_code,
        case
            when coalesce(statuses.is_waiting, false) then last_steps.section_code
            else coalesce(dossiers.section_code, last_steps.section_code)
        end as section_code,
        last_steps.unit_code as last_unit_code,
        last_steps.section_code as last_section_code,
        last_steps.step_number as last_step_number
    from dossiers
    inner join reached
        on dossiers.authority_code = reached.authority_code and dossiers.dossier_code = reached.dossier_code
    left join logged as last_steps
        on
            reached.authority_code = last_steps.authority_code
            and reached.dossier_code = last_steps.dossier_code
            and reached.logged_step_count = last_steps.step_number
    left join statuses on last_steps.status_code = statuses.status_code
    where dossiers.ended_at > coalesce(reached.logged_until_at, dossiers.received_at)

)

select
    logged.authority_code,
    logged.dossier_code,
    cast(logged.step_number + case when logged.is_after_finish and unlogged.dossier_code is not null then 1 else 0 end as bigint)
        as step_number,
    logged.event_code,
    logged.activity_name,
    logged.began_at,
    logged.occurred_at as ended_at,
    logged.unit_code,
    logged.section_code,
    logged.procedure_code,
    logged.step_due_at,
    true as is_logged,
    false as is_open,
    logged.is_wait,
    logged.is_after_finish,
    logged.is_handed_over,
    repeated.dossier_code is not null as is_rework,
    logged.is_step_late,
    logged.elapsed_seconds,
    logged.working_seconds
from logged
left join unlogged
    on logged.authority_code = unlogged.authority_code and logged.dossier_code = unlogged.dossier_code
left join {{ ref('int_dossier_steps_repeated') }} as repeated
    on
        logged.authority_code = repeated.authority_code
        and logged.dossier_code = repeated.dossier_code
        and logged.step_number = repeated.step_number

union all

select
    unlogged.authority_code,
    unlogged.dossier_code,
    unlogged.step_number,
    cast(null as {{ dbt.type_string() }}) as event_code,
    cast(null as {{ dbt.type_string() }}) as activity_name,
    unlogged.began_at,
    unlogged.ended_at,
    unlogged.unit_code,
    unlogged.section_code,
    unlogged.procedure_code,
    cast(null as timestamp) as step_due_at,
    false as is_logged,
    unlogged.is_open,
    unlogged.is_wait,
    false as is_after_finish,
    unlogged.last_step_number is not null
    and (
        unlogged.unit_code is distinct from unlogged.last_unit_code
        or unlogged.section_code is distinct from unlogged.last_section_code
    ) as is_handed_over,
    false as is_rework,
    false as is_step_late,
    {{ elapsed_seconds_at('unlogged.ended_at') }} - {{ elapsed_seconds_at('unlogged.began_at') }} as elapsed_seconds,
    case
        when began_days.is_calendar_known and ended_days.is_calendar_known
            then
                {{ working_seconds_at('unlogged.ended_at', 'ended_days') }}
                - {{ working_seconds_at('unlogged.began_at', 'began_days') }}
    end as working_seconds
from unlogged
left join days as began_days
    on unlogged.clock_code = began_days.clock_code and {{ local_date('unlogged.began_at') }} = began_days.calendar_date
left join days as ended_days
    on unlogged.clock_code = ended_days.clock_code and {{ local_date('unlogged.ended_at') }} = ended_days.calendar_date
