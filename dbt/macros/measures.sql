{#- What is counted of dossiers, named once: counting by month and summing by period both read these lists. -#}

{#- Counted in the month of receipt, at the receiving unit. -#}
{% macro received_measures() -%}
  {{ return(['received_count', 'channel_known_count', 'online_count']) }}
{%- endmacro %}

{#- Counted in the month of completion, at the resolving unit. -#}
{% macro closed_measures() -%}
  {{ return([
    'closed_count', 'early_count', 'on_time_count', 'late_count', 'no_due_date_count', 'not_judged_count',
    'timestamp_on_time_count', 'timestamp_late_count',
  ]) }}
{%- endmacro %}
