{#- Ratings after a service are millions and are read by day: what is asked of them later is a column here. -#}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_kiosk__ratings'), ['authority_code', 'rating_code', 'item_code']) }}

),

-- What a burst is, gate 1 says: rows of it are flagged.
bursts as (

    select distinct delivery_id, source_row_number from {{ ref('stg_build__row_flags') }}
    where reason_code = 'ratings.ratings_spread'

),

ratings as (

    select
        versions.authority_code,
        versions.unit_code,
        'kiosk_' || versions.scale_code || '_levels' as instrument_code,
        versions.item_code,
        versions.answer_code,
        {{ local_date('versions.rated_at') }} as rated_date,
        versions.dossier_code is not null as has_dossier,
        bursts.delivery_id is not null as is_burst
    from versions
    cross join builds
    left join bursts
        on versions.delivery_id = bursts.delivery_id and versions.source_row_number = bursts.source_row_number
    where versions.rated_at < cast(builds.as_of_date + 1 as timestamp)

)

select
    authority_code,
    unit_code,
    instrument_code,
    item_code,
    answer_code,
    rated_date,
    has_dossier,
    is_burst,
    count(*) as rating_count
from ratings
group by authority_code, unit_code, instrument_code, item_code, answer_code, rated_date, has_dossier, is_burst
