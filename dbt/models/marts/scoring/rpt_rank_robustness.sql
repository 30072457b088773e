{%- set unit_key = ['authority_code', 'regulation_version_code', 'period_code', 'unit_code'] -%}
{%- set draw_key = ['authority_code', 'regulation_version_code', 'period_code', 'peer_group_code', 'draw_number'] -%}
with thresholds as (

    select
        {{ scoring_threshold('weight_draws') }} as draw_count,
        {{ scoring_threshold('weight_width') }} as width_percent,
        min(case when is_confirmed then 1 else 0 end) = 1 as is_confirmed
    from {{ ref('scoring_thresholds') }}
    where threshold_code in ('weight_draws', 'weight_width', 'weight_seed')

),

ranked as (

    select
        rankings.authority_code,
        rankings.regulation_code,
        rankings.regulation_version_code,
        rankings.period_code,
        rankings.peer_group_code,
        rankings.unit_code,
        rankings.total_score,
        rankings.applicable_max_score,
        rankings.unit_rank,
        rankings.ranked_unit_count,
        periods.period_kind_code,
        periods.sort_order
    from {{ ref('fct_score_rankings') }} as rankings
    inner join {{ ref('dim_periods') }} as periods on rankings.period_code = periods.period_code
    where rankings.unit_rank is not null and periods.is_complete

),

-- Two hundred rankings of each ranking: only of the newest whole period of its kind.
newest as (

    select authority_code, regulation_code, period_kind_code, max(sort_order) as sort_order
    from ranked
    group by authority_code, regulation_code, period_kind_code

),

tested as (

    select ranked.*
    from ranked
    inner join newest
        on
            ranked.authority_code = newest.authority_code
            and ranked.regulation_code = newest.regulation_code
            and ranked.period_kind_code = newest.period_kind_code
            and ranked.sort_order = newest.sort_order

),

criteria as (

    select
        authority_code,
        regulation_version_code,
        criterion_code,
        row_number() over (
            partition by authority_code, regulation_version_code
            order by criterion_code nulls last
        ) as position_number
    from {{ ref('dim_criteria') }}

),

-- What is added up in the end: leaves, and groups whose own points stand. What nobody assessed holds its maximum and has no points.
counted as (

    select
        {% for column in unit_key %}scores.{{ column }}, {% endfor %}
        criteria.position_number,
        cast({{ millionths('scores.held_max_score') }} as bigint) as held_max,
        cast({{ millionths('coalesce(scores.contribution_score, 0)') }} as bigint) as held_score
    from {{ ref('fct_criterion_scores') }} as scores
    inner join tested on {{ same_columns('scores', 'tested', unit_key) }}
    inner join criteria on {{ same_columns('scores', 'criteria', ['authority_code', 'regulation_version_code', 'criterion_code']) }}
    where scores.kind_code in ('base', 'survey') and scores.held_max_score is not null

),

plain as (

    select {{ unit_key | join(", ") }}, sum(held_score) as held_score
    from counted
    group by {{ unit_key | join(", ") }}

),

drawn as (

    select
        {% for column in unit_key %}counted.{{ column }}, {% endfor %}
        weights.draw_number,
        sum(counted.held_score * weights.weight_ten_thousandths) as weighed_score,
        sum(counted.held_max * weights.weight_ten_thousandths) as weighed_max
    from counted
    inner join {{ ref('int_criterion_weights_drawn') }} as weights on counted.position_number = weights.position_number
    group by {% for column in unit_key %}counted.{{ column }}, {% endfor %}weights.draw_number

),

-- The maximum of the whole stays what it was; bonus and penalty, which lie outside it, stay as they are.
totalled as (

    select
        {% for column in unit_key %}tested.{{ column }}, {% endfor %}
        tested.peer_group_code,
        drawn.draw_number,
        regulations.tie_tolerance * {{ power_of_ten('regulations.percent_digits') }} as tie_tolerance,
        regulations.percent_digits,
        regulations.rounding_mode_code,
        case regulations.rounding_stage_code when 'total' then regulations.rounding_digits else 6 end as total_digits,
        {{ millionths('tested.applicable_max_score') }} as max_millionths,
        {{ millionths('tested.total_score') }} - plain.held_score + ({{ rounded_quotient(
            wide('drawn.weighed_score') ~ ' * ' ~ millionths('tested.applicable_max_score'),
            wide('drawn.weighed_max'), "'half_up'"
        ) }}) as total_millionths
    from tested
    inner join drawn on {{ same_columns('tested', 'drawn', unit_key) }}
    inner join plain on {{ same_columns('tested', 'plain', unit_key) }}
    inner join {{ ref('dim_regulations') }} as regulations
        on
            tested.authority_code = regulations.authority_code
            and tested.regulation_version_code = regulations.regulation_version_code

),

-- Rounded, tied and ranked as the regulation does it.
rounded as (

    select
        *,
        sign(total_millionths) * ({{ rounded_quotient(
            'abs(' ~ wide('total_millionths') ~ ')', power_of_ten('6 - total_digits'), 'rounding_mode_code'
        ) }}) * {{ power_of_ten('6 - total_digits') }} as rounded_millionths
    from totalled

),

valued as (

    select
        *,
        sign(rounded_millionths) * ({{ rounded_quotient(
            'abs(' ~ wide('rounded_millionths') ~ ') * 100 * ' ~ power_of_ten('percent_digits'), 'max_millionths', 'rounding_mode_code'
        ) }}) as ranking_value
    from rounded

),

stepped as (

    select
        *,
        case
            when coalesce(
                lag(ranking_value) over (partition by {{ draw_key | join(", ") }} order by ranking_value desc nulls last, unit_code nulls last)
                - ranking_value > tie_tolerance, true
            ) then 1
            else 0
        end as is_step
    from valued

),

tied as (

    select
        *,
        sum(is_step) over (
            partition by {{ draw_key | join(", ") }}
            order by ranking_value desc nulls last, unit_code nulls last
            rows between unbounded preceding and current row
        ) as tie_number,
        row_number() over (partition by {{ draw_key | join(", ") }} order by ranking_value desc nulls last, unit_code nulls last) as position_number
    from stepped

),

drawn_ranks as (

    select
        {% for column in unit_key %}{{ column }}, {% endfor %}
        draw_number,
        min(position_number) over (partition by {{ draw_key | join(", ") }}, tie_number) as unit_rank
    from tied

),

summed as (

    select
        {% for column in unit_key %}tested.{{ column }}, {% endfor %}
        count(*) as draw_count,
        min(drawn_ranks.unit_rank) as best_drawn_rank,
        max(drawn_ranks.unit_rank) as worst_drawn_rank,
        sum(case
            when {{ third_of('drawn_ranks.unit_rank', 'tested.ranked_unit_count') }}
                = {{ third_of('tested.unit_rank', 'tested.ranked_unit_count') }} then 1
            else 0
        end) as kept_third_count
    from tested
    inner join drawn_ranks on {{ same_columns('tested', 'drawn_ranks', unit_key) }}
    group by {% for column in unit_key %}tested.{{ column }}{{ ", " if not loop.last }}{% endfor %}

)

select
    tested.authority_code,
    tested.regulation_code,
    tested.regulation_version_code,
    tested.period_code,
    tested.peer_group_code,
    tested.unit_code,
    tested.unit_rank,
    tested.ranked_unit_count,
    cast(case when tested.ranked_unit_count >= 3 then {{ third_of('tested.unit_rank', 'tested.ranked_unit_count') }} end as integer) as third_number,
    cast(summed.draw_count as integer) as draw_count,
    cast(thresholds.width_percent as integer) as weight_width_percent,
    cast(case when tested.ranked_unit_count >= 3 then summed.kept_third_count end as integer) as kept_third_count,
    case when tested.ranked_unit_count >= 3 then {{ rate('summed.kept_third_count', 'summed.draw_count') }} end as kept_third_rate,
    cast(summed.best_drawn_rank as integer) as best_drawn_rank,
    cast(summed.worst_drawn_rank as integer) as worst_drawn_rank,
    thresholds.is_confirmed
from tested
left join summed on {{ same_columns('tested', 'summed', unit_key) }}
cross join thresholds
