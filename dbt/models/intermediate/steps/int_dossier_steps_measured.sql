{#- The log of a dossier in order of time; what was logged at one moment, in the order in which it was delivered. -#}
{%- set in_order -%}
(
            partition by authority_code, dossier_code
            order by occurred_at nulls last, delivery_sequence nulls last, source_row_number nulls last, event_code nulls last
        )
{%- endset -%}

with statuses as (

    select status_code, state_code in ('waiting', 'stopped') as is_waiting from {{ ref('dossier_statuses') }}

),

days as (

    select * from {{ ref('int_clock_days_measured') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

),

dossiers as (

    select
        timed.authority_code,
        timed.dossier_code,
        timed.procedure_code,
        timed.received_at,
        timed.completed_at,
        timed.clock_code
    from {{ ref('int_dossiers_timed') }} as timed

),

-- One window over narrow rows: every log of a province passes through it.
ordered as (

    select
        authority_code,
        dossier_code,
        event_code,
        activity_name,
        occurred_at,
        status_code,
        unit_code,
        section_code,
        step_due_at,
        delivery_sequence,
        source_row_number,
        row_number() over {{ in_order }} as step_number,
        lag(occurred_at) over {{ in_order }} as previous_at,
        lag(status_code) over {{ in_order }} as previous_status_code,
        lag(unit_code) over {{ in_order }} as previous_unit_code,
        lag(section_code) over {{ in_order }} as previous_section_code
    from {{ ref('int_dossier_events_latest') }}

),

placed as (

    select
        ordered.*,
        deliveries.delivery_id,
        dossiers.procedure_code,
        coalesce(dossiers.clock_code, 'VN/VN') as clock_code,
        coalesce(statuses.is_waiting, false) as is_wait,
        coalesce(ordered.occurred_at > dossiers.completed_at, false) as is_after_finish,
        -- The first step begins with reception, whatever is dated before it; after the finish, what was logged before it no
        -- longer counts.
        least(
            ordered.occurred_at,
            case
                when ordered.occurred_at > dossiers.completed_at
                    then greatest(coalesce(ordered.previous_at, dossiers.received_at), dossiers.completed_at)
                when ordered.previous_at is null then coalesce(dossiers.received_at, ordered.occurred_at)
                else greatest(ordered.previous_at, coalesce(dossiers.received_at, ordered.previous_at))
            end
        ) as began_at
    from ordered
    left join deliveries on ordered.delivery_sequence = deliveries.delivery_sequence
    left join dossiers
        on ordered.authority_code = dossiers.authority_code and ordered.dossier_code = dossiers.dossier_code
    left join statuses on ordered.previous_status_code = statuses.status_code

)

select
    placed.authority_code,
    placed.dossier_code,
    cast(placed.step_number as bigint) as step_number,
    placed.event_code,
    placed.activity_name,
    placed.began_at,
    placed.occurred_at,
    placed.status_code,
    placed.unit_code,
    placed.section_code,
    placed.step_due_at,
    placed.procedure_code,
    placed.is_wait,
    placed.is_after_finish,
    placed.previous_at is not null
    and (
        placed.unit_code is distinct from placed.previous_unit_code
        or placed.section_code is distinct from placed.previous_section_code
    ) as is_handed_over,
    coalesce(placed.occurred_at > {{ end_of_limit('placed.step_due_at') }}, false) as is_step_late,
    {{ elapsed_seconds_at('placed.occurred_at') }} - {{ elapsed_seconds_at('placed.began_at') }} as elapsed_seconds,
    -- Outside the years whose holidays we hold, working time would be invented.
    case
        when began_days.is_calendar_known and ended_days.is_calendar_known
            then
                {{ working_seconds_at('placed.occurred_at', 'ended_days') }}
                - {{ working_seconds_at('placed.began_at', 'began_days') }}
    end as working_seconds,
    placed.delivery_id,
    placed.source_row_number
from placed
left join days as began_days
    on placed.clock_code = began_days.clock_code and {{ local_date('placed.began_at') }} = began_days.calendar_date
left join days as ended_days
    on placed.clock_code = ended_days.clock_code and {{ local_date('placed.occurred_at') }} = ended_days.calendar_date
