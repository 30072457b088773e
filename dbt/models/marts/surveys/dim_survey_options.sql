select
    authority_code,
    scale_code,
    answer_code,
    option_text,
    option_kind_code,
    option_value,
    option_order,
    origin_code
from {{ ref('int_survey_options_unioned') }}
