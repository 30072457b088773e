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
    answered_date,
    dossier_code,
    is_valid,
    is_positive,
    delivery_id,
    source_row_number
from {{ ref('int_survey_answers_judged') }}
