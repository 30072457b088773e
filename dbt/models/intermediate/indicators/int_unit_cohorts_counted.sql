with dossiers as (

    select
        authority_code,
        -- Of the unit that received them, wherever a reorganisation took them afterwards.
        first_unit_code as unit_code,
        received_slice_date,
        closed_slice_date,
        late_by_qd766_slice_date,
        timeliness_by_date_code,
        is_judged_by_qd766
    from {{ ref('int_dossiers_placed') }}

),

-- What became of the dossiers received in a slice, and in which slice.
events as (

    select
        authority_code,
        unit_code,
        received_slice_date,
        received_slice_date as event_slice_date,
        count(*) filter (where timeliness_by_date_code in ('early', 'on_time', 'late', 'open_in_time', 'open_late')) as judged_count,
        count(*) filter (where timeliness_by_date_code in ('no_due_date', 'not_counted')) as not_judged_count,
        count(*) filter (where is_judged_by_qd766) as qd766_judged_count,
        count(*) filter (where not is_judged_by_qd766) as qd766_not_judged_count,
        0 as met_count,
        0 as qd766_late_count
    from dossiers
    group by authority_code, unit_code, received_slice_date

    union all

    select
        authority_code,
        unit_code,
        received_slice_date,
        closed_slice_date as event_slice_date,
        0 as judged_count,
        0 as not_judged_count,
        0 as qd766_judged_count,
        0 as qd766_not_judged_count,
        count(*) as met_count,
        0 as qd766_late_count
    from dossiers
    where timeliness_by_date_code in ('early', 'on_time')
    group by authority_code, unit_code, received_slice_date, closed_slice_date

    union all

    select
        authority_code,
        unit_code,
        received_slice_date,
        late_by_qd766_slice_date as event_slice_date,
        0 as judged_count,
        0 as not_judged_count,
        0 as qd766_judged_count,
        0 as qd766_not_judged_count,
        0 as met_count,
        count(*) as qd766_late_count
    from dossiers
    where is_judged_by_qd766 and late_by_qd766_slice_date is not null
    group by authority_code, unit_code, received_slice_date, late_by_qd766_slice_date

),

with_totals as (

    select * from events
    union all
    select
        authority_code,
        authority_code as unit_code,
        received_slice_date,
        event_slice_date,
        judged_count,
        not_judged_count,
        qd766_judged_count,
        qd766_not_judged_count,
        met_count,
        qd766_late_count
    from events
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    received_slice_date,
    event_slice_date,
    sum(judged_count) as judged_count,
    sum(not_judged_count) as not_judged_count,
    sum(qd766_judged_count) as qd766_judged_count,
    sum(qd766_not_judged_count) as qd766_not_judged_count,
    sum(met_count) as met_count,
    sum(qd766_late_count) as qd766_late_count
from with_totals
group by authority_code, unit_code, received_slice_date, event_slice_date
