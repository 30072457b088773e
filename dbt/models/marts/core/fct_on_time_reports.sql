select
    authority_code,
    unit_code,
    unit_name,
    period_start_date,
    period_end_date,
    definition_code,
    numerator_count,
    denominator_count,
    overdue_count,
    average_processing_days,
    declared_percent,
    declared_score,
    publisher_name,
    delivery_id,
    source_row_number
from {{ ref('int_on_time_reports_latest') }}
