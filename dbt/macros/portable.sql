{#-
  What differs between engines lives here, dispatched; models hold no engine branch.
  Everything else in models is the portable set that a lint over the compiled SQL keeps.
-#}

{#- One row per day from start_date to end_date, both inclusive, as column `calendar_date`. -#}
{% macro days_between(start_date, end_date) -%}
  {{ return(adapter.dispatch('days_between', 'cchc')(start_date, end_date)) }}
{%- endmacro %}

{% macro default__days_between(start_date, end_date) -%}
  select cast(day_at as date) as calendar_date
  from (select explode(sequence({{ start_date }}, {{ end_date }})) as day_at) as days
{%- endmacro %}

{% macro duckdb__days_between(start_date, end_date) -%}
  select cast(day_at as date) as calendar_date
  from (select unnest(generate_series({{ start_date }}, {{ end_date }}, interval 1 day)) as day_at) as days
{%- endmacro %}

{#- Minutes are never needed here: a calendar date of a local timestamp. -#}
{% macro local_date(timestamp_column) -%}
  cast({{ timestamp_column }} as date)
{%- endmacro %}

{#- First day of the month of a date or timestamp, as a date. -#}
{% macro month_start(date_column) -%}
  cast(date_trunc('month', {{ date_column }}) as date)
{%- endmacro %}

{#- Two-digit text of a small whole number: 3 -> '03'. -#}
{% macro two_digits(number) -%}
  lpad(cast({{ number }} as {{ dbt.type_string() }}), 2, '0')
{%- endmacro %}

{#- Codes of the year and the quarter of a date or timestamp, as in dim_periods: '2026', '2026-Q1'. -#}
{% macro year_code(date_column) -%}
  cast(year({{ date_column }}) as {{ dbt.type_string() }})
{%- endmacro %}

{% macro quarter_code(date_column) -%}
  {{ year_code(date_column) }} || '-Q' || cast(quarter({{ date_column }}) as {{ dbt.type_string() }})
{%- endmacro %}

{#- The timestamp that is `seconds` after midnight of a date. -#}
{% macro moment_of_day(date_column, seconds) -%}
  {{ return(adapter.dispatch('moment_of_day', 'cchc')(date_column, seconds)) }}
{%- endmacro %}

{% macro default__moment_of_day(date_column, seconds) -%}
  timestampadd(second, {{ seconds }}, cast({{ date_column }} as timestamp))
{%- endmacro %}

{% macro duckdb__moment_of_day(date_column, seconds) -%}
  (cast({{ date_column }} as timestamp) + to_seconds({{ seconds }}))
{%- endmacro %}

{#- One row per part of `text_column` between separators, as column `part_text`, beside `columns`; none where it is null. -#}
{% macro text_parts(relation, columns, text_column, separator) -%}
  {{ return(adapter.dispatch('text_parts', 'cchc')(relation, columns, text_column, separator)) }}
{%- endmacro %}

{% macro default__text_parts(relation, columns, text_column, separator) -%}
  select {{ columns | join(", ") }}, explode(split({{ text_column }}, '{{ separator }}')) as part_text
  from {{ relation }}
  where {{ text_column }} is not null
{%- endmacro %}

{% macro duckdb__text_parts(relation, columns, text_column, separator) -%}
  select {{ columns | join(", ") }}, unnest(string_split({{ text_column }}, '{{ separator }}')) as part_text
  from {{ relation }}
  where {{ text_column }} is not null
{%- endmacro %}
