{#- Steps of one dossier, in order, up to this one. -#}
{%- set so_far -%}
(
            partition by authority_code, dossier_code
            order by step_number nulls last
            rows between unbounded preceding and current row
        )
{%- endset -%}
{%- set of_dossier -%} (partition by authority_code, dossier_code) {%- endset -%}

with days as (

    select * from {{ ref('int_clock_days_measured') }}

),

steps as (

    select
        steps.authority_code,
        steps.dossier_code,
        steps.step_number,
        steps.began_at,
        steps.ended_at,
        steps.is_step_late and not steps.is_wait and not steps.is_after_finish as is_overrun,
        {{ end_of_limit('steps.step_due_at') }} as limit_at,
        late.clock_code,
        late.measure_code,
        late.due_position,
        late.ended_position as delay_ended_position,
        late.dossier_delay_seconds
    from {{ ref('int_dossier_steps_filled') }} as steps
    inner join {{ ref('int_late_dossiers_measured') }} as late
        on steps.authority_code = late.authority_code and steps.dossier_code = late.dossier_code

),

-- Each moment on the scale on which the delay of its dossier is counted; a day before the calendar begins is its zero.
positioned as (

    select
        steps.*,
        case
            when steps.measure_code = 'elapsed' then {{ elapsed_seconds_at('steps.began_at') }}
            else coalesce({{ working_seconds_at('steps.began_at', 'began_days') }}, 0)
        end as began_position,
        least(
            steps.delay_ended_position,
            case
                when steps.measure_code = 'elapsed' then {{ elapsed_seconds_at('steps.ended_at') }}
                else coalesce({{ working_seconds_at('steps.ended_at', 'ended_days') }}, 0)
            end
        ) as ended_position,
        case
            when steps.measure_code = 'elapsed' then {{ elapsed_seconds_at('steps.limit_at') }}
            else coalesce({{ working_seconds_at('steps.limit_at', 'limit_days') }}, 0)
        end as limit_position
    from steps
    left join days as began_days
        on steps.clock_code = began_days.clock_code and {{ local_date('steps.began_at') }} = began_days.calendar_date
    left join days as ended_days
        on steps.clock_code = ended_days.clock_code and {{ local_date('steps.ended_at') }} = ended_days.calendar_date
    left join days as limit_days
        on steps.clock_code = limit_days.clock_code and {{ local_date('steps.limit_at') }} = limit_days.calendar_date

),

-- What a step took past its own limit, and what else of it lies past the due date of the dossier.
weighed as (

    select
        *,
        case when is_overrun then greatest(ended_position - greatest(began_position, limit_position), 0) else 0 end as overrun_seconds,
        greatest(ended_position - greatest(began_position, due_position), 0) as overdue_seconds,
        greatest(ended_position - greatest(began_position, due_position), 0)
        - case
            when is_overrun then greatest(ended_position - greatest(began_position, limit_position, due_position), 0) else 0
        end as held_seconds
    from positioned

),

totalled as (

    select
        *,
        sum(overrun_seconds) over {{ of_dossier }} as total_overrun_seconds,
        sum(held_seconds) over {{ of_dossier }} + dossier_delay_seconds - sum(overdue_seconds) over {{ of_dossier }}
            as total_held_seconds,
        sum(overrun_seconds) over {{ so_far }} as overrun_seconds_so_far,
        sum(held_seconds) over {{ so_far }} as held_seconds_so_far
    from weighed

),

-- First the steps past their own limits, as far as they go; what they leave goes to those who held the dossier when it was late.
owed as (

    select
        *,
        least(total_overrun_seconds, dossier_delay_seconds) as owed_by_overrun,
        dossier_delay_seconds - least(total_overrun_seconds, dossier_delay_seconds) as owed_by_holding
    from totalled

),

shared as (

    select
        *,
        {{ share_between('owed_by_overrun', 'overrun_seconds_so_far - overrun_seconds', 'overrun_seconds_so_far', 'total_overrun_seconds') }}
        + {{ share_between('owed_by_holding', 'held_seconds_so_far - held_seconds', 'held_seconds_so_far', 'total_held_seconds') }}
            as delay_seconds
    from owed

)

select
    authority_code,
    dossier_code,
    step_number,
    cast(overrun_seconds as bigint) as overrun_seconds,
    delay_seconds,
    delay_seconds > 0
    and row_number() over (
        partition by authority_code, dossier_code order by delay_seconds desc nulls last, step_number nulls last
    ) = 1 as is_largest_delay
from shared
