with answers as (

    select * from {{ ref('int_survey_answers_numbered') }}

),

waves as (

    select wave_number, index_formula_code from {{ ref('int_survey_waves_unioned') }}

),

-- A mean of shares needs every share; of groups of people only the formula that the questionnaire chose is computed.
domains as (

    select listed.domain_number, listed.ballot_number
    from {{ ref('int_survey_domains_listed') }} as listed
    inner join waves on listed.wave_number = waves.wave_number
    where listed.group_kind_code = 'all' or waves.index_formula_code = 'mean_of_shares'

)

select
    domains.domain_number,
    answers.item_number,
    sum(answers.ballot_weight) as valid_weight,
    sum(answers.ballot_weight * answers.positive_count) as positive_weight
from answers
inner join domains on answers.ballot_number = domains.ballot_number
group by domains.domain_number, answers.item_number
