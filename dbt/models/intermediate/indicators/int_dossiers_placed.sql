with dossiers as (

    select
        authority_code,
        dossier_code,
        procedure_code,
        domain_name,
        coalesce(receiving_unit_code, resolving_unit_code) as receiving_unit_code,
        resolving_unit_code,
        section_code,
        channel_code,
        received_date,
        due_date,
        completed_date,
        {{ local_date('returned_at') }} as returned_date,
        -- One said to be finished before it was received leaves the open stock on the day it enters it.
        case when completed_date is not null then greatest(completed_date, received_date) end as closed_date,
        coalesce({{ local_date('due_at') }}, {{ local_date('recomputed_due_at') }}) as due_or_limit_date,
        {{ local_date('stopped_since_at') }} as stopped_since_date,
        state_code,
        is_closed,
        as_of_date,
        timeliness_by_date_code,
        timeliness_by_timestamp_code,
        timeliness_original_by_date_code,
        timeliness_recomputed_by_date_code,
        declared_timeliness_code,
        {{ timeliness_by_timestamp('due_at', 'returned_at', 'as_of_date') }} as handed_over_by_timestamp_code
    from {{ ref('int_dossiers_judged') }}
    where is_counted

),

procedures as (

    select authority_code, procedure_code, domain_name from {{ ref('int_procedures_latest') }}

),

attributes as (

    select * from {{ ref('int_dossiers_attributed') }}

),

-- Who had it when: only of dossiers that a reorganisation moved while they were open.
stays as (

    select * from {{ ref('int_dossier_stays') }}

),

dated as (

    select
        dossiers.*,
        coalesce(procedures.domain_name, dossiers.domain_name, 'Không rõ lĩnh vực') as procedure_domain_name,
        -- Closed without a day: no period can have it.
        dossiers.is_closed and dossiers.closed_date is null as is_unplaced,
        dossiers.closed_date is not null and dossiers.timeliness_by_date_code = 'not_counted' as is_withdrawn,
        -- The day from which it is late: the day after the due date, if it was still open then. A due date that has not
        -- passed on the as-of date makes nobody late.
        case
            when
                dossiers.timeliness_by_date_code not in ('early', 'on_time')
                and (not dossiers.is_closed or dossiers.closed_date is not null)
                and dossiers.due_date < coalesce(dossiers.closed_date, dossiers.as_of_date)
                then greatest(dossiers.due_date + 1, dossiers.received_date)
        end as late_date,
        -- QĐ 766, 2.1: without a due date by the limit; one supplement not answered ends the time; a second is late.
        case
            when dossiers.completed_date <= dossiers.due_or_limit_date then null
            when dossiers.completed_date is null and dossiers.stopped_since_date <= dossiers.due_or_limit_date then null
            when dossiers.due_or_limit_date < coalesce(dossiers.closed_date, dossiers.as_of_date)
                then greatest(dossiers.due_or_limit_date + 1, dossiers.received_date)
        end as over_limit_date,
        case
            when attributes.second_requested_at is not null
                then greatest({{ local_date('attributes.second_requested_at') }}, dossiers.received_date)
            when attributes.is_supplemented_twice then dossiers.received_date
        end as supplemented_twice_date,
        {%- for name in service_attributes() %}
        attributes.{{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from dossiers
    left join procedures
        on dossiers.authority_code = procedures.authority_code and dossiers.procedure_code = procedures.procedure_code
    left join attributes
        on dossiers.authority_code = attributes.authority_code and dossiers.dossier_code = attributes.dossier_code

),

judged as (

    select
        *,
        not is_unplaced and (due_or_limit_date is not null or supplemented_twice_date is not null) as is_judged_by_qd766,
        case when not is_unplaced then least(
            coalesce(over_limit_date, supplemented_twice_date), coalesce(supplemented_twice_date, over_limit_date)
        ) end as late_by_qd766_date,
        -- A due date that has not passed yet says nothing, of the dossiers closed before it no more than of the open ones.
        case
            when due_date < as_of_date or (due_date = as_of_date and is_closed) then due_date
        end as passed_due_date
    from dated

),

slices as (

    select calendar_date, slice_start_date from {{ ref('int_days_sliced') }}

)

select
    judged.authority_code,
    judged.dossier_code,
    judged.procedure_code,
    judged.procedure_domain_name as domain_name,
    judged.receiving_unit_code,
    judged.resolving_unit_code as last_unit_code,
    coalesce(first_stays.unit_code, judged.resolving_unit_code) as first_unit_code,
    coalesce(late_stays.unit_code, judged.resolving_unit_code) as late_unit_code,
    coalesce(due_stays.unit_code, judged.resolving_unit_code) as due_unit_code,
    judged.section_code,
    judged.channel_code,
    judged.late_date,
    judged.closed_date,
    judged.returned_date as handed_over_date,
    judged.passed_due_date,
    judged.due_date is not null as has_due_date,
    judged.is_closed,
    judged.is_unplaced,
    judged.is_withdrawn,
    judged.state_code,
    judged.as_of_date,
    judged.is_judged_by_qd766,
    judged.timeliness_by_date_code,
    judged.timeliness_by_timestamp_code,
    judged.timeliness_original_by_date_code,
    judged.timeliness_recomputed_by_date_code,
    judged.declared_timeliness_code,
    {%- for name in service_attributes() %}
    judged.{{ name }},
    {%- endfor %}
    judged.handed_over_by_timestamp_code,
    received.slice_start_date as received_slice_date,
    closed.slice_start_date as closed_slice_date,
    late.slice_start_date as late_slice_date,
    due.slice_start_date as due_slice_date,
    returned.slice_start_date as handed_over_slice_date,
    late_by_qd766.slice_start_date as late_by_qd766_slice_date
from judged
left join stays as first_stays
    on
        judged.authority_code = first_stays.authority_code
        and judged.dossier_code = first_stays.dossier_code
        and first_stays.is_first
left join stays as late_stays
    on
        judged.authority_code = late_stays.authority_code
        and judged.dossier_code = late_stays.dossier_code
        and judged.late_date >= late_stays.from_date
        and judged.late_date < late_stays.to_date
left join stays as due_stays
    on
        judged.authority_code = due_stays.authority_code
        and judged.dossier_code = due_stays.dossier_code
        and judged.passed_due_date >= due_stays.from_date
        and judged.passed_due_date < due_stays.to_date
left join slices as received on judged.received_date = received.calendar_date
left join slices as closed on judged.closed_date = closed.calendar_date
left join slices as late on judged.late_date = late.calendar_date
left join slices as due
    on judged.passed_due_date = due.calendar_date
left join slices as returned on judged.returned_date = returned.calendar_date
left join slices as late_by_qd766 on judged.late_by_qd766_date = late_by_qd766.calendar_date
