{#-
  One place where an indicator's numerator, denominator and exclusions are counted; the formulas stand in `dossier_indicators`.
  A count indicator has no denominator.
-#}
with dossier_counts as (

    {%- for code, numerator, denominator, excluded in dossier_indicators() %}
    select
        authority_code,
        unit_code,
        period_code,
        '{{ code }}' as indicator_code,
        cast({{ numerator }} as bigint) as numerator,
        cast({{ denominator }} as bigint) as denominator,
        cast({{ excluded }} as bigint) as excluded_count
    from {{ ref('int_unit_periods_counted') }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_answers

),

survey_indicators as (

    select indicator_code, instrument_code from {{ ref('indicators') }}
    where instrument_code is not null

),

answers as (

    select * from {{ ref('int_unit_slices_answered') }}

),

survey_counts as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        survey_indicators.indicator_code,
        cast(coalesce(sum(answers.positive_count), 0) as bigint) as numerator,
        cast(coalesce(sum(answers.valid_count), 0) as bigint) as denominator,
        cast(coalesce(sum(answers.missing_count), 0) as bigint) as excluded_count
    from expected
    cross join survey_indicators
    left join answers
        on
            expected.authority_code = answers.authority_code
            and expected.unit_code = answers.unit_code
            and survey_indicators.instrument_code = answers.instrument_code
            and answers.slice_start_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code, survey_indicators.indicator_code

)

select * from dossier_counts
union all
select * from survey_counts
