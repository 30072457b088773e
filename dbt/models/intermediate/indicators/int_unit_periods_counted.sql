{#- Volume belongs to the receiving unit, timeliness to the resolving unit. -#}
{%- set resolving = resolving_measure_names() -%}
{%- for stock in stock_changes() %}{% do resolving.extend(['carried_' ~ stock, stock]) %}{% endfor -%}

with expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_dossiers

),

received_in_period as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for measure in received_measures() %}
        sum(received.{{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join {{ ref('int_unit_slices_received') }} as received
        on
            expected.authority_code = received.authority_code
            and expected.unit_code = received.unit_code
            and received.slice_start_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code

),

resolving as (

    select
        authority_code,
        unit_code,
        period_code,
        {%- for measure in resolving %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_unit_domain_periods_counted') }}
    group by authority_code, unit_code, period_code

),

cohorts as (

    select * from {{ ref('int_unit_cohorts_counted') }}

),

cohort_in_period as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        sum(case when cohorts.event_slice_date <= expected.end_date then cohorts.met_count else 0 end) as cohort_met_count,
        sum(cohorts.judged_count) as cohort_judged_count,
        sum(cohorts.not_judged_count) as cohort_not_judged_count,
        sum(case when cohorts.event_slice_date <= expected.end_date then cohorts.qd766_late_count else 0 end) as qd766_late_count,
        sum(cohorts.qd766_judged_count) as qd766_judged_count,
        sum(cohorts.qd766_not_judged_count) as qd766_not_judged_count
    from expected
    inner join cohorts
        on
            expected.authority_code = cohorts.authority_code
            and expected.unit_code = cohorts.unit_code
            and cohorts.received_slice_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code

)

select
    expected.authority_code,
    expected.unit_code,
    expected.period_code,
    {%- for measure in received_measures() %}
    cast(coalesce(received_in_period.{{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    {%- for measure in resolving %}
    cast(coalesce(resolving.{{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    cast(coalesce(cohort_in_period.cohort_met_count, 0) as bigint) as cohort_met_count,
    cast(coalesce(cohort_in_period.cohort_judged_count, 0) as bigint) as cohort_judged_count,
    cast(coalesce(cohort_in_period.cohort_not_judged_count, 0) as bigint) as cohort_not_judged_count,
    cast(coalesce(cohort_in_period.qd766_late_count, 0) as bigint) as qd766_late_count,
    cast(coalesce(cohort_in_period.qd766_judged_count, 0) as bigint) as qd766_judged_count,
    cast(coalesce(cohort_in_period.qd766_not_judged_count, 0) as bigint) as qd766_not_judged_count
from expected
left join received_in_period
    on
        expected.authority_code = received_in_period.authority_code
        and expected.unit_code = received_in_period.unit_code
        and expected.period_code = received_in_period.period_code
left join resolving
    on
        expected.authority_code = resolving.authority_code
        and expected.unit_code = resolving.unit_code
        and expected.period_code = resolving.period_code
left join cohort_in_period
    on
        expected.authority_code = cohort_in_period.authority_code
        and expected.unit_code = cohort_in_period.unit_code
        and expected.period_code = cohort_in_period.period_code
