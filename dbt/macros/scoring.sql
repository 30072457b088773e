{#- What the scoring engine computes with: whole numbers wide enough for a maximum × a count × 10^6. -#}
{% macro type_wide_integer() -%}
  {{ return(adapter.dispatch('type_wide_integer', 'cchc')()) }}
{%- endmacro %}

{% macro default__type_wide_integer() -%}
  decimal(38, 0)
{%- endmacro %}

{% macro duckdb__type_wide_integer() -%}
  hugeint
{%- endmacro %}

{% macro wide(expression) -%}
  cast({{ expression }} as {{ type_wide_integer() }})
{%- endmacro %}

{#- A decimal with six digits as a whole number of millionths. -#}
{% macro millionths(expression) -%}
  {{ wide("round(cast(" ~ expression ~ " as decimal(28, 6)) * 1000000, 0)") }}
{%- endmacro %}

{#- The decimal(18,6) of a whole number of millionths. -#}
{% macro from_millionths(expression) -%}
  cast(cast({{ expression }} as decimal(18, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6))
{%- endmacro %}

{#- The whole number below numerator / denominator, both wide, not negative, and what is left over. -#}
{% macro quotient_below(numerator, denominator) -%}
  cast(round((({{ numerator }}) - ({{ numerator }}) % ({{ denominator }})) / ({{ denominator }})) as bigint)
{%- endmacro %}

{#-
  numerator / denominator (wide whole numbers, not negative, denominator above 0) as a whole number, rounded as the column
  `mode` says: half_up, half_even or truncate. Exact: nothing is divided before it divides evenly.
-#}
{% macro rounded_quotient(numerator, denominator, mode) -%}
  {{ quotient_below(numerator, denominator) }}
  + case
      when {{ mode }} = 'truncate' then 0
      when 2 * (({{ numerator }}) % ({{ denominator }})) > ({{ denominator }}) then 1
      when 2 * (({{ numerator }}) % ({{ denominator }})) < ({{ denominator }}) then 0
      when {{ mode }} = 'half_up' then 1
      else {{ quotient_below(numerator, denominator) }} % 2
    end
{%- endmacro %}

{#- A decimal(18,6), possibly negative, rounded to `digits` (a column, 0 to 6) as `mode` says; away from zero for half_up. -#}
{% macro rounded_to(value, digits, mode) -%}
  cast(
    sign({{ value }}) * ({{ rounded_quotient(millionths("abs(" ~ value ~ ")"), power_of_ten("6 - " ~ digits), mode) }})
    * {{ power_of_ten("6 - " ~ digits) }} as decimal(18, 0)
  ) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}

{#- 10 to a small whole power, as a wide whole number. -#}
{% macro power_of_ten(exponent) -%}
  {{ wide("power(10, " ~ exponent ~ ")") }}
{%- endmacro %}

{#-
  The two-sided normal quantile at which every pair of `unit_count` units may be compared and all verdicts of a ranking
  together are wrong with a chance of at most 5 % (Bonferroni over unit_count × (unit_count − 1) / 2 pairs).
  Acklam's rational approximation of the tail, relative error below 1.2e-9; two units are one pair: 1.959964.
-#}
{% macro pairwise_quantile(unit_count) -%}
  {%- set q = "sqrt(-2 * ln(" ~ error_rate() ~ " / (" ~ unit_count ~ " * (" ~ unit_count ~ " - 1))))" -%}
  case
    when {{ unit_count }} <= 2 then {{ interval_quantile() }}
    else round(-(
      (((((-7.784894002430293e-03 * {{ q }} - 3.223964580411365e-01) * {{ q }} - 2.400758277161838e+00) * {{ q }}
      - 2.549732539343734e+00) * {{ q }} + 4.374664141464968e+00) * {{ q }} + 2.938163982698783e+00)
      / ((((7.784695709041462e-03 * {{ q }} + 3.224671290700398e-01) * {{ q }} + 2.445134137142996e+00) * {{ q }}
      + 3.754408661907416e+00) * {{ q }} + 1)
    ), 9)
  end
{%- endmacro %}

{#-
  One bound of the figure numerator / denominator that is the mean of `sample_count` observations, each worth from nothing to
  `scale`: no such mean varies more than a share of the same size (Bhatia, Davis 2000), so it has the share's score interval.
  Null where it is not told what it is a mean of, or the figure lies outside. decimal(18,6).
-#}
{% macro figure_bound(numerator, denominator, sample_count, scale, side, z=none) -%}
  case
    when {{ sample_count }} > 0 and {{ denominator }} > 0 and {{ numerator }} between 0 and {{ scale }} * {{ denominator }} then
      cast({{ scale }} * {{ wilson_bound_of_share(
        "(cast(" ~ numerator ~ " as double) / " ~ denominator ~ " / " ~ scale ~ ")", "cast(" ~ sample_count ~ " as double)", side, z
      ) }} as decimal(18, 6))
  end
{%- endmacro %}

{#- What part of a change (`sign` and size, doubles) of a score is left under a cap; 0 where there is none. -#}
{% macro share_under_cap(cap, score, sign, size) -%}
  case
    when {{ size }} = 0 then 0
    else abs(least({{ cap }}, {{ score }} {{ sign }} {{ size }}) - least({{ cap }}, {{ score }})) / {{ size }}
  end
{%- endmacro %}

{#-
  Per unit of `relation`, how many of its peers (same `keys`) are surely better and surely worse. `relation` has one row per
  ranked unit with `better_value` (more is better), and `below_width`, `above_width`: how far luck may reach down and up at
  the level of the whole ranking. A difference is beyond luck when it exceeds the root of the squares of the two widths that
  face each other (MOVER: Zou, Donner 2008; for rates the score method of Newcombe 1998), and the `tolerance` (a column) up to
  which units tie; units of one `tie_number` are never told apart.
-#}
{% macro surely_compared(relation, keys, tolerance="0") -%}
  select
      {% for key in keys %}units.{{ key }}, {% endfor %}
      units.unit_code,
      sum(case
          when peers.better_value - units.better_value
              > greatest({{ tolerance }}, sqrt(peers.below_width * peers.below_width + units.above_width * units.above_width)) + 1e-9
              {{ "and peers.tie_number <> units.tie_number" if tolerance != "0" }} then 1
          else 0
      end) as surely_better_count,
      sum(case
          when units.better_value - peers.better_value
              > greatest({{ tolerance }}, sqrt(units.below_width * units.below_width + peers.above_width * peers.above_width)) + 1e-9
              {{ "and peers.tie_number <> units.tie_number" if tolerance != "0" }} then 1
          else 0
      end) as surely_worse_count
  from {{ relation }} as units
  inner join {{ relation }} as peers
      on {% for key in keys %}{{ "and " if not loop.first }}units.{{ key }} = peers.{{ key }} {% endfor %}
  group by {% for key in keys %}units.{{ key }}, {% endfor %}units.unit_code
{%- endmacro %}

{#- The number of the group of `keys` that can be told apart from the ones above: a new one begins where everybody above is surely better than everybody from here on. -#}
{% macro told_apart(relation, keys) -%}
  select
      {{ keys | join(", ") }},
      unit_code,
      cast(1 + sum(case when highest_rank_above < position_number then 1 else 0 end) over (
          partition by {{ keys | join(", ") }}
          order by position_number nulls last
          rows between unbounded preceding and current row
      ) as integer) as distinct_group_number
  from (
      select
          {{ keys | join(", ") }},
          unit_code,
          position_number,
          max(rank_high) over (
              partition by {{ keys | join(", ") }}
              order by position_number nulls last
              rows between unbounded preceding and 1 preceding
          ) as highest_rank_above
      from {{ relation }}
  ) as running
{%- endmacro %}

{#- One relation's columns equal the other's, for a join. -#}
{% macro same_columns(one, other, columns) -%}
  {% for column in columns %}{{ "and " if not loop.first }}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ " " if not loop.last }}{% endfor %}
{%- endmacro %}

{#-
  What a part of a mean or a weighted sum puts in: the share of its own maximum that `score` is, twelve digits, times its
  weight, six digits; a part without a score puts in nothing. Reads the columns applicable_max_score and weight.
-#}
{% macro weighed_share(score) -%}
  {{ wide('(' ~ rounded_quotient(
      millionths('coalesce(' ~ score ~ ', 0)') ~ ' * 1000000000000', millionths('applicable_max_score'), "'half_up'"
  ) ~ ')') }} * {{ millionths('weight') }}
{%- endmacro %}

{#-
  The CTEs and the select of the rows that belong to each version of a regulation; the caller writes `with`. `versions` is
  int_regulations_unioned, `landed` what provinces sent (with its `keys`), `national` the seed, both with `columns`.
  What was in force on the first day of a version belongs to it; where a part of it begins on a later day than the rest,
  the newest day alone: a new year that is sent whole leaves nothing of the old one standing.
-#}
{% macro rows_of_versions(versions, landed, keys, national, columns) -%}
versions as (

    select authority_code, regulation_code, regulation_version_code, valid_from_date, origin_code
    from {{ versions }}

),

landed as (

    {{ newest_version(landed, ['authority_code', 'regulation_code'] + keys + ['valid_from_date']) }}

),

dated as (

    {%- for relation, origin, join in [
        ('landed', 'landed', 'versions.authority_code = rows_here.authority_code and '),
        (national, 'national', ''),
    ] %}
    select
        versions.authority_code,
        versions.regulation_code,
        versions.regulation_version_code,
        {%- for column in columns %}
        rows_here.{{ column }},
        {%- endfor %}
        rows_here.valid_from_date as row_valid_from_date,
        max(rows_here.valid_from_date) over (
            partition by versions.authority_code, versions.regulation_version_code
        ) as newest_valid_from_date
    from versions
    inner join {{ relation }} as rows_here
        on
            {{ join }}versions.regulation_code = rows_here.regulation_code
            and versions.origin_code = '{{ origin }}'
            and rows_here.valid_from_date <= versions.valid_from_date
            and coalesce(rows_here.valid_to_date >= versions.valid_from_date, true)
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    authority_code,
    regulation_code,
    regulation_version_code,
    {{ columns | join(",\n    ") }}
from dated
where row_valid_from_date = newest_valid_from_date
{%- endmacro %}
