{#- Levels above a unit that are looked at: commune, district, authority. -#}
{%- set most_levels = 3 -%}

with periods as (

    select period_code, start_date, end_date from {{ ref('int_periods_defined') }}

),

units as (

    select authority_code, unit_code, unit_bloc_code, existed_from_date, valid_to_date from {{ ref('dim_units') }}
    where is_ranked_bloc

),

versions as (

    select authority_code, unit_code, parent_unit_code, valid_from_date, valid_to_date from {{ ref('int_unit_versions_dated') }}
    where parent_unit_code is not null

),

scopes as (

    select authority_code, unit_bloc_code, has_child_units_included from {{ ref('report_scopes') }}

),

reported as (

    -- A sum needs counts: a percentage published without them, or counts that contradict themselves, add nothing.
    select
        reports.authority_code,
        reports.unit_code,
        periods.period_code,
        periods.end_date,
        reports.definition_code,
        units.unit_bloc_code as peer_group_code,
        reports.numerator_count,
        reports.denominator_count,
        reports.overdue_count,
        reports.publisher_name,
        coalesce(reports.has_child_units_included, scopes.has_child_units_included) as has_child_units_included
    from {{ ref('int_on_time_reports_latest') }} as reports
    inner join periods on reports.period_start_date = periods.start_date and reports.period_end_date = periods.end_date
    inner join units on reports.authority_code = units.authority_code and reports.unit_code = units.unit_code
    left join scopes on units.authority_code = scopes.authority_code and units.unit_bloc_code = scopes.unit_bloc_code
    where reports.has_counts and not reports.is_contradictory

),

-- Who stood above a unit on the last day of the period.
ancestors_1 as (

    select distinct
        reported.authority_code,
        reported.unit_code,
        reported.period_code,
        reported.end_date,
        versions.parent_unit_code as ancestor_unit_code
    from reported
    inner join versions
        on
            reported.authority_code = versions.authority_code
            and reported.unit_code = versions.unit_code
            and reported.end_date between versions.valid_from_date and coalesce(versions.valid_to_date, reported.end_date)

),

{% for level in range(2, most_levels + 1) -%}
ancestors_{{ level }} as (

    select
        below.authority_code,
        below.unit_code,
        below.period_code,
        below.end_date,
        versions.parent_unit_code as ancestor_unit_code
    from ancestors_{{ level - 1 }} as below
    inner join versions
        on
            below.authority_code = versions.authority_code
            and below.ancestor_unit_code = versions.unit_code
            and below.end_date between versions.valid_from_date and coalesce(versions.valid_to_date, below.end_date)

),

{% endfor -%}

ancestors as (

    {%- for level in range(1, most_levels + 1) %}
    select authority_code, unit_code, period_code, ancestor_unit_code from ancestors_{{ level }}
    {{ "union" if not loop.last }}
    {%- endfor %}

),

grouped as (

    select *, peer_group_code as total_group_code from reported
    union all
    select *, 'authority' as total_group_code from reported

),

-- A unit whose parent reported too: left out where the parent's figure holds it, a question where nobody says.
held_above as (

    select
        here.authority_code,
        here.unit_code,
        here.period_code,
        here.definition_code,
        here.total_group_code,
        max(case when above.has_child_units_included then 1 else 0 end) = 1 as is_in_parent,
        max(case when above.has_child_units_included is null then 1 else 0 end) = 1 as is_parent_unclear
    from grouped as here
    inner join ancestors
        on
            here.authority_code = ancestors.authority_code
            and here.unit_code = ancestors.unit_code
            and here.period_code = ancestors.period_code
    inner join grouped as above
        on
            ancestors.authority_code = above.authority_code
            and ancestors.ancestor_unit_code = above.unit_code
            and here.period_code = above.period_code
            and here.definition_code = above.definition_code
            and here.total_group_code = above.total_group_code
    group by here.authority_code, here.unit_code, here.period_code, here.definition_code, here.total_group_code

),

placed as (

    select
        grouped.*,
        coalesce(held_above.is_in_parent, false) as is_in_parent,
        coalesce(held_above.is_parent_unclear and not held_above.is_in_parent, false) as is_parent_unclear
    from grouped
    left join held_above
        on
            grouped.authority_code = held_above.authority_code
            and grouped.unit_code = held_above.unit_code
            and grouped.period_code = held_above.period_code
            and grouped.definition_code = held_above.definition_code
            and grouped.total_group_code = held_above.total_group_code

),

totals as (

    select
        authority_code,
        period_code,
        definition_code,
        total_group_code as peer_group_code,
        count(*) as reporting_unit_count,
        count(*) filter (where is_in_parent) as unit_in_parent_count,
        max(case when is_parent_unclear then 1 else 0 end) = 1 as is_parent_unclear,
        sum(case when not is_in_parent then numerator_count end) as numerator,
        sum(case when not is_in_parent then denominator_count end) as denominator,
        sum(case when not is_in_parent then overdue_count end) as overdue_count,
        min(publisher_name) as publisher_name
    from placed
    group by authority_code, period_code, definition_code, total_group_code

),

-- Asked for a report is a unit that existed in the period.
asked as (

    select
        reported_periods.authority_code,
        reported_periods.period_code,
        units.unit_code,
        units.unit_bloc_code
    from (select distinct authority_code, period_code from reported) as reported_periods
    inner join periods on reported_periods.period_code = periods.period_code
    inner join units
        on
            reported_periods.authority_code = units.authority_code
            and coalesce(units.existed_from_date <= periods.end_date, true)
            and coalesce(units.valid_to_date >= periods.start_date, true)

),

unit_counts as (

    select authority_code, period_code, unit_bloc_code as peer_group_code, count(*) as unit_count
    from asked
    group by authority_code, period_code, unit_bloc_code
    union all
    select authority_code, period_code, 'authority' as peer_group_code, count(*) as unit_count
    from asked
    group by authority_code, period_code

)

select
    totals.authority_code,
    totals.period_code,
    totals.definition_code,
    totals.peer_group_code,
    unit_counts.unit_count,
    totals.reporting_unit_count,
    totals.reporting_unit_count = unit_counts.unit_count as is_complete,
    totals.unit_in_parent_count,
    case when totals.is_parent_unclear then 'Không cộng được: chưa rõ số của đơn vị cấp trên đã gồm đơn vị cấp dưới hay chưa' end as not_added_text,
    case when not totals.is_parent_unclear then cast(totals.numerator as bigint) end as numerator,
    case when not totals.is_parent_unclear then cast(totals.denominator as bigint) end as denominator,
    case when not totals.is_parent_unclear then {{ rate('totals.numerator', 'totals.denominator') }} end as value,
    case when not totals.is_parent_unclear then cast(totals.overdue_count as bigint) end as overdue_count,
    totals.publisher_name
from totals
left join unit_counts
    on
        totals.authority_code = unit_counts.authority_code
        and totals.period_code = unit_counts.period_code
        and totals.peer_group_code = unit_counts.peer_group_code
