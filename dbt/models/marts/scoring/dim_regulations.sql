with regulations as (

    select * from {{ ref('int_regulations_unioned') }}

),

faults as (

    select * from {{ ref('int_regulations_checked') }}

),

maxima as (

    select authority_code, regulation_version_code, sum(max_score) as max_score
    from {{ ref('int_criteria_placed') }}
    where level_number = 1 and kind_code in ('base', 'survey')
    group by authority_code, regulation_version_code

)

select
    regulations.authority_code,
    regulations.regulation_code,
    regulations.regulation_version_code,
    regulations.regulation_name,
    regulations.unit_bloc_codes,
    regulations.period_kind_codes,
    regulations.score_order_code,
    regulations.rounding_mode_code,
    regulations.rounding_digits,
    regulations.rounding_stage_code,
    regulations.percent_digits,
    regulations.tie_tolerance,
    regulations.minimum_denominator,
    regulations.volume_tier_bounds,
    regulations.total_input_code,
    regulations.grade_basis_code,
    cast(maxima.max_score as decimal(18, 6)) as max_score,
    regulations.valid_from_date,
    regulations.valid_to_date,
    regulations.legal_basis,
    regulations.source_sha256,
    regulations.is_confirmed,
    faults.regulation_version_code is null as is_scorable,
    substring(faults.faults_text, 3) as faults_text
from regulations
left join faults
    on
        regulations.authority_code = faults.authority_code
        and regulations.regulation_version_code = faults.regulation_version_code
left join maxima
    on
        regulations.authority_code = maxima.authority_code
        and regulations.regulation_version_code = maxima.regulation_version_code
