{#-
  What is estimated of a wave, question by question: each question by itself, and as a part of its factor, of its part of the
  form and of the index. `item_share` is its share in a mean of shares: 1 / questions of the factor, of a factor that is one of
  as many as the measure has.
-#}
with waves as (

    select * from {{ ref('int_survey_waves_unioned') }}

),

-- Only what was asked: a question that nobody of the wave was asked has no answer of any kind.
asked as (

    select distinct answers.authority_code, answers.wave_code, answers.instrument_code, answers.item_code, waves.wave_number, waves.end_date
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join waves
        on
            answers.authority_code = waves.authority_code
            and answers.wave_code = waves.wave_code
            and answers.instrument_code = waves.instrument_code

),

placed as (

    select
        asked.wave_number,
        asked.item_code,
        items.item_order,
        items.part_code,
        items.factor_code,
        items.scale_code,
        -- A question that was asked when it did not stand in the form is told, and counts in no index.
        items.is_indexed
        and coalesce(items.valid_from_date <= asked.end_date, true)
        and coalesce(items.valid_to_date >= asked.end_date, true) as is_indexed
    from asked
    inner join {{ ref('int_survey_items_dated') }} as items
        on
            asked.authority_code = items.authority_code
            and asked.instrument_code = items.instrument_code
            and asked.item_code = items.item_code
            and coalesce(asked.end_date, cast('9999-12-30' as date)) >= items.applies_from_date
            and coalesce(asked.end_date, cast('9999-12-30' as date)) < items.applies_before_date

),

items as (

    select
        *,
        dense_rank() over (order by wave_number nulls last, item_order nulls last, item_code nulls last) as item_number,
        cast(count(*) over (partition by wave_number, factor_code, is_indexed) as double) as factor_item_count
    from placed

),

factors as (

    select wave_number, factor_code, min(part_code) as part_code
    from items
    where is_indexed
    group by wave_number, factor_code

),

parts as (

    select wave_number, part_code, count(*) as part_factor_count
    from factors
    group by wave_number, part_code

),

wholes as (

    select wave_number, cast(sum(part_factor_count) as double) as factor_count, count(*) as part_count
    from parts
    group by wave_number

),

measures as (

    select
        wave_number, item_number, 'item' as measure_level_code, item_code as measure_code, item_order as measure_order, cast(1 as double) as item_share
    from items

    union all

    select
        wave_number, item_number, 'factor' as measure_level_code, factor_code as measure_code,
        min(item_order) over (partition by wave_number, factor_code) as measure_order, 1 / factor_item_count as item_share
    from items
    where is_indexed

    union all

    select
        items.wave_number, items.item_number, 'part' as measure_level_code, items.part_code as measure_code,
        min(items.item_order) over (partition by items.wave_number, items.part_code) as measure_order,
        1 / (items.factor_item_count * parts.part_factor_count) as item_share
    from items
    inner join factors on items.wave_number = factors.wave_number and items.factor_code = factors.factor_code
    inner join parts on factors.wave_number = parts.wave_number and factors.part_code = parts.part_code
    inner join wholes on items.wave_number = wholes.wave_number
    where items.is_indexed and wholes.part_count > 1

    union all

    select
        items.wave_number, items.item_number, 'overall' as measure_level_code, 'overall' as measure_code, 0 as measure_order, 1 / (items.factor_item_count * wholes.factor_count) as item_share
    from items
    inner join wholes on items.wave_number = wholes.wave_number
    where items.is_indexed

)

select
    measures.wave_number,
    measures.measure_level_code,
    measures.measure_code,
    measures.measure_order,
    measures.item_number,
    measures.item_share,
    items.item_code,
    items.scale_code,
    dense_rank() over (
        order by
            measures.wave_number nulls last,
            measures.measure_level_code nulls last,
            measures.measure_order nulls last,
            measures.measure_code nulls last
    ) as measure_number
from measures
inner join items on measures.item_number = items.item_number
