-- Whole answers by option: the shares of a question's points that options are worth are bands of the criterion.
select
    answers.authority_code,
    answers.unit_code,
    periods.period_code,
    answers.instrument_code,
    answers.answer_code,
    cast(sum(answers.answer_count) as bigint) as answer_count
from {{ ref('int_survey_answers_judged') }} as answers
inner join {{ ref('int_periods_defined') }} as periods
    on answers.answered_date between periods.start_date and periods.counted_to_date
-- Only questionnaires that a criterion asks for: a rating at the counter has none.
inner join (
    select distinct input_code from {{ ref('int_criteria_placed') }} where input_kind_code = 'survey_item'
) as asked on answers.instrument_code = asked.input_code
group by answers.authority_code, answers.unit_code, periods.period_code, answers.instrument_code, answers.answer_code
