select
    calendar_date,
    month_start_date,
    iso_weekday,
    day_off_kind_code,
    day_off_name,
    is_confirmed,
    is_calendar_known,
    is_working_day,
    working_day_index
from {{ ref('int_days_classified') }}
where calendar_code = 'VN'
