{%- set causes = [
    'synchronisation_delay', 'finish_not_synchronised', 'finish_vs_hand_over', 'date_changed', 'definition', 'unexplained',
    'not_synchronised', 'not_in_local',
] -%}

select
    authority_code,
    unit_code,
    {{ month_start('received_date') }} as received_month_date,
    count(*) as dossier_count,
    {%- for match in ['same', 'differing', 'only_local', 'only_national'] %}
    count(case when match_code = '{{ match }}' then 1 end) as {{ match }}_count,
    {%- endfor %}
    count(case when is_late_local then 1 end) as late_local_count,
    count(case when is_late_national then 1 end) as late_national_count,
    count(case when is_late_local and is_late_national then 1 end) as late_both_count,
    {%- for cause in causes %}
    count(case when cause_code = '{{ cause }}' then 1 end) as {{ cause }}_count{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('fct_sync_differences') }}
group by authority_code, unit_code, {{ month_start('received_date') }}
