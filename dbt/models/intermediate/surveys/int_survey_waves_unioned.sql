with registered as (

    {{ newest_version(ref('stg_survey__waves'), ['authority_code', 'wave_code']) }}

),

instruments as (

    select * from {{ ref('int_survey_instruments_unioned') }}

),

-- Waves that ballots speak of, registered or not.
seen as (

    select authority_code, wave_code, instrument_code, min(answered_date) as first_date, max(answered_date) as last_date
    from (
        select authority_code, wave_code, instrument_code, answered_date from {{ ref('int_survey_ballots_latest') }}
        union all
        select authority_code, wave_code, instrument_code, answered_date from {{ ref('int_survey_answers_judged') }}
    ) as spoken
    group by authority_code, wave_code, instrument_code

),

-- Answers sent alone say who asked; min() picks one of several, always the same one.
owners as (

    select authority_code, wave_code, instrument_code, min(survey_owner_code) as survey_owner_code
    from {{ ref('stg_survey__answers') }}
    group by authority_code, wave_code, instrument_code

)

select
    seen.authority_code,
    seen.wave_code,
    seen.instrument_code,
    coalesce(registered.wave_name, seen.wave_code) as wave_name,
    coalesce(registered.survey_owner_code, owners.survey_owner_code) as survey_owner_code,
    registered.population_code,
    registered.mode_code,
    registered.frame_name,
    coalesce(registered.start_date, seen.first_date) as start_date,
    coalesce(registered.end_date, seen.last_date) as end_date,
    registered.wave_code is not null as is_registered,
    instruments.instrument_name,
    instruments.index_formula_code,
    instruments.minimum_ballot_count,
    instruments.method_version,
    instruments.legal_basis,
    instruments.is_confirmed,
    dense_rank() over (
        order by seen.authority_code nulls last, seen.wave_code nulls last, seen.instrument_code nulls last
    ) as wave_number
from seen
inner join instruments
    on seen.authority_code = instruments.authority_code and seen.instrument_code = instruments.instrument_code
left join registered
    on
        seen.authority_code = registered.authority_code
        and seen.wave_code = registered.wave_code
        and seen.instrument_code = registered.instrument_code
left join owners
    on
        seen.authority_code = owners.authority_code
        and seen.wave_code = owners.wave_code
        and seen.instrument_code = owners.instrument_code
where instruments.kind_code = 'survey'
