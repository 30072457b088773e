{#-
  Which figures are withheld so that none of fewer than 5 people follows from the others.

  Figures add up in two ways: those of all units (or of all groups of people) to that of the authority, and those of a measure's
  parts (questions of a factor, factors of the index) to that of the measure. So where a figure rests on fewer than 5 people, a
  rectangle around it is withheld. Its columns: every part of the measure that has such a figure, and of the other parts
  the one that most people answered (all parts, where that is answered by fewer than 5 somewhere too). Its rows: what is
  withheld anyway, whoever has such a figure, and the next units by ballots, until of each column at least two are withheld
  with 5 people or more together. What a withheld measure is made of goes with it, and of a measure with a withheld part only
  the formula that the questionnaire chose is told. Where no units suffice, the authority's figures go too.

  An example: units A (60 ballots), B (40), C (50); the questions 1, 2, 3 of a factor were answered by all but for question 1 in
  C, by 3. Columns: question 1, and 2 as the first of those that most answered. Rows: C, and B, the smallest other. Questions 1 and 2
  are withheld in B and C: whoever subtracts finds two unknown figures in each row and each column.
-#}
with domains as (

    select * from {{ ref('int_survey_domains_suppressed') }}

),

-- A question has a mean and a share: both are told, or none.
answered as (

    select domain_number, measure_number, min(ballot_count) as people_count
    from {{ ref('int_survey_moments_summed') }}
    group by domain_number, measure_number

),

levelled as (

    select
        measure_number,
        item_number,
        case measure_level_code when 'item' then 1 when 'factor' then 2 when 'part' then 3 else 4 end as measure_level
    from {{ ref('int_survey_measures_listed') }}

),

-- What each measure is a part of; a measure that is part of none has a number of its own.
parents as (

    select distinct measure_number, coalesce(next_number, -measure_number) as parent_number
    from (
        select
            measure_number,
            lead(measure_number) over (partition by item_number order by measure_level nulls last) as next_number
        from levelled
    ) as climbed

),

contained as (

    select distinct upper.measure_number, lower.measure_number as contained_number
    from levelled as upper
    inner join levelled as lower on upper.item_number = lower.item_number
    where lower.measure_level <= upper.measure_level

),

-- What adds up to the whole authority: its units, and its groups of each kind.
parts as (

    select
        domains.wave_number,
        domains.group_kind_code,
        domains.domain_number,
        domains.unit_code,
        domains.group_code,
        domains.ballot_count,
        domains.value_status <> 'ok' as is_untold,
        answered.measure_number,
        answered.people_count
    from domains
    inner join answered on domains.domain_number = answered.domain_number
    where (domains.unit_code = domains.authority_code) = (domains.group_kind_code <> 'all')

),

wholes as (

    select domains.wave_number, domains.domain_number, answered.measure_number, answered.people_count
    from domains
    inner join answered on domains.domain_number = answered.domain_number
    where domains.unit_code = domains.authority_code and domains.group_kind_code = 'all'

),

-- Ballots of the authority itself have no row among its units (domain 0), and would follow from those that have.
cells as (

    select * from parts
    union all
    select
        wholes.wave_number, 'all' as group_kind_code, 0 as domain_number, '' as unit_code, '' as group_code, 0 as ballot_count,
        true as is_untold, wholes.measure_number, wholes.people_count - coalesce(units.people_count, 0) as people_count
    from wholes
    left join (
        select wave_number, measure_number, sum(people_count) as people_count
        from parts
        where group_kind_code = 'all'
        group by wave_number, measure_number
    ) as units
        on wholes.wave_number = units.wave_number and wholes.measure_number = units.measure_number
    where wholes.people_count > coalesce(units.people_count, 0)

),

{%- set table = "wave_number, group_kind_code, parent_number" %}
placed as (

    select
        cells.*,
        parents.parent_number,
        case when cells.people_count < {{ fewest_people() }} then 1 else 0 end as is_small
    from cells
    inner join parents on cells.measure_number = parents.measure_number
    inner join (
        select distinct cells.wave_number, cells.group_kind_code, parents.parent_number
        from cells
        inner join parents on cells.measure_number = parents.measure_number
        where cells.people_count < {{ fewest_people() }}
    ) as touched
        on
            cells.wave_number = touched.wave_number
            and cells.group_kind_code = touched.group_kind_code
            and parents.parent_number = touched.parent_number

),

told_rows as (

    select {{ table }}, count(distinct domain_number) as row_count
    from placed
    where not is_untold
    group by {{ table }}

),

measures as (

    select
        {{ table }},
        measure_number,
        max(is_small) as is_small,
        count(case when not is_untold then domain_number end) as told_count,
        min(case when not is_untold then people_count end) as smallest_count
    from placed
    group by {{ table }}, measure_number

),

-- Nobody's answer is an answer of none.
filled as (

    select
        measures.*,
        case
            when measures.is_small = 1 or measures.told_count < told_rows.row_count then 0
            else coalesce(measures.smallest_count, wholes.people_count, 0)
        end as fewest_count
    from measures
    left join told_rows
        on
            measures.wave_number = told_rows.wave_number
            and measures.group_kind_code = told_rows.group_kind_code
            and measures.parent_number = told_rows.parent_number
    left join wholes on measures.wave_number = wholes.wave_number and measures.measure_number = wholes.measure_number

),

columns_ranked as (

    select
        *,
        row_number() over (
            partition by {{ table }} order by is_small nulls last, fewest_count desc nulls last, measure_number nulls last
        ) as measure_order,
        max(fewest_count) over (partition by {{ table }}) as best_count
    from filled

),

table_columns as (

    select {{ table }}, measure_number
    from columns_ranked
    where is_small = 1 or measure_order = 1 or best_count < {{ fewest_people() }}

),

rectangle as (

    select placed.*
    from placed
    inner join table_columns
        on
            placed.wave_number = table_columns.wave_number
            and placed.group_kind_code = table_columns.group_kind_code
            and placed.parent_number = table_columns.parent_number
            and placed.measure_number = table_columns.measure_number

),

-- By ballots, not by answers, so that one unit is withheld with all its measures rather than one for each.
table_rows as (

    select
        *,
        row_number() over (
            partition by {{ table }}
            order by
                is_bound desc nulls last,
                ballot_count nulls last,
                unit_code nulls last,
                group_code nulls last
        ) as row_order
    from (
        select
            {{ table }}, domain_number, unit_code, group_code, ballot_count, is_untold,
            max(case when is_untold then 1 else is_small end) as is_bound
        from rectangle
        group by {{ table }}, domain_number, unit_code, group_code, ballot_count, is_untold
    ) as bound

),

-- With all rows up to this one withheld, how many people of each column are.
running_cells as (

    select
        table_rows.wave_number,
        table_rows.group_kind_code,
        table_rows.parent_number,
        table_rows.row_order,
        sum(rectangle.people_count) over (
            partition by table_rows.wave_number, table_rows.group_kind_code, table_rows.parent_number, table_columns.measure_number
            order by table_rows.row_order nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        count(rectangle.people_count) over (
            partition by table_rows.wave_number, table_rows.group_kind_code, table_rows.parent_number, table_columns.measure_number
            order by table_rows.row_order nulls last
            rows between unbounded preceding and current row
        ) as running_rows
    from table_rows
    inner join table_columns
        on
            table_rows.wave_number = table_columns.wave_number
            and table_rows.group_kind_code = table_columns.group_kind_code
            and table_rows.parent_number = table_columns.parent_number
    left join rectangle
        on
            table_rows.wave_number = rectangle.wave_number
            and table_rows.group_kind_code = rectangle.group_kind_code
            and table_rows.parent_number = rectangle.parent_number
            and table_rows.domain_number = rectangle.domain_number
            and table_columns.measure_number = rectangle.measure_number

),

covering as (

    select {{ table }}, row_order
    from running_cells
    group by {{ table }}, row_order
    having
        min(case
            when running_rows = 0 or (running_rows >= 2 and running_count >= {{ fewest_people() }}) then 1 else 0
        end) = 1

),

bound_rows as (

    select {{ table }}, max(row_order) as last_bound
    from table_rows
    where is_bound = 1
    group by {{ table }}

),

cuts as (

    select
        bound_rows.wave_number,
        bound_rows.group_kind_code,
        bound_rows.parent_number,
        coalesce(min(covering.row_order), max(bound_rows.last_bound)) as last_withheld,
        min(covering.row_order) is null as is_uncovered
    from bound_rows
    left join covering
        on
            bound_rows.wave_number = covering.wave_number
            and bound_rows.group_kind_code = covering.group_kind_code
            and bound_rows.parent_number = covering.parent_number
            and covering.row_order >= bound_rows.last_bound
    group by bound_rows.wave_number, bound_rows.group_kind_code, bound_rows.parent_number

),

withheld as (

    select table_rows.domain_number, table_columns.measure_number
    from table_rows
    inner join cuts
        on
            table_rows.wave_number = cuts.wave_number
            and table_rows.group_kind_code = cuts.group_kind_code
            and table_rows.parent_number = cuts.parent_number
    inner join table_columns
        on
            table_rows.wave_number = table_columns.wave_number
            and table_rows.group_kind_code = table_columns.group_kind_code
            and table_rows.parent_number = table_columns.parent_number
    where table_rows.row_order <= cuts.last_withheld and not table_rows.is_untold

    union

    select wholes.domain_number, wholes.measure_number
    from wholes
    inner join table_columns
        on wholes.wave_number = table_columns.wave_number and wholes.measure_number = table_columns.measure_number
    inner join cuts
        on
            table_columns.wave_number = cuts.wave_number
            and table_columns.group_kind_code = cuts.group_kind_code
            and table_columns.parent_number = cuts.parent_number
    where table_columns.group_kind_code = 'all' and cuts.is_uncovered

),

with_parts as (

    select distinct withheld.domain_number, contained.contained_number as measure_number
    from withheld
    inner join contained on withheld.measure_number = contained.measure_number

)

select domain_number, measure_number, max(is_every_formula) = 1 as is_every_formula
from (
    select domain_number, measure_number, 1 as is_every_formula from with_parts
    union all
    -- Two figures of the same questions, differently weighed, would tell two withheld ones apart.
    select with_parts.domain_number, contained.measure_number, 0 as is_every_formula
    from with_parts
    inner join contained on with_parts.measure_number = contained.contained_number
    union all
    -- All groups of a unit together are the unit.
    select breakdowns.domain_number, with_parts.measure_number, 1 as is_every_formula
    from with_parts
    inner join domains on with_parts.domain_number = domains.domain_number
    inner join domains as breakdowns
        on domains.wave_number = breakdowns.wave_number and domains.unit_code = breakdowns.unit_code
    where domains.group_kind_code = 'all' and breakdowns.group_kind_code <> 'all'
) as formulas
group by domain_number, measure_number
