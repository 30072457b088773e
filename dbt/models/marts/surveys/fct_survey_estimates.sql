with waves as (

    select * from {{ ref('int_survey_waves_unioned') }}

),

domains as (

    select
        domain_number,
        wave_number,
        authority_code,
        unit_code,
        group_kind_code,
        group_code,
        count(*) as ballot_count,
        cast(sum(ballot_weight) as double) as ballot_weight
    from {{ ref('int_survey_domains_listed') }}
    group by domain_number, wave_number, authority_code, unit_code, group_kind_code, group_code

),

published_domains as (

    select * from {{ ref('int_survey_domains_suppressed') }}

),

measures as (

    select
        measure_number,
        wave_number,
        measure_level_code,
        measure_code,
        count(*) as item_count
    from {{ ref('int_survey_measures_listed') }}
    group by measure_number, wave_number, measure_level_code, measure_code

),

-- A mean of shares, exactly: every question of the measure must have an answer.
share_means as (

    select
        sums.domain_number,
        measures.measure_number,
        -- A question whose answers weigh nothing beside those of the wave has no share.
        count(nullif(sums.valid_weight, 0)) as item_count,
        cast(sum(cast(
            measures.item_share * cast(sums.positive_weight as double) / nullif(cast(sums.valid_weight as double), 0) as decimal(28, 18)
        )) as double) as share_mean
    from {{ ref('int_survey_item_sums') }} as sums
    inner join {{ ref('int_survey_measures_listed') }} as measures on sums.item_number = measures.item_number
    where measures.measure_level_code <> 'item'
    group by sums.domain_number, measures.measure_number

),

moments as (

    select
        summed.domain_number,
        summed.measure_number,
        summed.statistic_code,
        summed.valid_count,
        summed.ballot_count as answered_ballot_count,
        summed.cluster_count,
        summed.degrees_of_freedom,
        summed.is_whole,
        measures.measure_level_code,
        measures.measure_code,
        measures.item_count,
        cast(summed.cluster_bb_sum as double) as cluster_bb_sum,
        cast(summed.aa_spread as double) as aa_spread,
        cast(summed.ab_spread as double) as ab_spread,
        cast(summed.bb_spread as double) as bb_spread,
        cast(summed.b_sum as double) as b_sum,
        summed.statistic_code in ('share', 'mean', waves.index_formula_code) as is_chosen_formula,
        domains.ballot_weight,
        case
            when summed.statistic_code <> 'mean_of_shares' then cast(summed.a_sum as double) / nullif(cast(summed.b_sum as double), 0)
            when share_means.item_count = measures.item_count then round(share_means.share_mean, 12)
        end as estimate,
        summed.statistic_code in ('share', 'pooled') and summed.b_sum > 0 and summed.a_sum in (0, summed.b_sum) as is_unanimous
    from {{ ref('int_survey_moments_summed') }} as summed
    inner join measures on summed.measure_number = measures.measure_number
    inner join domains on summed.domain_number = domains.domain_number
    inner join waves on domains.wave_number = waves.wave_number
    left join share_means
        on summed.domain_number = share_means.domain_number and summed.measure_number = share_means.measure_number

),

varied as (

    select
        *,
        statistic_code <> 'mean' as is_share,
        case
            when is_unanimous then 0
            when estimate is null then null
            when statistic_code = 'mean_of_shares' then aa_spread / nullif(ballot_weight * ballot_weight, 0)
            else
                greatest(0, aa_spread - 2 * estimate * ab_spread + estimate * estimate * bb_spread) / (b_sum * b_sum)
        end as raw_variance
    from moments

),

-- An error below a ten-millionth is what rounding leaves of none.
rounded as (

    select
        *,
        case when raw_variance < 1e-14 then 0 else raw_variance end as variance
    from varied

),

-- How many answers of a simple random sample would tell as much. Where all answer alike nothing spreads, and only the
-- clusters asked are counted (Kish 1965, "Survey Sampling", 11.7).
effective as (

    select
        *,
        case
            when not is_share or is_whole then null
            when variance > 0 and estimate not in (0, 1) then estimate * (1 - estimate) / variance
            when cluster_bb_sum > 0 then b_sum * b_sum / cluster_bb_sum
            when variance is not null then cluster_count
        end as effective_count,
        {{ student_quantile('degrees_of_freedom') }} as quantile
    from rounded

),

-- Korn and Graubard (1998): few clusters know less of their own spread, so the sample counts for less.
judged as (

    select
        *,
        effective_count * {{ interval_quantile() }} * {{ interval_quantile() }} / (quantile * quantile) as interval_count
    from effective

),

statuses as (

    select
        judged.domain_number,
        judged.measure_number,
        judged.statistic_code,
        case
            when published_domains.value_status <> 'ok' then published_domains.value_status
            when judged.answered_ballot_count < {{ fewest_people() }} then 'insufficient_sample'
            when withheld.is_every_formula or (not judged.is_chosen_formula and withheld.domain_number is not null)
                then 'suppressed'
            else 'ok'
        end as value_status
    from judged
    inner join published_domains on judged.domain_number = published_domains.domain_number
    left join {{ ref('int_survey_measures_suppressed') }} as withheld
        on judged.domain_number = withheld.domain_number and judged.measure_number = withheld.measure_number

)

select
    domains.authority_code,
    waves.wave_code,
    waves.instrument_code,
    domains.unit_code,
    domains.group_kind_code,
    domains.group_code,
    judged.measure_level_code,
    judged.measure_code,
    judged.statistic_code,
    judged.is_chosen_formula,
    {#- Of units it is told how many answered, whatever is withheld; of groups of people not even that. #}
    {%- set counted = "domains.group_kind_code = 'all' or statuses.value_status <> 'suppressed'" %}
    statuses.value_status,
    case when {{ counted }} then domains.ballot_count end as ballot_count,
    case when {{ counted }} then judged.answered_ballot_count end as answered_ballot_count,
    case when {{ counted }} then judged.valid_count end as valid_count,
    case when {{ counted }} then {{ rate('judged.valid_count', 'domains.ballot_count * judged.item_count') }} end as item_response_rate,
    {%- set shown = "statuses.value_status = 'ok'" %}
    case when {{ shown }} then cast(judged.estimate as decimal(18, 9)) end as estimate,
    case when {{ shown }} and (judged.is_whole or (judged.degrees_of_freedom > 0 and judged.variance > 0)) then cast(sqrt(judged.variance) as decimal(18, 9)) end as standard_error,
    {%- for side, name in [('-', 'low'), ('+', 'high')] %}
    case
        when not ({{ shown }}) then null
        when judged.is_whole then cast(judged.estimate as decimal(18, 6))
        when judged.degrees_of_freedom < 1 then null
        when judged.is_share then {{ wilson_bound_of_share('judged.estimate', 'judged.interval_count', side) }}
        -- Of answers that are all alike only a share has an interval: a scale says nothing of those who were not asked.
        when judged.variance > 0 then cast(judged.estimate {{ side }} judged.quantile * sqrt(judged.variance) as decimal(18, 6))
    end as interval_{{ name }},
    {%- endfor %}
    case
        when {{ shown }} and judged.is_share and judged.variance > 0 and judged.valid_count > 1 and judged.estimate not in (0, 1)
            then cast(least(999999999, judged.variance * (judged.valid_count - 1) / (judged.estimate * (1 - judged.estimate))) as decimal(18, 6))
    end as design_effect,
    case when {{ shown }} then cast(judged.effective_count as decimal(18, 3)) end as effective_count,
    case when {{ counted }} then judged.degrees_of_freedom end as degrees_of_freedom
from judged
inner join domains on judged.domain_number = domains.domain_number
inner join waves on domains.wave_number = waves.wave_number
inner join statuses
    on
        judged.domain_number = statuses.domain_number
        and judged.measure_number = statuses.measure_number
        and judged.statistic_code = statuses.statistic_code
