{#- Everything before a stop of the same dossier, in order. -#}
{%- set before -%}
(partition by authority_code, dossier_code order by stop_number nulls last rows between unbounded preceding and 1 preceding)
{%- endset -%}

with days as (

    select * from {{ ref('int_clock_days_measured') }}

),

stops as (

    select
        stops.authority_code,
        stops.dossier_code,
        stops.stop_number,
        stops.clock_code,
        stops.stopped_at,
        stops.resumed_at,
        stops.clock_mode_code,
        dossiers.received_at,
        dossiers.limit_seconds,
        dossiers.keeps_time_of_day,
        dossiers.wait_measure_code
    from {{ ref('int_dossier_stops_merged') }} as stops
    inner join {{ ref('int_dossiers_clocked') }} as dossiers
        on stops.authority_code = dossiers.authority_code and stops.dossier_code = dossiers.dossier_code

),

-- Each moment on the scale in which the limit of its procedure is counted.
measured as (

    select
        stops.*,
        case
            when stops.wait_measure_code = 'elapsed' then {{ elapsed_clock_start('stops.received_at', 'received_days') }}
            else {{ working_seconds_at('stops.received_at', 'received_days') }}
        end as received_seconds,
        case
            when stops.wait_measure_code = 'elapsed' then {{ elapsed_seconds_at('stops.stopped_at') }}
            else {{ working_seconds_at('stops.stopped_at', 'stopped_days') }}
        end as stopped_seconds,
        stopped_days.working_day_index as stopped_day_index,
        stopped_days.is_calendar_known,
        case
            when stops.resumed_at is null then null
            when stops.wait_measure_code = 'elapsed' then {{ elapsed_seconds_at('stops.resumed_at') }}
            else {{ working_seconds_at('stops.resumed_at', 'resumed_days') }}
        end as resumed_seconds,
        case
            when stops.resumed_at is null or stops.clock_mode_code <> 'restarted' then null
            when stops.wait_measure_code = 'elapsed' then {{ elapsed_clock_start('stops.resumed_at', 'resumed_days') }}
            else {{ working_seconds_at('stops.resumed_at', 'resumed_days') }}
        end as restart_seconds
    from stops
    left join days as received_days
        on stops.clock_code = received_days.clock_code and {{ local_date('stops.received_at') }} = received_days.calendar_date
    left join days as stopped_days
        on stops.clock_code = stopped_days.clock_code and {{ local_date('stops.stopped_at') }} = stopped_days.calendar_date
    left join days as resumed_days
        on stops.clock_code = resumed_days.clock_code and {{ local_date('stops.resumed_at') }} = resumed_days.calendar_date

),

waited as (

    select
        *,
        coalesce(resumed_seconds - stopped_seconds, 0) as wait_seconds,
        coalesce(sum(coalesce(resumed_seconds - stopped_seconds, 0)) over {{ before }}, 0) as wait_seconds_before,
        max(restart_seconds) over {{ before }} as restarted_seconds,
        max(case when clock_mode_code = 'restarted' then stop_number end) over {{ before }} as restarted_stop_number
    from measured

),

restarts as (

    select authority_code, dossier_code, stop_number, wait_seconds_before + wait_seconds as wait_seconds_until
    from waited
    where clock_mode_code = 'restarted'

),

spent as (

    -- What of the limit was used up when the clock stopped, counted from reception or the last restart.
    select
        waited.*,
        waited.stopped_seconds - coalesce(waited.restarted_seconds, waited.received_seconds)
        - (waited.wait_seconds_before - coalesce(restarts.wait_seconds_until, 0)) as spent_seconds,
        waited.limit_seconds + waited.wait_seconds_before - coalesce(restarts.wait_seconds_until, 0) as added_seconds
    from waited
    left join restarts
        on
            waited.authority_code = restarts.authority_code
            and waited.dossier_code = restarts.dossier_code
            and waited.restarted_stop_number = restarts.stop_number

),

due as (

    select *, stopped_seconds - spent_seconds + limit_seconds as due_seconds
    from spent

),

-- A date of its own, null for other limits: a condition on one side only would keep the join from being a hash join.
dated as (

    select
        *,
        case when wait_measure_code = 'elapsed' then {{ date_of_elapsed('due_seconds') }} end as elapsed_due_date
    from due

),

-- A limit in calendar days that ends on a day off ends on the next working day.
late as (

    select
        spent.*,
        case
            when spent.wait_measure_code = 'elapsed'
                then
                    {{ elapsed_days_at(local_date('spent.stopped_at')) }} * 86400 + {{ second_of_day('spent.stopped_at') }}
                    > {{ elapsed_days_at('due_days.next_working_date') }} * 86400 + spent.due_seconds % 86400
            else spent.spent_seconds > spent.limit_seconds
        end as is_after_due,
        -- The working day on which the limit would have ended, had the clock not stopped here.
        case
            when not (spent.is_calendar_known and (due_days.is_calendar_known or spent.wait_measure_code <> 'elapsed')) then null
            when spent.wait_measure_code = 'elapsed'
                then due_days.working_day_index + case when due_days.is_working_day then 0 else 1 end
            else {{ last_index('spent.due_seconds', 'spent.keeps_time_of_day and spent.added_seconds % ' ~ working_day_seconds() ~ ' = 0') }}
        end as due_day_index
    from dated as spent
    left join days as due_days
        on spent.clock_code = due_days.clock_code and spent.elapsed_due_date = due_days.calendar_date

)

-- A stop that begins after the limit is used up heals nothing, nor does any after it.
select
    authority_code,
    dossier_code,
    stop_number,
    stopped_at,
    resumed_at,
    clock_mode_code,
    wait_measure_code,
    wait_seconds,
    spent_seconds,
    due_day_index - stopped_day_index as working_days_left,
    coalesce(sum(case when is_after_due then 1 else 0 end) over (
        partition by authority_code, dossier_code order by stop_number nulls last rows between unbounded preceding and current row
    ), 0) = 0 as is_counted
from late
