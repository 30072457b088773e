{#- What the criteria of a unit are worth adds up to its total before rounding, where every criterion has a score. -#}
{% test contributions_add_up(model, to) %}

select units.authority_code, units.regulation_version_code, units.period_code, units.unit_code
from {{ to }} as units
left join {{ model }} as scores
    on
        units.authority_code = scores.authority_code
        and units.regulation_version_code = scores.regulation_version_code
        and units.period_code = scores.period_code
        and units.unit_code = scores.unit_code
group by
    units.authority_code, units.regulation_version_code, units.period_code, units.unit_code, units.base_score,
    units.bonus_score, units.penalty_score
having coalesce(sum(scores.contribution_score), 0) <> units.base_score + units.bonus_score - units.penalty_score

{% endtest %}
