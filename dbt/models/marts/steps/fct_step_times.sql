{#- Medians do not add up: each level and each kind of period is counted from the steps. -#}
{%- set levels = {
    'authority': [],
    'unit': ['unit_code'],
    'section': ['unit_code', 'section_code'],
    'procedure': ['unit_code', 'section_code', 'procedure_code'],
} -%}

with repeated as (

    select * from {{ ref('int_dossier_steps_repeated') }}

),

steps as (

    select
        steps.authority_code,
        coalesce(steps.unit_code, '-') as unit_code,
        coalesce(steps.section_code, '-') as section_code,
        coalesce(steps.procedure_code, '-') as procedure_code,
        steps.activity_name,
        case when steps.is_wait then 'wait' else 'work' end as time_kind_code,
        case when steps.working_seconds is null then 'elapsed' else 'working' end as measure_code,
        coalesce(steps.working_seconds, steps.elapsed_seconds) as step_seconds,
        steps.elapsed_seconds,
        {{ quarter_code('steps.occurred_at') }} as quarter_code,
        {{ year_code('steps.occurred_at') }} as year_code,
        case when steps.status_code is not null then 1 else 0 end as stated_step,
        case when steps.step_due_at is not null then 1 else 0 end as limited_step,
        case when steps.is_step_late then 1 else 0 end as late_step,
        case when steps.is_handed_over then 1 else 0 end as handed_over_step,
        case when repeated.dossier_code is not null then 1 else 0 end as rework_step
    from {{ ref('int_dossier_steps_measured') }} as steps
    left join repeated
        on
            steps.authority_code = repeated.authority_code
            and steps.dossier_code = repeated.dossier_code
            and steps.step_number = repeated.step_number
    where not steps.is_after_finish

)

{% for kind in ['quarter', 'year'] %}
{% for level, columns in levels.items() %}
select
    '{{ level }}' as level_code,
    authority_code,
    {{ 'unit_code' if 'unit_code' in columns else 'authority_code' }} as unit_code,
    {{ 'section_code' if 'section_code' in columns else "'*'" }} as section_code,
    {{ 'procedure_code' if 'procedure_code' in columns else "'*'" }} as procedure_code,
    {{ kind }}_code as period_code,
    activity_name,
    time_kind_code,
    measure_code,
    count(*) as step_count,
    cast(round(percentile_cont(0.5) within group (order by step_seconds nulls last)) as bigint) as median_seconds,
    cast(round(percentile_cont(0.9) within group (order by step_seconds nulls last)) as bigint) as p90_seconds,
    cast(sum(step_seconds) as bigint) as total_seconds,
    cast(sum(elapsed_seconds) as bigint) as total_elapsed_seconds,
    cast(sum(stated_step) as bigint) as stated_step_count,
    cast(sum(limited_step) as bigint) as limited_step_count,
    cast(sum(late_step) as bigint) as late_step_count,
    cast(sum(handed_over_step) as bigint) as handed_over_count,
    cast(sum(rework_step) as bigint) as rework_count
from steps
group by
    authority_code,{% for column in columns %} {{ column }},{% endfor %} {{ kind }}_code, activity_name, time_kind_code, measure_code
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
