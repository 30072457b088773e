with dossiers as (

    select
        authority_code,
        dossier_code,
        coalesce(receiving_unit_code, resolving_unit_code) as receiving_unit_code,
        received_date,
        returned_at,
        state_code,
        is_counted,
        timeliness_by_date_code,
        fee_amount,
        is_paid_online,
        return_channel_code,
        supplement_count
    from {{ ref('int_dossiers_timed') }}

),

requests as (

    select
        authority_code,
        dossier_code,
        count(*) as request_count,
        max(case when request_number = 2 then requested_at end) as second_requested_at,
        max(case when is_asked_on_last_days then 1 when not is_asked_on_last_days then 0 end) as last_days_flag
    from {{ ref('int_dossier_supplements_counted') }}
    group by authority_code, dossier_code

),

ranked_letters as (

    select
        *,
        row_number() over (
            partition by authority_code, dossier_code
            order by issued_at desc nulls last, letter_code desc nulls last
        ) as letter_rank
    from {{ ref('int_apology_letters_compared') }}
    where is_issued

),

letters as (

    select
        authority_code,
        dossier_code,
        max(case when is_before_due then 1 when not is_before_due then 0 end) as before_due_flag,
        max(case when is_signed_by_head then 1 when not is_signed_by_head then 0 end) as head_flag,
        max(case when has_new_date then 1 else 0 end) as new_date_flag,
        max(case when letter_rank = 1 and is_new_date_kept then 1 when letter_rank = 1 and not is_new_date_kept then 0 end) as kept_flag
    from ranked_letters
    group by authority_code, dossier_code

),

-- What an authority never sends is not known of it; a dossier without a row then has no data, not a zero.
authorities as (

    select
        authority_code,
        max(case when kind_code = 'supplements' then 1 else 0 end) = 1 as sends_supplements,
        max(case when kind_code = 'letters' then 1 else 0 end) = 1 as sends_letters,
        max(case when kind_code = 'returns' then 1 else 0 end) = 1 as sends_returns
    from (
        select distinct authority_code, 'supplements' as kind_code from {{ ref('stg_one_stop__supplements') }}
        union all
        select distinct authority_code, 'letters' as kind_code from {{ ref('stg_one_stop__apology_letters') }}
        union all
        select distinct authority_code, 'returns' as kind_code from dossiers
        where returned_at is not null
    ) as kinds
    group by authority_code

),

opened_days as (

    select authority_code, unit_code, calendar_date from {{ ref('int_days_opened') }}

),

opening_units as (

    select distinct authority_code, unit_code from opened_days

),

gathered as (

    select
        dossiers.*,
        coalesce(requests.request_count, case when authorities.sends_supplements then 0 end) as recorded_request_count,
        requests.second_requested_at,
        requests.last_days_flag = 1 as is_supplemented_on_last_days,
        coalesce(authorities.sends_returns, false) as sends_returns,
        coalesce(authorities.sends_letters, false) as sends_letters,
        letters.dossier_code is not null as has_letter,
        letters.before_due_flag = 1 as is_notified_before_due,
        letters.head_flag = 1 as is_letter_signed_by_head,
        letters.new_date_flag = 1 as has_new_date,
        letters.kept_flag = 1 as is_new_date_kept,
        own_units.unit_code is not null or whole_authority.unit_code is not null as opens_on_days_off,
        case
            when own_units.unit_code is not null then own_days.calendar_date is not null
            else authority_days.calendar_date is not null
        end as is_received_on_opened_day
    from dossiers
    left join requests
        on dossiers.authority_code = requests.authority_code and dossiers.dossier_code = requests.dossier_code
    left join letters
        on dossiers.authority_code = letters.authority_code and dossiers.dossier_code = letters.dossier_code
    left join authorities on dossiers.authority_code = authorities.authority_code
    left join opening_units as own_units
        on dossiers.authority_code = own_units.authority_code and dossiers.receiving_unit_code = own_units.unit_code
    left join opening_units as whole_authority
        on dossiers.authority_code = whole_authority.authority_code and dossiers.authority_code = whole_authority.unit_code
    left join opened_days as own_days
        on
            dossiers.authority_code = own_days.authority_code
            and dossiers.receiving_unit_code = own_days.unit_code
            and dossiers.received_date = own_days.calendar_date
    left join opened_days as authority_days
        on
            dossiers.authority_code = authority_days.authority_code
            and dossiers.authority_code = authority_days.unit_code
            and dossiers.received_date = authority_days.calendar_date

),

counted as (

    select
        *,
        -- The list and the records of requests are two tellings; the larger number was asked for.
        greatest(coalesce(recorded_request_count, supplement_count), coalesce(supplement_count, recorded_request_count)) as supplement_request_count,
        timeliness_by_date_code in ('late', 'open_late') and sends_letters as needs_letter
    from gathered

)

select
    authority_code,
    dossier_code,
    supplement_request_count,
    supplement_request_count >= 2 as is_supplemented_twice,
    second_requested_at,
    is_supplemented_on_last_days,
    case when needs_letter then has_letter end as has_apology_letter,
    case when needs_letter then has_letter and coalesce(is_notified_before_due, false) end as is_notified_before_due,
    case when needs_letter and has_letter then is_letter_signed_by_head end as is_letter_signed_by_head,
    case when needs_letter then has_letter and has_new_date end as has_new_date,
    case when needs_letter and has_letter and has_new_date then is_new_date_kept end as is_new_date_kept,
    fee_amount > 0 as is_fee_paid,
    case when fee_amount > 0 then is_paid_online end as is_fee_paid_online,
    case when returned_at is not null then return_channel_code = 'postal' end as is_returned_by_post,
    case when sends_returns and is_counted and state_code in ('finished', 'returned') then state_code = 'finished' and returned_at is null end as is_waiting_for_hand_over,
    case when opens_on_days_off then is_received_on_opened_day end as is_received_on_opened_day_off
from counted
