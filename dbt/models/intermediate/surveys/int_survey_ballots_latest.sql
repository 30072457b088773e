with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_survey__ballots'), ['authority_code', 'wave_code', 'ballot_code']) }}

),

waves as (

    {{ newest_version(ref('stg_survey__waves'), ['authority_code', 'wave_code']) }}

),

dated as (

    select
        versions.*,
        -- A questionnaire without a moment of its own counts on the last day of its wave.
        coalesce({{ local_date('versions.answered_at') }}, waves.end_date) as answered_date
    from versions
    left join waves on versions.authority_code = waves.authority_code and versions.wave_code = waves.wave_code

)

select
    dated.authority_code,
    dated.wave_code,
    dated.instrument_code,
    dated.unit_code,
    dated.ballot_code,
    -- A row of the sample without result and answers has not been asked yet.
    coalesce(dated.result_code, case when dated.item_answers is null then 'not_asked' else 'answered' end) as result_code,
    dated.item_answers,
    dated.stratum_code,
    dated.cluster_code,
    dated.stratum_total,
    dated.cluster_total,
    dated.base_weight,
    dated.final_weight,
    {%- for group in survey_groups() %}
    dated.{{ group }}_code,
    {%- endfor %}
    dated.answered_date,
    dated.dossier_code,
    dated.delivery_id,
    dated.source_row_number
from dated
cross join builds
where coalesce(dated.answered_date, cast('1900-01-01' as date)) <= builds.as_of_date
