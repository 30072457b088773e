{#- Volume belongs to the receiving unit, timeliness to the resolving unit. -#}
{%- set stock_changes = ['open_change', 'open_late_change'] -%}
{%- set measures = received_measures() + closed_measures() + stock_changes -%}

with dossiers as (

    select
        authority_code,
        coalesce(receiving_unit_code, resolving_unit_code) as receiving_unit_code,
        resolving_unit_code,
        channel_code,
        {{ month_start('received_date') }} as received_month_date,
        {{ month_start('completed_date') }} as completed_month_date,
        -- A dossier said to be finished before it was received leaves the open stock in the month it enters it.
        case when completed_date is not null then {{ month_start('greatest(completed_date, received_date)') }} end as left_open_month_date,
        -- Late from the day after the due date; a due date that has not passed on the as-of date makes nobody late.
        case when due_date < as_of_date then {{ month_start('greatest(due_date + 1, received_date)') }} end as late_month_date,
        is_closed,
        timeliness_by_date_code,
        timeliness_by_timestamp_code
    from {{ ref('int_dossiers_timed') }}
    where is_counted

),

channels as (

    select channel_code, is_online from {{ ref('channels') }}

),

received as (

    select
        dossiers.authority_code,
        dossiers.receiving_unit_code as unit_code,
        dossiers.received_month_date as month_start_date,
        count(*) as received_count,
        count(dossiers.channel_code) as channel_known_count,
        count(*) filter (where channels.is_online) as online_count
    from dossiers
    left join channels on dossiers.channel_code = channels.channel_code
    group by dossiers.authority_code, dossiers.receiving_unit_code, dossiers.received_month_date

),

closed as (

    select
        authority_code,
        resolving_unit_code as unit_code,
        completed_month_date as month_start_date,
        count(*) as closed_count,
        count(*) filter (where timeliness_by_date_code = 'early') as early_count,
        count(*) filter (where timeliness_by_date_code = 'on_time') as on_time_count,
        count(*) filter (where timeliness_by_date_code = 'late') as late_count,
        count(*) filter (where timeliness_by_date_code = 'no_due_date') as no_due_date_count,
        count(*) filter (where timeliness_by_date_code = 'not_counted') as not_judged_count,
        count(*) filter (where timeliness_by_timestamp_code = 'on_time') as timestamp_on_time_count,
        count(*) filter (where timeliness_by_timestamp_code = 'late') as timestamp_late_count
    from dossiers
    where completed_month_date is not null
    group by authority_code, resolving_unit_code, completed_month_date

),

-- A dossier opens in the month it is received and stops being open in the month it is closed; one closed without a
-- date cannot be placed and is left out of both.
open_flows as (

    select authority_code, resolving_unit_code as unit_code, received_month_date as month_start_date, 1 as open_change, 0 as open_late_change
    from dossiers
    where not is_closed or left_open_month_date is not null

    union all

    select authority_code, resolving_unit_code as unit_code, left_open_month_date as month_start_date, -1 as open_change, 0 as open_late_change
    from dossiers
    where left_open_month_date is not null

    union all

    select authority_code, resolving_unit_code as unit_code, late_month_date as month_start_date, 0 as open_change, 1 as open_late_change
    from dossiers
    where late_month_date is not null and (not is_closed or late_month_date < left_open_month_date)

    union all

    select authority_code, resolving_unit_code as unit_code, left_open_month_date as month_start_date, 0 as open_change, -1 as open_late_change
    from dossiers
    where late_month_date < left_open_month_date

),

flows as (

    select
        authority_code,
        unit_code,
        month_start_date,
        sum(open_change) as open_change,
        sum(open_late_change) as open_late_change
    from open_flows
    group by authority_code, unit_code, month_start_date

),

stacked as (

    select authority_code, unit_code, month_start_date
        {%- for measure in measures %}, {{ measure if measure in received_measures() else '0' }} as {{ measure }}{% endfor %}
    from received
    union all
    select authority_code, unit_code, month_start_date
        {%- for measure in measures %}, {{ measure if measure in closed_measures() else '0' }} as {{ measure }}{% endfor %}
    from closed
    union all
    select authority_code, unit_code, month_start_date
        {%- for measure in measures %}, {{ measure if measure in stock_changes else '0' }} as {{ measure }}{% endfor %}
    from flows

),

-- The authority as a whole: every dossier once, whatever the tree of units looks like.
with_totals as (

    select * from stacked
    union all
    select authority_code, authority_code as unit_code, month_start_date
        {%- for measure in measures %}, {{ measure }}{% endfor %}
    from stacked
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    month_start_date,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as bigint) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from with_totals
group by authority_code, unit_code, month_start_date
