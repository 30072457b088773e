with days as (

    select * from {{ ref('int_clock_days_measured') }}

),

dossiers as (

    select * from {{ ref('int_dossiers_clocked') }}
    where limit_seconds is not null

),

stops as (

    select * from {{ ref('int_dossier_stops_counted') }}
    where is_counted

),

restarts as (

    select authority_code, dossier_code, max(stop_number) as stop_number, max(resumed_at) as restarted_at
    from stops
    where clock_mode_code = 'restarted' and resumed_at is not null
    group by authority_code, dossier_code

),

waits as (

    select
        stops.authority_code,
        stops.dossier_code,
        max(restarts.restarted_at) as restarted_at,
        sum(case when restarts.stop_number is null or stops.stop_number > restarts.stop_number then stops.wait_seconds else 0 end)
            as wait_seconds,
        max(case when stops.resumed_at is null then stops.stopped_at end) as stopped_since_at,
        count(*) as counted_stop_count
    from stops
    left join restarts
        on stops.authority_code = restarts.authority_code and stops.dossier_code = restarts.dossier_code
    group by stops.authority_code, stops.dossier_code

),

with_stops as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.clock_code,
        dossiers.keeps_time_of_day,
        dossiers.wait_measure_code,
        dossiers.limit_value,
        dossiers.limit_unit_code,
        dossiers.limit_seconds + coalesce(waits.wait_seconds, 0) as added_seconds,
        coalesce(waits.wait_seconds, 0) as wait_seconds,
        coalesce(waits.counted_stop_count, 0) as counted_stop_count,
        waits.restarted_at,
        waits.stopped_since_at,
        coalesce(waits.restarted_at, dossiers.received_at) as clock_started_at
    from dossiers
    left join waits
        on dossiers.authority_code = waits.authority_code and dossiers.dossier_code = waits.dossier_code

),

-- Where a stop moved the due date, the one without any stop is computed beside it.
based as (

    select with_stops.*, 'with_stops' as variant_code
    from with_stops

    union all

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.clock_code,
        dossiers.keeps_time_of_day,
        dossiers.wait_measure_code,
        dossiers.limit_value,
        dossiers.limit_unit_code,
        dossiers.limit_seconds as added_seconds,
        cast(0 as bigint) as wait_seconds,
        cast(0 as bigint) as counted_stop_count,
        cast(null as timestamp) as restarted_at,
        cast(null as timestamp) as stopped_since_at,
        dossiers.received_at as clock_started_at,
        'without_stops' as variant_code
    from dossiers
    inner join waits
        on dossiers.authority_code = waits.authority_code and dossiers.dossier_code = waits.dossier_code

),

started as (

    select
        based.*,
        {{ clock_start_index('based.clock_started_at', 'days') }} as start_index,
        {{ clock_start_second('based.clock_started_at', 'days') }} as start_second,
        {{ clock_start_offset('based.clock_started_at', 'days') }} as start_offset,
        case
            when based.wait_measure_code = 'elapsed'
                then {{ elapsed_clock_start('based.clock_started_at', 'days') }} + based.added_seconds
        end as elapsed_due_seconds,
        days.is_calendar_known
    from based
    inner join days
        on based.clock_code = days.clock_code and {{ local_date('based.clock_started_at') }} = days.calendar_date

),

-- A date of its own, null for other limits: a condition on one side only would keep the join from being a hash join.
dated as (

    select *, {{ date_of_elapsed('elapsed_due_seconds') }} as elapsed_due_date
    from started

),

targeted as (

    select
        started.*,
        case
            when started.wait_measure_code = 'elapsed'
                then elapsed_days.working_day_index + case when elapsed_days.is_working_day then 0 else 1 end
            else {{ deadline_index('started.start_index', 'started.start_offset', 'started.added_seconds', 'started.keeps_time_of_day') }}
        end as due_index
    from dated as started
    left join days as elapsed_days
        on started.clock_code = elapsed_days.clock_code and started.elapsed_due_date = elapsed_days.calendar_date

),

working_days as (

    select * from days where is_working_day

),

computed as (

    select
        targeted.*,
        -- Outside the years whose holidays we hold, a due date would be invented.
        case
            when not (targeted.is_calendar_known and working_days.is_calendar_known) then null
            when targeted.wait_measure_code = 'elapsed'
                then {{ moment_of_day('working_days.calendar_date', 'targeted.elapsed_due_seconds % 86400') }}
            else {{ moment_of_day(
                'working_days.calendar_date',
                deadline_second('targeted.start_second', 'targeted.start_offset', 'targeted.added_seconds', 'targeted.keeps_time_of_day', 'working_days')
            ) }}
        end as due_at
    from targeted
    left join working_days
        on targeted.clock_code = working_days.clock_code and targeted.due_index = working_days.working_day_index

)

select
    computed.authority_code,
    computed.dossier_code,
    computed.clock_code,
    computed.limit_value,
    computed.limit_unit_code,
    computed.restarted_at,
    computed.stopped_since_at,
    computed.wait_seconds,
    computed.counted_stop_count,
    computed.due_at,
    coalesce(without_stops.due_at, computed.due_at) as due_at_without_stops
from computed
left join computed as without_stops
    on
        without_stops.variant_code = 'without_stops'
        and computed.authority_code = without_stops.authority_code
        and computed.dossier_code = without_stops.dossier_code
where computed.variant_code = 'with_stops'
