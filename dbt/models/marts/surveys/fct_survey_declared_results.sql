with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    {{ newest_version(ref('stg_survey__declared_results'), ['authority_code', 'unit_code', 'survey_owner_code', 'period_start_date', 'period_end_date', 'measure_code']) }}

)

select
    versions.authority_code,
    versions.unit_code,
    versions.survey_owner_code,
    versions.period_start_date,
    versions.period_end_date,
    versions.measure_code,
    versions.declared_percent,
    versions.change_points,
    versions.declared_rank,
    versions.ranked_count,
    versions.ballot_count,
    versions.method_version,
    versions.source_name,
    versions.delivery_id,
    versions.source_row_number
from versions
cross join builds
where versions.period_end_date <= builds.as_of_date
