{#-
  When processing ended, as known by the end of the as-of date; null while it had not. Some systems record only the
  hand-over; it bounds the end of processing from above.
-#}
{% macro known_finish(completed_at, returned_at, as_of_date) -%}
  case
    when coalesce({{ completed_at }}, {{ returned_at }}) < cast({{ as_of_date }} + 1 as timestamp)
      then coalesce({{ completed_at }}, {{ returned_at }})
  end
{%- endmacro %}

{#- What state a dossier is in by the end of the as-of date: its declared state, as far as its dates bear it out. -#}
{% macro state_as_of(declared_state, completed_at, is_completed_later) -%}
  case
    when {{ declared_state }} in ('not_received', 'refused') then {{ declared_state }}
    when coalesce({{ is_completed_later }}, false) then 'in_progress'
    when {{ completed_at }} is not null and {{ declared_state }} in ('withdrawn', 'stopped', 'returned') then {{ declared_state }}
    when {{ completed_at }} is not null then 'finished'
    else coalesce({{ declared_state }}, 'in_progress')
  end
{%- endmacro %}

{#- Whether nothing is left to do, as far as is known. -#}
{% macro is_closed(state_code, completed_at) -%}
  ({{ completed_at }} is not null or {{ state_code }} in ('withdrawn', 'finished', 'returned'))
{%- endmacro %}

{#- Outside every on-time rate: never received, withdrawn, stopped, or finished without a date. -#}
{% macro is_judgeable(is_counted, state_code, completed_at) -%}
  {{ is_counted }}
  and not ({{ is_closed(state_code, completed_at) }} and ({{ completed_at }} is null or {{ state_code }} in ('withdrawn', 'stopped')))
{%- endmacro %}

{#-
  The verdict on one dossier: early, on_time, late once it is finished; open_in_time, open_late while it is open;
  no_due_date where there is nothing to compare with. `finished_at` is null while open; `judged_date` is the day on which
  an open one is judged.
-#}
{% macro timeliness_by_date(due_at, finished_at, judged_date) -%}
  case
    when {{ due_at }} is null then 'no_due_date'
    when {{ local_date(finished_at) }} < {{ local_date(due_at) }} then 'early'
    when {{ local_date(finished_at) }} = {{ local_date(due_at) }} then 'on_time'
    when {{ finished_at }} is not null then 'late'
    when {{ judged_date }} > {{ local_date(due_at) }} then 'open_late'
    else 'open_in_time'
  end
{%- endmacro %}

{#- The same by the clock; a due date that lands at midnight has no time and means its whole day. -#}
{% macro timeliness_by_timestamp(due_at, finished_at, judged_date) -%}
  case
    when {{ due_at }} is null then 'no_due_date'
    when {{ finished_at }} <= {{ due_at }} then 'on_time'
    when {{ second_of_day(due_at) }} = 0 and {{ local_date(finished_at) }} = {{ local_date(due_at) }} then 'on_time'
    when {{ finished_at }} is not null then 'late'
    when {{ judged_date }} > {{ local_date(due_at) }} then 'open_late'
    when {{ judged_date }} = {{ local_date(due_at) }} and {{ second_of_day(due_at) }} > 0 then 'open_late'
    else 'open_in_time'
  end
{%- endmacro %}

{#- What a verdict comes down to: met, missed, or null where there is none. -#}
{% macro is_met(verdict) -%}
  case
    when {{ verdict }} in ('early', 'on_time', 'open_in_time') then true
    when {{ verdict }} in ('late', 'open_late') then false
  end
{%- endmacro %}

{#- The last moment at which a limit is still kept: one that lands at midnight has no time and means its whole day. -#}
{% macro end_of_limit(due_at) -%}
  (case
    when {{ second_of_day(due_at) }} = 0 then {{ moment_of_day(local_date(due_at), 86399) }}
    else {{ due_at }}
  end)
{%- endmacro %}
