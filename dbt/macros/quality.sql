{#-
  What a data-quality grade looks at: measure code, numerator, denominator (columns of int_unit_periods_checked), in the
  order in which reasons are told. The thresholds are rows of the seed quality_grade_bands.
-#}
{% macro quality_measures() -%}
  {{ return([
    ('flagged_dossiers', 'flagged_dossier_count', 'dossier_count'),
    ('dossiers_without_due_date', 'no_due_date_count', 'dossier_count'),
    ('months_without_dossiers', 'dossiers_expected_month_count - dossiers_received_month_count', 'dossiers_expected_month_count'),
    ('months_without_reports', 'reports_expected_month_count - reports_received_month_count', 'reports_expected_month_count'),
    ('months_without_answers', 'answers_expected_month_count - answers_received_month_count', 'answers_expected_month_count'),
  ]) }}
{%- endmacro %}

{#- Classes of flagged rows that are counted apart; a rule that the seed rule_classes does not name is `other`. -#}
{% macro rule_classes_counted() -%}
  {{ return(['no_due_date', 'impossible_order', 'future_date', 'state_conflict', 'duplicate', 'unknown_code', 'other']) }}
{%- endmacro %}

{#- What units are asked for month by month. -#}
{% macro feeds() -%}
  {{ return(['dossiers', 'reports', 'answers']) }}
{%- endmacro %}
