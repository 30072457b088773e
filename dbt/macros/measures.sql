{#- What is counted of dossiers, named once: counting by slice and summing by period both read these lists. -#}

{#- Counted on the day of receipt, at the receiving unit. -#}
{% macro received_measures() -%}
  {{ return(['received_count', 'channel_known_count', 'online_count']) }}
{%- endmacro %}

{#-
  Counted at the resolving unit: measure, the condition of the rows it counts, by the day that places them. What a dossier adds
  to a stock it takes away again on the day it closes.
-#}
{% macro resolving_measures() -%}
  {{ return({
    'received_slice_date': [
      ('assigned_count', 'not is_unplaced'),
      ('assigned_undated_count', 'not is_unplaced and not has_due_date'),
      ('assigned_unplaced_count', 'is_unplaced'),
    ],
    'closed_slice_date': [
      ('closed_count', 'true'),
      ('early_count', "timeliness_by_date_code = 'early'"),
      ('on_time_count', "timeliness_by_date_code = 'on_time'"),
      ('late_count', "timeliness_by_date_code = 'late'"),
      ('no_due_date_count', "timeliness_by_date_code = 'no_due_date'"),
      ('withdrawn_count', 'is_withdrawn'),
      ('withdrawn_undated_count', 'is_withdrawn and not has_due_date'),
      ('timestamp_on_time_count', "timeliness_by_timestamp_code = 'on_time'"),
      ('timestamp_late_count', "timeliness_by_timestamp_code = 'late'"),
      ('original_on_time_count', "timeliness_original_by_date_code in ('early', 'on_time')"),
      ('original_late_count', "timeliness_original_by_date_code = 'late'"),
      ('recomputed_on_time_count', "timeliness_recomputed_by_date_code in ('early', 'on_time')"),
      ('recomputed_late_count', "timeliness_recomputed_by_date_code = 'late'"),
      ('closed_undated_count', 'not has_due_date'),
      ('closed_after_late_count', 'late_slice_date is not null'),
      ('withdrawn_after_late_count', 'is_withdrawn and late_slice_date is not null'),
    ],
    'late_slice_date': [
      ('became_late_count', 'true'),
    ],
    'due_slice_date': [
      ('due_met_count', "timeliness_by_date_code in ('early', 'on_time')"),
      ('due_missed_count', "timeliness_by_date_code in ('late', 'open_late')"),
      ('due_not_judged_count', "timeliness_by_date_code = 'not_counted'"),
    ],
    'handed_over_slice_date': [
      ('handed_over_on_time_count', "timeliness_by_date_code <> 'not_counted' and handed_over_by_timestamp_code = 'on_time'"),
      ('handed_over_late_count', "timeliness_by_date_code <> 'not_counted' and handed_over_by_timestamp_code = 'late'"),
      ('handed_over_not_judged_count', "timeliness_by_date_code = 'not_counted' or handed_over_by_timestamp_code = 'no_due_date'"),
    ],
  }) }}
{%- endmacro %}

{#- The names of what is counted at the resolving unit, waits past the due date included. -#}
{% macro resolving_measure_names() -%}
  {%- set names = [] -%}
  {%- for measures in resolving_measures().values() -%}
    {%- for name, condition in measures -%}{%- do names.append(name) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(names + ['waiting_late_change']) }}
{%- endmacro %}
