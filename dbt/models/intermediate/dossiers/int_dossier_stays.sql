with transfers as (

    select * from {{ ref('int_dossiers_transferred') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by authority_code, dossier_code order by transferred_date nulls last, to_unit_code nulls last
        ) as transfer_number,
        lead(transferred_date) over (
            partition by authority_code, dossier_code order by transferred_date nulls last, to_unit_code nulls last
        ) as next_transfer_date
    from transfers

)

-- The far ends stay open: before the first hand-over and after the last one.
select
    authority_code,
    dossier_code,
    from_unit_code as unit_code,
    cast('0001-01-01' as date) as from_date,
    transferred_date as to_date,
    true as is_first
from numbered
where transfer_number = 1
union all
select
    authority_code,
    dossier_code,
    to_unit_code as unit_code,
    transferred_date as from_date,
    coalesce(next_transfer_date, cast('9999-12-31' as date)) as to_date,
    false as is_first
from numbered
