-- What a dossier does not say is the empty text: a key has no nulls.
select
    authority_code,
    unit_code,
    coalesce(section_code, '') as section_code,
    coalesce(procedure_code, '') as procedure_code,
    domain_name,
    coalesce(channel_code, '') as channel_code,
    slice_start_date,
    assigned_count as received_count,
    closed_count as resolved_count,
    late_count as resolved_late_count,
    {%- for stock in ['open_count', 'open_late_count'] %}
    {{ stock_changes()[stock] }} as {{ stock | replace('_count', '_change') }},
    {%- endfor %}
    {%- for code, numerator, denominator, excluded in closing_indicators() %}
    {{ numerator }} as {{ code | replace('on_time_rate__', '') }}_numerator,
    {{ denominator }} as {{ code | replace('on_time_rate__', '') }}_denominator,
    {{ excluded }} as {{ code | replace('on_time_rate__', '') }}_excluded_count{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('int_dossiers_counted') }}
