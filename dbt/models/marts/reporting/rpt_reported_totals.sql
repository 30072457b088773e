with reports as (

    select * from {{ ref('int_on_time_reports_latest') }}

),

periods as (

    select period_code, start_date, end_date from {{ ref('int_periods_defined') }}

),

units as (

    select authority_code, unit_code, unit_bloc_code from {{ ref('dim_units') }}
    where is_ranked_bloc

)

select
    reports.authority_code,
    periods.period_code,
    reports.definition_code,
    units.unit_bloc_code as peer_group_code,
    count(*) as reporting_unit_count,
    cast(sum(reports.numerator_count) as bigint) as numerator,
    cast(sum(reports.denominator_count) as bigint) as denominator,
    cast(sum(reports.overdue_count) as bigint) as overdue_count,
    min(reports.publisher_name) as publisher_name
from reports
inner join periods on reports.period_start_date = periods.start_date and reports.period_end_date = periods.end_date
inner join units on reports.authority_code = units.authority_code and reports.unit_code = units.unit_code
group by reports.authority_code, periods.period_code, reports.definition_code, units.unit_bloc_code
