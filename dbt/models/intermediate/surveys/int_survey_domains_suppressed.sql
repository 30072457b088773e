{#-
  Which groups of people are too few to be spoken of. A cell of fewer than 5 is not published; nor may it follow from others:
  within the authority, the smallest groups are withheld until at least two are, of 5 people or more together; within a unit a
  breakdown is published whole or not at all, and units are withheld until at least two are and in each of their groups
  there is nobody or 5 people and more. What follows from the figures of single measures stands in int_survey_measures_suppressed.
-#}
with domains as (

    select
        domain_number,
        wave_number,
        authority_code,
        unit_code,
        group_kind_code,
        group_code,
        count(*) as ballot_count
    from {{ ref('int_survey_domains_listed') }}
    group by domain_number, wave_number, authority_code, unit_code, group_kind_code, group_code

),

waves as (

    select wave_number, minimum_ballot_count from {{ ref('int_survey_waves_unioned') }}

),

-- The authority as a whole: cells in order of size.
authority_cells as (

    select
        *,
        row_number() over (
            partition by wave_number, group_kind_code order by ballot_count nulls last, group_code nulls last
        ) as cell_order,
        sum(ballot_count) over (
            partition by wave_number, group_kind_code order by ballot_count nulls last, group_code nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        min(ballot_count) over (partition by wave_number, group_kind_code) as smallest_count
    from domains
    where unit_code = authority_code and group_kind_code <> 'all'

),

authority_cuts as (

    select wave_number, group_kind_code, min(cell_order) as last_withheld
    from authority_cells
    where cell_order >= 2 and running_count >= {{ fewest_people() }}
    group by wave_number, group_kind_code

),

authority_withheld as (

    select cells.domain_number
    from authority_cells as cells
    left join authority_cuts as cuts
        on cells.wave_number = cuts.wave_number and cells.group_kind_code = cuts.group_kind_code
    where
        cells.smallest_count < {{ fewest_people() }}
        and (cells.ballot_count < {{ fewest_people() }} or coalesce(cells.cell_order <= cuts.last_withheld, true))

),

unit_cells as (

    select * from domains
    where unit_code <> authority_code and group_kind_code <> 'all'

),

unit_sizes as (

    select wave_number, group_kind_code, unit_code, min(ballot_count) as smallest_count
    from unit_cells
    group by wave_number, group_kind_code, unit_code

),

unit_breakdowns as (

    select
        *,
        row_number() over (
            partition by wave_number, group_kind_code order by smallest_count nulls last, unit_code nulls last
        ) as unit_order
    from unit_sizes

),

-- With all units up to this one withheld, how many people of each group are.
running_cells as (

    select
        breakdowns.wave_number,
        breakdowns.group_kind_code,
        breakdowns.unit_order,
        groups.group_code,
        sum(coalesce(cells.ballot_count, 0)) over (
            partition by breakdowns.wave_number, breakdowns.group_kind_code, groups.group_code
            order by breakdowns.unit_order nulls last
            rows between unbounded preceding and current row
        ) as running_count
    from unit_breakdowns as breakdowns
    inner join (select distinct wave_number, group_kind_code, group_code from unit_cells) as groups
        on breakdowns.wave_number = groups.wave_number and breakdowns.group_kind_code = groups.group_kind_code
    left join unit_cells as cells
        on
            breakdowns.wave_number = cells.wave_number
            and breakdowns.group_kind_code = cells.group_kind_code
            and breakdowns.unit_code = cells.unit_code
            and groups.group_code = cells.group_code

),

covering as (

    select wave_number, group_kind_code, unit_order
    from running_cells
    where unit_order >= 2
    group by wave_number, group_kind_code, unit_order
    having min(case when running_count > 0 and running_count < {{ fewest_people() }} then 0 else 1 end) = 1

),

-- Every unit with a small cell is withheld, and as many more as it takes.
unit_cuts as (

    select breakdowns.wave_number, breakdowns.group_kind_code, min(covering.unit_order) as last_withheld
    from (
        select wave_number, group_kind_code, max(unit_order) as last_small
        from unit_breakdowns
        where smallest_count < {{ fewest_people() }}
        group by wave_number, group_kind_code
    ) as breakdowns
    inner join covering
        on breakdowns.wave_number = covering.wave_number and breakdowns.group_kind_code = covering.group_kind_code
    where covering.unit_order >= breakdowns.last_small
    group by breakdowns.wave_number, breakdowns.group_kind_code

),

unit_withheld as (

    select cells.domain_number
    from unit_cells as cells
    inner join unit_breakdowns as breakdowns
        on
            cells.wave_number = breakdowns.wave_number
            and cells.group_kind_code = breakdowns.group_kind_code
            and cells.unit_code = breakdowns.unit_code
    inner join (
        select distinct wave_number, group_kind_code from unit_breakdowns
        where smallest_count < {{ fewest_people() }}
    ) as small
        on breakdowns.wave_number = small.wave_number and breakdowns.group_kind_code = small.group_kind_code
    left join unit_cuts as cuts
        on breakdowns.wave_number = cuts.wave_number and breakdowns.group_kind_code = cuts.group_kind_code
    where coalesce(breakdowns.unit_order <= cuts.last_withheld, true)

),

withheld as (

    select domain_number from authority_withheld
    union
    select domain_number from unit_withheld
    union
    select domain_number from domains
    where ballot_count < {{ fewest_people() }} and group_kind_code <> 'all'

)

select
    domains.domain_number,
    domains.wave_number,
    domains.authority_code,
    domains.unit_code,
    domains.group_kind_code,
    domains.group_code,
    domains.ballot_count,
    case
        when withheld.domain_number is not null then 'suppressed'
        when domains.ballot_count < greatest(waves.minimum_ballot_count, {{ fewest_people() }}) then 'insufficient_sample'
        else 'ok'
    end as value_status
from domains
inner join waves on domains.wave_number = waves.wave_number
left join withheld on domains.domain_number = withheld.domain_number
