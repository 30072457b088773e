{#- The interval of one total, and the wider one that holds with those of the whole ranking. -#}
{%- set reaches = ['', '_joint'] -%}
{%- set field_key = 'authority_code, regulation_version_code, period_code, unit_code, field_criterion_code' -%}
{#- What is added up in the end, of what lies inside the maximum. -#}
{%- set is_part = "held_max_score is not null and kind_code in ('base', 'survey')" -%}
{#- Which way luck moves the points of a field. -#}
{%- set signs = {'down': '-', 'up': '+'} -%}
{#- The luck of a total is known where something in it is counted and nothing comes from counts that nobody told. -#}
{%- set has_interval = 'valued.total_percent is not null and valued.counted_count > 0 and valued.uncounted_count = 0' -%}
with regulations as (

    select * from {{ ref('dim_regulations') }}

),

scores as (

    select * from {{ ref('fct_criterion_scores') }}

),

added as (

    select
        authority_code,
        regulation_code,
        regulation_version_code,
        period_code,
        unit_code,
        coalesce(sum(case when level_number = 1 and kind_code in ('base', 'survey') then final_score end), 0) as base_score,
        coalesce(sum(case when level_number = 1 and kind_code = 'bonus' then final_score end), 0) as bonus_score,
        coalesce(sum(case when level_number = 1 and kind_code = 'penalty' then final_score end), 0) as penalty_score,
        sum(case when level_number = 1 and kind_code in ('base', 'survey') then applicable_max_score end) as applicable_max_score,
        case
            when sum(case when level_number = 1 and kind_code in ('base', 'survey') and applicable_max_score is not null and self_score is null then 1 else 0 end) = 0
                then sum(case when level_number = 1 and kind_code in ('base', 'survey') and applicable_max_score is not null then self_score end)
        end as self_score,
        case
            when sum(case when level_number = 1 and kind_code in ('base', 'survey') and applicable_max_score is not null and computed_score is null then 1 else 0 end) = 0
                then sum(case when level_number = 1 and kind_code in ('base', 'survey') and applicable_max_score is not null then computed_score end)
        end as computed_score,
        max(case
            when level_number = 1 and kind_code in ('base', 'survey')
                and score_status in ('not_scored', 'outside_scale', 'incomplete') then 1
            else 0
        end) as has_holes,
        sum(case when {{ is_part }} and score_status in ('not_scored', 'outside_scale') then held_max_score end) as missing_max_score,
        sum(case when {{ is_part }} then cast(round(final_score * held_max_score / applicable_max_score, 6) as decimal(18, 6)) end) as known_score,
        count(case when uncertainty_code = 'counted' then 1 end) as counted_count,
        count(case when uncertainty_code = 'uncounted' then 1 end) as uncounted_count,
        sum(case when uncertainty_code = 'counted' and kind_code in ('base', 'survey') then held_max_score end) as counted_max_score,
        sum(case when uncertainty_code = 'uncounted' and kind_code in ('base', 'survey') then held_max_score end) as uncounted_max_score,
        sum(case when {{ is_part }} then 1 else 0 end) as leaf_count,
        sum(case when {{ is_part }} and final_score is not null then 1 else 0 end) as scored_leaf_count
    from scores
    group by authority_code, regulation_code, regulation_version_code, period_code, unit_code

),

-- Bonus and penalty end at their caps, and so does their luck: what lies beyond is nobody's gain or loss.
capped as (

    select
        authority_code,
        regulation_version_code,
        period_code,
        unit_code,
        criterion_code as field_criterion_code,
        cast(applicable_max_score as double) as cap_score
    from scores
    where level_number = 1 and kind_code in ('bonus', 'penalty')

),

-- How far luck may move the points of each leaf, in points of the total: a point of a part of a mean is not one, it counts by
-- the maximum that the part holds.
reached as (

    select
        scores.authority_code,
        scores.regulation_version_code,
        scores.period_code,
        scores.unit_code,
        scores.field_criterion_code,
        scores.family_code,
        scores.kind_code,
        capped.cap_score,
        cast(scores.final_score as double) * cast(scores.held_max_score as double) / cast(scores.applicable_max_score as double) as held_score,
        {%- for reach in reaches %}
        -- Where less is better the ends of the figure change places.
        cast(scores.final_score - least(scores.score{{ reach }}_low, scores.score{{ reach }}_high, scores.final_score) as double)
        * cast(scores.held_max_score as double) / cast(scores.applicable_max_score as double) as down{{ reach }},
        cast(greatest(scores.score{{ reach }}_low, scores.score{{ reach }}_high, scores.final_score) - scores.final_score as double)
        * cast(scores.held_max_score as double) / cast(scores.applicable_max_score as double) as up{{ reach }}{{ "," if not loop.last }}
        {%- endfor %}
    from scores
    left join capped
        on
            scores.authority_code = capped.authority_code
            and scores.regulation_version_code = capped.regulation_version_code
            and scores.period_code = capped.period_code
            and scores.unit_code = capped.unit_code
            and scores.field_criterion_code = capped.field_criterion_code
    where scores.uncertainty_code is not null

),

fielded as (

    select
        *,
        {%- for reach in reaches %}
        sum(down{{ reach }}) over (partition by {{ field_key }}) as field_down{{ reach }},
        sum(up{{ reach }}) over (partition by {{ field_key }}) as field_up{{ reach }},
        {%- endfor %}
        sum(held_score) over (partition by {{ field_key }}) as field_score
    from reached

),

-- Figures of one family are counted on the same dossiers, so their luck is one and adds up; families are taken as
-- independent, so their squares do (MOVER; Zou, Donner 2008). What a council gave has none. What a penalty may gain, the
-- total may lose.
spread_by_family as (

    select
        authority_code,
        regulation_version_code,
        period_code,
        unit_code,
        family_code,
        {%- for reach in reaches %}
        {%- for side, one, other in [('below', 'down', 'up'), ('above', 'up', 'down')] %}
        sum(case
            when kind_code not in ('bonus', 'penalty') then {{ one }}{{ reach }}
            when kind_code = 'bonus' then {{ one }}{{ reach }} * {{ share_under_cap('cap_score', 'field_score', signs[one], 'field_' ~ one ~ reach) }}
            else {{ other }}{{ reach }} * {{ share_under_cap('cap_score', 'field_score', signs[other], 'field_' ~ other ~ reach) }}
        end) as {{ side }}{{ reach }}_spread{{ "," if not (loop.last and reach == reaches[-1]) }}
        {%- endfor %}
        {%- endfor %}
    from fielded
    group by authority_code, regulation_version_code, period_code, unit_code, family_code

),

spread as (

    select
        authority_code,
        regulation_version_code,
        period_code,
        unit_code,
        {%- for reach in reaches %}
        cast(round(sqrt(sum(below{{ reach }}_spread * below{{ reach }}_spread)), 6) as decimal(18, 6)) as below{{ reach }}_score,
        cast(round(sqrt(sum(above{{ reach }}_spread * above{{ reach }}_spread)), 6) as decimal(18, 6)) as above{{ reach }}_score{{ "," if not loop.last }}
        {%- endfor %}
    from spread_by_family
    group by authority_code, regulation_version_code, period_code, unit_code

),

-- How many dossiers, answers or procedures the largest figure is counted on: a figure that the unit itself states beside
-- a council's points makes no sample larger.
counted as (

    select
        inputs.authority_code,
        inputs.regulation_version_code,
        inputs.period_code,
        inputs.unit_code,
        max(case
            when scores.final_source_code = 'survey' and inputs.survey_score is not null then inputs.survey_answer_count
            when inputs.input_kind_code <> 'measured' or scores.final_source_code = 'computed' then inputs.sample_count
        end) as largest_denominator
    from {{ ref('fct_score_inputs') }} as inputs
    inner join scores
        on
            inputs.authority_code = scores.authority_code
            and inputs.regulation_version_code = scores.regulation_version_code
            and inputs.period_code = scores.period_code
            and inputs.unit_code = scores.unit_code
            and inputs.criterion_code = scores.criterion_code
    where scores.is_leaf and scores.applicable_max_score is not null
    group by inputs.authority_code, inputs.regulation_version_code, inputs.period_code, inputs.unit_code

),

declared as (

    select authority_code, regulation_version_code, period_code, unit_code, declared_score
    from {{ ref('fct_score_inputs') }}
    where criterion_code = ''

),

totalled as (

    select
        added.*,
        added.base_score + added.bonus_score - added.penalty_score as unrounded_score,
        regulations.rounding_mode_code,
        case regulations.rounding_stage_code when 'total' then regulations.rounding_digits else 6 end as total_digits,
        regulations.percent_digits,
        regulations.grade_basis_code,
        regulations.minimum_denominator,
        {%- for reach in reaches %}
        coalesce(spread.below{{ reach }}_score, 0) as below{{ reach }}_score,
        coalesce(spread.above{{ reach }}_score, 0) as above{{ reach }}_score,
        {%- endfor %}
        counted.largest_denominator,
        declared.declared_score
    from added
    inner join regulations
        on
            added.authority_code = regulations.authority_code
            and added.regulation_version_code = regulations.regulation_version_code
    left join spread
        on
            added.authority_code = spread.authority_code
            and added.regulation_version_code = spread.regulation_version_code
            and added.period_code = spread.period_code
            and added.unit_code = spread.unit_code
    left join counted
        on
            added.authority_code = counted.authority_code
            and added.regulation_version_code = counted.regulation_version_code
            and added.period_code = counted.period_code
            and added.unit_code = counted.unit_code
    left join declared
        on
            added.authority_code = declared.authority_code
            and added.regulation_version_code = declared.regulation_version_code
            and added.period_code = declared.period_code
            and added.unit_code = declared.unit_code

),

rounded as (

    select
        *,
        {{ rounded_to('unrounded_score', 'total_digits', 'rounding_mode_code') }} as total_score
    from totalled

),

valued as (

    select
        *,
        case
            when coalesce(applicable_max_score, 0) = 0 then 'no_activity'
            when has_holes = 1 then 'not_assessed'
            when coalesce(largest_denominator, 0) < minimum_denominator then 'insufficient_sample'
            else 'ok'
        end as value_status,
        case when applicable_max_score > 0 and has_holes = 0 then
            cast(
                sign(total_score) * ({{ rounded_quotient(
                    millionths('abs(total_score)') ~ ' * 100 * ' ~ power_of_ten('percent_digits'),
                    millionths('applicable_max_score'), 'rounding_mode_code'
                ) }}) * {{ power_of_ten('6 - percent_digits') }} as decimal(18, 0)
            ) * cast(0.000001 as decimal(7, 6))
        end as total_percent
    from rounded

),

graded as (

    select
        valued.authority_code,
        valued.regulation_version_code,
        valued.period_code,
        valued.unit_code,
        grades.grade_code,
        grades.grade_name,
        grades.is_confirmed,
        row_number() over (
            partition by valued.authority_code, valued.regulation_version_code, valued.period_code, valued.unit_code
            -- A bloc's own scale stands before the one for every bloc; then the best grade reached.
            order by case when grades.unit_bloc_code = '' then 1 else 0 end nulls last, grades.display_order nulls last
        ) as grade_number
    from valued
    inner join {{ ref('dim_units') }} as units
        on valued.authority_code = units.authority_code and valued.unit_code = units.unit_code
    inner join {{ ref('dim_grades') }} as grades
        on
            valued.authority_code = grades.authority_code
            and valued.regulation_version_code = grades.regulation_version_code
            and grades.unit_bloc_code in ('', units.unit_bloc_code)
    where
        valued.total_percent is not null
        and coalesce(
            case valued.grade_basis_code when 'points' then valued.total_score else valued.total_percent end >= grades.lower_value,
            true
        )

)

select
    valued.authority_code,
    valued.regulation_code,
    valued.regulation_version_code,
    valued.period_code,
    valued.unit_code,
    cast(valued.base_score as decimal(18, 6)) as base_score,
    cast(valued.bonus_score as decimal(18, 6)) as bonus_score,
    cast(valued.penalty_score as decimal(18, 6)) as penalty_score,
    cast(valued.total_score as decimal(18, 6)) as total_score,
    cast(valued.applicable_max_score as decimal(18, 6)) as applicable_max_score,
    cast(valued.total_percent as decimal(18, 6)) as total_percent,
    valued.value_status,
    {%- for reach in reaches %}
    case when {{ has_interval }} then
        cast(greatest(0, round((valued.total_score - valued.below{{ reach }}_score) * 100e0 / valued.applicable_max_score, 6)) as decimal(18, 6))
    end as percent{{ reach }}_low,
    case when {{ has_interval }} then
        cast(round((valued.total_score + valued.above{{ reach }}_score) * 100e0 / valued.applicable_max_score, 6) as decimal(18, 6))
    end as percent{{ reach }}_high,
    {%- endfor %}
    graded.grade_code,
    graded.grade_name,
    graded.is_confirmed as is_grade_confirmed,
    cast(valued.self_score as decimal(18, 6)) as self_score,
    cast(valued.computed_score as decimal(18, 6)) as computed_score,
    valued.declared_score,
    cast(coalesce(valued.missing_max_score, 0) as decimal(18, 6)) as missing_max_score,
    cast(coalesce(valued.known_score, 0) as decimal(18, 6)) as known_score,
    cast(coalesce(valued.counted_max_score, 0) as decimal(18, 6)) as counted_max_score,
    cast(coalesce(valued.uncounted_max_score, 0) as decimal(18, 6)) as uncounted_max_score,
    cast(valued.leaf_count as integer) as leaf_count,
    cast(valued.scored_leaf_count as integer) as scored_leaf_count,
    valued.largest_denominator
from valued
left join graded
    on
        valued.authority_code = graded.authority_code
        and valued.regulation_version_code = graded.regulation_version_code
        and valued.period_code = graded.period_code
        and valued.unit_code = graded.unit_code
        and graded.grade_number = 1
