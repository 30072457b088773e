with hand_overs as (

    select * from {{ ref('int_dossiers_handed_over') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by authority_code, dossier_code order by handed_over_date nulls last, to_unit_code nulls last
        ) as hand_over_number,
        lead(handed_over_date) over (
            partition by authority_code, dossier_code order by handed_over_date nulls last, to_unit_code nulls last
        ) as next_hand_over_date
    from hand_overs

)

-- The far ends stay open: before the first hand-over and after the last one.
select
    authority_code,
    dossier_code,
    from_unit_code as unit_code,
    cast('0001-01-01' as date) as from_date,
    handed_over_date as to_date,
    true as is_first
from numbered
where hand_over_number = 1
union all
select
    authority_code,
    dossier_code,
    to_unit_code as unit_code,
    handed_over_date as from_date,
    coalesce(next_hand_over_date, cast('9999-12-31' as date)) as to_date,
    false as is_first
from numbered
