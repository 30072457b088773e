select
    steps.authority_code,
    steps.dossier_code,
    steps.step_number,
    steps.event_code,
    steps.activity_name,
    steps.began_at,
    steps.ended_at,
    steps.unit_code,
    steps.section_code,
    steps.procedure_code,
    steps.step_due_at,
    steps.is_logged,
    steps.is_open,
    steps.is_wait,
    steps.is_after_finish,
    steps.is_handed_over,
    steps.is_rework,
    steps.is_step_late,
    steps.elapsed_seconds,
    steps.working_seconds,
    delays.overrun_seconds,
    delays.delay_seconds,
    coalesce(delays.is_largest_delay, false) as is_largest_delay
from {{ ref('int_dossier_steps_filled') }} as steps
left join {{ ref('int_dossier_delays_split') }} as delays
    on
        steps.authority_code = delays.authority_code
        and steps.dossier_code = delays.dossier_code
        and steps.step_number = delays.step_number
