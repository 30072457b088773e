select
    authority_code,
    instrument_code,
    item_code,
    item_order,
    part_code,
    factor_code,
    factor_name,
    item_text,
    scale_code,
    is_indexed,
    is_on_time_question,
    valid_from_date,
    valid_to_date,
    is_confirmed,
    origin_code
from {{ ref('int_survey_items_unioned') }}
