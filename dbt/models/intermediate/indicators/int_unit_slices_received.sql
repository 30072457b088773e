with dossiers as (

    select authority_code, receiving_unit_code as unit_code, channel_code, received_slice_date as slice_start_date, is_received_on_opened_day_off
    from {{ ref('int_dossiers_placed') }}

),

channels as (

    select channel_code, is_online from {{ ref('channels') }}

),

counted as (

    select
        dossiers.authority_code,
        dossiers.unit_code,
        dossiers.slice_start_date,
        count(*) as received_count,
        count(dossiers.channel_code) as channel_known_count,
        count(*) filter (where channels.is_online) as online_count,
        count(dossiers.is_received_on_opened_day_off) as day_off_known_count,
        count(*) filter (where dossiers.is_received_on_opened_day_off) as day_off_count
    from dossiers
    left join channels on dossiers.channel_code = channels.channel_code
    group by dossiers.authority_code, dossiers.unit_code, dossiers.slice_start_date

),

-- The authority as a whole: every dossier once, whatever the tree of units looks like.
with_totals as (

    select * from counted
    union all
    select
        authority_code,
        authority_code as unit_code,
        slice_start_date,
        received_count,
        channel_known_count,
        online_count,
        day_off_known_count,
        day_off_count
    from counted
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    slice_start_date,
    cast(sum(received_count) as bigint) as received_count,
    cast(sum(channel_known_count) as bigint) as channel_known_count,
    cast(sum(online_count) as bigint) as online_count,
    cast(sum(day_off_known_count) as bigint) as day_off_known_count,
    cast(sum(day_off_count) as bigint) as day_off_count
from with_totals
group by authority_code, unit_code, slice_start_date
