{#-
  The weight of every ballot, and its place in the sampling plan.
  Weights: those of the surveyor as they are; else the inverse of the chance of being drawn (given, or from the totals of
  stratum and cluster) × those asked / those who answered in the same unit and stratum × known total / weighted total
  (Särndal, Swensson and Wretman 1992, "Model Assisted Survey Sampling", 15.6 and 7.6). They are scaled to mean 1 within the
  wave, which no share and no mean feels.
-#}
with waves as (

    select * from {{ ref('int_survey_waves_unioned') }}

),

landed as (

    select ballots.*, waves.wave_number
    from {{ ref('int_survey_ballots_latest') }} as ballots
    inner join waves
        on
            ballots.authority_code = waves.authority_code
            and ballots.wave_code = waves.wave_code
            and ballots.instrument_code = waves.instrument_code

),

-- Ballots of which only the answers are known, one row an answer; one that names two units counts for the first by code.
answered as (

    select
        answers.authority_code,
        answers.wave_code,
        answers.instrument_code,
        answers.ballot_code,
        waves.wave_number,
        min(answers.unit_code) as unit_code
    from {{ ref('int_survey_answers_judged') }} as answers
    inner join waves
        on
            answers.authority_code = waves.authority_code
            and answers.wave_code = waves.wave_code
            and answers.instrument_code = waves.instrument_code
    group by answers.authority_code, answers.wave_code, answers.instrument_code, answers.ballot_code, waves.wave_number

),

ballots as (

    select
        coalesce(landed.authority_code, answered.authority_code) as authority_code,
        coalesce(landed.wave_code, answered.wave_code) as wave_code,
        coalesce(landed.instrument_code, answered.instrument_code) as instrument_code,
        coalesce(landed.ballot_code, answered.ballot_code) as ballot_code,
        coalesce(landed.wave_number, answered.wave_number) as wave_number,
        coalesce(landed.unit_code, answered.unit_code) as unit_code,
        coalesce(landed.result_code, 'answered') as result_code,
        -- Answers may have been sent apart from the list of those asked.
        coalesce(landed.result_code, 'answered') in ('answered', 'not_asked') and answered.ballot_code is not null as is_respondent,
        -- No stratum in the file is one stratum; without clusters every person is drawn by himself.
        coalesce(landed.stratum_code, '') as stratum_code,
        coalesce('cluster|' || landed.cluster_code, 'ballot|' || coalesce(landed.ballot_code, answered.ballot_code)) as cluster_code,
        landed.cluster_code is not null as is_clustered,
        landed.stratum_total,
        landed.cluster_total,
        landed.base_weight,
        landed.final_weight,
        {%- for group in survey_groups() %}
        landed.{{ group }}_code{{ "," if not loop.last }}
        {%- endfor %}
    from landed
    full outer join answered
        on
            landed.authority_code = answered.authority_code
            and landed.wave_code = answered.wave_code
            and landed.instrument_code = answered.instrument_code
            and landed.ballot_code = answered.ballot_code

),

eligible as (

    select * from ballots
    where is_respondent or result_code not in ('ineligible', 'not_asked')

),

-- Which weights a wave has: one kind for all of it, so that ballots stay comparable.
wave_kinds as (

    select
        wave_number,
        case
            when min(case when is_respondent and final_weight is null then 0 else 1 end) = 1 then 'final'
            when min(case when base_weight is null then 0 else 1 end) = 1 then 'base'
            when min(case when stratum_total is null then 0 else 1 end) = 1 then 'totals'
            -- Weights of some ballots only cannot be mixed with none.
            when max(case when final_weight is not null or base_weight is not null then 1 else 0 end) = 1 then 'incomplete'
            else 'equal'
        end as weight_kind_code
    from eligible
    group by wave_number

),

drawn_clusters as (

    select wave_number, stratum_code, cluster_code, count(*) as drawn_count
    from eligible
    group by wave_number, stratum_code, cluster_code

),

drawn_strata as (

    select wave_number, stratum_code, count(*) as drawn_cluster_count
    from drawn_clusters
    group by wave_number, stratum_code

),

drawn as (

    select
        eligible.*,
        wave_kinds.weight_kind_code,
        case wave_kinds.weight_kind_code
            when 'final' then cast(eligible.final_weight as double)
            when 'base' then cast(eligible.base_weight as double)
            when 'totals' then
                cast(eligible.stratum_total as double) / drawn_strata.drawn_cluster_count
                * case
                    when eligible.is_clustered and eligible.cluster_total is not null
                        then cast(eligible.cluster_total as double) / drawn_clusters.drawn_count
                    else 1
                end
            else 1
        end as drawn_weight
    from eligible
    inner join wave_kinds on eligible.wave_number = wave_kinds.wave_number
    inner join drawn_strata
        on eligible.wave_number = drawn_strata.wave_number and eligible.stratum_code = drawn_strata.stratum_code
    inner join drawn_clusters
        on
            eligible.wave_number = drawn_clusters.wave_number
            and eligible.stratum_code = drawn_clusters.stratum_code
            and eligible.cluster_code = drawn_clusters.cluster_code

),

-- Sums of weights are sums of decimals: the same in whatever order the rows come.
exact as (

    select
        *,
        -- Totals with too many digits stay within what can be added up.
        cast(case when drawn_weight > 1e15 then 1e15 else drawn_weight end as decimal(32, 9)) as exact_weight
    from drawn

),

response_classes as (

    select
        wave_number,
        unit_code,
        stratum_code,
        cast(sum(exact_weight) as double)
        / nullif(cast(sum(case when is_respondent then exact_weight end) as double), 0) as response_factor
    from exact
    group by wave_number, unit_code, stratum_code

),

respondents as (

    select
        exact.*,
        cast(
            cast(exact.exact_weight as double)
            * case
                when exact.weight_kind_code in ('base', 'totals') then response_classes.response_factor else 1
            end
            as decimal(32, 9)
        ) as answered_weight
    from exact
    inner join response_classes
        on
            exact.wave_number = response_classes.wave_number
            and exact.unit_code = response_classes.unit_code
            and exact.stratum_code = response_classes.stratum_code
    where exact.is_respondent

),

totals as (

    {{ newest_version(ref('stg_survey__totals'), ['authority_code', 'wave_code', 'unit_code', 'group_kind_code', 'group_code']) }}

),

-- A wave is made to add up by one breakdown; of several, the first by code.
total_kinds as (

    select authority_code, wave_code, min(group_kind_code) as group_kind_code
    from totals
    group by authority_code, wave_code

),

broken_down as (

    select
        respondents.*,
        total_kinds.group_kind_code,
        case total_kinds.group_kind_code
            when 'all' then 'all'
            when 'stratum' then respondents.stratum_code
            {%- for group in survey_groups() %}
            when '{{ group }}' then respondents.{{ group }}_code
            {%- endfor %}
        end as group_code
    from respondents
    left join total_kinds
        on respondents.authority_code = total_kinds.authority_code and respondents.wave_code = total_kinds.wave_code

),

matched as (

    select
        broken_down.*,
        totals.group_code as matched_group_code,
        totals.person_count as matched_person_count
    from broken_down
    left join totals
        on
            broken_down.authority_code = totals.authority_code
            and broken_down.wave_code = totals.wave_code
            and broken_down.unit_code = totals.unit_code
            and broken_down.group_kind_code = totals.group_kind_code
            and broken_down.group_code = totals.group_code

),

-- Units that add up to their people and units that do not would stand on different scales: all of a wave, or none.
total_uses as (

    select
        wave_number,
        case
            when max(group_kind_code) is null then 'none'
            when max(weight_kind_code) = 'final' then 'weights_given'
            when max(weight_kind_code) not in ('base', 'totals') then 'no_weights'
            when min(is_matched) = 0 then 'not_all_units'
            else 'used'
        end as totals_use_code
    from (
        select
            wave_number,
            unit_code,
            group_kind_code,
            weight_kind_code,
            max(case when matched_group_code is null then 0 else 1 end) as is_matched
        from matched
        group by wave_number, unit_code, group_kind_code, weight_kind_code
    ) as units
    group by wave_number

),

grouped as (

    select
        matched.*,
        total_uses.totals_use_code,
        case when total_uses.totals_use_code = 'used' then matched.matched_group_code end as total_group_code,
        case when total_uses.totals_use_code = 'used' then matched.matched_person_count end as person_count
    from matched
    inner join total_uses on matched.wave_number = total_uses.wave_number

),

-- Who says nothing of his group keeps his share of the unit: the groups add up to the total less that share.
unit_sums as (

    select
        wave_number,
        unit_code,
        sum(answered_weight) as all_weight,
        sum(case when total_group_code is not null then answered_weight end) as grouped_weight
    from grouped
    group by wave_number, unit_code

),

group_sums as (

    select wave_number, unit_code, total_group_code, sum(answered_weight) as group_weight, max(person_count) as person_count
    from grouped
    where total_group_code is not null
    group by wave_number, unit_code, total_group_code

),

unit_totals as (

    select wave_number, unit_code, sum(person_count) as person_count
    from group_sums
    group by wave_number, unit_code

),

calibrated as (

    select
        grouped.*,
        cast(grouped.answered_weight as double)
        * case
            when unit_totals.person_count is null or unit_totals.person_count = 0 then 1
            when grouped.total_group_code is null
                then cast(unit_totals.person_count as double) / cast(unit_sums.all_weight as double)
            else
                cast(group_sums.person_count as double) / cast(group_sums.group_weight as double)
                * cast(unit_sums.grouped_weight as double) / cast(unit_sums.all_weight as double)
        end as final_ballot_weight
    from grouped
    inner join unit_sums on grouped.wave_number = unit_sums.wave_number and grouped.unit_code = unit_sums.unit_code
    left join unit_totals on grouped.wave_number = unit_totals.wave_number and grouped.unit_code = unit_totals.unit_code
    left join group_sums
        on
            grouped.wave_number = group_sums.wave_number
            and grouped.unit_code = group_sums.unit_code
            and grouped.total_group_code = group_sums.total_group_code

),

wave_weights as (

    select wave_number, count(*) as ballot_count, cast(sum(cast(final_ballot_weight as decimal(32, 9))) as double) as total_weight
    from calibrated
    group by wave_number

),

clusters as (

    select
        wave_number,
        stratum_code,
        cluster_code,
        count(*) as cluster_ballot_count,
        max(cluster_total) as cluster_total
    from calibrated
    group by wave_number, stratum_code, cluster_code

),

strata as (

    select
        clusters.wave_number,
        clusters.stratum_code,
        count(*) as stratum_cluster_count,
        max(totalled.stratum_total) as stratum_total
    from clusters
    inner join (
        select wave_number, stratum_code, max(stratum_total) as stratum_total
        from calibrated
        group by wave_number, stratum_code
    ) as totalled
        on clusters.wave_number = totalled.wave_number and clusters.stratum_code = totalled.stratum_code
    group by clusters.wave_number, clusters.stratum_code

)

select
    calibrated.authority_code,
    calibrated.wave_code,
    calibrated.instrument_code,
    calibrated.ballot_code,
    calibrated.wave_number,
    calibrated.unit_code,
    {%- for group in survey_groups() %}
    calibrated.{{ group }}_code,
    {%- endfor %}
    calibrated.weight_kind_code,
    calibrated.totals_use_code,
    calibrated.total_group_code,
    cast(calibrated.final_ballot_weight * wave_weights.ballot_count / wave_weights.total_weight as decimal(18, 9)) as ballot_weight,
    calibrated.is_clustered,
    row_number() over (
        order by calibrated.wave_number nulls last, calibrated.ballot_code nulls last
    ) as ballot_number,
    dense_rank() over (
        order by calibrated.wave_number nulls last, calibrated.stratum_code nulls last
    ) as stratum_number,
    dense_rank() over (
        order by calibrated.wave_number nulls last, calibrated.stratum_code nulls last, calibrated.cluster_code nulls last
    ) as cluster_number,
    strata.stratum_cluster_count,
    strata.stratum_total,
    clusters.cluster_ballot_count,
    clusters.cluster_total
from calibrated
inner join wave_weights on calibrated.wave_number = wave_weights.wave_number
inner join strata on calibrated.wave_number = strata.wave_number and calibrated.stratum_code = strata.stratum_code
inner join clusters
    on
        calibrated.wave_number = clusters.wave_number
        and calibrated.stratum_code = clusters.stratum_code
        and calibrated.cluster_code = clusters.cluster_code
