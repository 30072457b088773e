{#- The levels of a tree, from the deepest up; see int_criteria_placed. -#}
{%- set levels = [4, 3, 2, 1] -%}
{%- set key = ['authority_code', 'regulation_version_code', 'period_code', 'unit_code', 'criterion_code'] -%}
{%- set columns -%}
    authority_code, regulation_version_code, period_code, unit_code, criterion_code, final_score, final_source_code,
        applicable_max_score, score_status, self_score, appraised_score, survey_score, computed_score
{%- endset -%}
with nodes as (

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
        inputs.declared_score,
        inputs.family_code,
        inputs.numerator,
        inputs.denominator,
        criteria.parent_criterion_code,
        criteria.field_criterion_code,
        criteria.level_number,
        criteria.kind_code,
        criteria.rule_code,
        criteria.max_score,
        coalesce(criteria.weight, 1) as weight,
        criteria.display_order,
        regulations.score_order_code,
        regulations.rounding_mode_code,
        coalesce(
            criteria.rounding_digits,
            case regulations.rounding_stage_code when 'leaf' then regulations.rounding_digits else 6 end
        ) as score_digits
    from {{ ref('fct_score_inputs') }} as inputs
    inner join {{ ref('dim_criteria') }} as criteria
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

leaves_final as (

    select
        *,
        case final_source_code
            when 'appraised_2' then appraised_score_2
            when 'appraised_1' then appraised_score_1
            when 'survey' then told_survey_score
            when 'computed' then computed_score
            when 'declared' then declared_score
        end as final_score
    from leaves_chosen

),

leaves as (

    select
        authority_code,
        regulation_version_code,
        period_code,
        unit_code,
        criterion_code,
        level_number,
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

{% for level in levels -%}
-- Every node of level {{ level }}: its own leaves, and what lies below it added up as its rule says.
level_{{ level }} as (

    select
        {{ columns }}
    from leaves
    where level_number = {{ level }}
    {%- if not loop.first %}

    union all

    select
        {% for column in key %}parents.{{ column }}, {% endfor %}
        case
            when below.missing_count > 0 then parents.declared_score
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
            when below.missing_count = 0 then 'parts'
            when parents.declared_score is not null then 'declared'
        end as final_source_code,
        case
            when below.applicable_max_score is null then null
            when parents.rule_code = 'sum' then below.applicable_max_score
            else parents.max_score
        end as applicable_max_score,
        case
            when below.applicable_max_score is null then 'not_applicable'
            when below.missing_count > 0 and parents.declared_score is null then 'incomplete'
            else 'ok'
        end as score_status,
        below.self_score,
        below.appraised_score,
        below.survey_score,
        below.computed_score
    from nodes as parents
    inner join (
        select
            children.authority_code,
            children.regulation_version_code,
            children.period_code,
            children.unit_code,
            nodes.parent_criterion_code as criterion_code,
            coalesce(sum(children.final_score), 0) as final_score,
            sum(children.applicable_max_score) as applicable_max_score,
            -- A bonus that nobody gave is none; a criterion that nobody scored is a hole.
            sum(case
                when children.score_status in ('not_scored', 'outside_scale', 'incomplete')
                    and nodes.kind_code in ('base', 'survey') then 1
                else 0
            end) as missing_count,
            -- Shares of the parts' maxima, twelve digits, each times its weight, six digits.
            sum(case when children.applicable_max_score > 0 then
                {{ wide('(' ~ rounded_quotient(
                    millionths('coalesce(children.final_score, 0)') ~ ' * 1000000000000',
                    millionths('children.applicable_max_score'), "'half_up'"
                ) ~ ')') }} * {{ millionths('nodes.weight') }}
            end) as weighted_share,
            sum(case when children.applicable_max_score > 0 then {{ millionths('nodes.weight') }} end) as share_weight,
            sum(children.self_score) as self_score,
            sum(children.appraised_score) as appraised_score,
            sum(children.survey_score) as survey_score,
            sum(children.computed_score) as computed_score
        from level_{{ level + 1 }} as children
        inner join nodes on {{ same_columns('children', 'nodes', key) }}
        group by
            children.authority_code, children.regulation_version_code, children.period_code, children.unit_code,
            nodes.parent_criterion_code
    ) as below
        on {{ same_columns('parents', 'below', key) }}
    where parents.level_number = {{ level }} and not parents.is_leaf
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
shared as (

    select
        {% for column in key %}placed.{{ column }}, {% endfor %}
        nodes.level_number,
        nodes.parent_criterion_code,
        placed.final_source_code,
        {{ millionths('placed.final_score') }} as final_millionths,
        sum(shares.put_in) over (
            partition by
                placed.authority_code, placed.regulation_version_code, placed.period_code, placed.unit_code,
                nodes.parent_criterion_code
            order by nodes.display_order nulls last, placed.criterion_code nulls last
            rows between unbounded preceding and current row
        ) as put_in_up_to,
        shares.put_in,
        sum(shares.put_in) over (
            partition by
                placed.authority_code, placed.regulation_version_code, placed.period_code, placed.unit_code,
                nodes.parent_criterion_code
        ) as put_in_together
    from placed
    inner join nodes on {{ same_columns('placed', 'nodes', key) }}
    inner join (
        select
            {% for column in key %}placed.{{ column }}, {% endfor %}
            case
                when coalesce(parents.rule_code, 'sum') = 'sum' then {{ millionths('coalesce(placed.final_score, 0)') }}
                when placed.applicable_max_score > 0 then {{ wide('(' ~ rounded_quotient(
                    millionths('coalesce(placed.final_score, 0)') ~ ' * 1000000',
                    millionths('placed.applicable_max_score'), "'half_up'"
                ) ~ ')') }} * {{ millionths('nodes.weight') }}
                else 0
            end as put_in
        from placed
        inner join nodes on {{ same_columns('placed', 'nodes', key) }}
        left join nodes as parents
            on
                nodes.authority_code = parents.authority_code
                and nodes.regulation_version_code = parents.regulation_version_code
                and nodes.period_code = parents.period_code
                and nodes.unit_code = parents.unit_code
                and nodes.parent_criterion_code = parents.criterion_code
    ) as shares
        on {{ same_columns('placed', 'shares', key) }}

),

-- From the top down: what each node is worth in the total, in millionths. A node's worth is shared out among its parts as
-- differences of running sums, so that the parts add up exactly. What lies below a group whose published score stands is
-- worth nothing of its own: the group is what counts.
{% for level in levels | reverse -%}
worth_{{ level }} as (

    {%- if loop.first %}
    select {{ key | join(", ") }}, final_source_code, final_millionths as worth
    from shared
    where level_number = {{ level }}
    {%- else %}
    select
        {% for column in key %}shared.{{ column }}, {% endfor %}
        shared.final_source_code,
        case when shared.final_millionths is null then null
        when above.final_source_code = 'parts' and shared.put_in_together > 0 then
            {{ quotient_below('above.worth * shared.put_in_up_to', 'shared.put_in_together') }}
            - {{ quotient_below('above.worth * (shared.put_in_up_to - shared.put_in)', 'shared.put_in_together') }}
        when above.final_source_code = 'parts' then 0
        end as worth
    from shared
    inner join worth_{{ level - 1 }} as above
        on
            shared.authority_code = above.authority_code
            and shared.regulation_version_code = above.regulation_version_code
            and shared.period_code = above.period_code
            and shared.unit_code = above.unit_code
            and shared.parent_criterion_code = above.criterion_code
    where shared.level_number = {{ level }}
    {%- endif %}

),

{% endfor -%}
worths as (

    {%- for level in levels %}
    select {{ key | join(", ") }}, {{ wide('worth') }} as worth from worth_{{ level }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    nodes.authority_code,
    nodes.regulation_code,
    nodes.regulation_version_code,
    nodes.period_code,
    nodes.unit_code,
    nodes.criterion_code,
    nodes.parent_criterion_code,
    nodes.field_criterion_code,
    nodes.level_number,
    nodes.kind_code,
    nodes.is_leaf,
    nodes.max_score,
    cast(placed.applicable_max_score as decimal(18, 6)) as applicable_max_score,
    cast(placed.self_score as decimal(18, 6)) as self_score,
    case when nodes.is_leaf then nodes.appraised_score_1 end as appraised_score_1,
    case when nodes.is_leaf then nodes.appraised_score_2 end as appraised_score_2,
    cast(placed.appraised_score as decimal(18, 6)) as appraised_score,
    cast(placed.survey_score as decimal(18, 6)) as survey_score,
    cast(placed.computed_score as decimal(18, 6)) as computed_score,
    nodes.declared_score,
    cast(placed.final_score as decimal(18, 6)) as final_score,
    placed.final_source_code,
    placed.score_status,
    leaves_told.rule_score_low as score_low,
    leaves_told.rule_score_high as score_high,
    leaves_told.one_more_score,
    -- A node with parts is worth what its parts are; only what is added up in the end has a contribution.
    case
        when nodes.is_leaf or placed.final_source_code = 'declared' then
            {{ from_millionths("worths.worth * case nodes.kind_code when 'penalty' then -1 else 1 end") }}
    end as contribution_score,
    nodes.numerator,
    nodes.denominator,
    case when nodes.is_leaf then nodes.family_code end as family_code
from nodes
inner join placed on {{ same_columns('nodes', 'placed', key) }}
left join worths on {{ same_columns('nodes', 'worths', key) }}
left join leaves_told on {{ same_columns('nodes', 'leaves_told', key) }}
