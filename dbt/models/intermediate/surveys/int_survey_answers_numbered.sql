with answers as (

    select * from {{ ref('int_survey_answers_judged') }}
    where is_valid

),

ballots as (

    select * from {{ ref('int_survey_ballots_weighted') }}

),

items as (

    select * from {{ ref('int_survey_measures_listed') }}
    where measure_level_code = 'item'

)

select
    ballots.ballot_number,
    items.item_number,
    ballots.ballot_weight,
    cast(case when answers.is_positive then 1 else 0 end as bigint) as positive_count,
    answers.option_value
from answers
inner join ballots
    on
        answers.authority_code = ballots.authority_code
        and answers.wave_code = ballots.wave_code
        and answers.instrument_code = ballots.instrument_code
        and answers.ballot_code = ballots.ballot_code
inner join items on ballots.wave_number = items.wave_number and answers.item_code = items.item_code
