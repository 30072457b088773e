with {{ national_or_own(ref('instruments'), newest_version(ref('stg_survey__instruments'), ['authority_code', 'instrument_code']), 'instrument_code', [
    'instrument_code', 'instrument_name', 'kind_code', 'index_formula_code', 'minimum_ballot_count', 'method_version',
    'legal_basis', 'is_confirmed',
]) }}
