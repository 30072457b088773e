{%- set key = ['authority_code', 'regulation_version_code', 'period_code', 'unit_code', 'criterion_code'] -%}
{#- How far luck may reach: the ends of the interval of one figure, and of one that holds with all others of the ranking. -#}
{%- set reaches = [
    ('low', '-', none), ('high', '+', none), ('joint_low', '-', 'joint_quantile'), ('joint_high', '+', 'joint_quantile'),
] -%}
{#- The n of the fraction n/d in millionths against a bound given in millionths of one: no division, so no rounding. -#}
{%- set value_side = 'figure_numerator * 1000000' -%}
with regulations as (

    select * from {{ ref('dim_regulations') }}

),

criteria as (

    select * from {{ ref('dim_criteria') }}

),

-- Ranges of ranks speak of all units of a ranking at once, and so ask the rules further out than the interval of one figure.
groups as (

    select
        authority_code,
        regulation_version_code,
        period_code,
        unit_code,
        count(*) over (partition by authority_code, regulation_version_code, period_code, peer_group_code) as listed_count
    from {{ ref('fct_score_peer_groups') }}

),

figures as (

    select
        inputs.authority_code,
        inputs.regulation_code,
        inputs.regulation_version_code,
        inputs.period_code,
        inputs.unit_code,
        inputs.criterion_code,
        inputs.is_applicable,
        inputs.has_counts,
        inputs.numerator,
        inputs.denominator,
        inputs.factor_numerator,
        inputs.factor_denominator,
        inputs.sample_count,
        inputs.sample_scale,
        inputs.factor_sample_count,
        {{ pairwise_quantile('groups.listed_count') }} as joint_quantile,
        criteria.rule_code,
        criteria.max_score,
        criteria.zero_denominator_code,
        regulations.rounding_mode_code,
        coalesce(
            criteria.rounding_digits,
            case regulations.rounding_stage_code when 'leaf' then regulations.rounding_digits else 6 end
        ) as score_digits,
        {{ millionths('criteria.max_score') }} as max_millionths,
        {{ millionths('criteria.target_value') }} as target_millionths,
        {{ millionths('coalesce(criteria.floor_value, 0)') }} as floor_millionths,
        {{ wide('inputs.numerator') }} * coalesce({{ wide('inputs.factor_numerator') }}, 1) as figure_numerator,
        {{ wide('inputs.denominator') }} * coalesce({{ wide('inputs.factor_denominator') }}, 1) as figure_denominator
    from {{ ref('fct_score_inputs') }} as inputs
    inner join criteria
        on
            inputs.authority_code = criteria.authority_code
            and inputs.regulation_version_code = criteria.regulation_version_code
            and inputs.criterion_code = criteria.criterion_code
    inner join regulations
        on
            inputs.authority_code = regulations.authority_code
            and inputs.regulation_version_code = regulations.regulation_version_code
    inner join groups on {{ same_columns('inputs', 'groups', ['authority_code', 'regulation_version_code', 'period_code', 'unit_code']) }}
    where inputs.is_leaf

),

-- How far luck may reach: for one figure, and for all units of the ranking at once.
nodes as (

    select
        *,
        {%- for variant, side, z in reaches %}
        {{ figure_bound('numerator', 'denominator', 'sample_count', 'sample_scale', side, z) }} as bound_{{ variant }},
        {{ figure_bound('factor_numerator', 'factor_denominator', 'factor_sample_count', '1', side, z) }} as factor_bound_{{ variant }}{{ "," if not loop.last }}
        {%- endfor %}
    from figures

),

asked as (

    select * from nodes
    where figure_denominator > 0 and is_applicable

),

-- The rule is asked at the figure, at both ends of each reach, and with one dossier more on the good side.
variants as (

    select
        {{ key | join(", ") }}, rule_code, rounding_mode_code, score_digits, max_millionths, target_millionths,
        floor_millionths, 'point' as variant_code, figure_numerator, figure_denominator
    from asked

    {%- for variant, side, z in reaches %}

    union all

    select
        {{ key | join(", ") }}, rule_code, rounding_mode_code, score_digits, max_millionths, target_millionths,
        floor_millionths, '{{ variant }}' as variant_code,
        {{ millionths('bound_' ~ variant) }}
        * case when factor_numerator is null then {{ wide('1') }} else {{ millionths('factor_bound_' ~ variant) }} end as figure_numerator,
        {{ wide('1000000') }} * case when factor_numerator is null then {{ wide('1') }} else {{ wide('1000000') }} end as figure_denominator
    from asked
    -- The luck of a product reaches from both ends low to both ends high.
    where bound_{{ variant }} is not null and (factor_numerator is null or factor_bound_{{ variant }} is not null)
    {%- endfor %}

    union all

    select
        {{ key | join(", ") }}, rule_code, rounding_mode_code, score_digits, max_millionths, target_millionths,
        floor_millionths, 'one_more' as variant_code,
        {{ wide('numerator + 1') }} * coalesce({{ wide('factor_numerator') }}, 1) as figure_numerator,
        figure_denominator
    from asked
    where has_counts and numerator < denominator

),

-- Points as a fraction, awarded_numerator / awarded_denominator, in millionths of a point over millionths.
awarded as (

    select
        {{ key | join(", ") }}, variant_code, rounding_mode_code, score_digits, max_millionths,
        case rule_code
            when 'all_or_nothing' then
                case when {{ value_side }} >= target_millionths * figure_denominator then max_millionths else 0 end
            else
                case
                    when rule_code = 'linear_above_floor' and {{ value_side }} < floor_millionths * figure_denominator then 0
                    else max_millionths * figure_numerator
                end
        end as awarded_numerator,
        case
            when rule_code = 'all_or_nothing' then {{ wide('1000000') }}
            when rule_code = 'survey_options' then 1000000 * figure_denominator
            else target_millionths * figure_denominator
        end as awarded_denominator
    from variants
    where rule_code in ('all_or_nothing', 'linear', 'linear_above_floor', 'survey_options')

    union all

    select
        {% for column in key %}variants.{{ column }}, {% endfor %}variants.variant_code, variants.rounding_mode_code,
        variants.score_digits, variants.max_millionths,
        case bands.calculation_code
            when 'fixed' then {{ millionths('bands.awarded_score') }}
            when 'proportional' then variants.max_millionths * variants.figure_numerator
            else
                {{ millionths('bands.awarded_score') }} * 1000000 * variants.figure_denominator
                + {{ millionths('bands.base_value') }} * (
                    variants.{{ value_side }} - {{ millionths('coalesce(bands.lower_value, 0)') }} * variants.figure_denominator
                )
        end as awarded_numerator,
        case bands.calculation_code
            when 'fixed' then {{ wide('1000000') }}
            when 'proportional' then {{ millionths('bands.base_value') }} * variants.figure_denominator
            else {{ wide('1000000000000') }} * variants.figure_denominator
        end as awarded_denominator
    from variants
    inner join {{ ref('dim_criterion_bands') }} as bands
        on
            variants.authority_code = bands.authority_code
            and variants.regulation_version_code = bands.regulation_version_code
            and variants.criterion_code = bands.criterion_code
            and bands.answer_code is null
            and (
                bands.lower_value is null
                or variants.{{ value_side }} > {{ millionths('bands.lower_value') }} * variants.figure_denominator
                or (
                    variants.{{ value_side }} = {{ millionths('bands.lower_value') }} * variants.figure_denominator
                    and coalesce(bands.is_lower_included, true)
                )
            )
            and (
                bands.upper_value is null
                or variants.{{ value_side }} < {{ millionths('bands.upper_value') }} * variants.figure_denominator
                or (
                    variants.{{ value_side }} = {{ millionths('bands.upper_value') }} * variants.figure_denominator
                    and coalesce(bands.is_upper_included, true)
                )
            )
    where variants.rule_code = 'bands'

),

capped as (

    select
        {{ key | join(", ") }}, variant_code, rounding_mode_code, score_digits,
        case
            when awarded_numerator * 1000000 > max_millionths * awarded_denominator then max_millionths
            else awarded_numerator
        end * {{ power_of_ten('score_digits') }} as scaled_numerator,
        case
            when awarded_numerator * 1000000 > max_millionths * awarded_denominator then {{ wide('1000000') }}
            else awarded_denominator
        end as scaled_denominator
    from awarded
    where awarded_denominator > 0

),

rounded as (

    select
        {{ key | join(", ") }}, variant_code,
        {{ from_millionths(
            '(' ~ rounded_quotient('scaled_numerator', 'scaled_denominator', 'rounding_mode_code') ~ ') * '
            ~ power_of_ten('6 - score_digits')
        ) }} as score
    from capped

),

scored as (

    select
        {{ key | join(", ") }},
        max(case when variant_code = 'point' then score end) as rule_score,
        max(case when variant_code = 'low' then score end) as rule_score_low,
        max(case when variant_code = 'high' then score end) as rule_score_high,
        max(case when variant_code = 'joint_low' then score end) as rule_score_joint_low,
        max(case when variant_code = 'joint_high' then score end) as rule_score_joint_high,
        max(case when variant_code = 'one_more' then score end) as one_more_score
    from rounded
    group by {{ key | join(", ") }}

)

select
    nodes.authority_code,
    nodes.regulation_code,
    nodes.regulation_version_code,
    nodes.period_code,
    nodes.unit_code,
    nodes.criterion_code,
    nodes.is_applicable
    and not (nodes.zero_denominator_code = 'not_applicable' and coalesce(nodes.figure_denominator = 0, false)) as is_in_maximum,
    case
        when nodes.figure_denominator is null then 'missing'
        when nodes.figure_denominator = 0 then 'zero_denominator'
        when nodes.is_applicable and nodes.rule_code <> 'manual' and scored.rule_score is null then 'outside_scale'
        else 'ok'
    end as figure_status,
    case
        when not nodes.is_applicable then null
        when nodes.figure_denominator = 0 then
            case nodes.zero_denominator_code when 'full' then nodes.max_score when 'zero' then cast(0 as decimal(18, 6)) end
        else scored.rule_score
    end as rule_score,
    nodes.bound_low as interval_low,
    nodes.bound_high as interval_high,
    scored.rule_score_low,
    scored.rule_score_high,
    scored.rule_score_joint_low,
    scored.rule_score_joint_high,
    nodes.joint_quantile,
    scored.one_more_score
from nodes
left join scored
    on
        {{ same_columns('nodes', 'scored', key) }}
