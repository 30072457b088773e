{#-
  One round of mixing a whole number 0 ≤ x < 2147483579: x³ + step, modulo that prime. The prime leaves 2 when divided by
  three, so that cubing only changes places, and no product here exceeds a bigint.
-#}
{% macro mixed_round(x, step) -%}
  ((({{ x }}) * ({{ x }}) % 2147483579) * ({{ x }}) + {{ step }}) % 2147483579
{%- endmacro %}

{#- The third (1 is the best) in which a rank among `unit_count` ranked units lies. -#}
{% macro third_of(unit_rank, unit_count) -%}
  case
    when 3 * ({{ unit_rank }} - 1) < {{ unit_count }} then 1
    when 3 * ({{ unit_rank }} - 1) < 2 * {{ unit_count }} then 2
    else 3
  end
{%- endmacro %}

{#- The value of one row of the seed scoring_thresholds, inside an aggregate over it. -#}
{% macro scoring_threshold(code) -%}
  cast(max(case when threshold_code = '{{ code }}' then threshold_value end) as bigint)
{%- endmacro %}
