{#- Compared with the same period of the year before: the unit, or all that became the unit as a whole, must have existed
    through it, and no part of its work may have come or gone since. -#}
with units as (

    select authority_code, unit_code, existed_from_date, valid_to_date from {{ ref('int_units_unioned') }}

),

successions as (

    select authority_code, unit_code, current_unit_code from {{ ref('int_unit_successions_followed') }}

),

periods as (

    select
        period_code,
        start_date,
        end_date,
        make_date(cast(year(start_date) as integer) - 1, cast(month(start_date) as integer), 1) as year_before_start_date
    from {{ ref('int_periods_defined') }}
    where period_kind_code <> 'window'

),

-- A unit that no register dates is taken to have been there.
current_units as (

    select
        successions.authority_code,
        successions.current_unit_code as unit_code,
        case when count(*) = count(units.existed_from_date) then min(units.existed_from_date) end as existed_from_date,
        max(case when units.unit_code = successions.current_unit_code then units.valid_to_date end) as valid_to_date
    from successions
    inner join units
        on successions.authority_code = units.authority_code and successions.unit_code = units.unit_code
    group by successions.authority_code, successions.current_unit_code

),

partial_changes as (

    select distinct successions.authority_code, successions.current_unit_code as unit_code, changes.change_date
    from {{ ref('int_unit_changes_dated') }} as changes
    inner join successions
        on changes.authority_code = successions.authority_code and changes.unit_code = successions.unit_code
    where changes.is_partial

),

broken as (

    select distinct partial_changes.authority_code, partial_changes.unit_code, periods.period_code
    from partial_changes
    cross join periods
    where
        partial_changes.change_date > periods.year_before_start_date
        and partial_changes.change_date <= periods.end_date

)

select
    current_units.authority_code,
    current_units.unit_code,
    periods.period_code,
    broken.unit_code is null
    and coalesce(current_units.existed_from_date <= periods.year_before_start_date, true)
    and coalesce(current_units.valid_to_date >= periods.end_date, true) as is_year_on_year_comparable
from current_units
cross join periods
left join broken
    on
        current_units.authority_code = broken.authority_code
        and current_units.unit_code = broken.unit_code
        and periods.period_code = broken.period_code
