with landed as (

    select * from {{ source('landing', 'survey__declared_results') }}

),

deliveries as (

    select delivery_id, delivery_sequence from {{ ref('stg_build__deliveries') }}

)

select
    landed.authority_code,
    landed.unit_code,
    landed.survey_owner_code,
    landed.period_start_date,
    landed.period_end_date,
    landed.measure_code,
    landed.declared_percent,
    landed.change_points,
    landed.declared_rank,
    landed.ranked_count,
    landed.ballot_count,
    landed.method_version,
    landed.source_name,
    landed.delivery_id,
    landed.source_row_number,
    deliveries.delivery_sequence
from landed
inner join deliveries on landed.delivery_id = deliveries.delivery_id
