{#- Ratings after a service, by slice of days. The rating as a whole is counted, not the points that some portals add. -#}
with instruments as (

    select authority_code, instrument_code from {{ ref('int_survey_instruments_unioned') }}
    where kind_code = 'rating'

),

ratings as (

    select
        answers.authority_code,
        answers.unit_code,
        answers.instrument_code,
        answers.mode_code,
        answers.answered_date,
        date_trunc('minute', answers.answered_at) as answered_minute,
        answers.option_kind_code,
        answers.is_valid,
        answers.dossier_code
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join instruments
        on answers.authority_code = instruments.authority_code and answers.instrument_code = instruments.instrument_code
    where answers.item_code = 'overall'

),

minutes as (

    select
        authority_code,
        unit_code,
        instrument_code,
        mode_code,
        answered_date,
        answered_minute,
        count(*) as rating_count,
        count(*) filter (where option_kind_code = 'positive') as positive_count,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where dossier_code is not null) as dossier_rating_count
    from ratings
    group by authority_code, unit_code, instrument_code, mode_code, answered_date, answered_minute

),

thresholds as (

    select max(threshold_value) as burst_ratings from {{ ref('survey_thresholds') }}
    where threshold_code = 'burst_ratings'

),

judged as (

    select minutes.*, minutes.rating_count > thresholds.burst_ratings as is_burst
    from minutes
    cross join thresholds

),

with_totals as (

    select * from judged
    union all
    select
        authority_code, authority_code as unit_code, instrument_code, mode_code, answered_date, answered_minute,
        rating_count, positive_count, valid_count, dossier_rating_count, is_burst
    from judged
    where unit_code <> authority_code

)

select
    with_totals.authority_code,
    with_totals.unit_code,
    with_totals.instrument_code,
    days.slice_start_date,
    cast(sum(with_totals.rating_count) as bigint) as rating_count,
    cast(sum(with_totals.positive_count) as bigint) as positive_count,
    cast(sum(with_totals.valid_count) as bigint) as valid_count,
    cast(sum(with_totals.dossier_rating_count) as bigint) as dossier_rating_count,
    cast(sum(case when with_totals.is_burst then with_totals.rating_count else 0 end) as bigint) as burst_rating_count,
    count(*) filter (where with_totals.is_burst) as burst_count
from with_totals
inner join {{ ref('int_days_sliced') }} as days on with_totals.answered_date = days.calendar_date
group by with_totals.authority_code, with_totals.unit_code, with_totals.instrument_code, days.slice_start_date
