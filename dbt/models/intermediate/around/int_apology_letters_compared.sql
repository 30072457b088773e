with versions as (

    {{ newest_version(ref('stg_one_stop__apology_letters'), ['authority_code', 'dossier_code', 'letter_code']) }}

),

dossiers as (

    select authority_code, dossier_code, due_at, completed_at, is_closed, as_of_date from {{ ref('int_dossiers_timed') }}

),

thresholds as (

    select threshold_value from {{ ref('dossier_thresholds') }}
    where threshold_code = 'letter_days_before_due'

),

letters as (

    -- What is said to be sent after the as-of date has not been sent yet.
    select
        versions.authority_code,
        versions.dossier_code,
        versions.letter_code,
        versions.unit_code,
        versions.created_at,
        case when versions.issued_at < cast(dossiers.as_of_date + 1 as timestamp) then versions.issued_at end as issued_at,
        coalesce(versions.due_at_before, dossiers.due_at) as due_at_before,
        versions.due_at_after,
        versions.signer_role_code,
        versions.late_cause_code,
        versions.late_cause_unit_code,
        versions.delivery_id,
        versions.source_row_number,
        {{ local_date('dossiers.completed_at') }} as completed_date,
        dossiers.is_closed,
        dossiers.as_of_date
    from versions
    inner join dossiers
        on versions.authority_code = dossiers.authority_code and versions.dossier_code = dossiers.dossier_code
    where versions.created_at < cast(dossiers.as_of_date + 1 as timestamp)

)

select
    letters.authority_code,
    letters.dossier_code,
    letters.letter_code,
    letters.unit_code,
    letters.created_at,
    letters.issued_at,
    letters.due_at_before,
    letters.due_at_after,
    letters.issued_at is not null as is_issued,
    {{ local_date('letters.issued_at') }} + thresholds.threshold_value <= {{ local_date('letters.due_at_before') }} as is_before_due,
    letters.due_at_after is not null as has_new_date,
    case
        when letters.completed_date is not null then letters.completed_date <= {{ local_date('letters.due_at_after') }}
        when letters.is_closed then null
        when letters.as_of_date > {{ local_date('letters.due_at_after') }} then false
    end as is_new_date_kept,
    letters.signer_role_code,
    letters.signer_role_code = 'head' as is_signed_by_head,
    letters.late_cause_code,
    letters.late_cause_unit_code,
    letters.delivery_id,
    letters.source_row_number
from letters
cross join thresholds
