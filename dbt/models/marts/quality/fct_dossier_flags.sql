{#- Where a flagged row names a dossier. Of the dossiers themselves, the version that the figures use: the others are mended. -#}
{%- set named = {
    'one_stop__dossiers': ref('int_dossiers_timed'),
    'one_stop__supplements': ref('stg_one_stop__supplements'),
    'one_stop__pauses': ref('stg_one_stop__pauses'),
    'one_stop__apology_letters': ref('stg_one_stop__apology_letters'),
    'one_stop__dossier_events': ref('stg_one_stop__dossier_events'),
} -%}

with flags as (

    select delivery_id, source_row_number, reason_code, reason_text from {{ ref('stg_build__row_flags') }}

),

deliveries as (

    select delivery_id, source_code from {{ ref('stg_build__deliveries') }}

),

flagged as (

    select flags.delivery_id, flags.source_row_number, flags.reason_code, flags.reason_text, deliveries.source_code
    from flags
    inner join deliveries on flags.delivery_id = deliveries.delivery_id

),

found as (

    {%- for source_code, rows in named.items() %}
    select rows.authority_code, rows.dossier_code, flagged.source_code, flagged.reason_code, flagged.reason_text
    from {{ rows }} as rows
    inner join flagged
        on rows.delivery_id = flagged.delivery_id and rows.source_row_number = flagged.source_row_number
    where flagged.source_code = '{{ source_code }}'
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

)

select
    authority_code,
    dossier_code,
    source_code,
    reason_code,
    min(reason_text) as reason_text,
    count(*) as flagged_row_count
from found
group by authority_code, dossier_code, source_code, reason_code
