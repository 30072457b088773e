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

{#- Everything counted at the resolving unit, by the slice that places it: channels of receipt and waits past the due date too. -#}
{% macro resolving_measure_names() -%}
  {%- set names = [] -%}
  {%- for measures in resolving_measures().values() -%}
    {%- for name, condition in measures -%}{%- do names.append(name) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(names + ['waiting_late_change']) }}
{%- endmacro %}

{#- The receipts of the resolving unit by channel, told apart when channels are summed away. -#}
{% macro assigned_by_channel() -%}
  {{ return({
    'assigned_online_count': 'channels.is_online',
    'assigned_postal_count': "counted.channel_code = 'postal'",
    'assigned_channel_unknown_count': 'counted.channel_code is null',
  }) }}
{%- endmacro %}

{#-
  Stocks, as the change that a slice makes of them: what came in less what went out. A stock on a day is the sum of all changes
  up to it.
-#}
{% macro stock_changes() -%}
  {{ return({
    'open_count': 'assigned_count - closed_count',
    'open_undated_count': 'assigned_undated_count - closed_undated_count',
    'open_late_count': 'became_late_count - closed_after_late_count',
    'waiting_late_count': 'waiting_late_change',
  }) }}
{%- endmacro %}

{#-
  The indicators counted of dossiers: code, numerator, denominator, exclusions, over the columns of int_unit_periods_counted.
  A count has no denominator.
-#}
{% macro dossier_indicators() -%}
  {#- In process in the period: carried in or received, with a due date and not withdrawn in it. -#}
  {%- set to_be_processed = '(carried_open_count - carried_open_undated_count + assigned_count - assigned_undated_count'
    ~ ' - (withdrawn_count - withdrawn_undated_count))' -%}
  {%- set late_in_process = 'carried_open_late_count + became_late_count - withdrawn_after_late_count' -%}
  {{ return(closing_indicators() + [
    ('on_time_rate__received', 'cohort_met_count', 'cohort_judged_count', 'cohort_not_judged_count'),
    ('on_time_rate__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    ('on_time_score__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    (
      'on_time_rate__to_be_processed', to_be_processed ~ ' - (' ~ late_in_process ~ ')', to_be_processed,
      'carried_open_undated_count + assigned_undated_count + withdrawn_count - withdrawn_undated_count + assigned_unplaced_count',
    ),
    ('online_dossier_rate', 'online_count', 'channel_known_count', 'received_count - channel_known_count'),
    ('dossiers_received', 'received_count', 'null', '0'),
    ('dossiers_resolved', 'closed_count', 'null', '0'),
    ('dossiers_open', 'open_count', 'null', '0'),
    ('dossiers_open_late', 'open_late_count', 'null', '0'),
  ]) }}
{%- endmacro %}

{#-
  Those that a dossier enters on one day only and never leaves: their parts add up over days, sections, procedures and channels,
  so they can be shown at any of these.
-#}
{% macro closing_indicators() -%}
  {{ return([
    ('on_time_rate__resolved', 'early_count + on_time_count', 'early_count + on_time_count + late_count', 'no_due_date_count + withdrawn_count'),
    ('on_time_rate__resolved_timestamp', 'timestamp_on_time_count', 'timestamp_on_time_count + timestamp_late_count', 'no_due_date_count + withdrawn_count'),
    (
      'on_time_rate__resolved_original', 'original_on_time_count', 'original_on_time_count + original_late_count',
      'closed_count - original_on_time_count - original_late_count',
    ),
    (
      'on_time_rate__resolved_recomputed', 'recomputed_on_time_count', 'recomputed_on_time_count + recomputed_late_count',
      'closed_count - recomputed_on_time_count - recomputed_late_count',
    ),
    (
      'on_time_rate__handed_over', 'handed_over_on_time_count', 'handed_over_on_time_count + handed_over_late_count',
      'handed_over_not_judged_count',
    ),
    ('on_time_rate__form_06a', 'closed_count - late_count', 'closed_count', '0'),
    ('on_time_rate__due_in_period', 'due_met_count', 'due_met_count + due_missed_count', 'due_not_judged_count'),
  ]) }}
{%- endmacro %}
