{#- Levels a tree may have; a deeper criterion has no level and stops its regulation from being scored. -#}
{%- set levels = [1, 2, 3, 4] -%}
with criteria as (

    select * from {{ ref('int_criteria_versioned') }}

),

parents as (

    select distinct authority_code, regulation_version_code, parent_criterion_code as criterion_code
    from criteria
    where parent_criterion_code is not null

),

level_1 as (

    select
        authority_code,
        regulation_version_code,
        criterion_code,
        criterion_code as field_criterion_code,
        ';' || criterion_code || ';' as path_codes,
        1 as level_number
    from criteria
    where parent_criterion_code is null

),

{% for level in levels[1:] -%}
level_{{ level }} as (

    select
        criteria.authority_code,
        criteria.regulation_version_code,
        criteria.criterion_code,
        above.field_criterion_code,
        above.path_codes || criteria.criterion_code || ';' as path_codes,
        {{ level }} as level_number
    from criteria
    inner join level_{{ level - 1 }} as above
        on
            criteria.authority_code = above.authority_code
            and criteria.regulation_version_code = above.regulation_version_code
            and criteria.parent_criterion_code = above.criterion_code

),

{% endfor -%}
placed as (

    {%- for level in levels %}
    select * from level_{{ level }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- The weight of a part is its share of the weights beside it.
weighed as (

    select
        authority_code,
        regulation_version_code,
        parent_criterion_code,
        sum(weight) as total_weight
    from criteria
    where weight is not null
    group by authority_code, regulation_version_code, parent_criterion_code

)

select
    criteria.authority_code,
    criteria.regulation_code,
    criteria.regulation_version_code,
    criteria.criterion_code,
    criteria.parent_criterion_code,
    placed.field_criterion_code,
    placed.path_codes,
    placed.level_number,
    criteria.level_code,
    criteria.criterion_name,
    criteria.kind_code,
    criteria.rule_code,
    parents.criterion_code is null as is_leaf,
    criteria.max_score,
    criteria.weight,
    cast(weighed.total_weight as decimal(18, 6)) as total_weight,
    criteria.input_kind_code,
    criteria.input_code,
    criteria.factor_input_code,
    criteria.target_value,
    criteria.floor_value,
    coalesce(criteria.zero_denominator_code, 'not_assessed') as zero_denominator_code,
    criteria.rounding_digits,
    criteria.evidence_text,
    criteria.display_order,
    criteria.legal_basis,
    criteria.is_confirmed
from criteria
left join placed
    on
        criteria.authority_code = placed.authority_code
        and criteria.regulation_version_code = placed.regulation_version_code
        and criteria.criterion_code = placed.criterion_code
left join parents
    on
        criteria.authority_code = parents.authority_code
        and criteria.regulation_version_code = parents.regulation_version_code
        and criteria.criterion_code = parents.criterion_code
left join weighed
    on
        criteria.authority_code = weighed.authority_code
        and criteria.regulation_version_code = weighed.regulation_version_code
        and criteria.parent_criterion_code = weighed.parent_criterion_code
