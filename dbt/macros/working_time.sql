{#-
  Working time between moments, without a loop: a moment becomes a number of working seconds since the calendar began by
  one join to its day in int_clock_days_measured, and a number of working seconds becomes a moment by one join back.
  A working day has the same 28,800 seconds (8 hours) for every clock; a rule of gate 1 keeps it so.
-#}

{% macro working_day_seconds() -%} 28800 {%- endmacro %}

{#- The clock of a dossier: its resolving unit's, else its authority's, else the country's; both are rows of int_clocks_defined. -#}
{% macro clock_in_force(unit, authority) -%}
  coalesce({{ unit }}.clock_code, {{ authority }}.clock_code, 'VN/VN')
{%- endmacro %}

{#- Seconds since midnight of a timestamp. -#}
{% macro second_of_day(moment) -%}
  (hour({{ moment }}) * 3600 + minute({{ moment }}) * 60 + cast(floor(second({{ moment }})) as integer))
{%- endmacro %}

{#- "07:30" as seconds since midnight. -#}
{% macro clock_second(column) -%}
  (cast(substring({{ column }}, 1, 2) as integer) * 3600 + cast(substring({{ column }}, 4, 2) as integer) * 60)
{%- endmacro %}

{#- Seconds worked on its day up to `second`; `day` is a row of int_clock_days_measured. -#}
{% macro seconds_worked_by(second, day) -%}
  (greatest(least({{ second }}, {{ day }}.break_starts_second) - {{ day }}.opens_second, 0)
  + greatest(least({{ second }}, {{ day }}.closes_second) - {{ day }}.break_ends_second, 0))
{%- endmacro %}

{#- Working seconds from the start of the calendar to `moment`; `day` is the row of its date. -#}
{% macro working_seconds_at(moment, day) -%}
  (case
    when {{ day }}.is_working_day
      then cast({{ day }}.working_day_index - 1 as bigint) * {{ working_day_seconds() }} + {{ seconds_worked_by(second_of_day(moment), day) }}
    else cast({{ day }}.working_day_index as bigint) * {{ working_day_seconds() }}
  end)
{%- endmacro %}

{#-
  Where a clock starts that is set going at `moment`: before opening it is the opening, in the break its end, after closing
  or on a day off the opening of the next working day; else the moment. As a pair: the index of the working day, and the
  second of that day (null: its opening).
-#}
{% macro is_before_closing(moment, day) -%}
  ({{ day }}.is_working_day and {{ second_of_day(moment) }} <= {{ day }}.closes_second)
{%- endmacro %}

{% macro clock_start_index(moment, day) -%}
  (case when {{ is_before_closing(moment, day) }} then {{ day }}.working_day_index else {{ day }}.working_day_index + 1 end)
{%- endmacro %}

{% macro clock_start_second(moment, day) -%}
  (case
    when not {{ is_before_closing(moment, day) }} then null
    when {{ second_of_day(moment) }} > {{ day }}.break_starts_second and {{ second_of_day(moment) }} < {{ day }}.break_ends_second
      then {{ day }}.break_ends_second
    else greatest({{ second_of_day(moment) }}, {{ day }}.opens_second)
  end)
{%- endmacro %}

{#- Seconds worked on the day on which the clock starts, up to the start: 0 when it starts at the opening. -#}
{% macro clock_start_offset(moment, day) -%}
  (case when {{ is_before_closing(moment, day) }} then {{ seconds_worked_by(second_of_day(moment), day) }} else 0 end)
{%- endmacro %}

{#-
  The day on which `added` working seconds after a start are used up, and the second of it. Whole days of a limit given in
  days keep the time of day (`keeps_time`); anything else is spent to the last second, so that a boundary is the end of a
  shift and not the start of the next.
-#}
{% macro deadline_index(start_index, start_offset, added, keeps_time) -%}
  ({{ start_index }} + case
    when {{ keeps_time }} and {{ added }} % {{ working_day_seconds() }} = 0 then {{ whole_days(added) }}
    else {{ whole_days('(' ~ start_offset ~ ' + ' ~ added ~ ' - 1)') }}
  end)
{%- endmacro %}

{% macro deadline_second(start_second, start_offset, added, keeps_time, day) -%}
  (case
    when {{ keeps_time }} and {{ added }} % {{ working_day_seconds() }} = 0
      then least(greatest(coalesce({{ start_second }}, {{ day }}.opens_second), {{ day }}.opens_second), {{ day }}.closes_second)
    when ({{ start_offset }} + {{ added }} - 1) % {{ working_day_seconds() }} + 1 <= {{ day }}.break_starts_second - {{ day }}.opens_second
      then {{ day }}.opens_second + ({{ start_offset }} + {{ added }} - 1) % {{ working_day_seconds() }} + 1
    else
      {{ day }}.break_ends_second + ({{ start_offset }} + {{ added }} - 1) % {{ working_day_seconds() }} + 1
      - ({{ day }}.break_starts_second - {{ day }}.opens_second)
  end)
{%- endmacro %}

{#- Whole working days in a number of working seconds. -#}
{% macro whole_days(seconds) -%}
  cast(({{ seconds }} - ({{ seconds }}) % {{ working_day_seconds() }}) / {{ working_day_seconds() }} as bigint)
{%- endmacro %}

{#- Seconds from the start of the year 2000 to a timestamp, nights and days off included. -#}
{% macro elapsed_seconds_at(moment) -%}
  ({{ elapsed_days_at(local_date(moment)) }} * 86400 + {{ second_of_day(moment) }})
{%- endmacro %}

{#- The same scale at the moment at which a clock starts that is set going at `moment`; `day` is the row of its date. -#}
{% macro elapsed_clock_start(moment, day) -%}
  (case
    when {{ is_before_closing(moment, day) }}
      then {{ elapsed_days_at(day ~ '.calendar_date') }} * 86400 + {{ clock_start_second(moment, day) }}
    else {{ elapsed_days_at(day ~ '.following_working_date') }} * 86400 + {{ day }}.following_opens_second
  end)
{%- endmacro %}

{#- Days from 01/01/2000 to a date, and the date of a number of such seconds. -#}
{% macro elapsed_days_at(date_column) -%}
  cast({{ dbt.datediff("cast('2000-01-01' as date)", date_column, "day") }} as bigint)
{%- endmacro %}

{% macro date_of_elapsed(seconds) -%}
  (cast('2000-01-01' as date) + cast((({{ seconds }}) - ({{ seconds }}) % 86400) / 86400 as integer))
{%- endmacro %}
