{%- set keys = ['authority_code', 'peer_group_code', 'period_code', 'indicator_code', 'origin_code'] -%}
with rankable as (

    select indicator_code, direction_code, rank_digits from {{ ref('dim_indicators') }}
    where is_rankable

),

units as (

    select
        authority_code,
        unit_code,
        unit_bloc_code as peer_group_code,
        existed_from_date,
        valid_to_date
    from {{ ref('dim_units') }}
    where is_ranked_bloc

),

periods as (

    select period_code, previous_period_code, start_date, counted_to_date from {{ ref('dim_periods') }}

),

listed as (

    select
        facts.authority_code,
        units.peer_group_code,
        facts.period_code,
        facts.indicator_code,
        facts.origin_code,
        facts.unit_code,
        facts.value,
        facts.value_status,
        facts.numerator,
        facts.denominator,
        facts.interval_low,
        facts.interval_high,
        rankable.direction_code,
        coalesce(units.existed_from_date > periods.start_date, false) as is_new_in_period,
        -- Ranked on the value as published, so that units shown with the same figure share the rank.
        case
            when facts.value_status <> 'ok' then null
            when rankable.direction_code = 'lower_is_better' then -round(facts.value * cast(power(10, rankable.rank_digits) as integer), 0)
            else round(facts.value * cast(power(10, rankable.rank_digits) as integer), 0)
        end as ranking_value
    from {{ ref('fct_indicator_values') }} as facts
    inner join rankable on facts.indicator_code = rankable.indicator_code
    inner join periods on facts.period_code = periods.period_code
    -- Ranked are the units that exist on the last day counted: units that end inside a period and their successors would
    -- otherwise stand side by side.
    inner join units
        on
            facts.authority_code = units.authority_code
            and facts.unit_code = units.unit_code
            and coalesce(units.existed_from_date <= periods.counted_to_date, true)
            and coalesce(units.valid_to_date >= periods.counted_to_date, true)

),

summaries as (

    select
        authority_code,
        peer_group_code,
        period_code,
        indicator_code,
        origin_code,
        count(*) as listed_unit_count,
        count(ranking_value) as ranked_unit_count,
        {{ median_decimal("case when ranking_value is not null then value end") }} as peer_group_median
    from listed
    group by authority_code, peer_group_code, period_code, indicator_code, origin_code

),

ranked as (

    select
        listed.*,
        case when ranking_value is not null then cast(rank() over (
            partition by authority_code, peer_group_code, period_code, indicator_code, origin_code
            order by ranking_value desc nulls last
        ) as integer) end as unit_rank,
        case when ranking_value is not null then count(*) over (
            partition by authority_code, peer_group_code, period_code, indicator_code, origin_code, ranking_value
        ) > 1 end as is_tied
    from listed

),

-- How sure a rank is: only where every ranked unit has an interval, for a figure without one is not a sure figure.
spread as (

    select
        *,
        count(*) over (partition by {{ keys | join(", ") }}) as ranked_unit_count,
        count(interval_low) over (partition by {{ keys | join(", ") }}) as interval_count
    from ranked
    where unit_rank is not null

),

bounded as (

    select
        *,
        row_number() over (
            partition by {{ keys | join(", ") }} order by unit_rank nulls last, unit_code nulls last
        ) as position_number,
        case direction_code when 'lower_is_better' then -cast(value as double) else cast(value as double) end as better_value,
        {{ pairwise_quantile('ranked_unit_count') }} as joint_quantile
    from spread
    where interval_count = ranked_unit_count

),

widened as (

    select
        *,
        cast(value as double) - cast({{ wilson_bound('numerator', 'denominator', '-', 'joint_quantile') }} as double) as low_width,
        cast({{ wilson_bound('numerator', 'denominator', '+', 'joint_quantile') }} as double) - cast(value as double) as high_width
    from bounded

),

facing as (

    select
        *,
        case direction_code when 'lower_is_better' then high_width else low_width end as below_width,
        case direction_code when 'lower_is_better' then low_width else high_width end as above_width
    from widened

),

compared as (

    {{ surely_compared('facing', keys) }}

),

ranged as (

    select
        facing.*,
        cast(1 + compared.surely_better_count as integer) as rank_low,
        cast(facing.ranked_unit_count - compared.surely_worse_count as integer) as rank_high
    from facing
    inner join compared on {{ same_columns('facing', 'compared', keys + ['unit_code']) }}

),

grouped as (

    {{ told_apart('ranged', keys) }}

),

changed as (

    select * from {{ ref('fct_unit_period_changes') }}

)

select
    ranked.authority_code,
    ranked.peer_group_code,
    ranked.period_code,
    ranked.indicator_code,
    ranked.origin_code,
    ranked.unit_code,
    ranked.value,
    ranked.value_status,
    ranked.numerator,
    ranked.denominator,
    ranked.interval_low,
    ranked.interval_high,
    ranked.unit_rank,
    ranked.is_tied,
    ranged.rank_low,
    ranged.rank_high,
    grouped.distinct_group_number,
    summaries.ranked_unit_count,
    summaries.listed_unit_count,
    summaries.peer_group_median,
    ranked.is_new_in_period,
    case when changed.unit_code is null then previous.unit_rank end as previous_unit_rank,
    case when changed.unit_code is null then previous.value end as previous_value,
    case when changed.unit_code is null then previous.interval_low end as previous_interval_low,
    -- Newcombe's interval of the difference of two shares leaves zero out.
    case
        when changed.unit_code is not null or ranked.interval_low is null or previous.interval_low is null then null
        when ranked.value > previous.value then
            cast(ranked.value - previous.value as double) > sqrt(
                power(cast(ranked.value - ranked.interval_low as double), 2)
                + power(cast(previous.interval_high - previous.value as double), 2)
            )
        else
            cast(previous.value - ranked.value as double) > sqrt(
                power(cast(ranked.interval_high - ranked.value as double), 2)
                + power(cast(previous.value - previous.interval_low as double), 2)
            )
    end as is_change_beyond_chance,
    quality.grade_code as quality_grade_code,
    quality.grade_status as quality_grade_status
from ranked
inner join periods on ranked.period_code = periods.period_code
left join summaries
    on
        ranked.authority_code = summaries.authority_code
        and ranked.peer_group_code = summaries.peer_group_code
        and ranked.period_code = summaries.period_code
        and ranked.indicator_code = summaries.indicator_code
        and ranked.origin_code = summaries.origin_code
left join ranked as previous
    on
        ranked.authority_code = previous.authority_code
        and ranked.peer_group_code = previous.peer_group_code
        and periods.previous_period_code = previous.period_code
        and ranked.indicator_code = previous.indicator_code
        and ranked.origin_code = previous.origin_code
        and ranked.unit_code = previous.unit_code
left join changed
    on
        ranked.authority_code = changed.authority_code
        and ranked.unit_code = changed.unit_code
        and ranked.period_code = changed.period_code
left join ranged on {{ same_columns('ranked', 'ranged', keys + ['unit_code']) }}
left join grouped on {{ same_columns('ranked', 'grouped', keys + ['unit_code']) }}
left join {{ ref('fct_data_quality') }} as quality
    on
        ranked.authority_code = quality.authority_code
        and ranked.unit_code = quality.unit_code
        and ranked.period_code = quality.period_code
