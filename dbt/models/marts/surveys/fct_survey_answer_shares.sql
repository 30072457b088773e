{#-
  How answers to a question fall on its options, people who gave none included. Options that fewer than 5 chose are told
  together with the next ones in size, so that the sum stays whole and nobody is counted out. All units add up to the authority, so
  a question is told of all units, or withheld of at least two that 5 people or more answered; and options are merged in
  no unit, or in several.
-#}
with ballots as (

    select * from {{ ref('int_survey_ballots_weighted') }}

),

estimates as (

    select * from {{ ref('fct_survey_estimates') }}
    where group_kind_code = 'all'

),

estimable as (

    select distinct authority_code, wave_code, instrument_code, unit_code
    from estimates
    where value_status = 'ok'

),

-- Options would give away a share that is withheld.
withheld_items as (

    select distinct authority_code, wave_code, instrument_code, unit_code, measure_code as item_code
    from estimates
    where measure_level_code = 'item' and value_status <> 'ok'

),

options as (

    select * from {{ ref('int_survey_options_unioned') }}

),

items as (

    select * from {{ ref('int_survey_measures_listed') }}
    where measure_level_code = 'item'

),

answers as (

    select
        ballots.authority_code,
        ballots.wave_code,
        ballots.instrument_code,
        ballots.unit_code,
        items.item_code,
        items.scale_code,
        answers.answer_code,
        ballots.ballot_weight
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join ballots
        on
            answers.authority_code = ballots.authority_code
            and answers.wave_code = ballots.wave_code
            and answers.instrument_code = ballots.instrument_code
            and answers.ballot_code = ballots.ballot_code
    inner join items on ballots.wave_number = items.wave_number and answers.item_code = items.item_code

),

unit_cells as (

    select
        authority_code,
        wave_code,
        instrument_code,
        unit_code,
        item_code,
        scale_code,
        answer_code,
        count(*) as answer_count,
        sum(ballot_weight) as answer_weight
    from answers
    group by authority_code, wave_code, instrument_code, unit_code, item_code, scale_code, answer_code

),

all_cells as (

    select authority_code, wave_code, instrument_code, unit_code, item_code, scale_code, answer_code, answer_count, answer_weight
    from unit_cells
    union all
    select
        authority_code, wave_code, instrument_code, authority_code as unit_code, item_code, scale_code, answer_code,
        sum(answer_count) as answer_count, sum(answer_weight) as answer_weight
    from unit_cells
    where unit_code <> authority_code
    group by authority_code, wave_code, instrument_code, item_code, scale_code, answer_code

),

cells as (

    select
        all_cells.authority_code,
        all_cells.wave_code,
        all_cells.instrument_code,
        all_cells.unit_code,
        all_cells.item_code,
        all_cells.scale_code,
        all_cells.answer_code,
        max(case when estimable.unit_code is not null and withheld_items.unit_code is null then 1 else 0 end) as is_told,
        cast(sum(all_cells.answer_count) as bigint) as answer_count,
        sum(all_cells.answer_weight) as answer_weight
    from all_cells
    left join estimable
        on
            all_cells.authority_code = estimable.authority_code
            and all_cells.wave_code = estimable.wave_code
            and all_cells.instrument_code = estimable.instrument_code
            and all_cells.unit_code = estimable.unit_code
    left join withheld_items
        on
            all_cells.authority_code = withheld_items.authority_code
            and all_cells.wave_code = withheld_items.wave_code
            and all_cells.instrument_code = withheld_items.instrument_code
            and all_cells.unit_code = withheld_items.unit_code
            and all_cells.item_code = withheld_items.item_code
    group by
        all_cells.authority_code, all_cells.wave_code, all_cells.instrument_code, all_cells.unit_code,
        all_cells.item_code, all_cells.scale_code, all_cells.answer_code

),

{%- set question = "authority_code, wave_code, instrument_code, unit_code, item_code" %}
ordered as (

    select
        *,
        row_number() over (
            partition by {{ question }} order by answer_count nulls last, answer_code nulls last
        ) as cell_order,
        sum(answer_count) over (
            partition by {{ question }} order by answer_count nulls last, answer_code nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        min(answer_count) over (partition by {{ question }}) as smallest_count,
        sum(answer_weight) over (partition by {{ question }}) as question_weight
    from cells

),

cuts as (

    select {{ question }}, min(cell_order) as last_merged
    from ordered
    where cell_order >= 2 and running_count >= {{ fewest_people() }}
    group by {{ question }}

),

told as (

    select
        ordered.*,
        ordered.smallest_count < {{ fewest_people() }}
        and (ordered.answer_count < {{ fewest_people() }} or coalesce(ordered.cell_order <= cuts.last_merged, true))
            as is_merged,
        options.option_text,
        options.option_kind_code,
        options.option_order
    from ordered
    left join cuts
        on
            ordered.authority_code = cuts.authority_code
            and ordered.wave_code = cuts.wave_code
            and ordered.instrument_code = cuts.instrument_code
            and ordered.unit_code = cuts.unit_code
            and ordered.item_code = cuts.item_code
    left join options
        on
            ordered.authority_code = options.authority_code
            and ordered.scale_code = options.scale_code
            and ordered.answer_code = options.answer_code

),

labelled as (

    select
        *,
        case when is_merged then 'merged' else answer_code end as shown_answer_code,
        case
            when is_merged then 'merged'
            when option_kind_code is null then 'off_scale'
            else option_kind_code
        end as shown_kind_code
    from told

),

{#- Which questions the units must not tell. -#}
{%- set of_authority = "authority_code, wave_code, instrument_code, item_code" %}
unit_questions as (

    select
        {{ question }},
        max(is_told) as is_told,
        max(case when is_merged then 1 else 0 end) as is_merged,
        sum(answer_count) as answer_count
    from told
    group by {{ question }}

),

authority_questions as (

    select {{ of_authority }}, answer_count from unit_questions
    where unit_code = authority_code and is_told = 1

),

unit_sums as (

    select
        {{ of_authority }},
        sum(answer_count) as answer_count,
        min(is_told) as all_told,
        sum(is_merged) as merged_count
    from unit_questions
    where unit_code <> authority_code
    group by {{ of_authority }}

),

-- Answers for the authority itself are of no unit, and would follow from those of the units.
parted_questions as (

    select
        authority_questions.*,
        authority_questions.answer_count - unit_sums.answer_count as rest_count,
        unit_sums.all_told = 1
        and authority_questions.answer_count = unit_sums.answer_count
        and unit_sums.merged_count = 1 as is_one_merged
    from authority_questions
    inner join unit_sums
        on
            authority_questions.authority_code = unit_sums.authority_code
            and authority_questions.wave_code = unit_sums.wave_code
            and authority_questions.instrument_code = unit_sums.instrument_code
            and authority_questions.item_code = unit_sums.item_code

),

question_rows as (

    select
        *,
        row_number() over (
            partition by {{ of_authority }} order by is_bound desc nulls last, answer_count nulls last, unit_code nulls last
        ) as unit_order,
        sum(answer_count) over (
            partition by {{ of_authority }} order by is_bound desc nulls last, answer_count nulls last, unit_code nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        sum(is_bound) over (partition by {{ of_authority }}) as bound_count
    from (
        select
            unit_questions.authority_code,
            unit_questions.wave_code,
            unit_questions.instrument_code,
            unit_questions.item_code,
            unit_questions.unit_code,
            unit_questions.answer_count,
            case
                when unit_questions.is_told = 0 or (parted_questions.is_one_merged and unit_questions.is_merged = 1) then 1
                else 0
            end as is_bound
        from unit_questions
        inner join parted_questions
            on
                unit_questions.authority_code = parted_questions.authority_code
                and unit_questions.wave_code = parted_questions.wave_code
                and unit_questions.instrument_code = parted_questions.instrument_code
                and unit_questions.item_code = parted_questions.item_code
        where unit_questions.unit_code <> unit_questions.authority_code
        union all
        select {{ of_authority }}, '' as unit_code, rest_count as answer_count, 1 as is_bound
        from parted_questions
        where rest_count > 0
    ) as bound

),

question_cuts as (

    select
        {{ of_authority }},
        min(case
            when unit_order >= bound_count and unit_order >= 2 and running_count >= {{ fewest_people() }} then unit_order
        end) as last_withheld
    from question_rows
    where bound_count > 0
    group by {{ of_authority }}

),

withheld_questions as (

    select
        question_rows.authority_code,
        question_rows.wave_code,
        question_rows.instrument_code,
        question_rows.unit_code,
        question_rows.item_code
    from question_rows
    inner join question_cuts
        on
            question_rows.authority_code = question_cuts.authority_code
            and question_rows.wave_code = question_cuts.wave_code
            and question_rows.instrument_code = question_cuts.instrument_code
            and question_rows.item_code = question_cuts.item_code
    where question_rows.unit_order <= question_cuts.last_withheld
    union all
    -- Units do not suffice.
    select authority_code, wave_code, instrument_code, authority_code as unit_code, item_code
    from question_cuts
    where last_withheld is null

),

published as (

    select labelled.*
    from labelled
    left join withheld_questions
        on
            labelled.authority_code = withheld_questions.authority_code
            and labelled.wave_code = withheld_questions.wave_code
            and labelled.instrument_code = withheld_questions.instrument_code
            and labelled.unit_code = withheld_questions.unit_code
            and labelled.item_code = withheld_questions.item_code
    where labelled.is_told = 1 and withheld_questions.unit_code is null

)

select
    authority_code,
    wave_code,
    instrument_code,
    unit_code,
    item_code,
    shown_answer_code as answer_code,
    shown_kind_code as option_kind_code,
    case when shown_kind_code <> 'merged' then max(option_text) end as option_text,
    case when shown_kind_code <> 'merged' then max(option_order) end as option_order,
    cast(sum(answer_count) as bigint) as answer_count,
    cast(cast(sum(answer_weight) as double) / nullif(cast(max(question_weight) as double), 0) as decimal(18, 6)) as answer_share
from published
group by authority_code, wave_code, instrument_code, unit_code, item_code, shown_answer_code, shown_kind_code
-- All together fewer than 5: nothing can be told.
having sum(answer_count) >= {{ fewest_people() }} and max(question_weight) > 0
