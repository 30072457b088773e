{%- set sums = received_measures() + closed_measures() -%}

with expected as (

    select * from {{ ref('int_unit_periods_expected') }}
    where has_dossiers

),

months as (

    select * from {{ ref('int_unit_months_counted') }}

),

cohorts as (

    select * from {{ ref('int_unit_cohorts_counted') }}

),

flows_in_period as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for measure in sums %}
        sum(months.{{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join months
        on
            expected.authority_code = months.authority_code
            and expected.unit_code = months.unit_code
            and months.month_start_date between expected.start_date and expected.last_month_date
    group by expected.authority_code, expected.unit_code, expected.period_code

),

stock_by_month as (

    select
        authority_code,
        unit_code,
        month_start_date,
        lead(month_start_date) over (
            partition by authority_code, unit_code order by month_start_date nulls last
        ) as next_month_start_date,
        sum(open_change) over (
            partition by authority_code, unit_code order by month_start_date nulls last
            rows between unbounded preceding and current row
        ) as open_count,
        sum(open_late_change) over (
            partition by authority_code, unit_code order by month_start_date nulls last
            rows between unbounded preceding and current row
        ) as open_late_count
    from months

),

stock_at_end as (

    -- The stock of the last month with a change at or before the end of the period.
    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        stock_by_month.open_count,
        stock_by_month.open_late_count
    from expected
    inner join stock_by_month
        on
            expected.authority_code = stock_by_month.authority_code
            and expected.unit_code = stock_by_month.unit_code
            and stock_by_month.month_start_date <= expected.counted_to_month_date
            and (
                stock_by_month.next_month_start_date is null
                or stock_by_month.next_month_start_date > expected.counted_to_month_date
            )

),

cohort_in_period as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        sum(case when cohorts.completed_month_date <= expected.last_month_date then cohorts.met_count else 0 end) as cohort_met_count,
        sum(cohorts.judged_count) as cohort_judged_count,
        sum(cohorts.not_judged_count) as cohort_not_judged_count
    from expected
    inner join cohorts
        on
            expected.authority_code = cohorts.authority_code
            and expected.unit_code = cohorts.unit_code
            and cohorts.received_month_date between expected.start_date and expected.last_month_date
    group by expected.authority_code, expected.unit_code, expected.period_code

)

select
    expected.authority_code,
    expected.unit_code,
    expected.period_code,
    {%- for measure in sums %}
    cast(coalesce(flows_in_period.{{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    cast(coalesce(stock_at_end.open_count, 0) as bigint) as open_count,
    cast(coalesce(stock_at_end.open_late_count, 0) as bigint) as open_late_count,
    cast(coalesce(cohort_in_period.cohort_met_count, 0) as bigint) as cohort_met_count,
    cast(coalesce(cohort_in_period.cohort_judged_count, 0) as bigint) as cohort_judged_count,
    cast(coalesce(cohort_in_period.cohort_not_judged_count, 0) as bigint) as cohort_not_judged_count
from expected
left join flows_in_period
    on
        expected.authority_code = flows_in_period.authority_code
        and expected.unit_code = flows_in_period.unit_code
        and expected.period_code = flows_in_period.period_code
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
