{#-
  How answers to a question fall on its options, people who gave none included. Options that fewer than 5 chose are told
  together with the next ones in size, so that the sum stays whole and nobody is counted out.
-#}
with ballots as (

    select * from {{ ref('int_survey_ballots_weighted') }}

),

estimable as (

    select distinct authority_code, wave_code, instrument_code, unit_code
    from {{ ref('fct_survey_estimates') }}
    where group_kind_code = 'all' and value_status = 'ok'

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
        cast(sum(all_cells.answer_count) as bigint) as answer_count,
        sum(all_cells.answer_weight) as answer_weight
    from all_cells
    inner join estimable
        on
            all_cells.authority_code = estimable.authority_code
            and all_cells.wave_code = estimable.wave_code
            and all_cells.instrument_code = estimable.instrument_code
            and all_cells.unit_code = estimable.unit_code
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
from labelled
group by authority_code, wave_code, instrument_code, unit_code, item_code, shown_answer_code, shown_kind_code
-- All together fewer than 5: nothing can be told.
having sum(answer_count) >= {{ fewest_people() }} and max(question_weight) > 0
