-- What a unit claims for a criterion that the data can judge, beside what the data give; the largest claims first.
with compared as (

    select
        *,
        coalesce(self_score, declared_score) as claimed_score,
        coalesce(computed_score, survey_score) as found_score
    from {{ ref('fct_criterion_scores') }}
    where is_leaf

),

differing as (

    select *, claimed_score - found_score as difference_score
    from compared
    where claimed_score is not null and found_score is not null

)

select
    authority_code,
    regulation_code,
    regulation_version_code,
    period_code,
    unit_code,
    criterion_code,
    max_score,
    claimed_score,
    case when self_score is not null then 'self' else 'declared' end as claim_origin_code,
    found_score as computed_score,
    cast(difference_score as decimal(18, 6)) as difference_score,
    final_score,
    final_source_code,
    numerator,
    denominator,
    cast(row_number() over (
        partition by authority_code, regulation_version_code, period_code
        order by difference_score desc nulls last, unit_code nulls last, criterion_code nulls last
    ) as integer) as severity_order
from differing
