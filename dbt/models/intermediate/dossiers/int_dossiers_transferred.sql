with successions as (

    select * from {{ ref('int_unit_successions') }}
    where authority_code = successor_authority_code and kind_code <> 'continued'

),

reorganised as (

    select distinct authority_code from successions

),

versions as (

    select dossiers.authority_code, dossiers.dossier_code, dossiers.resolving_unit_code
    from {{ ref('stg_one_stop__dossiers') }} as dossiers
    inner join reorganised on dossiers.authority_code = reorganised.authority_code

),

moved as (

    select authority_code, dossier_code
    from versions
    group by authority_code, dossier_code
    having min(resolving_unit_code) <> max(resolving_unit_code)

),

held as (

    select distinct versions.authority_code, versions.dossier_code, versions.resolving_unit_code as unit_code
    from versions
    inner join moved
        on versions.authority_code = moved.authority_code and versions.dossier_code = moved.dossier_code

),

latest as (

    select dossiers.authority_code, dossiers.dossier_code, dossiers.resolving_unit_code, dossiers.received_date, dossiers.completed_date
    from {{ ref('int_dossiers_timed') }} as dossiers
    inner join moved
        on dossiers.authority_code = moved.authority_code and dossiers.dossier_code = moved.dossier_code

),

-- The unit ended, or gave the work away, while the dossier was open there; a later or earlier change moved nothing.
moved_on as (

    select
        holders.authority_code,
        holders.dossier_code,
        holders.unit_code as from_unit_code,
        successions.successor_unit_code as to_unit_code,
        successions.change_date as transferred_date,
        row_number() over (
            partition by holders.authority_code, holders.dossier_code, holders.unit_code
            order by successions.change_date nulls last, successions.successor_unit_code nulls last
        ) as transfer_rank
    from held as holders
    inner join latest
        on
            holders.authority_code = latest.authority_code
            and holders.dossier_code = latest.dossier_code
            and holders.unit_code <> latest.resolving_unit_code
    inner join successions
        on
            holders.authority_code = successions.authority_code
            and holders.unit_code = successions.unit_code
            and latest.received_date < successions.change_date
            and coalesce(latest.completed_date, successions.change_date) >= successions.change_date
    inner join held as receivers
        on
            holders.authority_code = receivers.authority_code
            and holders.dossier_code = receivers.dossier_code
            and successions.successor_unit_code = receivers.unit_code

)

select
    authority_code,
    dossier_code,
    from_unit_code,
    to_unit_code,
    transferred_date
from moved_on
where transfer_rank = 1
