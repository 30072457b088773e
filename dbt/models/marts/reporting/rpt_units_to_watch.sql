with rules as (

    select * from {{ ref('watch_rules') }}

),

periods as (

    select period_code from {{ ref('dim_periods') }}
    where period_kind_code = 'month'

),

rankings as (

    select rankings.*
    from {{ ref('fct_unit_rankings') }} as rankings
    inner join periods on rankings.period_code = periods.period_code
    where rankings.origin_code = 'computed'

),

backlogs as (

    select facts.*
    from {{ ref('fct_indicator_values') }} as facts
    inner join periods on facts.period_code = periods.period_code
    inner join {{ ref('dim_units') }} as units
        on facts.authority_code = units.authority_code and facts.unit_code = units.unit_code
    where facts.origin_code = 'computed' and units.is_ranked_bloc

),

candidates as (

    -- Below the threshold and below the peers' median by more than chance: the whole interval lies under the median.
    select
        rankings.authority_code,
        rankings.period_code,
        rankings.unit_code,
        rules.reason_code,
        rankings.value as observed_value,
        rankings.peer_group_median as reference_value,
        rankings.numerator,
        rankings.denominator,
        rankings.value - rankings.peer_group_median as badness_order
    from rankings
    inner join rules on rankings.indicator_code = rules.indicator_code
    where
        rules.reason_code in ('low_on_time', 'low_satisfaction')
        and rankings.value_status = 'ok'
        and rankings.value < rules.threshold_value
        and rankings.interval_high < rankings.peer_group_median

    union all

    -- Fallen by more than the threshold, and the two intervals do not meet.
    select
        rankings.authority_code,
        rankings.period_code,
        rankings.unit_code,
        rules.reason_code,
        rankings.value as observed_value,
        rankings.previous_value as reference_value,
        rankings.numerator,
        rankings.denominator,
        rankings.value - rankings.previous_value as badness_order
    from rankings
    inner join rules on rankings.indicator_code = rules.indicator_code
    where
        rules.reason_code = 'falling_on_time'
        and rankings.value_status = 'ok'
        and rankings.previous_unit_rank is not null
        and rankings.previous_value - rankings.value >= rules.threshold_value
        and rankings.interval_high < rankings.previous_interval_low

    union all

    select
        backlogs.authority_code,
        backlogs.period_code,
        backlogs.unit_code,
        rules.reason_code,
        backlogs.value as observed_value,
        cast(null as decimal(18, 6)) as reference_value,
        backlogs.numerator,
        backlogs.denominator,
        -backlogs.value as badness_order
    from backlogs
    inner join rules on backlogs.indicator_code = rules.indicator_code
    where rules.reason_code = 'overdue_backlog' and backlogs.value >= rules.threshold_value

),

ordered as (

    select
        candidates.*,
        rules.reason_name,
        rules.severity_order,
        rules.units_per_period,
        row_number() over (
            partition by candidates.authority_code, candidates.period_code, candidates.reason_code
            order by candidates.badness_order nulls last, candidates.unit_code nulls last
        ) as position_in_reason
    from candidates
    inner join rules on candidates.reason_code = rules.reason_code

)

select
    authority_code,
    period_code,
    unit_code,
    reason_code,
    reason_name,
    severity_order,
    cast(position_in_reason as integer) as position_in_reason,
    observed_value,
    reference_value,
    numerator,
    denominator
from ordered
where position_in_reason <= units_per_period
