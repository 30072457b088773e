{#-
  What is counted of dossiers on one day each, named once: counting by slice and summing by period both read these lists. What
  became of those received in a period is counted in int_unit_cohorts_counted.
-#}

{#- Counted on the day of receipt, at the receiving unit. -#}
{% macro received_measures() -%}
  {{ return(['received_count', 'channel_known_count', 'online_count', 'day_off_known_count', 'day_off_count']) }}
{%- endmacro %}

{#-
  Counted at the resolving unit: measure, the condition of the rows it counts, by the day that places them and the unit that had
  the dossier on that day. What a dossier adds to a stock it takes away again on the day it closes.
-#}
{% macro resolving_measures() -%}
  {{ return([
    {'slice': 'received_slice_date', 'unit': 'first_unit_code', 'measures': [
      ('assigned_count', 'not is_unplaced'),
      ('assigned_undated_count', 'not is_unplaced and not has_due_date'),
      ('assigned_unplaced_count', 'is_unplaced'),
    ]},
    {'slice': 'closed_slice_date', 'unit': 'last_unit_code', 'measures': [
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
      ('declared_on_time_count', "declared_timeliness_code in ('early', 'on_time')"),
      ('declared_late_count', "declared_timeliness_code = 'late'"),
      ('closed_undated_count', 'not has_due_date'),
      ('closed_after_late_count', 'late_slice_date is not null'),
      ('withdrawn_after_late_count', 'is_withdrawn and late_slice_date is not null'),
      ('twice_supplemented_count', 'is_supplemented_twice'),
      ('supplement_known_count', 'is_supplemented_twice is not null'),
      ('last_days_supplemented_count', 'is_supplemented_on_last_days'),
      ('last_days_known_count', 'is_supplemented_on_last_days is not null'),
      ('notified_count', "timeliness_by_date_code = 'late' and is_notified_before_due"),
      ('notified_known_count', "timeliness_by_date_code = 'late' and is_notified_before_due is not null"),
      ('signed_by_head_count', "timeliness_by_date_code = 'late' and is_letter_signed_by_head"),
      ('signer_known_count', "timeliness_by_date_code = 'late' and is_letter_signed_by_head is not null"),
      ('new_date_count', "timeliness_by_date_code = 'late' and has_new_date"),
      ('new_date_known_count', "timeliness_by_date_code = 'late' and has_new_date is not null"),
      ('new_date_kept_count', "timeliness_by_date_code = 'late' and is_new_date_kept"),
      ('new_date_kept_known_count', "timeliness_by_date_code = 'late' and is_new_date_kept is not null"),
      ('fee_paid_online_count', 'is_fee_paid_online'),
      ('fee_paid_known_count', 'is_fee_paid_online is not null'),
      ('waiting_for_hand_over_count', 'is_waiting_for_hand_over'),
      ('hand_over_known_count', 'is_waiting_for_hand_over is not null'),
    ]},
    {'slice': 'late_slice_date', 'unit': 'late_unit_code', 'measures': [
      ('became_late_count', 'true'),
    ]},
    {'slice': 'due_slice_date', 'unit': 'due_unit_code', 'measures': [
      ('due_met_count', "timeliness_by_date_code in ('early', 'on_time')"),
      ('due_missed_count', "timeliness_by_date_code in ('late', 'open_late')"),
      ('due_not_judged_count', "timeliness_by_date_code = 'not_counted'"),
    ]},
    {'slice': 'handed_over_slice_date', 'unit': 'last_unit_code', 'measures': [
      ('handed_over_on_time_count', "timeliness_by_date_code <> 'not_counted' and handed_over_by_timestamp_code = 'on_time'"),
      ('handed_over_late_count', "timeliness_by_date_code <> 'not_counted' and handed_over_by_timestamp_code = 'late'"),
      ('handed_over_not_judged_count', "timeliness_by_date_code = 'not_counted' or handed_over_by_timestamp_code = 'no_due_date'"),
      ('returned_by_post_count', 'is_returned_by_post'),
      ('return_channel_known_count', 'is_returned_by_post is not null'),
    ]},
  ]) }}
{%- endmacro %}

{#- What a reorganisation takes from one unit and gives to another. -#}
{% macro transfer_measures() -%}
  {{ return([
    'passed_on_count', 'passed_on_undated_count', 'passed_on_late_count',
    'taken_over_count', 'taken_over_undated_count', 'taken_over_late_count',
  ]) }}
{%- endmacro %}

{#- What is known around a dossier (int_dossiers_attributed) and counted of it. -#}
{% macro service_attributes() -%}
  {{ return([
    'is_supplemented_twice', 'is_supplemented_on_last_days', 'is_notified_before_due', 'is_letter_signed_by_head', 'has_new_date',
    'is_new_date_kept', 'is_fee_paid_online', 'is_returned_by_post', 'is_waiting_for_hand_over', 'is_received_on_opened_day_off',
  ]) }}
{%- endmacro %}

{#- Everything counted at the resolving unit, hand-overs and waits past the due date too. -#}
{% macro resolving_measure_names() -%}
  {%- set names = [] -%}
  {%- for family in resolving_measures() -%}
    {%- for name, condition in family['measures'] -%}{%- do names.append(name) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(names + transfer_measures() + ['waiting_late_change']) }}
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
    'open_count': 'assigned_count + taken_over_count - passed_on_count - closed_count',
    'open_undated_count': 'assigned_undated_count + taken_over_undated_count - passed_on_undated_count - closed_undated_count',
    'open_late_count': 'became_late_count + taken_over_late_count - passed_on_late_count - closed_after_late_count',
    'waiting_late_count': 'waiting_late_change',
  }) }}
{%- endmacro %}

{#-
  The indicators counted of dossiers: code, numerator, denominator, exclusions, over the columns of int_unit_periods_counted.
  A count has no denominator.
-#}
{% macro dossier_indicators() -%}
  {#- In process in the period: carried in, received or taken over, with a due date, and neither withdrawn nor passed on in it. -#}
  {%- set to_be_processed = '(carried_open_count - carried_open_undated_count + assigned_count - assigned_undated_count'
    ~ ' + taken_over_count - taken_over_undated_count - passed_on_count + passed_on_undated_count'
    ~ ' - (withdrawn_count - withdrawn_undated_count))' -%}
  {%- set late_in_process = 'carried_open_late_count + became_late_count + taken_over_late_count - passed_on_late_count'
    ~ ' - withdrawn_after_late_count' -%}
  {{ return(closing_indicators() + [
    ('on_time_rate__received', 'cohort_met_count', 'cohort_judged_count', 'cohort_not_judged_count'),
    ('on_time_rate__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    ('on_time_score__qd766', 'qd766_judged_count - qd766_late_count', 'qd766_judged_count', 'qd766_not_judged_count'),
    (
      'on_time_rate__to_be_processed', to_be_processed ~ ' - (' ~ late_in_process ~ ')', to_be_processed,
      'carried_open_undated_count + assigned_undated_count + taken_over_undated_count - passed_on_undated_count'
        ~ ' + withdrawn_count - withdrawn_undated_count + assigned_unplaced_count',
    ),
    ('on_time_rate__declared_flag', 'declared_on_time_count', 'declared_on_time_count + declared_late_count', 'closed_count - declared_on_time_count - declared_late_count'),
    ('supplement_rate__twice', 'twice_supplemented_count', 'supplement_known_count', 'closed_count - supplement_known_count'),
    ('supplement_rate__last_days', 'last_days_supplemented_count', 'last_days_known_count', 'closed_count - last_days_known_count'),
    ('apology_rate__before_due', 'notified_count', 'notified_known_count', 'late_count - notified_known_count'),
    ('apology_rate__signed_by_head', 'signed_by_head_count', 'signer_known_count', 'late_count - signer_known_count'),
    ('apology_rate__new_date', 'new_date_count', 'new_date_known_count', 'late_count - new_date_known_count'),
    ('apology_rate__new_date_kept', 'new_date_kept_count', 'new_date_kept_known_count', 'late_count - new_date_kept_known_count'),
    ('online_payment_rate', 'fee_paid_online_count', 'fee_paid_known_count', 'closed_count - fee_paid_known_count'),
    ('hand_over_gap_rate', 'waiting_for_hand_over_count', 'hand_over_known_count', 'closed_count - hand_over_known_count'),
    (
      'postal_return_rate', 'returned_by_post_count', 'return_channel_known_count',
      'handed_over_on_time_count + handed_over_late_count + handed_over_not_judged_count - return_channel_known_count',
    ),
    ('day_off_reception_rate', 'day_off_count', 'day_off_known_count', 'received_count - day_off_known_count'),
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

{#- The dossiers that any of these measures counts, as a condition over int_dossiers_placed. -#}
{% macro is_counted_in(names) -%}
  {%- set conditions = [] -%}
  {%- for family in resolving_measures() -%}
    {%- for name, condition in family['measures'] if name in names -%}
      {%- do conditions.append(family['slice'] ~ ' is not null and (' ~ condition ~ ')') -%}
    {%- endfor -%}
  {%- endfor -%}
  ({{ conditions | join(' or ') }})
{%- endmacro %}

{#-
  The definitions that place a dossier on one day: code, the measures that count it as kept, as missed, and what it lacks when
  neither does: on the day (while it has none) and to be judged.
-#}
{% macro placed_verdicts() -%}
  {{ return([
    ('resolved', ['early_count', 'on_time_count'], ['late_count'], 'closed_slice_date', 'still_open', 'no_due_date'),
    ('resolved_timestamp', ['timestamp_on_time_count'], ['timestamp_late_count'], 'closed_slice_date', 'still_open', 'no_due_date'),
    ('resolved_original', ['original_on_time_count'], ['original_late_count'], 'closed_slice_date', 'still_open', 'no_due_date'),
    ('resolved_recomputed', ['recomputed_on_time_count'], ['recomputed_late_count'], 'closed_slice_date', 'still_open', 'no_limit'),
    ('handed_over', ['handed_over_on_time_count'], ['handed_over_late_count'], 'handed_over_slice_date', 'not_returned', 'no_due_date'),
    ('due_in_period', ['due_met_count'], ['due_missed_count'], 'due_slice_date', 'not_due', 'no_due_date'),
    ('declared_flag', ['declared_on_time_count'], ['declared_late_count'], 'closed_slice_date', 'still_open', 'no_flag'),
  ]) }}
{%- endmacro %}
