with {{ national_or_own(ref('survey_items'), newest_version(ref('stg_survey__items'), ['authority_code', 'instrument_code', 'item_code', 'valid_from_date']), 'instrument_code', [
    'instrument_code', 'item_code', 'item_order', 'part_code', 'factor_code', 'factor_name', 'item_text', 'scale_code',
    'is_indexed', 'is_on_time_question', 'valid_from_date', 'valid_to_date', 'is_confirmed',
]) }}
