with versions as (

    select * from {{ ref('int_dossier_versions_compared') }}

),

changes as (

    -- A moved receipt moves no date that anybody is judged by; the limit is computed from the first.
    select
        authority_code, dossier_code, version_number, 'received' as date_kind_code, delivery_id, source_row_number,
        earlier_received_at as old_at, received_at as new_at,
        due_at as due_before_at, due_at as due_after_at, completed_at as finish_before_at, completed_at as finish_after_at
    from versions
    where earlier_received_at is not null and received_at <> earlier_received_at

    union all

    select
        authority_code, dossier_code, version_number, 'due' as date_kind_code, delivery_id, source_row_number,
        earlier_due_at as old_at, due_at as new_at,
        due_at as due_before_at, due_at as due_after_at, completed_at as finish_before_at, completed_at as finish_after_at
    from versions
    where earlier_due_at is not null and (due_at is null or due_at <> earlier_due_at)

    union all

    select
        authority_code, dossier_code, version_number, 'completed' as date_kind_code, delivery_id, source_row_number,
        earlier_completed_at as old_at, completed_at as new_at,
        due_at as due_before_at, due_at as due_after_at, earlier_completed_at as finish_before_at, completed_at as finish_after_at
    from versions
    where earlier_completed_at is not null and (completed_at is null or completed_at <> earlier_completed_at)

),

builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

deliveries as (

    select delivery_id, data_until_date from {{ ref('stg_build__deliveries') }}

),

announced as (

    -- A new due date that a supplement, a pause or a letter set is announced; the others are not.
    select authority_code, dossier_code, {{ local_date('due_at_after') }} as due_date, 'stop' as announced_by_code
    from {{ ref('stg_one_stop__supplements') }}
    where due_at_after is not null
    union
    select authority_code, dossier_code, {{ local_date('due_at_after') }} as due_date, 'stop' as announced_by_code
    from {{ ref('stg_one_stop__pauses') }}
    where due_at_after is not null
    union
    select authority_code, dossier_code, {{ local_date('due_at_after') }} as due_date, 'letter' as announced_by_code
    from {{ ref('stg_one_stop__apology_letters') }}
    where due_at_after is not null

),

announcements as (

    -- A stop says more than a letter.
    select authority_code, dossier_code, due_date, max(announced_by_code) as announced_by_code
    from announced
    group by authority_code, dossier_code, due_date

),

judged as (

    select
        changes.*,
        {{ is_met(timeliness_by_date("case when changes.date_kind_code = 'due' then changes.old_at else changes.due_before_at end", 'changes.finish_before_at', 'builds.as_of_date')) }} as was_met,
        {{ is_met(timeliness_by_date('changes.due_after_at', 'changes.finish_after_at', 'builds.as_of_date')) }} as is_met
    from changes
    cross join builds

)

select
    judged.authority_code,
    judged.dossier_code,
    judged.date_kind_code,
    judged.version_number,
    judged.old_at,
    judged.new_at,
    deliveries.data_until_date as seen_until_date,
    case when judged.date_kind_code = 'due' then coalesce(announcements.announced_by_code, 'nobody') end as announced_by_code,
    case
        when judged.was_met and judged.is_met then 'still_met'
        when not judged.was_met and not judged.is_met then 'still_missed'
        when judged.is_met and not judged.was_met then 'became_met'
        when judged.was_met and not judged.is_met then 'became_missed'
        else 'not_judged'
    end as effect_code,
    judged.delivery_id,
    judged.source_row_number
from judged
left join deliveries on judged.delivery_id = deliveries.delivery_id
left join announcements
    on
        judged.authority_code = announcements.authority_code
        and judged.dossier_code = announcements.dossier_code
        and {{ local_date('judged.new_at') }} = announcements.due_date
