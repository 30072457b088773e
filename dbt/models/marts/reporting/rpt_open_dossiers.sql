with dossiers as (

    select
        *,
        timeliness_by_date_code = 'open_late' as is_overdue
    from {{ ref('int_dossiers_timed') }}
    where is_counted and not is_closed

),

judged as (

    select authority_code, dossier_code, recomputed_due_at, timeliness_recomputed_by_date_code
    from {{ ref('int_dossiers_judged') }}

),

waits as (

    -- Something asked for or a pause that has not ended, whether or not the clock stops for it.
    select authority_code, dossier_code
    from {{ ref('int_dossier_stops_merged') }}
    where resumed_at is null
    group by authority_code, dossier_code

),

procedures as (

    select authority_code, procedure_code, procedure_name from {{ ref('dim_procedures') }}

),

days as (

    select clock_code, calendar_date, working_day_index, is_calendar_known from {{ ref('int_clock_days_measured') }}

),

bands as (

    select * from {{ ref('backlog_bands') }}

),

measured as (

    select
        dossiers.*,
        judged.recomputed_due_at,
        judged.timeliness_recomputed_by_date_code,
        -- Outside the years whose holidays we hold, a number of working days would be invented.
        case
            when today.is_calendar_known and due_days.is_calendar_known
                then due_days.working_day_index - today.working_day_index
        end as working_days_left,
        case
            when today.is_calendar_known and recomputed_days.is_calendar_known
                then recomputed_days.working_day_index - today.working_day_index
        end as recomputed_working_days_left
    from dossiers
    left join judged
        on dossiers.authority_code = judged.authority_code and dossiers.dossier_code = judged.dossier_code
    left join days as today
        on dossiers.clock_code = today.clock_code and dossiers.as_of_date = today.calendar_date
    left join days as due_days
        on dossiers.clock_code = due_days.clock_code and dossiers.due_date = due_days.calendar_date
    left join days as recomputed_days
        on dossiers.clock_code = recomputed_days.clock_code and {{ local_date('judged.recomputed_due_at') }} = recomputed_days.calendar_date

)

select
    measured.authority_code,
    measured.dossier_code,
    measured.resolving_unit_code,
    measured.section_code,
    measured.procedure_code,
    coalesce(procedures.procedure_name, measured.procedure_name) as procedure_name,
    measured.received_date,
    measured.due_at,
    measured.due_date,
    measured.is_overdue,
    measured.working_days_left,
    measured.recomputed_due_at,
    measured.timeliness_recomputed_by_date_code,
    measured.recomputed_working_days_left,
    case
        when measured.due_date is null then 'no_due_date'
        else coalesce(bands.ageing_band_code, 'unknown')
    end as ageing_band_code,
    measured.state_code,
    measured.state_code in ('waiting', 'stopped') or waits.dossier_code is not null as is_waiting
from measured
left join bands
    on
        measured.is_overdue = bands.is_overdue
        and abs(measured.working_days_left) >= bands.minimum_working_days
        and abs(measured.working_days_left) <= bands.maximum_working_days
left join waits
    on measured.authority_code = waits.authority_code and measured.dossier_code = waits.dossier_code
left join procedures
    on measured.authority_code = procedures.authority_code and measured.procedure_code = procedures.procedure_code
