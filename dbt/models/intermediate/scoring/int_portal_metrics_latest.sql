with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

latest as (

    {{ newest_version(ref('stg_national_portal__qd766_metrics'), ['authority_code', 'unit_code', 'period_start_date', 'period_end_date', 'group_code', 'metric_code']) }}

)

select
    latest.authority_code,
    latest.unit_code,
    latest.unit_name,
    latest.period_start_date,
    latest.period_end_date,
    latest.group_code || '.' || latest.metric_code as input_code,
    latest.numerator_count,
    latest.denominator_count,
    latest.declared_value,
    latest.declared_score
from latest
cross join builds
where latest.period_end_date <= builds.as_of_date
