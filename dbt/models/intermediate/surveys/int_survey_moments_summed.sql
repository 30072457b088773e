{#-
  The sums from which every estimate and its variance follow.

  Every statistic is a ratio p = Σa / Σb over ballots k: for a share a = weight × satisfied answers and b = weight × valid
  answers; for a mean a = weight × value; for a mean of shares a is the linearised value itself,
  Σ item_share × weight × (satisfied − p_item) × weight of the domain / weight of the question, and b = 0.
  With z = (a − p b) / Σb (Taylor linearisation) the variance of a stratified two-stage sample is
    V = Σ_h (1 − f1) n/(n − 1) Σ_c (z_c − z̄)² + Σ_h Σ_c f1 (1 − f2) m/(m − 1) Σ_k (z_k − z̄_c)²
  (Särndal, Swensson and Wretman 1992, 4.3 and 5.5; Lumley 2004, "Analysis of complex survey samples"). n counts all clusters
  of the stratum that answered, also those with nobody of the domain; f1 = n / stratum_total, 0 when that is not known;
  f2 = m / cluster_total, 1 when that is not known. A lone cluster of a stratum, which has no spread of its own, counts with
  its distance from the estimate. V is a quadratic in p, whose coefficients are summed here.
-#}
with ballots as (

    select *, ballot_weight * ballot_weight as weight_square from {{ ref('int_survey_ballots_weighted') }}

),

waves as (

    select wave_number, index_formula_code from {{ ref('int_survey_waves_unioned') }}

),

answers as (

    select * from {{ ref('int_survey_answers_numbered') }}

),

measures as (

    select * from {{ ref('int_survey_measures_listed') }}

),

{#- Of people drawn by themselves nobody asks which was which. -#}
{% for members, clustered, cluster in [
    ('direct_members', 'not ballots.is_clustered', '0'), ('clustered_members', 'ballots.is_clustered', 'ballots.cluster_number'),
] %}
{{ members }} as (

    select
        listed.domain_number,
        listed.ballot_number,
        ballots.ballot_weight,
        ballots.weight_square,
        listed.is_authority_group,
        listed.is_unit_group,
        listed.is_authority_group or listed.is_unit_group as is_group,
        waves.index_formula_code,
        ballots.stratum_number,
        {{ cluster }} as cluster_number
    from {{ ref('int_survey_domains_listed') }} as listed
    inner join waves on listed.wave_number = waves.wave_number
    inner join ballots on listed.ballot_number = ballots.ballot_number
    where {{ clustered }}

),
{% endfor %}

-- Factors in the measures that are made of them.
factors as (

    select * from measures
    where measure_level_code = 'factor'

),

factor_parts as (

    select distinct
        factors.measure_number as factor_number,
        measures.measure_number,
        measures.measure_level_code = 'overall' as is_index,
        measures.item_share / factors.item_share as factor_share
    from factors
    inner join measures on factors.item_number = measures.item_number
    where measures.measure_level_code <> 'item'

),

ballot_sums as (

    select * from {{ ref('int_survey_ballot_sums') }}

),

domain_weights as (

    select domain_number, cast(sum(ballot_weight) as double) as domain_weight
    from {{ ref('int_survey_domains_listed') }}
    group by domain_number

),

item_shares as (

    select
        sums.domain_number,
        sums.item_number,
        factors.measure_number as factor_number,
        cast(sums.positive_weight as double) / nullif(cast(sums.valid_weight as double), 0) as share,
        factors.item_share * domain_weights.domain_weight / nullif(cast(sums.valid_weight as double), 0) as scale
    from {{ ref('int_survey_item_sums') }} as sums
    inner join factors on sums.item_number = factors.item_number
    inner join domain_weights on sums.domain_number = domain_weights.domain_number

),

{{ survey_statistic_rows('direct_members') }},

{{ survey_statistic_rows('clustered_members') }},

cluster_sizes as (

    select distinct
        stratum_number,
        cluster_number,
        is_clustered,
        stratum_cluster_count,
        cluster_ballot_count,
        case when stratum_total is null then 0 else least(1, cast(stratum_cluster_count as double) / stratum_total) end as stratum_fraction,
        case when cluster_total is null then 1 else least(1, cast(cluster_ballot_count as double) / cluster_total) end as cluster_fraction,
        -- Everybody was asked only where it is known how many there are.
        is_clustered and cluster_total is null as is_unknown_size
    from ballots

),

cluster_sums as (

    select
        domain_number,
        measure_number,
        statistic_code,
        stratum_number,
        cluster_number,
        sum(a) as a,
        sum(b) as b,
        sum(aa) as aa,
        sum(ab) as ab,
        sum(bb) as bb,
        sum(valid_count) as valid_count,
        sum(ballot_count) as ballot_count
    from clustered_members_rows
    group by domain_number, measure_number, statistic_code, stratum_number, cluster_number

),

within_clusters as (

    select
        cluster_sums.*,
        cluster_sizes.cluster_ballot_count,
        cluster_sizes.stratum_fraction * (1 - cluster_sizes.cluster_fraction)
        * case
            when cluster_sizes.cluster_ballot_count > 1
                then cast(cluster_sizes.cluster_ballot_count as double) / (cluster_sizes.cluster_ballot_count - 1)
            else 1
        end as spread_factor,
        case when cluster_sizes.cluster_ballot_count > 1 then 1 else 0 end as is_centred
    from cluster_sums
    inner join cluster_sizes on cluster_sums.cluster_number = cluster_sizes.cluster_number

),

stratum_sums as (

    select
        domain_number,
        measure_number,
        statistic_code,
        stratum_number,
        sum(a) as a,
        sum(b) as b,
        sum(aa) as aa,
        sum(ab) as ab,
        sum(bb) as bb,
        cast(0 as decimal(38, 12)) as within_aa,
        cast(0 as decimal(38, 12)) as within_ab,
        cast(0 as decimal(38, 12)) as within_bb,
        sum(valid_count) as valid_count,
        sum(ballot_count) as ballot_count,
        sum(ballot_count) as cluster_count
    from direct_members_rows
    group by domain_number, measure_number, statistic_code, stratum_number

    union all

    select
        domain_number,
        measure_number,
        statistic_code,
        stratum_number,
        sum(a) as a,
        sum(b) as b,
        sum(cast(cast(a as double) * cast(a as double) as decimal(38, 12))) as aa,
        sum(cast(cast(a as double) * cast(b as double) as decimal(38, 12))) as ab,
        sum(cast(cast(b as double) * cast(b as double) as decimal(38, 12))) as bb,
        {%- for x, y in [('a', 'a'), ('a', 'b'), ('b', 'b')] %}
        sum(cast(
            spread_factor * (cast({{ x }}{{ y }} as double) - is_centred * cast({{ x }} as double) * cast({{ y }} as double) / cluster_ballot_count)
            as decimal(38, 12)
        )) as within_{{ x }}{{ y }},
        {%- endfor %}
        sum(valid_count) as valid_count,
        sum(ballot_count) as ballot_count,
        count(*) as cluster_count
    from within_clusters
    group by domain_number, measure_number, statistic_code, stratum_number

),

-- A stratum may hold persons drawn by themselves beside clusters.
strata as (

    select
        stratum_sums.domain_number,
        stratum_sums.measure_number,
        stratum_sums.statistic_code,
        stratum_sums.stratum_number,
        sizes.stratum_cluster_count,
        sizes.stratum_fraction,
        sizes.is_whole,
        sum(valid_count) as valid_count,
        sum(ballot_count) as ballot_count,
        sum(cluster_count) as cluster_count,
        {%- for term in ['a', 'b'] %}
        cast(sum({{ term }}) as double) as {{ term }},
        {%- endfor %}
        {%- for term in ['aa', 'ab', 'bb', 'within_aa', 'within_ab', 'within_bb'] %}
        cast(sum({{ term }}) as double) as {{ term }}{{ "," if not loop.last }}
        {%- endfor %}
    from stratum_sums
    inner join (
        select
            stratum_number,
            stratum_cluster_count,
            stratum_fraction,
            min(cluster_fraction) = 1 and stratum_fraction = 1 and max(case when is_unknown_size then 1 else 0 end) = 0 as is_whole
        from cluster_sizes
        group by stratum_number, stratum_cluster_count, stratum_fraction
    ) as sizes on stratum_sums.stratum_number = sizes.stratum_number
    group by
        stratum_sums.domain_number,
        stratum_sums.measure_number,
        stratum_sums.statistic_code,
        stratum_sums.stratum_number,
        sizes.stratum_cluster_count,
        sizes.stratum_fraction,
        sizes.is_whole

)

select
    domain_number,
    measure_number,
    statistic_code,
    cast(sum(valid_count) as bigint) as valid_count,
    cast(sum(ballot_count) as bigint) as ballot_count,
    cast(sum(cluster_count) as bigint) as cluster_count,
    count(*) as stratum_count,
    -- Of a stratum in which somebody of the domain answered, every cluster that answered tells of the spread.
    cast(sum(stratum_cluster_count) as bigint) - count(*) as degrees_of_freedom,
    min(case when is_whole then 1 else 0 end) = 1 as is_whole,
    cast(sum(cast(a as decimal(38, 9))) as decimal(38, 9)) as a_sum,
    cast(sum(cast(b as decimal(38, 9))) as decimal(38, 9)) as b_sum,
    cast(sum(cast(bb as decimal(38, 12))) as decimal(38, 12)) as cluster_bb_sum,
    {%- for x, y in [('a', 'a'), ('a', 'b'), ('b', 'b')] %}
    cast(sum(cast(
        (1 - stratum_fraction)
        * case
            when stratum_cluster_count > 1
                then
                    cast(stratum_cluster_count as double) / (stratum_cluster_count - 1)
                    * ({{ x }}{{ y }} - {{ x }} * {{ y }} / stratum_cluster_count)
            else {{ x }}{{ y }}
        end
        + within_{{ x }}{{ y }}
        as decimal(38, 12)
    )) as decimal(38, 12)) as {{ x }}{{ y }}_spread{{ "," if not loop.last }}
    {%- endfor %}
from strata
group by domain_number, measure_number, statistic_code
