{#-
  Differences between units and between waves, tested. Peers are the other units of the same bloc, each counting once; the
  wave before is of the same series. Samples of units, and of waves, are taken as independent. Chances are adjusted by
  Holm (1979, "A simple sequentially rejective multiple test procedure"), within one wave and measure over units for factors
  and the index, within one wave and unit over questions.
-#}
with waves as (

    select authority_code, wave_code, instrument_code, previous_wave_code from {{ ref('dim_survey_waves') }}

),

estimates as (

    select
        authority_code,
        wave_code,
        instrument_code,
        unit_code,
        measure_level_code,
        measure_code,
        estimate,
        standard_error,
        -- Where all answer alike there is no error of its own; the interval says how far the rest may lie.
        cast(
            power(
                coalesce(
                    cast(standard_error as double),
                    cast(interval_high - interval_low as double) / (2 * {{ interval_quantile() }})
                ),
                2
            ) as decimal(28, 18)
        ) as variance
    from {{ ref('fct_survey_estimates') }}
    where
        group_kind_code = 'all'
        and statistic_code <> 'mean'
        and is_chosen_formula
        and measure_level_code <> 'part'
        and estimate is not null

),

placed as (

    select estimates.*, units.unit_bloc_code
    from estimates
    inner join {{ ref('int_units_unioned') }} as units
        on estimates.authority_code = units.authority_code and estimates.unit_code = units.unit_code
    where estimates.unit_code <> estimates.authority_code

),

blocs as (

    select
        authority_code,
        wave_code,
        instrument_code,
        unit_bloc_code,
        measure_level_code,
        measure_code,
        count(*) as unit_count,
        count(variance) as varied_count,
        sum(estimate) as estimate_sum,
        sum(variance) as variance_sum
    from placed
    where unit_bloc_code is not null
    group by authority_code, wave_code, instrument_code, unit_bloc_code, measure_level_code, measure_code

),

against_peers as (

    select
        placed.authority_code,
        placed.wave_code,
        placed.instrument_code,
        placed.unit_code,
        placed.measure_level_code,
        placed.measure_code,
        'peers' as comparison_code,
        cast(null as {{ dbt.type_string() }}) as compared_wave_code,
        placed.unit_bloc_code as peer_group_code,
        blocs.unit_count - 1 as compared_unit_count,
        placed.estimate,
        cast(cast(blocs.estimate_sum - placed.estimate as double) / (blocs.unit_count - 1) as decimal(18, 9)) as compared_estimate,
        case
            when blocs.varied_count = blocs.unit_count
                then
                    sqrt(
                        cast(placed.variance as double)
                        + cast(blocs.variance_sum - placed.variance as double)
                        / (cast(blocs.unit_count - 1 as double) * (blocs.unit_count - 1))
                    )
        end as difference_error
    from placed
    inner join blocs
        on
            placed.authority_code = blocs.authority_code
            and placed.wave_code = blocs.wave_code
            and placed.instrument_code = blocs.instrument_code
            and placed.unit_bloc_code = blocs.unit_bloc_code
            and placed.measure_level_code = blocs.measure_level_code
            and placed.measure_code = blocs.measure_code
    where blocs.unit_count > 1

),

against_before as (

    select
        estimates.authority_code,
        estimates.wave_code,
        estimates.instrument_code,
        estimates.unit_code,
        estimates.measure_level_code,
        estimates.measure_code,
        'previous_wave' as comparison_code,
        waves.previous_wave_code as compared_wave_code,
        cast(null as {{ dbt.type_string() }}) as peer_group_code,
        1 as compared_unit_count,
        estimates.estimate,
        earlier.estimate as compared_estimate,
        sqrt(cast(estimates.variance as double) + cast(earlier.variance as double)) as difference_error
    from estimates
    inner join waves
        on
            estimates.authority_code = waves.authority_code
            and estimates.wave_code = waves.wave_code
            and estimates.instrument_code = waves.instrument_code
    inner join estimates as earlier
        on
            estimates.authority_code = earlier.authority_code
            and waves.previous_wave_code = earlier.wave_code
            and estimates.instrument_code = earlier.instrument_code
            and estimates.unit_code = earlier.unit_code
            and estimates.measure_level_code = earlier.measure_level_code
            and estimates.measure_code = earlier.measure_code

),

differences as (

    select
        *,
        estimate - compared_estimate as difference,
        case when measure_level_code = 'item' then unit_code else measure_code end as family_code
    from (
        select * from against_peers
        union all
        select * from against_before
    ) as stacked

),

tested as (

    select
        *,
        cast(
            case
                when difference_error > 0
                    then {{ two_sided_chance('(cast(difference as double) / difference_error)') }}
                when difference_error = 0 and difference = 0 then 1
            end
            as decimal(18, 9)
        ) as chance
    from differences

),

{%- set family = "authority_code, wave_code, instrument_code, comparison_code, measure_level_code, family_code" %}
stepped as (

    select
        *,
        least(
            1,
            chance * (
                count(chance) over (partition by {{ family }})
                + 1
                - row_number() over (
                    partition by {{ family }} order by chance nulls last, unit_code nulls last, measure_code nulls last
                )
            )
        ) as stepped_chance,
        count(chance) over (partition by {{ family }}) as family_size
    from tested

)

select
    authority_code,
    wave_code,
    instrument_code,
    unit_code,
    measure_level_code,
    measure_code,
    comparison_code,
    compared_wave_code,
    peer_group_code,
    compared_unit_count,
    estimate,
    compared_estimate,
    cast(difference as decimal(18, 9)) as difference,
    cast(difference - {{ interval_quantile() }} * difference_error as decimal(18, 6)) as difference_low,
    cast(difference + {{ interval_quantile() }} * difference_error as decimal(18, 6)) as difference_high,
    chance,
    case
        when chance is not null
            then
                cast(
                    max(stepped_chance) over (
                        partition by {{ family }} order by chance nulls last, unit_code nulls last, measure_code nulls last
                        rows between unbounded preceding and current row
                    ) as decimal(18, 9)
                )
    end as adjusted_chance,
    family_size,
    rank() over (
        partition by {{ family }} order by difference nulls last
    ) as difference_rank
from stepped
