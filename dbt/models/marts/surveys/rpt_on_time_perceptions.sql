{#- What systems claim of timeliness in the year of a wave, and what people answered to "was it on time?". -#}
with items as (

    select distinct authority_code, instrument_code, item_code from {{ ref('int_survey_items_unioned') }}
    where is_on_time_question

),

perceived as (

    select
        estimates.authority_code,
        estimates.wave_code,
        estimates.instrument_code,
        estimates.unit_code,
        estimates.measure_code as item_code,
        {{ year_code('waves.end_date') }} as period_code,
        estimates.value_status,
        estimates.answered_ballot_count,
        estimates.estimate,
        estimates.interval_low,
        estimates.interval_high
    from {{ ref('fct_survey_estimates') }} as estimates
    inner join items
        on
            estimates.authority_code = items.authority_code
            and estimates.instrument_code = items.instrument_code
            and estimates.measure_code = items.item_code
    inner join {{ ref('int_survey_waves_unioned') }} as waves
        on
            estimates.authority_code = waves.authority_code
            and estimates.wave_code = waves.wave_code
            and estimates.instrument_code = waves.instrument_code
    where
        estimates.group_kind_code = 'all'
        and estimates.measure_level_code = 'item'
        and estimates.statistic_code = 'share'

),

rates as (

    select authority_code, unit_code, period_code, indicator_code, value
    from {{ ref('fct_indicator_values') }}
    where
        origin_code = 'computed'
        and indicator_code in ('on_time_rate__declared_flag', 'on_time_rate__resolved')
        and value_status = 'ok'

)

select
    perceived.authority_code,
    perceived.wave_code,
    perceived.instrument_code,
    perceived.unit_code,
    perceived.item_code,
    perceived.period_code,
    perceived.value_status,
    perceived.answered_ballot_count,
    perceived.estimate as perceived_rate,
    perceived.interval_low,
    perceived.interval_high,
    claimed.value as claimed_rate,
    resolved.value as computed_rate,
    cast(claimed.value - perceived.estimate as decimal(18, 6)) as claim_gap,
    case
        when claimed.value > perceived.interval_high then 'claims_more'
        when claimed.value < perceived.interval_low then 'claims_less'
        when claimed.value is not null and perceived.interval_low is not null then 'agrees'
    end as gap_code
from perceived
left join rates as claimed
    on
        perceived.authority_code = claimed.authority_code
        and perceived.unit_code = claimed.unit_code
        and perceived.period_code = claimed.period_code
        and claimed.indicator_code = 'on_time_rate__declared_flag'
left join rates as resolved
    on
        perceived.authority_code = resolved.authority_code
        and perceived.unit_code = resolved.unit_code
        and perceived.period_code = resolved.period_code
        and resolved.indicator_code = 'on_time_rate__resolved'
