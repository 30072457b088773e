{%- set sources = [
    'stg_one_stop__dossiers', 'stg_one_stop__dossier_events', 'stg_one_stop__supplements', 'stg_one_stop__pauses',
    'stg_one_stop__apology_letters', 'stg_kiosk__ratings', 'stg_petition_portal__petitions', 'stg_portal__on_time_reports',
    'stg_national_portal__dossiers', 'stg_national_portal__qd766_metrics', 'stg_survey__answers', 'stg_par__criterion_scores', 'stg_unit_registry__units',
    'stg_unit_registry__unit_changes', 'stg_procedure_registry__procedures', 'stg_calendar__days_off',
    'stg_calendar__working_hours',
    'stg_survey__ballots', 'stg_survey__waves', 'stg_survey__totals', 'stg_survey__instruments', 'stg_survey__items', 'stg_survey__options', 'stg_survey__declared_results',
    'stg_regulation__regulations', 'stg_regulation__grades', 'stg_par__score_explanations', 'stg_regulation__criteria', 'stg_regulation__bands', 'stg_portal__form_06a_lines', 'stg_one_stop__quality_scores',
] -%}

{% for source in sources %}
select delivery_id, authority_code, count(*) as row_count
from {{ ref(source) }}
group by delivery_id, authority_code
{{ "union all" if not loop.last }}
{% endfor %}
