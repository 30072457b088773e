{%- set keys = ['authority_code', 'regulation_version_code', 'period_code', 'peer_group_code'] -%}
with periods as (

    select period_code, previous_period_code from {{ ref('dim_periods') }}

),

listed as (

    select
        scores.*,
        groups.peer_group_code,
        regulations.tie_tolerance,
        case when scores.value_status = 'ok' then scores.total_percent end as ranking_value
    from {{ ref('fct_unit_scores') }} as scores
    inner join {{ ref('fct_score_peer_groups') }} as groups
        on {{ same_columns('scores', 'groups', ['authority_code', 'regulation_version_code', 'period_code', 'unit_code']) }}
    inner join {{ ref('dim_regulations') }} as regulations
        on
            scores.authority_code = regulations.authority_code
            and scores.regulation_version_code = regulations.regulation_version_code

),

-- Two units tie when no more than the tolerance lies between one and the next.
stepped as (

    select
        *,
        case
            when coalesce(
                lag(ranking_value) over (partition by {{ keys | join(", ") }} order by ranking_value desc nulls last, unit_code nulls last)
                - ranking_value > tie_tolerance, true
            ) then 1
            else 0
        end as is_step
    from listed
    where ranking_value is not null

),

tied as (

    select
        *,
        sum(is_step) over (
            partition by {{ keys | join(", ") }}
            order by ranking_value desc nulls last, unit_code nulls last
            rows between unbounded preceding and current row
        ) as tie_number,
        row_number() over (partition by {{ keys | join(", ") }} order by ranking_value desc nulls last, unit_code nulls last) as position_number,
        count(*) over (partition by {{ keys | join(", ") }}) as ranked_unit_count
    from stepped

),

ranked as (

    select
        *,
        min(position_number) over (partition by {{ keys | join(", ") }}, tie_number) as unit_rank,
        count(*) over (partition by {{ keys | join(", ") }}, tie_number) > 1 as is_tied,
        count(percent_low) over (partition by {{ keys | join(", ") }}) as interval_count
    from tied

),

-- How sure a rank is: only where every ranked unit has an interval, for a total without one is not a sure total.
bounded as (

    select
        *,
        cast(ranking_value as double) as better_value,
        -- The interval of one unit holds for itself; the ranking as a whole needs wider ones.
        cast(ranking_value - percent_joint_low as double) as below_width,
        cast(percent_joint_high - ranking_value as double) as above_width
    from ranked
    where interval_count = ranked_unit_count

),

compared as (

    {{ surely_compared('bounded', keys, 'cast(units.tie_tolerance as double)') }}

),

ranged as (

    select
        bounded.*,
        cast(1 + compared.surely_better_count as integer) as rank_low,
        cast(bounded.ranked_unit_count - compared.surely_worse_count as integer) as rank_high
    from bounded
    inner join compared
        on {{ same_columns('bounded', 'compared', keys + ['unit_code']) }}

),

grouped as (

    {{ told_apart('ranged', keys) }}

),

counted as (

    select {{ keys | join(", ") }}, count(*) as listed_unit_count
    from listed
    group by {{ keys | join(", ") }}

),

medians as (

    select {{ keys | join(", ") }}, {{ median_decimal('ranking_value') }} as peer_group_median
    from ranked
    group by {{ keys | join(", ") }}

),

changed as (

    select * from {{ ref('fct_unit_period_changes') }}

)

select
    listed.authority_code,
    listed.regulation_code,
    listed.regulation_version_code,
    listed.period_code,
    listed.peer_group_code,
    listed.unit_code,
    listed.total_score,
    listed.applicable_max_score,
    listed.total_percent,
    listed.value_status,
    listed.percent_low,
    listed.percent_high,
    listed.grade_code,
    listed.grade_name,
    listed.is_grade_confirmed,
    listed.counted_max_score,
    listed.uncounted_max_score,
    cast(ranked.unit_rank as integer) as unit_rank,
    ranked.is_tied,
    ranged.rank_low,
    ranged.rank_high,
    grouped.distinct_group_number,
    -- The share of the other ranked units that this one is not behind, in whole percent.
    case when ranked.ranked_unit_count > 1 then
        cast(round(100e0 * (ranked.ranked_unit_count - ranked.unit_rank) / (ranked.ranked_unit_count - 1), 0) as integer)
    end as percentile,
    counted.listed_unit_count,
    cast(coalesce(max(ranked.ranked_unit_count) over (
        partition by listed.authority_code, listed.regulation_version_code, listed.period_code, listed.peer_group_code
    ), 0) as bigint) as ranked_unit_count,
    medians.peer_group_median,
    case when changed.unit_code is null then previous.unit_rank end as previous_unit_rank,
    case when changed.unit_code is null then previous.ranking_value end as previous_percent,
    case
        when changed.unit_code is not null or ranked.percent_low is null or previous.percent_low is null then null
        else abs(cast(ranked.ranking_value - previous.ranking_value as double)) > 1e-9 + sqrt(
            case
                when ranked.ranking_value > previous.ranking_value then
                    power(cast(ranked.ranking_value - ranked.percent_low as double), 2)
                    + power(cast(previous.percent_high - previous.ranking_value as double), 2)
                else
                    power(cast(ranked.percent_high - ranked.ranking_value as double), 2)
                    + power(cast(previous.ranking_value - previous.percent_low as double), 2)
            end
        )
    end as is_change_beyond_chance,
    listed.largest_denominator,
    quality.grade_code as quality_grade_code,
    quality.grade_status as quality_grade_status
from listed
inner join counted
    on {{ same_columns('listed', 'counted', keys) }}
inner join periods on listed.period_code = periods.period_code
left join medians
    on {{ same_columns('listed', 'medians', keys) }}
left join ranked
    on {{ same_columns('listed', 'ranked', keys + ['unit_code']) }}
left join ranged
    on {{ same_columns('listed', 'ranged', keys + ['unit_code']) }}
left join grouped
    on {{ same_columns('listed', 'grouped', keys + ['unit_code']) }}
left join changed
    on
        listed.authority_code = changed.authority_code
        and listed.unit_code = changed.unit_code
        and listed.period_code = changed.period_code
left join ranked as previous
    on
        listed.authority_code = previous.authority_code
        and listed.regulation_version_code = previous.regulation_version_code
        and periods.previous_period_code = previous.period_code
        and listed.peer_group_code = previous.peer_group_code
        and listed.unit_code = previous.unit_code
left join {{ ref('fct_data_quality') }} as quality
    on
        listed.authority_code = quality.authority_code
        and listed.unit_code = quality.unit_code
        and listed.period_code = quality.period_code
