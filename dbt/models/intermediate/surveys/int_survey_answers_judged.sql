with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_survey__answers'), ['authority_code', 'wave_code', 'ballot_code', 'item_code']) }}

),

instruments as (

    select instrument_code, valid_from_answer, valid_to_answer, positive_from_answer from {{ ref('instruments') }}

),

latest as (

    select versions.*
    from versions
    cross join builds
    where versions.answered_at < cast(builds.as_of_date + 1 as timestamp)

),

numbered as (

    select
        latest.*,
        instruments.valid_from_answer,
        instruments.valid_to_answer,
        instruments.positive_from_answer,
        -- Only one or two digits are an answer on a scale; anything else is a missing code.
        case
            when length(latest.answer_code) <= 2 then try_cast(latest.answer_code as integer)
        end as answer_number
    from latest
    left join instruments on latest.instrument_code = instruments.instrument_code

),

judged as (

    select
        *,
        coalesce(answer_number between valid_from_answer and valid_to_answer, false) as is_valid
    from numbered

)

select
    authority_code,
    wave_code,
    instrument_code,
    survey_owner_code,
    mode_code,
    unit_code,
    ballot_code,
    item_code,
    answer_code,
    answered_at,
    {{ local_date('answered_at') }} as answered_date,
    dossier_code,
    is_valid,
    case when is_valid then answer_number >= positive_from_answer end as is_positive,
    delivery_id,
    source_row_number
from judged
