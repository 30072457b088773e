with dossiers as (

    select authority_code, resolving_unit_code as unit_code, ageing_band_code, is_waiting
    from {{ ref('rpt_open_dossiers') }}

),

-- The authority as a whole: every dossier once.
with_totals as (

    select * from dossiers
    union all
    select authority_code, authority_code as unit_code, ageing_band_code, is_waiting from dossiers
    where unit_code <> authority_code

),

counted as (

    select
        authority_code,
        unit_code,
        ageing_band_code,
        count(*) as open_count,
        count(*) filter (where is_waiting) as waiting_count
    from with_totals
    group by authority_code, unit_code, ageing_band_code

),

-- A unit with open dossiers has a row for every band.
units as (

    select distinct authority_code, unit_code from counted

),

bands as (

    select * from {{ ref('backlog_bands') }}

)

select
    units.authority_code,
    units.unit_code,
    bands.ageing_band_code,
    bands.ageing_band_name,
    bands.is_overdue,
    bands.display_order,
    bands.is_confirmed,
    coalesce(counted.open_count, 0) as open_count,
    coalesce(counted.waiting_count, 0) as waiting_count
from units
cross join bands
left join counted
    on
        units.authority_code = counted.authority_code
        and units.unit_code = counted.unit_code
        and bands.ageing_band_code = counted.ageing_band_code
