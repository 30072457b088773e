with units as (

    select * from {{ ref('int_units_unioned') }}

),

blocs as (

    select unit_bloc_code, unit_bloc_name, is_ranked, display_order from {{ ref('unit_blocs') }}

)

select
    units.authority_code,
    units.unit_code,
    units.unit_name,
    units.unit_short_name,
    units.unit_bloc_code,
    blocs.unit_bloc_name,
    blocs.is_ranked as is_ranked_bloc,
    blocs.display_order as bloc_display_order,
    units.parent_unit_code,
    units.is_registered,
    units.valid_from_date,
    units.valid_to_date
from units
left join blocs on units.unit_bloc_code = blocs.unit_bloc_code
