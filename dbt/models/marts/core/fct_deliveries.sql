with flagged as (

    select delivery_id, count(*) as rows_flagged
    from {{ ref('int_row_flags_classified') }}
    group by delivery_id

)

select
    deliveries.delivery_id,
    deliveries.delivery_sequence,
    deliveries.source_code,
    deliveries.layout_code,
    deliveries.file_name,
    deliveries.rows_read,
    deliveries.rows_accepted,
    deliveries.rows_rejected,
    deliveries.rows_ignored,
    coalesce(flagged.rows_flagged, 0) as rows_flagged,
    deliveries.data_from_date,
    deliveries.data_until_date
from {{ ref('stg_build__deliveries') }} as deliveries
left join flagged on deliveries.delivery_id = flagged.delivery_id
