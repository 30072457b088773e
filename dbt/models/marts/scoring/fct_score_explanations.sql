{%- set step_key -%}
    authority_code, campaign_code, unit_code, criterion_code, stated_at, stage_code
{%- endset -%}
-- What was said first stands: a later file may add a step, it never rewords one.
with steps as (

    select
        *,
        row_number() over (
            partition by {{ step_key }}
            order by delivery_sequence nulls last, source_row_number nulls last
        ) as version_number,
        min(reason_text) over (partition by {{ step_key }}) <> max(reason_text) over (partition by {{ step_key }})
        or coalesce(min(new_score) over (partition by {{ step_key }}) <> max(new_score) over (partition by {{ step_key }}), false) as is_reworded
    from {{ ref('stg_par__score_explanations') }}

),

builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

periods as (

    select period_code, start_date, end_date from {{ ref('dim_periods') }}

)

select
    steps.authority_code,
    steps.campaign_code,
    steps.regulation_code,
    periods.period_code,
    steps.unit_code,
    steps.criterion_code,
    steps.stated_at,
    steps.stage_code,
    steps.actor_code,
    steps.reason_text,
    steps.old_score,
    steps.new_score,
    steps.is_reworded
from steps
cross join builds
left join periods
    on steps.period_start_date = periods.start_date and steps.period_end_date = periods.end_date
where steps.version_number = 1 and steps.stated_at < cast(builds.as_of_date + 1 as timestamp)
