with units as (

    select * from {{ ref('int_units_unioned') }}

),

dossiers as (

    select authority_code, count(*) as dossier_count
    from {{ ref('int_dossiers_timed') }}
    group by authority_code

),

synthetic as (

    -- One synthetic unit makes the authority synthetic: an invented figure must never look real.
    select authority_code, bool_or(is_synthetic) as is_synthetic
    from units
    group by authority_code

)

select
    units.authority_code,
    units.unit_name as authority_name,
    synthetic.is_synthetic,
    coalesce(dossiers.dossier_count, 0) as dossier_count
from units
left join synthetic on units.authority_code = synthetic.authority_code
left join dossiers on units.authority_code = dossiers.authority_code
where units.unit_code = units.authority_code
