with ballots as (

    select ballots.*
    from {{ ref('int_survey_ballots_latest') }} as ballots
    inner join {{ ref('int_survey_waves_unioned') }} as waves
        on
            ballots.authority_code = waves.authority_code
            and ballots.wave_code = waves.wave_code
            and ballots.instrument_code = waves.instrument_code

),

weighted as (

    select authority_code, wave_code, instrument_code, ballot_code, unit_code
    from {{ ref('int_survey_ballots_weighted') }}

),

-- Answers without a ballot of their own: nobody says how many were asked.
outcomes as (

    select
        coalesce(ballots.authority_code, weighted.authority_code) as authority_code,
        coalesce(ballots.wave_code, weighted.wave_code) as wave_code,
        coalesce(ballots.instrument_code, weighted.instrument_code) as instrument_code,
        coalesce(ballots.unit_code, weighted.unit_code) as unit_code,
        ballots.result_code,
        weighted.ballot_code is not null as is_answered
    from ballots
    full outer join weighted
        on
            ballots.authority_code = weighted.authority_code
            and ballots.wave_code = weighted.wave_code
            and ballots.instrument_code = weighted.instrument_code
            and ballots.ballot_code = weighted.ballot_code
    where weighted.ballot_code is not null or ballots.result_code <> 'not_asked'

),

-- A survey of one unit says nothing of the others.
broad_waves as (

    select authority_code, wave_code, instrument_code
    from outcomes
    group by authority_code, wave_code, instrument_code
    having min(unit_code) <> max(unit_code)

),

with_totals as (

    select authority_code, wave_code, instrument_code, unit_code, result_code, is_answered from outcomes
    union all
    select
        outcomes.authority_code,
        outcomes.wave_code,
        outcomes.instrument_code,
        outcomes.authority_code as unit_code,
        outcomes.result_code,
        outcomes.is_answered
    from outcomes
    inner join broad_waves
        on
            outcomes.authority_code = broad_waves.authority_code
            and outcomes.wave_code = broad_waves.wave_code
            and outcomes.instrument_code = broad_waves.instrument_code
    where outcomes.unit_code <> outcomes.authority_code

),

counted as (

    select
        authority_code,
        wave_code,
        instrument_code,
        unit_code,
        count(*) as listed_count,
        count(*) filter (where is_answered) as answered_count,
        count(*) filter (where result_code = 'refused') as refused_count,
        count(*) filter (where result_code = 'not_reached') as not_reached_count,
        count(*) filter (where result_code = 'ineligible') as ineligible_count,
        count(*) filter (where not is_answered) as without_answer_count
    from with_totals
    group by authority_code, wave_code, instrument_code, unit_code

),

-- A wave in which everybody answered has kept no record of those who did not.
wave_records as (

    select authority_code, wave_code, instrument_code, max(without_answer_count) > 0 as has_record
    from counted
    group by authority_code, wave_code, instrument_code

)

select
    counted.authority_code,
    counted.wave_code,
    counted.instrument_code,
    counted.unit_code,
    counted.listed_count,
    counted.answered_count,
    case when wave_records.has_record then counted.refused_count end as refused_count,
    case when wave_records.has_record then counted.not_reached_count end as not_reached_count,
    case when wave_records.has_record then counted.ineligible_count end as ineligible_count,
    case
        when wave_records.has_record then {{ rate('counted.answered_count', 'counted.listed_count - counted.ineligible_count') }}
    end as response_rate
from counted
inner join wave_records
    on
        counted.authority_code = wave_records.authority_code
        and counted.wave_code = wave_records.wave_code
        and counted.instrument_code = wave_records.instrument_code
