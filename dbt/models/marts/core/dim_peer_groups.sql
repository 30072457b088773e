select
    authority_code,
    unit_bloc_code as peer_group_code,
    unit_bloc_name as peer_group_name,
    bloc_display_order as display_order,
    count(*) as unit_count
from {{ ref('dim_units') }}
where is_ranked_bloc
group by authority_code, unit_bloc_code, unit_bloc_name, bloc_display_order
