with dossier_ranges as (

    select
        authority_code,
        min(received_date) as first_date,
        max(greatest(received_date, coalesce(completed_date, received_date))) as last_date
    from {{ ref('int_dossiers_timed') }}
    group by authority_code

),

answer_ranges as (

    select
        authority_code,
        min(answered_date) as first_date,
        max(answered_date) as last_date
    from {{ ref('int_survey_answers_judged') }}
    group by authority_code

),

authorities as (

    select authority_code from dossier_ranges
    union
    select authority_code from answer_ranges

)

select
    authorities.authority_code,
    dossier_ranges.authority_code is not null as has_dossiers,
    answer_ranges.authority_code is not null as has_answers,
    least(coalesce(dossier_ranges.first_date, answer_ranges.first_date), coalesce(answer_ranges.first_date, dossier_ranges.first_date)) as first_date,
    greatest(coalesce(dossier_ranges.last_date, answer_ranges.last_date), coalesce(answer_ranges.last_date, dossier_ranges.last_date)) as last_date
from authorities
left join dossier_ranges on authorities.authority_code = dossier_ranges.authority_code
left join answer_ranges on authorities.authority_code = answer_ranges.authority_code
