{#- What a unit that ended gave away while it was open, and what its successor took over. -#}
{%- set dimensions = ['authority_code', 'unit_code', 'section_code', 'procedure_code', 'domain_name', 'channel_code'] -%}

with dossiers as (

    select * from {{ ref('int_dossiers_placed') }}
    where not is_unplaced

),

transfers as (

    select * from {{ ref('int_dossiers_transferred') }}

),

moves as (

    select
        dossiers.authority_code,
        transfers.from_unit_code,
        transfers.to_unit_code,
        dossiers.procedure_code,
        dossiers.domain_name,
        dossiers.channel_code,
        dossiers.has_due_date,
        coalesce(dossiers.late_date < transfers.transferred_date, false) as is_late,
        days.slice_start_date
    from transfers
    inner join dossiers
        on transfers.authority_code = dossiers.authority_code and transfers.dossier_code = dossiers.dossier_code
    inner join {{ ref('int_days_sliced') }} as days on transfers.transferred_date = days.calendar_date

),

sides as (

    select *, from_unit_code as unit_code, 1 as passed_on, 0 as taken_over from moves
    union all
    select *, to_unit_code as unit_code, 0 as passed_on, 1 as taken_over from moves

)

-- The sections of one unit say nothing of the other's.
select
    authority_code,
    unit_code,
    cast(null as {{ dbt.type_string() }}) as section_code,
    procedure_code,
    domain_name,
    channel_code,
    slice_start_date,
    sum(passed_on) as passed_on_count,
    sum(case when has_due_date then 0 else passed_on end) as passed_on_undated_count,
    sum(case when is_late then passed_on else 0 end) as passed_on_late_count,
    sum(taken_over) as taken_over_count,
    sum(case when has_due_date then 0 else taken_over end) as taken_over_undated_count,
    sum(case when is_late then taken_over else 0 end) as taken_over_late_count
from sides
group by authority_code, unit_code, procedure_code, domain_name, channel_code, slice_start_date
