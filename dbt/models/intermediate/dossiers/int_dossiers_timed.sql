with dossiers as (

    select
        *,
        cast(as_of_date + 1 as timestamp) as as_of_end_at
    from {{ ref('int_dossiers_latest') }}

),

statuses as (

    select status_code, state_code, is_counted from {{ ref('dossier_statuses') }}

),

clocks as (

    select authority_code, unit_code, clock_code from {{ ref('int_clocks_defined') }}

),

days as (

    select clock_code, calendar_date, working_day_index, is_calendar_known from {{ ref('int_clock_days_measured') }}

),

masked as (

    -- What happened after the as-of date is not known yet.
    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.procedure_code,
        dossiers.procedure_name,
        dossiers.domain_name,
        dossiers.receiving_unit_code,
        dossiers.resolving_unit_code,
        dossiers.resolving_unit_name,
        dossiers.section_code,
        dossiers.channel_code,
        dossiers.submitted_at,
        dossiers.received_at,
        dossiers.due_at,
        {{ known_finish('dossiers.completed_at', 'dossiers.returned_at', 'dossiers.as_of_date') }} as completed_at,
        case when dossiers.returned_at < dossiers.as_of_end_at then dossiers.returned_at end as returned_at,
        coalesce(dossiers.completed_at, dossiers.returned_at) >= dossiers.as_of_end_at as is_completed_later,
        dossiers.return_channel_code,
        dossiers.officer_key,
        dossiers.status_code,
        statuses.state_code as declared_state_code,
        coalesce(statuses.is_counted, true) as is_counted,
        dossiers.declared_timeliness_code,
        dossiers.applicant_type_code,
        dossiers.online_service_level_code,
        dossiers.fee_amount,
        dossiers.is_paid_online,
        dossiers.is_digitised,
        dossiers.supplement_count,
        dossiers.as_of_date,
        dossiers.as_of_end_at,
        dossiers.delivery_id,
        dossiers.source_row_number
    from dossiers
    left join statuses on dossiers.status_code = statuses.status_code

),

dated as (

    select
        *,
        {{ local_date('received_at') }} as received_date,
        {{ local_date('due_at') }} as due_date,
        {{ local_date('completed_at') }} as completed_date,
        {{ state_as_of('declared_state_code', 'completed_at', 'is_completed_later') }} as state_code
    from masked

),

closed as (

    select
        dated.*,
        {{ is_closed('dated.state_code', 'dated.completed_at') }} as is_closed,
        coalesce(units.clock_code, authorities.clock_code, 'VN/VN') as clock_code
    from dated
    left join clocks as units
        on dated.authority_code = units.authority_code and dated.resolving_unit_code = units.unit_code
    left join clocks as authorities
        on dated.authority_code = authorities.authority_code and dated.authority_code = authorities.unit_code

),

judgeable as (

    select
        *,
        {{ is_judgeable('is_counted', 'state_code', 'completed_at') }} as is_judged
    from closed

),

judged as (

    select
        *,
        case when is_judged then {{ timeliness_by_date('due_at', 'completed_at', 'as_of_date') }} else 'not_counted' end as timeliness_by_date_code,
        case when is_judged then {{ timeliness_by_timestamp('due_at', 'completed_at', 'as_of_date') }} else 'not_counted' end as timeliness_by_timestamp_code
    from judgeable

)

select
    judged.authority_code,
    judged.dossier_code,
    judged.procedure_code,
    judged.procedure_name,
    judged.domain_name,
    judged.receiving_unit_code,
    judged.resolving_unit_code,
    judged.resolving_unit_name,
    judged.section_code,
    judged.channel_code,
    judged.submitted_at,
    judged.received_at,
    judged.due_at,
    judged.completed_at,
    judged.returned_at,
    judged.received_date,
    judged.due_date,
    judged.completed_date,
    judged.return_channel_code,
    judged.officer_key,
    judged.status_code,
    judged.state_code,
    judged.is_counted,
    judged.is_closed,
    judged.clock_code,
    judged.timeliness_by_date_code,
    judged.timeliness_by_timestamp_code,
    -- Outside the years whose holidays we hold, a number of working days would be invented.
    case
        when judged.timeliness_by_date_code in ('late', 'open_late') and due_days.is_calendar_known
            then end_days.working_day_index - due_days.working_day_index
    end as overdue_working_days,
    judged.declared_timeliness_code,
    judged.applicant_type_code,
    judged.online_service_level_code,
    judged.fee_amount,
    judged.is_paid_online,
    judged.is_digitised,
    judged.supplement_count,
    judged.as_of_date,
    judged.delivery_id,
    judged.source_row_number
from judged
left join days as due_days
    on judged.clock_code = due_days.clock_code and judged.due_date = due_days.calendar_date
left join days as end_days
    on judged.clock_code = end_days.clock_code and coalesce(judged.completed_date, judged.as_of_date) = end_days.calendar_date
