with scored as (

    select distinct authority_code, regulation_code, regulation_version_code, period_code, unit_code
    from {{ ref('fct_score_inputs') }}

),

tiers as (

    select * from {{ ref('int_regulation_volume_tiers') }}

),

tiered as (

    select distinct authority_code, regulation_version_code from tiers

),

volumes as (

    select authority_code, period_code, unit_code, numerator as volume_count
    from {{ ref('fct_indicator_values') }}
    where indicator_code = 'dossiers_received' and origin_code = 'computed' and value_status = 'ok'

),

placed as (

    select
        tiers.authority_code,
        tiers.regulation_version_code,
        volumes.period_code,
        volumes.unit_code,
        tiers.lower_count,
        tiers.upper_count
    from tiers
    inner join volumes
        on
            tiers.authority_code = volumes.authority_code
            and volumes.volume_count >= tiers.lower_count
            and coalesce(volumes.volume_count <= tiers.upper_count, true)

)

select
    scored.authority_code,
    scored.regulation_code,
    scored.regulation_version_code,
    scored.period_code,
    scored.unit_code,
    units.unit_bloc_code,
    case
        when tiered.authority_code is null then units.unit_bloc_code
        when volumes.volume_count is null then units.unit_bloc_code || ':unknown'
        else
            units.unit_bloc_code || ':' || cast(placed.lower_count as {{ dbt.type_string() }})
            || '-' || coalesce(cast(placed.upper_count as {{ dbt.type_string() }}), '')
    end as peer_group_code,
    units.unit_bloc_name || case
        when tiered.authority_code is null then ''
        when volumes.volume_count is null then ', không rõ số hồ sơ'
        when placed.upper_count is null then ', từ ' || cast(placed.lower_count as {{ dbt.type_string() }}) || ' hồ sơ'
        when placed.lower_count = 0 then ', dưới ' || cast(placed.upper_count + 1 as {{ dbt.type_string() }}) || ' hồ sơ'
        else
            ', từ ' || cast(placed.lower_count as {{ dbt.type_string() }})
            || ' đến dưới ' || cast(placed.upper_count + 1 as {{ dbt.type_string() }}) || ' hồ sơ'
    end as peer_group_name,
    placed.lower_count as tier_lower_count,
    volumes.volume_count
from scored
inner join {{ ref('dim_units') }} as units
    on scored.authority_code = units.authority_code and scored.unit_code = units.unit_code
left join tiered
    on
        scored.authority_code = tiered.authority_code
        and scored.regulation_version_code = tiered.regulation_version_code
left join volumes
    on
        scored.authority_code = volumes.authority_code
        and scored.period_code = volumes.period_code
        and scored.unit_code = volumes.unit_code
left join placed
    on
        scored.authority_code = placed.authority_code
        and scored.regulation_version_code = placed.regulation_version_code
        and scored.period_code = placed.period_code
        and scored.unit_code = placed.unit_code
