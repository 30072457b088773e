{#-
  Every answer by whichever way it came: one row an answer, packed in a ballot, or a rating after a service. It is judged on
  the scale that its question had on the last day of its wave, as the wave is told; without a registered wave, on its own day.
-#}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_survey__answers'), ['authority_code', 'wave_code', 'ballot_code', 'item_code']) }}

),

registered as (

    {{ newest_version(ref('stg_survey__waves'), ['authority_code', 'wave_code']) }}

),

packed_ballots as (

    select authority_code, wave_code, ballot_code from {{ ref('int_survey_ballots_latest') }}
    where item_answers is not null

),

pairs as (

    {{ text_parts(ref('int_survey_ballots_latest'), ['authority_code', 'wave_code', 'instrument_code', 'unit_code', 'ballot_code', 'answered_date', 'dossier_code'], 'item_answers', ';') }}

),

answers as (

    select
        versions.authority_code,
        versions.wave_code,
        versions.instrument_code,
        versions.unit_code,
        versions.ballot_code,
        versions.item_code,
        versions.answer_code,
        {{ local_date('versions.answered_at') }} as answered_date,
        versions.dossier_code is not null as has_dossier,
        false as is_burst,
        1 as answer_count
    from versions
    cross join builds
    left join packed_ballots
        on
            versions.authority_code = packed_ballots.authority_code
            and versions.wave_code = packed_ballots.wave_code
            and versions.ballot_code = packed_ballots.ballot_code
    where
        versions.answered_at < cast(builds.as_of_date + 1 as timestamp)
        -- A ballot sent both ways speaks once, by its own row.
        and packed_ballots.ballot_code is null

    union all

    select
        authority_code,
        wave_code,
        instrument_code,
        unit_code,
        ballot_code,
        split_part(part_text, '=', 1) as item_code,
        split_part(part_text, '=', 2) as answer_code,
        answered_date,
        dossier_code is not null as has_dossier,
        false as is_burst,
        1 as answer_count
    from pairs

    union all

    select
        authority_code,
        'KIOSK' as wave_code,
        instrument_code,
        unit_code,
        cast(null as {{ dbt.type_string() }}) as ballot_code,
        item_code,
        answer_code,
        rated_date as answered_date,
        has_dossier,
        is_burst,
        rating_count as answer_count
    from {{ ref('int_ratings_counted') }}

),

items as (

    select * from {{ ref('int_survey_items_dated') }}

),

options as (

    select * from {{ ref('int_survey_options_unioned') }}

),

-- A portal that rates a dozen points on one scale: what is not in the register is on the scale of the rating itself.
rating_scales as (

    select items.authority_code, items.instrument_code, items.scale_code, items.applies_from_date, items.applies_before_date
    from items
    inner join {{ ref('int_survey_instruments_unioned') }} as instruments
        on items.authority_code = instruments.authority_code and items.instrument_code = instruments.instrument_code
    where instruments.kind_code = 'rating' and items.item_code = 'overall'

),

-- An answer without any date is judged on the newest scale.
dated as (

    select
        answers.*,
        coalesce(registered.end_date, answers.answered_date, cast('9999-12-30' as date)) as judged_date
    from answers
    left join registered
        on
            answers.authority_code = registered.authority_code
            and answers.wave_code = registered.wave_code
            and answers.instrument_code = registered.instrument_code

)

select
    dated.authority_code,
    dated.wave_code,
    dated.instrument_code,
    dated.unit_code,
    dated.ballot_code,
    dated.item_code,
    dated.answer_code,
    dated.answered_date,
    dated.has_dossier,
    dated.is_burst,
    coalesce(items.is_indexed, rating_scales.scale_code is not null) as is_indexed,
    options.option_kind_code,
    options.option_value,
    coalesce(options.option_kind_code in ('positive', 'neutral', 'negative'), false) as is_valid,
    case
        when options.option_kind_code in ('positive', 'neutral', 'negative') then options.option_kind_code = 'positive'
    end as is_positive,
    dated.answer_count
from dated
left join items
    on
        dated.authority_code = items.authority_code
        and dated.instrument_code = items.instrument_code
        and dated.item_code = items.item_code
        and dated.judged_date >= items.applies_from_date
        and dated.judged_date < items.applies_before_date
left join rating_scales
    on
        dated.authority_code = rating_scales.authority_code
        and dated.instrument_code = rating_scales.instrument_code
        and dated.judged_date >= rating_scales.applies_from_date
        and dated.judged_date < rating_scales.applies_before_date
left join options
    on
        dated.authority_code = options.authority_code
        and coalesce(items.scale_code, rating_scales.scale_code) = options.scale_code
        and dated.answer_code = options.answer_code
