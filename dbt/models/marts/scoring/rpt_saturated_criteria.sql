with thresholds as (

    select
        {{ scoring_threshold('saturated_rate') }} as rate_percent,
        {{ scoring_threshold('saturated_units') }} as unit_count,
        min(case when is_confirmed then 1 else 0 end) = 1 as is_confirmed
    from {{ ref('scoring_thresholds') }}
    where threshold_code in ('saturated_rate', 'saturated_units')

),

counted as (

    select
        authority_code,
        regulation_code,
        regulation_version_code,
        period_code,
        criterion_code,
        sum(case when final_score is not null and applicable_max_score > 0 then 1 else 0 end) as scored_unit_count,
        sum(case when final_score >= applicable_max_score and applicable_max_score > 0 then 1 else 0 end) as full_mark_count
    from {{ ref('fct_criterion_scores') }}
    where is_leaf and kind_code in ('base', 'survey')
    group by authority_code, regulation_code, regulation_version_code, period_code, criterion_code

)

select
    counted.authority_code,
    counted.regulation_code,
    counted.regulation_version_code,
    counted.period_code,
    counted.criterion_code,
    cast(counted.scored_unit_count as bigint) as scored_unit_count,
    cast(counted.full_mark_count as bigint) as full_mark_count,
    {{ rate('counted.full_mark_count', 'counted.scored_unit_count') }} as full_mark_rate,
    counted.scored_unit_count >= thresholds.unit_count
    and counted.full_mark_count * 100 > counted.scored_unit_count * thresholds.rate_percent as is_saturated,
    cast(thresholds.unit_count as integer) as minimum_unit_count,
    cast(thresholds.rate_percent as integer) as saturated_above_percent,
    thresholds.is_confirmed
from counted
cross join thresholds
