{#- Columns that say of which people an answer comes; a breakdown is one of them. -#}
{% macro survey_groups() -%}
  {{ return(['gender', 'age_band', 'ethnicity', 'education', 'occupation', 'residence']) }}
{%- endmacro %}

{#- A survey (wave_code alone is not one: a ballot of another questionnaire in it is another measurement). -#}
{% macro survey_key() -%}
  {{ return(['authority_code', 'wave_code', 'instrument_code']) }}
{%- endmacro %}

{#- Rows of the national seed for every authority that sends data, but for the `set_code`s that it defines itself. -#}
{% macro national_or_own(seed, own, set_code, columns) -%}
own as (

    {{ own }}

),

own_sets as (

    select distinct authority_code, {{ set_code }} from own

),

authorities as (

    select distinct authority_code from {{ ref('int_delivery_authorities_unioned') }}

)

select
    authorities.authority_code,
    {%- for column in columns %}
    national.{{ column }},
    {%- endfor %}
    'national' as origin_code
from {{ seed }} as national
cross join authorities
left join own_sets
    on authorities.authority_code = own_sets.authority_code and national.{{ set_code }} = own_sets.{{ set_code }}
where own_sets.{{ set_code }} is null
union all
select
    authority_code,
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    'own' as origin_code
from own
{%- endmacro %}

{#-
  Sums of every statistic over ballots of one stratum and cluster that answered alike: one row per domain, measure, statistic,
  stratum, cluster and kind of answer of the CTE `members`, with the `a` and `b` of int_survey_moments_summed and their
  products. All who answer alike have the same a / weight, so only weights and their squares are added up over people; the
  linearised values of a mean of shares are each ballot's own. Needs the CTEs `answers`, `measures`, `factor_parts`,
  `ballot_sums`, `item_shares`.
  Means are estimated of all people together; of a group within one unit, only the index.
-#}
{% macro survey_statistic_rows(members) -%}
answer_{{ members }} as (

    select
        {{ members }}.domain_number,
        measures.measure_number,
        {{ members }}.stratum_number,
        {{ members }}.cluster_number,
        {{ members }}.is_group,
        answers.positive_count,
        answers.option_value,
        sum({{ members }}.ballot_weight) as weight,
        sum({{ members }}.weight_square) as weight_square,
        count(*) as ballot_count
    from answers
    inner join measures on answers.item_number = measures.item_number
    inner join {{ members }} on answers.ballot_number = {{ members }}.ballot_number
    where measures.measure_level_code = 'item' and not {{ members }}.is_unit_group
    group by
        {{ members }}.domain_number, measures.measure_number, {{ members }}.stratum_number, {{ members }}.cluster_number,
        {{ members }}.is_group, answers.positive_count, answers.option_value

),

pooled_{{ members }} as (

    select
        {{ members }}.domain_number,
        ballot_sums.measure_number,
        {{ members }}.stratum_number,
        {{ members }}.cluster_number,
        ballot_sums.positive_count,
        ballot_sums.valid_count,
        sum({{ members }}.ballot_weight) as weight,
        sum({{ members }}.weight_square) as weight_square,
        count(*) as ballot_count
    from ballot_sums
    inner join {{ members }} on ballot_sums.ballot_number = {{ members }}.ballot_number
    where
        not {{ members }}.is_group
        or ({{ members }}.index_formula_code = 'pooled' and (ballot_sums.is_index or {{ members }}.is_authority_group))
    group by
        {{ members }}.domain_number, ballot_sums.measure_number, {{ members }}.stratum_number, {{ members }}.cluster_number,
        ballot_sums.positive_count, ballot_sums.valid_count

),

parted_{{ members }} as (

    select
        {{ members }}.domain_number, {{ members }}.ballot_number, {{ members }}.stratum_number, {{ members }}.cluster_number,
        {{ members }}.is_unit_group, item_shares.factor_number,
        sum(cast(
            cast(answers.ballot_weight as double) * (answers.positive_count - item_shares.share) * item_shares.scale
            as decimal(18, 9)
        )) as a,
        count(*) as valid_count
    from answers
    inner join {{ members }} on answers.ballot_number = {{ members }}.ballot_number
    inner join item_shares
        on {{ members }}.domain_number = item_shares.domain_number and answers.item_number = item_shares.item_number
    where not {{ members }}.is_group or {{ members }}.index_formula_code = 'mean_of_shares'
    group by
        {{ members }}.domain_number, {{ members }}.ballot_number, {{ members }}.stratum_number, {{ members }}.cluster_number,
        {{ members }}.is_unit_group, item_shares.factor_number

),

linearised_{{ members }} as (

    select
        parted.domain_number, factor_parts.measure_number, parted.ballot_number, parted.stratum_number, parted.cluster_number,
        cast(sum(cast(cast(parted.a as double) * factor_parts.factor_share as decimal(18, 9))) as decimal(18, 9)) as a,
        cast(sum(parted.valid_count) as bigint) as valid_count
    from parted_{{ members }} as parted
    inner join factor_parts on parted.factor_number = factor_parts.factor_number
    where not parted.is_unit_group or factor_parts.is_index
    group by
        parted.domain_number, factor_parts.measure_number, parted.ballot_number, parted.stratum_number, parted.cluster_number

),

{#- Statistic, the cells it is made of, a / weight, b / weight, valid answers of a ballot. -#}
{%- set statistics = [
    ('share', 'answer_', 'positive_count', '1', '1', 'true'),
    ('mean', 'answer_', 'cast(option_value as double)', '1', '1', 'not is_group and option_value is not null'),
    ('pooled', 'pooled_', 'positive_count', 'valid_count', 'valid_count', 'true'),
] %}
{{ members }}_rows as (

    {%- for statistic, cells, a, b, valid_count, condition in statistics %}
    select
        domain_number, measure_number, '{{ statistic }}' as statistic_code, stratum_number, cluster_number,
        cast(cast(weight as double) * {{ a }} as decimal(38, 9)) as a,
        cast(cast(weight as double) * {{ b }} as decimal(38, 9)) as b,
        cast(cast(weight_square as double) * {{ a }} * {{ a }} as decimal(38, 18)) as aa,
        cast(cast(weight_square as double) * {{ a }} * {{ b }} as decimal(38, 18)) as ab,
        cast(cast(weight_square as double) * {{ b }} * {{ b }} as decimal(38, 18)) as bb,
        ballot_count * {{ valid_count }} as valid_count,
        ballot_count
    from {{ cells }}{{ members }}
    where {{ condition }}
    union all
    {%- endfor %}
    select
        domain_number, measure_number, 'mean_of_shares' as statistic_code, stratum_number, cluster_number,
        sum(a) as a,
        cast(0 as decimal(38, 9)) as b,
        sum(a * a) as aa,
        cast(0 as decimal(38, 18)) as ab,
        cast(0 as decimal(38, 18)) as bb,
        sum(valid_count) as valid_count,
        count(*) as ballot_count
    from linearised_{{ members }}
    group by domain_number, measure_number, stratum_number, cluster_number

)
{%- endmacro %}

{#-
  Two-sided 95 % quantile of Student's t for whole `degrees` of freedom: tabulated to 9, from there the expansion of Cornish and
  Fisher about the normal quantile (Abramowitz and Stegun 26.7.5; wrong by less than 0.00001).
-#}
{% macro student_quantile(degrees) -%}
  {%- set z = 1.959963984540054 -%}
  {%- set table = [12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851, 2.364624252, 2.306004135, 2.262157163] -%}
  {%- set n = "cast(" ~ degrees ~ " as double)" -%}
  case
    {%- for quantile in table %}
    when {{ degrees }} = {{ loop.index }} then {{ quantile }}e0
    {%- endfor %}
    when {{ degrees }} > 9 then
      {{ z }}e0
      + {{ (z**3 + z) / 4 }}e0 / {{ n }}
      + {{ (5*z**5 + 16*z**3 + 3*z) / 96 }}e0 / ({{ n }} * {{ n }})
      + {{ (3*z**7 + 19*z**5 + 17*z**3 - 15*z) / 384 }}e0 / ({{ n }} * {{ n }} * {{ n }})
      + {{ (79*z**9 + 776*z**7 + 1482*z**5 - 1920*z**3 - 945*z) / 92160 }}e0 / ({{ n }} * {{ n }} * {{ n }} * {{ n }})
  end
{%- endmacro %}

{#-
  The chance that a standard normal variable is farther from 0 than `z` (a double, either sign): both tails of the normal
  distribution by the rational approximation of Hart (1968, "Computer Approximations", 5666), exact to about 14 digits.
-#}
{% macro two_sided_chance(z) -%}
  {%- set x = "abs(" ~ z ~ ")" -%}
  case
    when {{ z }} is null then null
    when {{ x }} > 37 then 0e0
    when {{ x }} < 7.07106781186547e0 then
      2 * exp(-{{ x }} * {{ x }} / 2)
      * ((((((0.0352624965998911e0 * {{ x }} + 0.700383064443688e0) * {{ x }} + 6.37396220353165e0) * {{ x }}
      + 33.912866078383e0) * {{ x }} + 112.079291497871e0) * {{ x }} + 221.213596169931e0) * {{ x }} + 220.206867912376e0)
      / (((((((0.0883883476483184e0 * {{ x }} + 1.75566716318264e0) * {{ x }} + 16.064177579207e0) * {{ x }}
      + 86.7807322029461e0) * {{ x }} + 296.564248779674e0) * {{ x }} + 637.333633378831e0) * {{ x }}
      + 793.826512519948e0) * {{ x }} + 440.413735824752e0)
    else
      2 * exp(-{{ x }} * {{ x }} / 2)
      / ({{ x }} + 1 / ({{ x }} + 2 / ({{ x }} + 3 / ({{ x }} + 4 / ({{ x }} + 0.65e0)))))
      / 2.506628274631e0
  end
{%- endmacro %}

{#- A cell of fewer people is not published. -#}
{% macro fewest_people() -%}
  {{ return(5) }}
{%- endmacro %}
