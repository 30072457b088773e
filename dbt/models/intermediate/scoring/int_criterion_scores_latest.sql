with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

latest as (

    {{ newest_version(ref('stg_par__criterion_scores'), ['authority_code', 'campaign_code', 'unit_code', 'criterion_code']) }}

),

-- A period scored by two campaigns has the scores of the later one.
numbered as (

    select
        latest.*,
        row_number() over (
            partition by
                latest.authority_code, latest.regulation_code, latest.period_start_date, latest.period_end_date,
                latest.unit_code, latest.criterion_code
            order by latest.delivery_sequence desc nulls last, latest.source_row_number desc nulls last
        ) as campaign_number
    from latest
    cross join builds
    where latest.period_end_date <= builds.as_of_date

)

select
    authority_code,
    campaign_code,
    regulation_code,
    period_start_date,
    period_end_date,
    unit_code,
    criterion_code,
    coalesce(is_applicable, true) as is_applicable,
    measured_numerator,
    measured_denominator,
    measured_value,
    self_score,
    appraised_score_1,
    appraised_score_2,
    survey_score,
    evidence_reference,
    explanation_reference,
    self_scored_date,
    appraised_date_1,
    appraised_date_2
from numbered
where campaign_number = 1
