select
    authority_code,
    dossier_code,
    stop_number,
    stopped_at,
    resumed_at,
    clock_mode_code,
    wait_measure_code,
    wait_seconds,
    is_counted
from {{ ref('int_dossier_stops_counted') }}
