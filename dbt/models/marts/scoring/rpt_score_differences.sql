-- What a unit claims for a criterion that the data can judge, beside what the data give; the largest claims first.
select
    scores.authority_code,
    scores.regulation_code,
    scores.regulation_version_code,
    scores.period_code,
    scores.unit_code,
    scores.criterion_code,
    scores.max_score,
    coalesce(scores.self_score, scores.declared_score) as claimed_score,
    case when scores.self_score is not null then 'self' else 'declared' end as claim_origin_code,
    coalesce(scores.computed_score, scores.survey_score) as computed_score,
    coalesce(scores.self_score, scores.declared_score) - coalesce(scores.computed_score, scores.survey_score) as difference_score,
    scores.final_score,
    scores.final_source_code,
    scores.numerator,
    scores.denominator,
    cast(row_number() over (
        partition by scores.authority_code, scores.regulation_version_code, scores.period_code
        order by
            coalesce(scores.self_score, scores.declared_score) - coalesce(scores.computed_score, scores.survey_score) desc nulls last,
            scores.unit_code nulls last, scores.criterion_code nulls last
    ) as integer) as severity_order
from {{ ref('fct_criterion_scores') }} as scores
where
    scores.is_leaf
    and coalesce(scores.self_score, scores.declared_score) is not null
    and coalesce(scores.computed_score, scores.survey_score) is not null
