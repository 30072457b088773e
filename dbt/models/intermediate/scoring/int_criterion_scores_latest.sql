with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

latest as (

    {{ newest_version(ref('stg_par__criterion_scores'), [
        'authority_code', 'campaign_code', 'regulation_code', 'period_start_date', 'period_end_date', 'unit_code', 'criterion_code',
    ]) }}

),

-- A unit's period scored by two campaigns has the scores of one, whole: never some criteria of one and some of the other.
-- The one that speaks of more criteria, so that one row with a slip in its code takes no unit's scores away; of two equal
-- ones the one heard of last.
campaigns_counted as (

    select
        latest.authority_code,
        latest.regulation_code,
        latest.period_start_date,
        latest.period_end_date,
        latest.unit_code,
        latest.campaign_code,
        count(*) as row_count,
        max(latest.delivery_sequence) as last_delivery_sequence
    from latest
    cross join builds
    where latest.period_end_date <= builds.as_of_date
    group by
        latest.authority_code, latest.regulation_code, latest.period_start_date, latest.period_end_date,
        latest.unit_code, latest.campaign_code

),

campaigns as (

    select
        *,
        row_number() over (
            partition by authority_code, regulation_code, period_start_date, period_end_date, unit_code
            order by row_count desc nulls last, last_delivery_sequence desc nulls last, campaign_code desc nulls last
        ) as campaign_number
    from campaigns_counted

)

select
    latest.authority_code,
    latest.campaign_code,
    latest.regulation_code,
    latest.period_start_date,
    latest.period_end_date,
    latest.unit_code,
    latest.criterion_code,
    coalesce(latest.is_applicable, true) as is_applicable,
    latest.measured_numerator,
    latest.measured_denominator,
    latest.measured_value,
    latest.self_score,
    latest.appraised_score_1,
    latest.appraised_score_2,
    latest.survey_score,
    latest.survey_answer_count,
    latest.evidence_reference,
    latest.explanation_reference,
    latest.self_scored_date,
    latest.appraised_date_1,
    latest.appraised_date_2
from latest
inner join campaigns
    on
        latest.authority_code = campaigns.authority_code
        and latest.regulation_code = campaigns.regulation_code
        and latest.period_start_date = campaigns.period_start_date
        and latest.period_end_date = campaigns.period_end_date
        and latest.unit_code = campaigns.unit_code
        and latest.campaign_code = campaigns.campaign_code
        and campaigns.campaign_number = 1
