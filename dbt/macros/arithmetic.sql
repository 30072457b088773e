{#-
  numerator / denominator, rounded half up to `scale` parts of one (1000000 = 6 digits), exactly.
  Whole-number arithmetic only: a decimal or floating quotient is rounded twice by at least one engine.
  Null when the denominator is null or zero; a negative numerator is not supported.
-#}
{% macro exact_ratio(numerator, denominator, scale) -%}
  cast(
    (
      (2 * cast({{ numerator }} as bigint) * {{ scale }} + cast({{ denominator }} as bigint))
      - (2 * cast({{ numerator }} as bigint) * {{ scale }} + cast({{ denominator }} as bigint))
        % (2 * nullif(cast({{ denominator }} as bigint), 0))
    ) / (2 * nullif(cast({{ denominator }} as bigint), 0))
    as bigint
  )
{%- endmacro %}

{#- Exact ratio as a rate, decimal(18,6). -#}
{% macro rate(numerator, denominator) -%}
  cast(
    cast({{ exact_ratio(numerator, denominator, 1000000) }} as decimal(18, 0)) * cast(0.000001 as decimal(7, 6))
    as decimal(18, 6)
  )
{%- endmacro %}

{#-
  One bound of the Wilson score interval of numerator / denominator, decimal(18,6), inside [0, 1]; of 95 % unless another
  normal quantile `z` is given. `side` is '-' or '+'. Wilson (1927), "Probable inference, the law of succession, and statistical inference".
-#}
{% macro wilson_bound(numerator, denominator, side, z=none) -%}
  {%- set n = "cast(nullif(" ~ denominator ~ ", 0) as double)" -%}
  {{ wilson_bound_of_share("(cast(" ~ numerator ~ " as double) / " ~ n ~ ")", n, side, z) }}
{%- endmacro %}

{#- The same of a share `p` of `n` (both doubles, p between 0 and 1, n above 0 or null). Null where either is: least and greatest pass over nothing. -#}
{% macro wilson_bound_of_share(p, n, side, z=none) -%}
  {%- set z = z or interval_quantile() -%}
  case when {{ p }} is not null and {{ n }} is not null then cast(
    greatest(0, least(1, round((
      ({{ p }} + {{ z }} * {{ z }} / (2 * {{ n }}))
      {{ side }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }}))
    ) / (1 + {{ z }} * {{ z }} / {{ n }}), 6)))
    as decimal(18, 6)
  ) end
{%- endmacro %}

{#- The chance that a statement made with confidence is wrong, and the two-sided normal quantile of one such statement. -#}
{% macro error_rate() -%}
  {{ return("0.05e0") }}
{%- endmacro %}

{% macro interval_quantile() -%}
  {{ return("1.959963984540054e0") }}
{%- endmacro %}

{#- Median of a decimal column inside a GROUP BY, as decimal(18,6). -#}
{% macro median_decimal(column) -%}
  cast(percentile_cont(0.5) within group (order by {{ column }} nulls last) as decimal(18, 6))
{%- endmacro %}

{#-
  The part of a whole `amount` that falls to what lies between `from_weight` and `to_weight` of `total_weight`: whole, and
  the parts of one total add up to the amount exactly, because each is a difference of two rounded-down running sums.
-#}
{% macro share_between(amount, from_weight, to_weight, total_weight) -%}
  ({{ whole_share(amount, to_weight, total_weight) }} - {{ whole_share(amount, from_weight, total_weight) }})
{%- endmacro %}

{% macro whole_share(amount, weight, total_weight) -%}
  coalesce(cast(round(
    (cast({{ amount }} as bigint) * cast({{ weight }} as bigint)
      - (cast({{ amount }} as bigint) * cast({{ weight }} as bigint)) % nullif(cast({{ total_weight }} as bigint), 0))
    / nullif(cast({{ total_weight }} as bigint), 0)
  ) as bigint), 0)
{%- endmacro %}
