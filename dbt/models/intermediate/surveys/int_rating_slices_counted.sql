{#- Ratings after a service, by slice of days. The rating as a whole is counted, not the points that some portals add. -#}
with instruments as (

    select authority_code, instrument_code from {{ ref('int_survey_instruments_unioned') }}
    where kind_code = 'rating'

),

ratings as (

    select
        answers.authority_code,
        answers.unit_code,
        answers.instrument_code,
        answers.answered_date,
        answers.option_kind_code,
        answers.is_valid,
        answers.has_dossier,
        answers.is_burst,
        answers.answer_count
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join instruments
        on answers.authority_code = instruments.authority_code and answers.instrument_code = instruments.instrument_code
    where answers.item_code = 'overall'

),

by_day as (

    select
        authority_code,
        unit_code,
        instrument_code,
        answered_date,
        {%- set counts = {'rating': 'true', 'positive': "option_kind_code = 'positive'", 'valid': 'is_valid', 'dossier_rating': 'has_dossier', 'burst_rating': 'is_burst'} %}
        {%- for name, condition in counts.items() %}
        sum(case when {{ condition }} then answer_count else 0 end) as {{ name }}_count{{ "," if not loop.last }}
        {%- endfor %}
    from ratings
    group by authority_code, unit_code, instrument_code, answered_date

),

with_totals as (

    select * from by_day
    union all
    select
        authority_code, authority_code as unit_code, instrument_code, answered_date,
        rating_count, positive_count, valid_count, dossier_rating_count, burst_rating_count
    from by_day
    where unit_code <> authority_code

)

select
    with_totals.authority_code,
    with_totals.unit_code,
    with_totals.instrument_code,
    days.slice_start_date,
    {%- for measure in ['rating_count', 'positive_count', 'valid_count', 'dossier_rating_count', 'burst_rating_count'] %}
    cast(sum(with_totals.{{ measure }}) as bigint) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from with_totals
inner join {{ ref('int_days_sliced') }} as days on with_totals.answered_date = days.calendar_date
group by with_totals.authority_code, with_totals.unit_code, with_totals.instrument_code, days.slice_start_date
