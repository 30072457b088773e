{%- set earlier -%}
(partition by authority_code, dossier_code order by delivery_sequence nulls last rows between unbounded preceding and 1 preceding)
{%- endset -%}

with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

repeated as (

    select authority_code, dossier_code
    from dossiers
    group by authority_code, dossier_code
    having count(distinct delivery_sequence) > 1

),

ranked as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.delivery_id,
        dossiers.delivery_sequence,
        dossiers.source_row_number,
        dossiers.procedure_code,
        dossiers.resolving_unit_code,
        dossiers.received_at,
        dossiers.due_at,
        dossiers.completed_at,
        dossiers.returned_at,
        dossiers.status_code,
        row_number() over (
            partition by dossiers.authority_code, dossiers.dossier_code, dossiers.delivery_sequence
            order by dossiers.source_row_number desc nulls last
        ) as row_rank
    from dossiers
    inner join repeated
        on dossiers.authority_code = repeated.authority_code and dossiers.dossier_code = repeated.dossier_code

),

known as (

    -- What is said to happen after the as-of date has not happened yet.
    select
        ranked.authority_code,
        ranked.dossier_code,
        ranked.delivery_id,
        ranked.delivery_sequence,
        ranked.source_row_number,
        ranked.procedure_code,
        ranked.resolving_unit_code,
        ranked.received_at,
        ranked.due_at,
        {{ known_finish('ranked.completed_at', 'ranked.returned_at', 'builds.as_of_date') }} as completed_at,
        case when ranked.returned_at < cast(builds.as_of_date + 1 as timestamp) then ranked.returned_at end as returned_at,
        ranked.status_code
    from ranked
    cross join builds
    where ranked.row_rank = 1

),

numbered as (

    select
        *,
        row_number() over (partition by authority_code, dossier_code order by delivery_sequence nulls last) as version_number,
        -- The last value that any earlier delivery gave: one that is left out in between is not a change.
        count(received_at) over {{ earlier }} as received_at_count,
        count(due_at) over {{ earlier }} as due_at_count,
        count(completed_at) over {{ earlier }} as completed_at_count
    from known

),

given as (

    select
        authority_code, dossier_code, 'received' as date_kind_code, received_at_count as given_count, max(received_at) as given_at
    from numbered
    group by authority_code, dossier_code, received_at_count

    union all

    select authority_code, dossier_code, 'due' as date_kind_code, due_at_count as given_count, max(due_at) as given_at
    from numbered
    where due_at is not null
    group by authority_code, dossier_code, due_at_count

    union all

    select authority_code, dossier_code, 'completed' as date_kind_code, completed_at_count as given_count, max(completed_at) as given_at
    from numbered
    where completed_at is not null
    group by authority_code, dossier_code, completed_at_count

)

select
    numbered.authority_code,
    numbered.dossier_code,
    numbered.version_number,
    numbered.delivery_id,
    numbered.source_row_number,
    numbered.status_code,
    numbered.procedure_code,
    numbered.resolving_unit_code,
    numbered.received_at,
    numbered.due_at,
    numbered.completed_at,
    numbered.returned_at,
    earlier_received.given_at as earlier_received_at,
    earlier_due.given_at as earlier_due_at,
    earlier_completed.given_at as earlier_completed_at,
    first_received.given_at as first_received_at,
    first_due.given_at as first_due_at,
    first_completed.given_at as first_completed_at
from numbered
left join given as earlier_received
    on
        numbered.authority_code = earlier_received.authority_code
        and numbered.dossier_code = earlier_received.dossier_code
        and earlier_received.date_kind_code = 'received'
        and numbered.received_at_count - 1 = earlier_received.given_count
left join given as first_received
    on
        numbered.authority_code = first_received.authority_code
        and numbered.dossier_code = first_received.dossier_code
        and first_received.date_kind_code = 'received'
        and first_received.given_count = 0
left join given as earlier_due
    on
        numbered.authority_code = earlier_due.authority_code
        and numbered.dossier_code = earlier_due.dossier_code
        and earlier_due.date_kind_code = 'due'
        and numbered.due_at_count - 1 = earlier_due.given_count
left join given as earlier_completed
    on
        numbered.authority_code = earlier_completed.authority_code
        and numbered.dossier_code = earlier_completed.dossier_code
        and earlier_completed.date_kind_code = 'completed'
        and numbered.completed_at_count - 1 = earlier_completed.given_count
left join given as first_due
    on
        numbered.authority_code = first_due.authority_code
        and numbered.dossier_code = first_due.dossier_code
        and first_due.date_kind_code = 'due'
        and first_due.given_count = 0
left join given as first_completed
    on
        numbered.authority_code = first_completed.authority_code
        and numbered.dossier_code = first_completed.dossier_code
        and first_completed.date_kind_code = 'completed'
        and first_completed.given_count = 0
