{%- set is_counted = "(is_leaf or coalesce(final_source_code <> 'parts', false))" -%}
{#- The levels of a tree, from the deepest up; see int_criteria_placed. -#}
{%- set levels = [4, 3, 2, 1] -%}
{%- set unit_key = ['authority_code', 'regulation_version_code', 'period_code', 'unit_code'] -%}
{%- set key = unit_key + ['criterion_code'] -%}
{#- What a node is, and what is known of it alone: carried along, so that no step has to look it up again. -#}
{%- set carried = key + [
    'regulation_code', 'parent_criterion_code', 'field_criterion_code', 'level_number', 'kind_code', 'rule_code',
    'parent_rule_code', 'is_leaf', 'max_score', 'weight', 'display_order', 'rounding_mode_code', 'score_digits',
    'appraised_score_1', 'appraised_score_2', 'declared_score', 'score_low', 'score_high', 'score_joint_low',
    'score_joint_high', 'one_more_score',
    'numerator', 'denominator', 'family_code', 'is_sampled',
] -%}
{%- set scores = [
    'final_score', 'final_source_code', 'applicable_max_score', 'score_status', 'self_score', 'appraised_score',
    'survey_score', 'computed_score',
] -%}
{#- What may be said of a group beside its parts. -#}
{%- set claims = {
    'self_score': 'parents.self_score',
    'appraised_score': 'coalesce(parents.appraised_score_2, parents.appraised_score_1)',
    'survey_score': 'parents.survey_score',
    'computed_score': 'null',
} -%}
{%- set applicable_max -%}
case
            when below.applicable_max_score is null then null
            when parents.rule_code = 'sum' and parents.kind_code in ('base', 'survey') then below.applicable_max_score
            else parents.max_score
        end
{%- endset -%}
{#- A group has its own points where a part has none; of a bonus, where no part has any. -#}
{%- set is_told = "(below.applicable_max_score is not null and (below.hole_count > 0 or (parents.kind_code in ('bonus', 'penalty') and below.scored_count = 0 and parents.told_score is not null)))" -%}
{%- set is_hole = "score_status in ('not_scored', 'outside_scale', 'incomplete')" -%}
with criteria as (

    select
        criteria.*,
        parents.rule_code as parent_rule_code
    from {{ ref('dim_criteria') }} as criteria
    left join {{ ref('dim_criteria') }} as parents
        on
            criteria.authority_code = parents.authority_code
            and criteria.regulation_version_code = parents.regulation_version_code
            and criteria.parent_criterion_code = parents.criterion_code

),

nodes as (

    select
        inputs.authority_code,
        inputs.regulation_code,
        inputs.regulation_version_code,
        inputs.period_code,
        inputs.unit_code,
        inputs.criterion_code,
        inputs.is_leaf,
        inputs.self_score,
        inputs.appraised_score_1,
        inputs.appraised_score_2,
        inputs.survey_score,
        inputs.survey_answer_count,
        inputs.declared_score,
        inputs.family_code,
        inputs.is_sampled,
        inputs.numerator,
        inputs.denominator,
        criteria.parent_criterion_code,
        criteria.field_criterion_code,
        criteria.level_number,
        criteria.kind_code,
        criteria.rule_code,
        coalesce(criteria.parent_rule_code, 'sum') as parent_rule_code,
        criteria.max_score,
        -- A mean is weighed only where its rule says so.
        case when criteria.parent_rule_code = 'weighted_sum' then coalesce(criteria.weight, 1) else 1 end as weight,
        criteria.display_order,
        regulations.score_order_code,
        regulations.rounding_mode_code,
        coalesce(
            criteria.rounding_digits,
            case regulations.rounding_stage_code when 'leaf' then regulations.rounding_digits else 6 end
        ) as score_digits
    from {{ ref('fct_score_inputs') }} as inputs
    inner join criteria
        on
            inputs.authority_code = criteria.authority_code
            and inputs.regulation_version_code = criteria.regulation_version_code
            and inputs.criterion_code = criteria.criterion_code
    inner join {{ ref('dim_regulations') }} as regulations
        on
            inputs.authority_code = regulations.authority_code
            and inputs.regulation_version_code = regulations.regulation_version_code

),

leaves_told as (

    select
        nodes.*,
        rules.is_in_maximum,
        rules.figure_status,
        rules.rule_score_low,
        rules.rule_score_high,
        rules.rule_score_joint_low,
        rules.rule_score_joint_high,
        rules.joint_quantile,
        rules.one_more_score,
        -- A survey's points come from the answers here, or from whoever asked and published them.
        coalesce(nodes.survey_score, case when nodes.kind_code = 'survey' then rules.rule_score end) as told_survey_score,
        case when nodes.kind_code <> 'survey' then rules.rule_score end as computed_score
    from nodes
    inner join {{ ref('fct_rule_scores') }} as rules on {{ same_columns('nodes', 'rules', key) }}

),

leaves_chosen as (

    select
        *,
        case
            when not is_in_maximum then null
            when score_order_code = 'appraised_first' and appraised_score_2 is not null then 'appraised_2'
            when score_order_code = 'appraised_first' and appraised_score_1 is not null then 'appraised_1'
            when score_order_code = 'computed_first' and computed_score is not null then 'computed'
            when told_survey_score is not null then 'survey'
            when computed_score is not null then 'computed'
            when appraised_score_2 is not null then 'appraised_2'
            when appraised_score_1 is not null then 'appraised_1'
            when declared_score is not null then 'declared'
        end as final_source_code
    from leaves_told

),

leaves_bounded as (

    select
        *,
        -- No criterion gives more than its maximum, and none less than nothing: a penalty is a positive number. What was
        -- said stays beside it.
        greatest(0, least(max_score, case final_source_code
            when 'appraised_2' then appraised_score_2
            when 'appraised_1' then appraised_score_1
            when 'survey' then told_survey_score
            when 'computed' then computed_score
            when 'declared' then declared_score
        end)) as bounded_score
    from leaves_chosen

),

leaves_final as (

    select
        {% for column in carried if column not in ['score_low', 'score_high', 'score_joint_low', 'score_joint_high', 'is_sampled'] %}{{ column }}, {% endfor %}
        is_in_maximum,
        figure_status,
        told_survey_score,
        computed_score,
        self_score,
        final_source_code,
        {%- for side, name, z in [('-', 'low', none), ('+', 'high', none), ('-', 'joint_low', 'joint_quantile'), ('+', 'joint_high', 'joint_quantile')] %}
        -- A survey's published points have the luck of their answers, where their number is told: no mean of answers worth
        -- from nothing to the whole varies more than a share of the same size (Bhatia, Davis 2000).
        case
            when final_source_code <> 'survey' or survey_score is null then rule_score_{{ name }}
            when survey_answer_count > 0 and max_score > 0 then cast(max_score * {{ wilson_bound(
                'cast(bounded_score as double) / cast(max_score as double) * survey_answer_count', 'survey_answer_count', side, z
            ) }} as decimal(18, 6))
        end as score_{{ name }},
        {%- endfor %}
        (final_source_code = 'survey' and survey_score is not null) or coalesce(is_sampled and denominator > 0, false) as is_sampled,
        -- Nothing said is nothing: least and greatest pass over it.
        case when final_source_code is not null then bounded_score end as final_score
    from leaves_bounded

),

leaves as (

    select
        {{ carried | join(", ") }},
        final_score,
        final_source_code,
        case when is_in_maximum then max_score end as applicable_max_score,
        case
            when not is_in_maximum then 'not_applicable'
            when final_score is not null then 'ok'
            when figure_status = 'zero_denominator' then 'not_assessed'
            when figure_status = 'outside_scale' then 'outside_scale'
            else 'not_scored'
        end as score_status,
        self_score,
        coalesce(appraised_score_2, appraised_score_1) as appraised_score,
        told_survey_score as survey_score,
        computed_score
    from leaves_final

),

-- What was said of a group as a whole stands where one of its parts has no points.
parents as (

    select
        *,
        cast(null as decimal(18, 6)) as score_low,
        cast(null as decimal(18, 6)) as score_high,
        cast(null as decimal(18, 6)) as score_joint_low,
        cast(null as decimal(18, 6)) as score_joint_high,
        cast(null as decimal(18, 6)) as one_more_score,
        case
            when appraised_score_2 is not null then 'appraised_2'
            when appraised_score_1 is not null then 'appraised_1'
            when survey_score is not null then 'survey'
            when declared_score is not null then 'declared'
        end as told_source_code,
        case
            when coalesce(appraised_score_2, appraised_score_1, survey_score, declared_score) is not null
                then greatest(0, least(max_score, coalesce(appraised_score_2, appraised_score_1, survey_score, declared_score)))
        end as told_score
    from nodes
    where not is_leaf

),

{% for level in levels -%}
-- Every node of level {{ level }}: its own leaves{{ ", and what lies below added up as the rule of the parent says" if not loop.first }}.
level_{{ level }} as (

    select {{ (carried + scores) | join(", ") }}
    from leaves
    where level_number = {{ level }}
    {%- if not loop.first %}

    union all

    select
        {% for column in carried %}parents.{{ column }}, {% endfor %}
        case
            when below.applicable_max_score is null then null
            -- What was set aside takes its points along: a group has no more than its parts that apply.
            when {{ is_told }} then case when parents.told_score is not null then least(parents.told_score, {{ applicable_max }}) end
            when parents.kind_code in ('bonus', 'penalty') then least(below.final_score, parents.max_score)
            when parents.rule_code = 'sum' then below.final_score
            when below.share_weight > 0 then {{ from_millionths(
                '(' ~ rounded_quotient(
                    millionths('parents.max_score') ~ ' * below.weighted_share * ' ~ power_of_ten('parents.score_digits'),
                    wide('1000000000000') ~ ' * 1000000 * below.share_weight', 'parents.rounding_mode_code'
                ) ~ ') * ' ~ power_of_ten('6 - parents.score_digits')
            ) }}
        end as final_score,
        case
            when below.applicable_max_score is null then null
            when {{ is_told }} then parents.told_source_code
            else 'parts'
        end as final_source_code,
        {{ applicable_max }} as applicable_max_score,
        case
            when below.applicable_max_score is null then 'not_applicable'
            when below.hole_count > 0 and parents.told_score is null then 'incomplete'
            else 'ok'
        end as score_status,
        {%- for claim in claims %}
        case
            when below.{{ claim }}_count < below.counted_count then {{ claims[claim] }}
            when parents.rule_code = 'sum' then below.{{ claim }}
            when below.share_weight > 0 then {{ from_millionths(
                rounded_quotient(
                    millionths('parents.max_score') ~ ' * below.' ~ claim ~ '_share', wide('1000000000000') ~ ' * below.share_weight',
                    "'half_up'"
                )
            ) }}
        end as {{ claim }}{{ "," if not loop.last }}
        {%- endfor %}
    from parents
    inner join (
        select
            {{ unit_key | join(", ") }},
            parent_criterion_code as criterion_code,
            coalesce(sum(final_score), 0) as final_score,
            sum(applicable_max_score) as applicable_max_score,
            -- A bonus that nobody gave is none; a criterion that nobody scored is a hole.
            sum(case when {{ is_hole }} and kind_code in ('base', 'survey') then 1 else 0 end) as hole_count,
            -- Shares of the parts' maxima, twelve digits, each times its weight, six digits.
            sum(case when applicable_max_score > 0 and parent_rule_code <> 'sum' then {{ weighed_share('final_score') }} end) as weighted_share,
            sum(case when applicable_max_score > 0 and parent_rule_code <> 'sum' then {{ millionths('weight') }} end) as share_weight,
            -- What somebody says of the whole is known when he has said it of every part.
            sum(case when applicable_max_score is not null then 1 else 0 end) as counted_count,
            count(final_score) as scored_count,
            {%- for claim in claims %}
            sum(case when applicable_max_score is not null then {{ claim }} end) as {{ claim }},
            sum(case when applicable_max_score is not null and {{ claim }} is not null then 1 else 0 end) as {{ claim }}_count,
            sum(case when applicable_max_score > 0 and parent_rule_code <> 'sum' then {{ weighed_share(claim) }} end) as {{ claim }}_share{{ "," if not loop.last }}
            {%- endfor %}
        from level_{{ level + 1 }}
        group by {{ unit_key | join(", ") }}, parent_criterion_code
    ) as below
        on {{ same_columns('parents', 'below', key) }}
    where parents.level_number = {{ level }}
    {%- endif %}

),

{% endfor -%}
placed as (

    {%- for level in levels %}
    select * from level_{{ level }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- What each node puts into the one above it: its points, or its weighed share of its own maximum.
putting as (

    select
        *,
        {{ millionths('final_score') }} as final_millionths,
        case
            when final_score is null then {{ wide('0') }}
            when parent_rule_code = 'sum' then {{ millionths('final_score') }}
            when applicable_max_score > 0 then {{ wide('(' ~ rounded_quotient(
                millionths('final_score') ~ ' * 1000000', millionths('applicable_max_score'), "'half_up'"
            ) ~ ')') }} * {{ millionths('weight') }}
            else {{ wide('0') }}
        end as put_in
    from placed

),

shared as (

    select
        *,
        sum(put_in) over (
            partition by {{ unit_key | join(", ") }}, parent_criterion_code
            order by display_order nulls last, criterion_code nulls last
            rows between unbounded preceding and current row
        ) as put_in_up_to,
        sum(put_in) over (partition by {{ unit_key | join(", ") }}, parent_criterion_code) as put_in_together,
        sum(case when applicable_max_score > 0 then {{ millionths('weight') }} end) over (
            partition by {{ unit_key | join(", ") }}, parent_criterion_code
        ) as weight_together
    from putting

),

-- From the top down: what each node is worth in the total, and how much of the maximum of the total it holds, in
-- millionths. A node's worth is shared out among its parts as differences of running sums, so that the parts add up
-- exactly. What lies below a group whose own points stand is worth nothing of its own: the group is what counts.
{% for level in levels | reverse -%}
worth_{{ level }} as (

    {%- if loop.first %}
    select
        {{ (carried + scores) | join(", ") }},
        final_millionths as worth,
        {{ millionths('applicable_max_score') }} as held_max
    from shared
    where level_number = {{ level }}
    {%- else %}
    select
        {% for column in carried + scores %}shared.{{ column }}, {% endfor %}
        {{ wide('case
            when shared.final_millionths is null or above.final_source_code <> \'parts\' then null
            when shared.put_in_together = 0 then 0
            when shared.put_in_together = above.worth then shared.put_in
            else ' ~ quotient_below('above.worth * shared.put_in_up_to', 'shared.put_in_together')
            ~ ' - ' ~ quotient_below('above.worth * (shared.put_in_up_to - shared.put_in)', 'shared.put_in_together')
            ~ ' end') }} as worth,
        {{ wide('case
            when above.held_max is null or coalesce(above.final_source_code <> \'parts\', false) or coalesce(shared.applicable_max_score, 0) = 0 then null
            when shared.parent_rule_code = \'sum\' then ' ~ rounded_quotient(
                'above.held_max * ' ~ millionths('shared.applicable_max_score'), millionths('above.applicable_max_score'), "'half_up'"
            ) ~ ' else ' ~ rounded_quotient(
                'above.held_max * ' ~ millionths('shared.weight'), 'shared.weight_together', "'half_up'"
            ) ~ ' end') }} as held_max
    from shared
    inner join worth_{{ level - 1 }} as above
        on
            {{ same_columns('shared', 'above', unit_key) }}
            and shared.parent_criterion_code = above.criterion_code
            and not above.is_leaf
    where shared.level_number = {{ level }}
    {%- endif %}

),

{% endfor -%}
worths as (

    {%- for level in levels %}
    select * from worth_{{ level }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    authority_code,
    regulation_code,
    regulation_version_code,
    period_code,
    unit_code,
    criterion_code,
    parent_criterion_code,
    field_criterion_code,
    level_number,
    kind_code,
    is_leaf,
    max_score,
    cast(applicable_max_score as decimal(18, 6)) as applicable_max_score,
    cast(self_score as decimal(18, 6)) as self_score,
    case when is_leaf then appraised_score_1 end as appraised_score_1,
    case when is_leaf then appraised_score_2 end as appraised_score_2,
    cast(appraised_score as decimal(18, 6)) as appraised_score,
    cast(survey_score as decimal(18, 6)) as survey_score,
    cast(computed_score as decimal(18, 6)) as computed_score,
    declared_score,
    cast(final_score as decimal(18, 6)) as final_score,
    final_source_code,
    score_status,
    score_low,
    score_high,
    score_joint_low,
    score_joint_high,
    one_more_score,
    -- A node with parts is worth what its parts are; only what is added up in the end has a contribution.
    case
        when {{ is_counted }} then {{ from_millionths("worth * case kind_code when 'penalty' then -1 else 1 end") }}
    end as contribution_score,
    case when {{ is_counted }} then {{ from_millionths("held_max") }} end as held_max_score,
    case
        when not {{ is_counted }} or held_max is null or final_score is null then null
        when final_source_code not in ('computed', 'survey', 'declared') then 'given'
        when score_low is not null and score_high is not null then 'counted'
        when is_sampled or final_source_code = 'declared' or not is_leaf then 'uncounted'
        else 'given'
    end as uncertainty_code,
    numerator,
    denominator,
    case when is_leaf then family_code end as family_code
from worths
