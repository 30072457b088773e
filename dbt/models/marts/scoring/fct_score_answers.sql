{#-
  How people answered the questions behind a score. Single answers are not published: options that fewer than 5 chose are
  withheld, with the next ones in size until at least two are and 5 people or more stand behind them.
-#}
with indicators as (

    select indicator_code, instrument_code from {{ ref('dim_indicators') }}
    where instrument_code is not null

),

asked as (

    select
        inputs.authority_code,
        inputs.period_code,
        inputs.unit_code,
        inputs.input_code as instrument_code
    from {{ ref('fct_score_inputs') }} as inputs
    where inputs.input_kind_code = 'survey_item'

    union

    select
        inputs.authority_code,
        inputs.period_code,
        inputs.unit_code,
        indicators.instrument_code
    from {{ ref('fct_score_inputs') }} as inputs
    inner join indicators on inputs.input_code = indicators.indicator_code
    where inputs.input_kind_code = 'indicator'

),

cells as (

    select
        asked.authority_code,
        asked.unit_code,
        asked.period_code,
        asked.instrument_code,
        answers.item_code,
        answers.answer_code,
        answers.is_indexed,
        coalesce(answers.option_kind_code, 'off_scale') as option_kind_code,
        cast(sum(answers.answer_count) as bigint) as answer_count
    from asked
    inner join {{ ref('dim_periods') }} as periods on asked.period_code = periods.period_code
    inner join {{ ref('int_survey_answers_judged') }} as answers
        on
            asked.authority_code = answers.authority_code
            and asked.unit_code = answers.unit_code
            and asked.instrument_code = answers.instrument_code
            and answers.answered_date between periods.start_date and periods.counted_to_date
    group by
        asked.authority_code, asked.unit_code, asked.period_code, asked.instrument_code, answers.item_code,
        answers.answer_code, answers.is_indexed, answers.option_kind_code

),

{%- set question = ['authority_code', 'unit_code', 'period_code', 'instrument_code', 'item_code'] %}
ordered as (

    select
        *,
        row_number() over (
            partition by {{ question | join(", ") }} order by answer_count nulls last, answer_code nulls last
        ) as cell_order,
        sum(answer_count) over (
            partition by {{ question | join(", ") }} order by answer_count nulls last, answer_code nulls last
            rows between unbounded preceding and current row
        ) as running_count,
        min(answer_count) over (partition by {{ question | join(", ") }}) as smallest_count
    from cells

),

cuts as (

    select {{ question | join(", ") }}, min(cell_order) as last_withheld
    from ordered
    where cell_order >= 2 and running_count >= {{ fewest_people() }}
    group by {{ question | join(", ") }}

),

judged as (

    select
        ordered.*,
        ordered.smallest_count < {{ fewest_people() }}
        and (ordered.answer_count < {{ fewest_people() }} or coalesce(ordered.cell_order <= cuts.last_withheld, true))
            as is_withheld
    from ordered
    left join cuts on {{ same_columns('ordered', 'cuts', question) }}

)

select
    authority_code,
    unit_code,
    period_code,
    instrument_code,
    item_code,
    answer_code,
    is_indexed,
    option_kind_code,
    is_withheld,
    case when not is_withheld then answer_count end as answer_count
from judged
