{#- Form II.06a counts a dossier that waits for its applicant as in time, whatever its due date says. -#}
{%- set dimensions = ['authority_code', 'unit_code', 'section_code', 'procedure_code', 'domain_name', 'channel_code'] -%}

with dossiers as (

    select * from {{ ref('int_dossiers_placed') }}
    where late_date is not null

),

stops as (

    select
        authority_code,
        dossier_code,
        {{ local_date('stopped_at') }} as stopped_date,
        {{ local_date('resumed_at') }} as resumed_date
    from {{ ref('int_dossier_stops_merged') }}

),

recorded as (

    select
        dossiers.*,
        greatest(stops.stopped_date, dossiers.late_date) as begun_date,
        coalesce(stops.resumed_date, dossiers.closed_date, cast('9999-12-31' as date)) as ended_date
    from dossiers
    inner join stops
        on dossiers.authority_code = stops.authority_code and dossiers.dossier_code = stops.dossier_code

),

open_stops as (

    select authority_code, dossier_code, count(*) as stop_count
    from stops
    where resumed_date is null
    group by authority_code, dossier_code

),

-- Waiting by its status, with nothing on record that says since when: waiting on the as-of date.
unrecorded as (

    select
        dossiers.*,
        dossiers.as_of_date as begun_date,
        cast('9999-12-31' as date) as ended_date
    from dossiers
    left join open_stops
        on dossiers.authority_code = open_stops.authority_code and dossiers.dossier_code = open_stops.dossier_code
    where not dossiers.is_closed and dossiers.state_code in ('waiting', 'stopped') and open_stops.stop_count is null

),

waits as (

    select * from recorded
    union all
    select * from unrecorded

),

-- A wait during which a reorganisation moved the dossier is one at each unit that had it.
placed as (

    select
        waits.authority_code,
        coalesce(stays.unit_code, waits.last_unit_code) as unit_code,
        case when coalesce(stays.unit_code, waits.last_unit_code) = waits.last_unit_code then waits.section_code end as section_code,
        waits.procedure_code,
        waits.domain_name,
        waits.channel_code,
        greatest(waits.begun_date, coalesce(stays.from_date, waits.begun_date)) as begun_date,
        least(waits.ended_date, coalesce(stays.to_date, waits.ended_date)) as ended_date
    from waits
    left join {{ ref('int_dossier_stays') }} as stays
        on waits.authority_code = stays.authority_code and waits.dossier_code = stays.dossier_code

),

changes as (

    select {{ dimensions | join(", ") }}, begun_date as changed_date, 1 as waiting_late_change from placed
    where ended_date > begun_date
    union all
    select {{ dimensions | join(", ") }}, ended_date as changed_date, -1 as waiting_late_change from placed
    where ended_date > begun_date

)

select
    {%- for dimension in dimensions %}
    changes.{{ dimension }},
    {%- endfor %}
    days.slice_start_date,
    sum(changes.waiting_late_change) as waiting_late_change
from changes
inner join {{ ref('int_days_sliced') }} as days on changes.changed_date = days.calendar_date
group by {% for dimension in dimensions %}changes.{{ dimension }}, {% endfor %}days.slice_start_date
