with days as (

    select * from {{ ref('int_clock_days_measured') }}

),

-- By the recomputed due date; where the procedure has no limit to recompute from, by the one on the dossier.
based as (

    select
        authority_code,
        dossier_code,
        resolving_unit_code,
        section_code,
        clock_code,
        due_at as recorded_due_at,
        completed_at,
        as_of_date,
        recomputed_due_at,
        first_completed_at,
        stopped_since_at,
        case
            when timeliness_recomputed_by_date_code in ('late', 'open_late') then 'recomputed'
            when timeliness_recomputed_by_date_code = 'no_due_date' and timeliness_by_date_code in ('late', 'open_late')
                then 'recorded'
        end as due_basis_code
    from {{ ref('int_dossiers_judged') }}

),

late as (

    select
        based.authority_code,
        based.dossier_code,
        based.resolving_unit_code,
        based.section_code,
        based.due_basis_code,
        based.clock_code,
        case when based.due_basis_code = 'recomputed' then based.recomputed_due_at else based.recorded_due_at end as due_at,
        -- An open dossier is late up to the as-of date, or up to the moment at which its clock stopped.
        coalesce(
            case
                when based.due_basis_code = 'recomputed' then coalesce(based.first_completed_at, based.stopped_since_at)
                else based.completed_at
            end,
            {{ moment_of_day('based.as_of_date', '86399') }}
        ) as delay_ended_at
    from based
    where based.due_basis_code is not null

),

limited as (

    select *, {{ end_of_limit('due_at') }} as limit_at from late

),

positioned as (

    select
        limited.*,
        -- Outside the years whose holidays we hold, working time would be invented.
        case
            when due_days.is_calendar_known and ended_days.is_calendar_known then 'working' else 'elapsed'
        end as measure_code,
        {{ working_seconds_at('limited.limit_at', 'due_days') }} as due_working_seconds,
        {{ working_seconds_at('limited.delay_ended_at', 'ended_days') }} as ended_working_seconds
    from limited
    left join days as due_days
        on limited.clock_code = due_days.clock_code and {{ local_date('limited.limit_at') }} = due_days.calendar_date
    left join days as ended_days
        on limited.clock_code = ended_days.clock_code and {{ local_date('limited.delay_ended_at') }} = ended_days.calendar_date

),

scaled as (

    select
        *,
        case when measure_code = 'working' then due_working_seconds else {{ elapsed_seconds_at('limit_at') }} end as due_position,
        case
            when measure_code = 'working' then ended_working_seconds else {{ elapsed_seconds_at('delay_ended_at') }}
        end as ended_position
    from positioned

)

select
    authority_code,
    dossier_code,
    resolving_unit_code,
    section_code,
    clock_code,
    due_basis_code,
    due_at,
    delay_ended_at,
    measure_code,
    due_position,
    ended_position,
    ended_position - due_position as dossier_delay_seconds
from scaled
