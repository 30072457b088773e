with reports as (

    -- A sum needs counts: a percentage published without them, or counts that contradict themselves, add nothing.
    select * from {{ ref('int_on_time_reports_latest') }}
    where has_counts and not is_contradictory

),

periods as (

    select period_code, start_date, end_date from {{ ref('int_periods_defined') }}

),

units as (

    select authority_code, unit_code, unit_bloc_code from {{ ref('dim_units') }}
    where is_ranked_bloc

),

reported as (

    select
        reports.authority_code,
        periods.period_code,
        reports.definition_code,
        units.unit_bloc_code as peer_group_code,
        reports.numerator_count,
        reports.denominator_count,
        reports.overdue_count,
        reports.publisher_name
    from reports
    inner join periods on reports.period_start_date = periods.start_date and reports.period_end_date = periods.end_date
    inner join units on reports.authority_code = units.authority_code and reports.unit_code = units.unit_code

),

with_all_groups as (

    select * from reported
    union all
    select
        authority_code,
        period_code,
        definition_code,
        'authority' as peer_group_code,
        numerator_count,
        denominator_count,
        overdue_count,
        publisher_name
    from reported

),

totals as (

    select
        authority_code,
        period_code,
        definition_code,
        peer_group_code,
        count(*) as reporting_unit_count,
        cast(sum(numerator_count) as bigint) as numerator,
        cast(sum(denominator_count) as bigint) as denominator,
        cast(sum(overdue_count) as bigint) as overdue_count,
        min(publisher_name) as publisher_name
    from with_all_groups
    group by authority_code, period_code, definition_code, peer_group_code

),

unit_counts as (

    select authority_code, unit_bloc_code as peer_group_code, count(*) as unit_count
    from units
    group by authority_code, unit_bloc_code
    union all
    select authority_code, 'authority' as peer_group_code, count(*) as unit_count
    from units
    group by authority_code

)

select
    totals.authority_code,
    totals.period_code,
    totals.definition_code,
    totals.peer_group_code,
    unit_counts.unit_count,
    totals.reporting_unit_count,
    totals.reporting_unit_count = unit_counts.unit_count as is_complete,
    totals.numerator,
    totals.denominator,
    {{ rate('totals.numerator', 'totals.denominator') }} as value,
    totals.overdue_count,
    totals.publisher_name
from totals
left join unit_counts
    on totals.authority_code = unit_counts.authority_code and totals.peer_group_code = unit_counts.peer_group_code
