{#- A regulation may name up to four bounds. -#}
{%- set places = [1, 2, 3, 4] -%}
with bounds as (

    {%- for place in places %}
    select
        authority_code,
        regulation_version_code,
        cast(nullif(trim(split_part(volume_tier_bounds, ';', {{ place }})), '') as bigint) as lower_count
    from {{ ref('int_regulations_unioned') }}
    where volume_tier_bounds is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

tiers as (

    select authority_code, regulation_version_code, lower_count from bounds where lower_count is not null
    union
    -- Below the first bound lies a tier too.
    select authority_code, regulation_version_code, cast(0 as bigint) as lower_count from bounds where lower_count is not null

)

select
    authority_code,
    regulation_version_code,
    lower_count,
    lead(lower_count) over (
        partition by authority_code, regulation_version_code order by lower_count nulls last
    ) - 1 as upper_count
from tiers
