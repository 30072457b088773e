select
    authority_code,
    instrument_code,
    instrument_name,
    kind_code,
    index_formula_code,
    minimum_ballot_count,
    method_version,
    legal_basis,
    is_confirmed,
    origin_code
from {{ ref('int_survey_instruments_unioned') }}
