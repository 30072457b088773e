with {{ national_or_own(ref('survey_options'), newest_version(ref('stg_survey__options'), ['authority_code', 'scale_code', 'answer_code']), 'scale_code', [
    'scale_code', 'answer_code', 'option_text', 'option_kind_code', 'option_value', 'option_order',
]) }}
