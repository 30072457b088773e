with steps as (

    select authority_code, dossier_code, step_number, activity_name from {{ ref('int_dossier_steps_measured') }}

),

repeated as (

    select authority_code, dossier_code, activity_name, min(step_number) as first_step_number
    from steps
    group by authority_code, dossier_code, activity_name
    having count(*) > 1

)

select steps.authority_code, steps.dossier_code, steps.step_number
from steps
inner join repeated
    on
        steps.authority_code = repeated.authority_code
        and steps.dossier_code = repeated.dossier_code
        and steps.activity_name = repeated.activity_name
where steps.step_number > repeated.first_step_number
