with answers as (

    select * from {{ ref('int_survey_answers_numbered') }}

),

measures as (

    select item_number, measure_number, measure_level_code = 'overall' as is_index
    from {{ ref('int_survey_measures_listed') }}
    where measure_level_code <> 'item'

)

select
    answers.ballot_number,
    measures.measure_number,
    measures.is_index,
    cast(sum(answers.positive_count) as bigint) as positive_count,
    count(*) as valid_count
from answers
inner join measures on answers.item_number = measures.item_number
group by answers.ballot_number, measures.measure_number, measures.is_index
