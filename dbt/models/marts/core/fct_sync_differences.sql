with pairs as (

    select
        *,
        {{ is_met('local_timeliness_by_date_code') }} as is_met_local,
        {{ is_met('national_timeliness_by_date_code') }} as is_met_national,
        {{ is_met('national_declared_timeliness_code') }} as is_met_declared
    from {{ ref('int_dossier_copies_paired') }}

),

compared as (

    select
        *,
        coalesce({{ local_date('local_due_at') }} <> {{ local_date('national_due_at') }}, (local_due_at is null) <> (national_due_at is null)) as has_other_due_date,
        coalesce({{ local_date('local_completed_at') }} <> {{ local_date('national_completed_at') }}, (local_completed_at is null) <> (national_completed_at is null)) as has_other_finish_date,
        coalesce(is_met_local <> is_met_national, (is_met_local is null) <> (is_met_national is null)) as has_other_verdict,
        -- The flag of an open dossier was true on the day of the export; only that of a finished one stays.
        coalesce(local_completed_at is not null and national_completed_at is not null and is_met_declared <> is_met_local, false) as has_other_flag,
        -- Finished here, and there either still open or finished when it was synchronised.
        coalesce(
            local_completed_at is not null
            and (
                national_completed_at is null
                or (national_completed_at >= synced_at and {{ local_date('national_completed_at') }} > {{ local_date('local_completed_at') }})
            ),
            false
        ) as is_finish_not_synchronised,
        -- A finish at midnight has no time and means its day.
        coalesce(
            national_completed_at = local_returned_at
            or ({{ second_of_day('national_completed_at') }} = 0 and {{ local_date('national_completed_at') }} = {{ local_date('local_returned_at') }}),
            false
        ) as is_finish_the_hand_over
    from pairs

),

matched as (

    select
        *,
        case
            when not is_national then 'only_local'
            when not is_local then 'only_national'
            when has_other_due_date or has_other_finish_date or has_other_verdict or has_other_flag then 'differing'
            else 'same'
        end as match_code
    from compared

)

select
    authority_code,
    dossier_code,
    unit_code,
    received_date,
    match_code,
    local_due_at,
    national_due_at,
    local_completed_at,
    national_completed_at,
    local_returned_at,
    local_state_code,
    national_state_code,
    local_timeliness_by_date_code,
    national_timeliness_by_date_code,
    local_declared_timeliness_code,
    national_declared_timeliness_code,
    not is_met_local as is_late_local,
    not is_met_national as is_late_national,
    synced_at,
    -- The first that explains it.
    case
        when match_code = 'same' then null
        when match_code = 'only_local' then 'not_synchronised'
        when match_code = 'only_national' then 'not_in_local'
        when is_finish_not_synchronised and is_met_local and not is_met_national then 'synchronisation_delay'
        when is_finish_not_synchronised then 'finish_not_synchronised'
        when has_other_finish_date and is_finish_the_hand_over then 'finish_vs_hand_over'
        when has_other_due_date or has_other_finish_date then 'date_changed'
        when has_other_flag then 'definition'
        else 'unexplained'
    end as cause_code,
    national_delivery_id
from matched
