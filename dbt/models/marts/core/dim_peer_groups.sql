with blocs as (

    select
        authority_code,
        unit_bloc_code,
        unit_bloc_name,
        bloc_display_order,
        count(*) as unit_count
    from {{ ref('dim_units') }}
    where is_ranked_bloc
    group by authority_code, unit_bloc_code, unit_bloc_name, bloc_display_order

),

-- Groups into which a regulation divides a bloc by how much work came in.
tiers as (

    select
        authority_code,
        unit_bloc_code,
        peer_group_code,
        peer_group_name,
        tier_lower_count,
        count(distinct unit_code) as unit_count
    from {{ ref('fct_score_peer_groups') }}
    where peer_group_code <> unit_bloc_code
    group by authority_code, unit_bloc_code, peer_group_code, peer_group_name, tier_lower_count

)

select
    authority_code,
    unit_bloc_code as peer_group_code,
    unit_bloc_name as peer_group_name,
    bloc_display_order as display_order,
    cast(null as bigint) as tier_lower_count,
    unit_count
from blocs
union all
select
    tiers.authority_code,
    tiers.peer_group_code,
    tiers.peer_group_name,
    blocs.bloc_display_order as display_order,
    tiers.tier_lower_count,
    tiers.unit_count
from tiers
inner join blocs
    on tiers.authority_code = blocs.authority_code and tiers.unit_bloc_code = blocs.unit_bloc_code
