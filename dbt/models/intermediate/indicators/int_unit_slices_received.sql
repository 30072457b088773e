with dossiers as (

    select authority_code, receiving_unit_code as unit_code, channel_code, received_slice_date as slice_start_date
    from {{ ref('int_dossiers_placed') }}

),

channels as (

    select channel_code, is_online from {{ ref('channels') }}

)

select
    dossiers.authority_code,
    dossiers.unit_code,
    dossiers.slice_start_date,
    count(*) as received_count,
    count(dossiers.channel_code) as channel_known_count,
    count(*) filter (where channels.is_online) as online_count
from dossiers
left join channels on dossiers.channel_code = channels.channel_code
group by dossiers.authority_code, dossiers.unit_code, dossiers.slice_start_date
