{#-
  The columns of form II.06a over int_unit_domain_periods_counted: 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11. What a
  unit that ended handed over is carried over, from another unit. From withdrawn_count on stands what the form counts as on time or
  in time without saying so, and what it leaves out.
-#}
{% macro form_columns() -%}
  {{ return({
    'received_total_count': 'carried_open_count + taken_over_count + assigned_count',
    'received_online_count': 'assigned_online_count',
    'received_direct_count': 'assigned_count - assigned_online_count',
    'received_postal_count': 'assigned_postal_count',
    'received_carried_count': 'carried_open_count + taken_over_count',
    'resolved_total_count': 'closed_count',
    'resolved_early_count': 'early_count',
    'resolved_on_time_count': 'on_time_count + no_due_date_count + withdrawn_count',
    'resolved_late_count': 'late_count',
    'open_total_count': 'open_count',
    'open_in_time_count': 'open_count - open_late_count + waiting_late_count',
    'open_late_count': 'open_late_count - waiting_late_count',
    'withdrawn_count': 'withdrawn_count',
    'resolved_undated_count': 'no_due_date_count',
    'waiting_late_count': 'waiting_late_count',
    'open_undated_count': 'open_undated_count',
    'channel_unknown_count': 'assigned_channel_unknown_count',
    'unplaced_count': 'assigned_unplaced_count',
    'taken_over_count': 'taken_over_count',
    'passed_on_count': 'passed_on_count',
  }) }}
{%- endmacro %}

{#-
  The columns of form II.06a by the group in which they explain each other: group, its whole, the part that speaks well of the
  unit, the part that does not.
-#}
{% macro form_groups() -%}
  {{ return({
    'received': {
      'measures': ['received_total_count', 'received_online_count', 'received_direct_count', 'received_carried_count'],
      'whole': 'received_total_count', 'good': 'received_online_count + received_direct_count', 'bad': 'received_carried_count',
    },
    'resolved': {
      'measures': ['resolved_total_count', 'resolved_early_count', 'resolved_on_time_count', 'resolved_late_count'],
      'whole': 'resolved_total_count', 'good': 'resolved_early_count + resolved_on_time_count', 'bad': 'resolved_late_count',
    },
    'open': {
      'measures': ['open_total_count', 'open_in_time_count', 'open_late_count'],
      'whole': 'open_total_count', 'good': 'open_in_time_count', 'bad': 'open_late_count',
    },
  }) }}
{%- endmacro %}

{#-
  Other ways of counting the columns of form II.06a, over int_unit_domain_periods_counted: cause, group, whole, good, bad. In the
  order in which they are tried; the first that gives exactly what was reported is the cause of the difference.
-#}
{% macro form_readings() -%}
  {{ return([
    ('other_definition', 'resolved', 'closed_count - withdrawn_count - no_due_date_count', 'early_count + on_time_count', 'late_count'),
    ('other_definition', 'open', 'open_count', 'open_count - open_late_count', 'open_late_count'),
    ('compared_by_timestamp', 'resolved', 'closed_count', 'closed_count - timestamp_late_count', 'timestamp_late_count'),
    ('original_due_date', 'resolved', 'closed_count', 'closed_count - original_late_count', 'original_late_count'),
    ('recomputed_due_date', 'resolved', 'closed_count', 'closed_count - recomputed_late_count', 'recomputed_late_count'),
    (
      'hand_over_date', 'resolved', 'handed_over_on_time_count + handed_over_late_count + handed_over_not_judged_count',
      'handed_over_on_time_count + handed_over_not_judged_count', 'handed_over_late_count',
    ),
  ]) }}
{%- endmacro %}

{#- Other readings of a reported on-time share: the cause that a computed indicator of another definition stands for. -#}
{% macro indicator_readings() -%}
  {{ return({
    'on_time_rate__resolved_timestamp': 'compared_by_timestamp',
    'on_time_rate__resolved_original': 'original_due_date',
    'on_time_rate__resolved_recomputed': 'recomputed_due_date',
    'on_time_rate__handed_over': 'hand_over_date',
  }) }}
{%- endmacro %}
