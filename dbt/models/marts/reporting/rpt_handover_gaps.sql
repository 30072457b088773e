with dossiers as (

    select * from {{ ref('int_dossiers_timed') }}

),

attributed as (

    select authority_code, dossier_code from {{ ref('int_dossiers_attributed') }}
    where is_waiting_for_hand_over

),

procedures as (

    select authority_code, procedure_code, procedure_name from {{ ref('dim_procedures') }}

),

days as (

    select clock_code, calendar_date, working_day_index, is_calendar_known from {{ ref('int_clock_days_measured') }}

)

select
    dossiers.authority_code,
    dossiers.dossier_code,
    dossiers.resolving_unit_code,
    dossiers.procedure_code,
    coalesce(procedures.procedure_name, dossiers.procedure_name) as procedure_name,
    dossiers.channel_code,
    dossiers.completed_at,
    dossiers.completed_date,
    case
        when today.is_calendar_known and finish_days.is_calendar_known
            then today.working_day_index - finish_days.working_day_index
    end as waiting_working_days
from attributed
inner join dossiers
    on attributed.authority_code = dossiers.authority_code and attributed.dossier_code = dossiers.dossier_code
left join days as today
    on dossiers.clock_code = today.clock_code and dossiers.as_of_date = today.calendar_date
left join days as finish_days
    on dossiers.clock_code = finish_days.clock_code and dossiers.completed_date = finish_days.calendar_date
left join procedures
    on dossiers.authority_code = procedures.authority_code and dossiers.procedure_code = procedures.procedure_code
