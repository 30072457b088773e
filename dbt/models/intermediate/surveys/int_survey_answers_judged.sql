{#- Every answer by whichever way it came: one row an answer, packed in a ballot, or a rating after a service. -#}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_survey__answers'), ['authority_code', 'wave_code', 'ballot_code', 'item_code']) }}

),

rating_versions as (

    {{ newest_version(ref('stg_kiosk__ratings'), ['authority_code', 'rating_code', 'item_code']) }}

),

packed_ballots as (

    select authority_code, wave_code, ballot_code from {{ ref('int_survey_ballots_latest') }}
    where item_answers is not null

),

pairs as (

    {{ text_parts(ref('int_survey_ballots_latest'), ['authority_code', 'wave_code', 'instrument_code', 'unit_code', 'ballot_code', 'answered_date', 'dossier_code', 'delivery_id', 'source_row_number'], 'item_answers', ';') }}

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
        versions.delivery_id,
        versions.source_row_number
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
        delivery_id,
        source_row_number
    from pairs

    union all

    select
        rating_versions.authority_code,
        'KIOSK' as wave_code,
        'kiosk_' || rating_versions.scale_code || '_levels' as instrument_code,
        rating_versions.unit_code,
        rating_versions.rating_code as ballot_code,
        rating_versions.item_code,
        rating_versions.answer_code,
        {{ local_date('rating_versions.rated_at') }} as answered_date,
        rating_versions.dossier_code is not null as has_dossier,
        rating_versions.delivery_id,
        rating_versions.source_row_number
    from rating_versions
    cross join builds
    where rating_versions.rated_at < cast(builds.as_of_date + 1 as timestamp)

),

items as (

    select * from {{ ref('int_survey_items_unioned') }}

),

options as (

    select * from {{ ref('int_survey_options_unioned') }}

),

-- A portal that rates a dozen points on one scale: what is not in the register is on the scale of the rating itself.
rating_scales as (

    select items.authority_code, items.instrument_code, min(items.scale_code) as scale_code
    from items
    inner join {{ ref('int_survey_instruments_unioned') }} as instruments
        on items.authority_code = instruments.authority_code and items.instrument_code = instruments.instrument_code
    where instruments.kind_code = 'rating' and items.item_code = 'overall'
    group by items.authority_code, items.instrument_code

),

-- The newest version of a question says on which scale it is answered.
item_versions as (

    select
        *,
        row_number() over (
            partition by authority_code, instrument_code, item_code order by valid_from_date desc nulls last
        ) as version_number
    from items

),

item_scales as (

    select authority_code, instrument_code, item_code, scale_code, is_indexed
    from item_versions
    where version_number = 1

)

select
    answers.authority_code,
    answers.wave_code,
    answers.instrument_code,
    answers.unit_code,
    answers.ballot_code,
    answers.item_code,
    answers.answer_code,
    answers.answered_date,
    answers.has_dossier,
    coalesce(item_scales.is_indexed, rating_scales.scale_code is not null) as is_indexed,
    options.option_kind_code,
    options.option_value,
    coalesce(options.option_kind_code in ('positive', 'neutral', 'negative'), false) as is_valid,
    case
        when options.option_kind_code in ('positive', 'neutral', 'negative') then options.option_kind_code = 'positive'
    end as is_positive,
    answers.delivery_id,
    answers.source_row_number
from answers
left join item_scales
    on
        answers.authority_code = item_scales.authority_code
        and answers.instrument_code = item_scales.instrument_code
        and answers.item_code = item_scales.item_code
left join rating_scales
    on answers.authority_code = rating_scales.authority_code and answers.instrument_code = rating_scales.instrument_code
left join options
    on
        answers.authority_code = options.authority_code
        and coalesce(item_scales.scale_code, rating_scales.scale_code) = options.scale_code
        and answers.answer_code = options.answer_code
