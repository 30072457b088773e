{#- Ratings beside the results handed over in the same period: a share of few who bothered says little about the rest.
    A unit that handed over results and was rated on no scale stands there too: none of so many is a figure. -#}
with expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_answers

),

ratings as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        slices.instrument_code,
        cast(sum(slices.rating_count) as bigint) as rating_count,
        cast(sum(slices.positive_count) as bigint) as positive_count,
        cast(sum(slices.valid_count) as bigint) as valid_count,
        cast(sum(slices.dossier_rating_count) as bigint) as dossier_rating_count,
        cast(sum(slices.burst_rating_count) as bigint) as burst_rating_count
    from expected
    inner join {{ ref('int_rating_slices_counted') }} as slices
        on
            expected.authority_code = slices.authority_code
            and expected.unit_code = slices.unit_code
            and slices.slice_start_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code, slices.instrument_code

),

handed_over as (

    select
        authority_code,
        unit_code,
        period_code,
        handed_over_on_time_count + handed_over_late_count + handed_over_not_judged_count as handed_over_count
    from {{ ref('int_unit_periods_counted') }}

),

-- The authority has a row of each scale that anybody was rated on in the period; those are what a silent unit is asked for.
silent as (

    select
        handed_over.authority_code,
        handed_over.unit_code,
        handed_over.period_code,
        used.instrument_code,
        cast(0 as bigint) as rating_count,
        cast(0 as bigint) as positive_count,
        cast(0 as bigint) as valid_count,
        cast(0 as bigint) as dossier_rating_count,
        cast(0 as bigint) as burst_rating_count
    from handed_over
    inner join ratings as used
        on
            handed_over.authority_code = used.authority_code
            and handed_over.authority_code = used.unit_code
            and handed_over.period_code = used.period_code
    left join ratings
        on
            handed_over.authority_code = ratings.authority_code
            and handed_over.unit_code = ratings.unit_code
            and handed_over.period_code = ratings.period_code
    where handed_over.handed_over_count > 0 and ratings.unit_code is null

),

rated as (

    select * from ratings
    union all
    select * from silent

),

instruments as (

    select authority_code, instrument_code, minimum_ballot_count from {{ ref('int_survey_instruments_unioned') }}

),

thresholds as (

    select
        max(threshold_value) filter (where threshold_code = 'low_coverage') as low_coverage_percent,
        max(threshold_value) filter (where threshold_code = 'many_bursts') as many_bursts_percent
    from {{ ref('survey_thresholds') }}

),

stated as (

    select
        rated.*,
        handed_over.handed_over_count,
        case
            when rated.rating_count = 0 then 'no_activity'
            when rated.valid_count < greatest(instruments.minimum_ballot_count, {{ fewest_people() }}) then 'insufficient_sample'
            else 'ok'
        end as value_status
    from rated
    inner join instruments
        on rated.authority_code = instruments.authority_code and rated.instrument_code = instruments.instrument_code
    left join handed_over
        on
            rated.authority_code = handed_over.authority_code
            and rated.unit_code = handed_over.unit_code
            and rated.period_code = handed_over.period_code

)

select
    authority_code,
    unit_code,
    period_code,
    instrument_code,
    rating_count,
    valid_count,
    value_status,
    case when value_status = 'ok' then positive_count end as positive_count,
    case when value_status = 'ok' then {{ rate('positive_count', 'valid_count') }} end as positive_rate,
    case when value_status = 'ok' then {{ wilson_bound('positive_count', 'valid_count', '-') }} end as interval_low,
    case when value_status = 'ok' then {{ wilson_bound('positive_count', 'valid_count', '+') }} end as interval_high,
    handed_over_count,
    case
        when handed_over_count > 0 then {{ rate('dossier_rating_count', 'handed_over_count') }}
    end as coverage_rate,
    burst_rating_count,
    case
        when handed_over_count > 0
            then 100 * dossier_rating_count < thresholds.low_coverage_percent * handed_over_count
    end as is_coverage_low,
    thresholds.low_coverage_percent,
    burst_rating_count > 0
    and 100 * burst_rating_count >= thresholds.many_bursts_percent * rating_count as has_many_bursts,
    thresholds.many_bursts_percent
from stated
cross join thresholds
