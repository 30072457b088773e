{#-
  Changes in a row that are followed. Longer chains and circles are taken out before, by the rules between deliveries; a
  test fails when one is left.
-#}
{%- set most_changes = 8 -%}

with units as (

    select authority_code, unit_code, valid_from_date, valid_to_date from {{ ref('int_units_unioned') }}

),

builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

successions as (

    select * from {{ ref('int_unit_successions') }}

),

wholes as (

    select
        successions.authority_code,
        successions.unit_code,
        successions.successor_unit_code,
        successions.change_date,
        row_number() over (
            partition by successions.authority_code, successions.unit_code
            order by successions.change_date desc nulls last, successions.successor_unit_code nulls last
        ) as change_rank
    from successions
    inner join units
        on successions.authority_code = units.authority_code and successions.unit_code = units.unit_code
    where
        successions.is_whole
        and successions.unit_code <> successions.successor_unit_code
        -- A code that is given to another unit after the change speaks of that unit.
        and (units.valid_from_date is null or units.valid_from_date < successions.change_date)

),

whole_successions as (

    select authority_code, unit_code, successor_unit_code, change_date from wholes where change_rank = 1

),

followed_0 as (

    select
        authority_code,
        unit_code,
        unit_code as current_unit_code,
        cast(null as date) as last_change_date,
        0 as change_count
    from units

),

{% for step in range(1, most_changes + 1) -%}
followed_{{ step }} as (

    select
        followed.authority_code,
        followed.unit_code,
        coalesce(changes.successor_unit_code, followed.current_unit_code) as current_unit_code,
        coalesce(changes.change_date, followed.last_change_date) as last_change_date,
        followed.change_count + case when changes.unit_code is null then 0 else 1 end as change_count
    from followed_{{ step - 1 }} as followed
    left join whole_successions as changes
        on
            followed.authority_code = changes.authority_code
            and followed.current_unit_code = changes.unit_code
            {%- if step > 1 %}
            -- Null, and so not met, where the step before found nothing: then nothing follows.
            and changes.change_date >= followed.last_change_date
            {%- endif %}

),

{% endfor -%}

divided as (

    -- What became of a unit whose work went to several, or out of the authority; one that went on as itself is not among them.
    select
        successions.authority_code,
        successions.unit_code,
        max(successions.change_date) as divided_date,
        max(case when successions.successor_authority_code <> successions.authority_code then 1 else 0 end) as has_left
    from successions
    inner join units
        on successions.authority_code = units.authority_code and successions.unit_code = units.unit_code
    left join successions as continued
        on
            successions.authority_code = continued.authority_code
            and successions.unit_code = continued.unit_code
            and successions.change_date = continued.change_date
            and continued.kind_code = 'continued'
    where
        not successions.is_whole
        and successions.kind_code not in ('continued', 'transferred')
        and continued.unit_code is null
        and (units.valid_from_date is null or units.valid_from_date < successions.change_date)
    group by successions.authority_code, successions.unit_code

)

select
    followed.authority_code,
    followed.unit_code,
    followed.current_unit_code,
    case
        when divided.has_left = 1 then 'moved_away'
        when divided.unit_code is not null then 'divided'
        when ends.valid_to_date < builds.as_of_date then 'ended'
        when followed.change_count > 0 then 'succeeded'
        else 'current'
    end as succession_status_code,
    cast(followed.change_count as integer) as change_count,
    coalesce(divided.divided_date, followed.last_change_date) as last_change_date
from followed_{{ most_changes }} as followed
cross join builds
left join units as ends
    on followed.authority_code = ends.authority_code and followed.current_unit_code = ends.unit_code
left join divided
    on
        followed.authority_code = divided.authority_code
        and followed.current_unit_code = divided.unit_code
