with answers as (

    select
        answers.authority_code,
        answers.unit_code,
        answers.instrument_code,
        days.slice_start_date,
        answers.is_valid,
        answers.is_positive,
        answers.answer_count
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join {{ ref('int_days_sliced') }} as days on answers.answered_date = days.calendar_date
    -- What people hope for, or lived through, is asked beside the index.
    where answers.is_indexed

),

with_totals as (

    select * from answers
    union all
    select authority_code, authority_code as unit_code, instrument_code, slice_start_date, is_valid, is_positive, answer_count
    from answers
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    instrument_code,
    slice_start_date,
    cast(coalesce(sum(case when is_positive then answer_count end), 0) as bigint) as positive_count,
    cast(coalesce(sum(case when is_valid then answer_count end), 0) as bigint) as valid_count,
    cast(coalesce(sum(case when not is_valid then answer_count end), 0) as bigint) as missing_count
from with_totals
group by authority_code, unit_code, instrument_code, slice_start_date
