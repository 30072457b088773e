{#-
  One place where an indicator's numerator, denominator and exclusions are counted.
  A count indicator has no denominator.
-#}
{#- In process in the period: carried in or received, with a due date and not withdrawn in it. -#}
{%- set to_be_processed = '(carried_open_count - carried_open_undated_count + assigned_count - assigned_undated_count'
    ~ ' - (withdrawn_count - withdrawn_undated_count))' -%}
{%- set late_in_process = 'carried_open_late_count + became_late_count - withdrawn_after_late_count' -%}
{%- set dossier_indicators = [
    ('on_time_rate__resolved', 'early_count + on_time_count', 'early_count + on_time_count + late_count', 'no_due_date_count + withdrawn_count'),
    ('on_time_rate__resolved_timestamp', 'timestamp_on_time_count', 'timestamp_on_time_count + timestamp_late_count', 'no_due_date_count + withdrawn_count'),
    (
        'on_time_rate__resolved_original', 'original_on_time_count', 'original_on_time_count + original_late_count',
        'closed_count - original_on_time_count - original_late_count',
    ),
    (
        'on_time_rate__resolved_recomputed', 'recomputed_on_time_count', 'recomputed_on_time_count + recomputed_late_count',
        'closed_count - recomputed_on_time_count - recomputed_late_count',
    ),
    (
        'on_time_rate__handed_over', 'handed_over_on_time_count', 'handed_over_on_time_count + handed_over_late_count',
        'handed_over_not_judged_count',
    ),
    ('on_time_rate__received', 'cohort_met_count', 'cohort_judged_count', 'cohort_not_judged_count'),
    ('on_time_rate__form_06a', 'closed_count - late_count', 'closed_count', '0'),
    ('on_time_rate__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    ('on_time_score__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    (
        'on_time_rate__to_be_processed', to_be_processed ~ ' - (' ~ late_in_process ~ ')', to_be_processed,
        'carried_open_undated_count + assigned_undated_count + withdrawn_count - withdrawn_undated_count + assigned_unplaced_count',
    ),
    ('on_time_rate__due_in_period', 'due_met_count', 'due_met_count + due_missed_count', 'due_not_judged_count'),
    ('online_dossier_rate', 'online_count', 'channel_known_count', 'received_count - channel_known_count'),
    ('dossiers_received', 'received_count', 'null', '0'),
    ('dossiers_resolved', 'closed_count', 'null', '0'),
    ('dossiers_open', 'open_count', 'null', '0'),
    ('dossiers_open_late', 'open_late_count', 'null', '0'),
] -%}

with dossier_counts as (

    {%- for code, numerator, denominator, excluded in dossier_indicators %}
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
