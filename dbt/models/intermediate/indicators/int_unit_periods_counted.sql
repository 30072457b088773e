{%- set flows = received_measures() + resolving_measure_names() -%}
{#- A stock is what came in less what went out, from the beginning. -#}
{%- set stocks = {
    'open_count': 'assigned_count - closed_count',
    'open_undated_count': 'assigned_undated_count - closed_undated_count',
    'open_late_count': 'became_late_count - closed_after_late_count',
    'waiting_late_count': 'waiting_late_change',
} -%}

with expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_dossiers

),

slices as (

    select * from {{ ref('int_unit_slices_counted') }}

),

cohorts as (

    select * from {{ ref('int_unit_cohorts_counted') }}

),

flows_in_period as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for measure in flows %}
        sum(slices.{{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join slices
        on
            expected.authority_code = slices.authority_code
            and expected.unit_code = slices.unit_code
            and slices.slice_start_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code

),

stock_by_slice as (

    select
        authority_code,
        unit_code,
        slice_start_date,
        lead(slice_start_date) over (
            partition by authority_code, unit_code order by slice_start_date nulls last
        ) as next_slice_date,
        {%- for stock, change in stocks.items() %}
        sum({{ change }}) over (
            partition by authority_code, unit_code order by slice_start_date nulls last
            rows between unbounded preceding and current row
        ) as {{ stock }}{{ "," if not loop.last }}
        {%- endfor %}
    from slices

),

-- The stock after the last slice with a change: on the eve of the period, and at its end.
stock_at_start as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for stock in stocks %}
        stock_by_slice.{{ stock }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join stock_by_slice
        on
            expected.authority_code = stock_by_slice.authority_code
            and expected.unit_code = stock_by_slice.unit_code
            and stock_by_slice.slice_start_date < expected.start_date
            and (stock_by_slice.next_slice_date is null or stock_by_slice.next_slice_date >= expected.start_date)

),

stock_at_end as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for stock in stocks %}
        stock_by_slice.{{ stock }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join stock_by_slice
        on
            expected.authority_code = stock_by_slice.authority_code
            and expected.unit_code = stock_by_slice.unit_code
            and stock_by_slice.slice_start_date <= expected.counted_to_date
            and (stock_by_slice.next_slice_date is null or stock_by_slice.next_slice_date > expected.counted_to_date)

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
    {%- for measure in flows %}
    cast(coalesce(flows_in_period.{{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    {%- for stock in stocks %}
    cast(coalesce(stock_at_start.{{ stock }}, 0) as bigint) as carried_{{ stock }},
    cast(coalesce(stock_at_end.{{ stock }}, 0) as bigint) as {{ stock }},
    {%- endfor %}
    cast(coalesce(cohort_in_period.cohort_met_count, 0) as bigint) as cohort_met_count,
    cast(coalesce(cohort_in_period.cohort_judged_count, 0) as bigint) as cohort_judged_count,
    cast(coalesce(cohort_in_period.cohort_not_judged_count, 0) as bigint) as cohort_not_judged_count,
    cast(coalesce(cohort_in_period.qd766_late_count, 0) as bigint) as qd766_late_count,
    cast(coalesce(cohort_in_period.qd766_judged_count, 0) as bigint) as qd766_judged_count,
    cast(coalesce(cohort_in_period.qd766_not_judged_count, 0) as bigint) as qd766_not_judged_count
from expected
left join flows_in_period
    on
        expected.authority_code = flows_in_period.authority_code
        and expected.unit_code = flows_in_period.unit_code
        and expected.period_code = flows_in_period.period_code
left join stock_at_start
    on
        expected.authority_code = stock_at_start.authority_code
        and expected.unit_code = stock_at_start.unit_code
        and expected.period_code = stock_at_start.period_code
left join stock_at_end
    on
        expected.authority_code = stock_at_end.authority_code
        and expected.unit_code = stock_at_end.unit_code
        and expected.period_code = stock_at_end.period_code
left join cohort_in_period
    on
        expected.authority_code = cohort_in_period.authority_code
        and expected.unit_code = cohort_in_period.unit_code
        and expected.period_code = cohort_in_period.period_code
