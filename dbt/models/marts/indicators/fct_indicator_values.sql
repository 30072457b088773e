with indicators as (

    select
        *,
        -- 10 to the power of value_digits, and what is left to six digits, as whole numbers.
        cast(power(10, value_digits) as bigint) as value_scale,
        cast(power(10, 6 - value_digits) as bigint) as scale_to_six_digits
    from {{ ref('dim_indicators') }}

),

computed_grid as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        indicators.indicator_code,
        case when indicators.instrument_code is null then expected.has_dossiers else expected.has_answers end as is_assessed
    from {{ ref('int_unit_periods_expected') }} as expected
    cross join indicators
    where indicators.is_computed

),

computed as (

    select
        computed_grid.authority_code,
        computed_grid.unit_code,
        computed_grid.period_code,
        computed_grid.indicator_code,
        'computed' as origin_code,
        computed_grid.is_assessed,
        true as is_reported,
        counts.numerator,
        counts.denominator,
        counts.excluded_count,
        cast(null as decimal(18, 6)) as declared_percent,
        false as is_unusable
    from computed_grid
    left join {{ ref('int_indicator_counts_unioned') }} as counts
        on
            computed_grid.authority_code = counts.authority_code
            and computed_grid.unit_code = counts.unit_code
            and computed_grid.period_code = counts.period_code
            and computed_grid.indicator_code = counts.indicator_code

),

reports as (

    select
        reports.*,
        periods.period_code
    from {{ ref('int_on_time_reports_latest') }} as reports
    inner join {{ ref('int_periods_defined') }} as periods
        on
            reports.period_start_date = periods.start_date
            and reports.period_end_date = periods.end_date

),

-- Where an authority reports a definition for a period, every unit of it gets a row: silence is a status.
declared_grid as (

    select
        units.authority_code,
        units.unit_code,
        reported.period_code,
        indicators.indicator_code,
        indicators.definition_code
    from (
        select distinct authority_code, period_code, definition_code, period_start_date, period_end_date from reports
    ) as reported
    inner join {{ ref('int_units_unioned') }} as units on reported.authority_code = units.authority_code
    inner join indicators on reported.definition_code = indicators.definition_code
    where
        indicators.is_declared
        -- A unit that did not exist in the period is not silent; one that reported all the same is heard.
        and (
            (
                coalesce(units.existed_from_date <= reported.period_end_date, true)
                and coalesce(units.valid_to_date >= reported.period_start_date, true)
            )
            or (units.authority_code, units.unit_code, reported.period_code) in (
                select authority_code, unit_code, period_code from reports
            )
        )

),

declared as (

    select
        declared_grid.authority_code,
        declared_grid.unit_code,
        declared_grid.period_code,
        declared_grid.indicator_code,
        'declared' as origin_code,
        true as is_assessed,
        reports.unit_code is not null as is_reported,
        -- Half a fraction is no fraction: without both counts the publisher's percentage stands alone.
        case when reports.has_counts then reports.numerator_count end as numerator,
        case when reports.has_counts then reports.denominator_count end as denominator,
        cast(null as bigint) as excluded_count,
        case when not reports.has_counts then reports.declared_percent end as declared_percent,
        coalesce(
            reports.is_contradictory
            or (not reports.has_counts and reports.declared_percent is null), false
        ) as is_unusable
    from declared_grid
    left join reports
        on
            declared_grid.authority_code = reports.authority_code
            and declared_grid.unit_code = reports.unit_code
            and declared_grid.period_code = reports.period_code
            and declared_grid.definition_code = reports.definition_code

),

stacked as (

    select * from computed
    union all
    select * from declared

),

stated as (

    select
        stacked.*,
        indicators.unit_of_measure_code,
        indicators.multiplier,
        indicators.value_scale,
        indicators.scale_to_six_digits,
        indicators.interval_method_code,
        case
            when not stacked.is_reported then 'not_reported'
            when not stacked.is_assessed or stacked.is_unusable then 'not_assessed'
            when indicators.unit_of_measure_code = 'count' then 'ok'
            when stacked.declared_percent is not null and indicators.unit_of_measure_code = 'rate' then 'ok'
            when coalesce(stacked.denominator, 0) = 0 then 'no_activity'
            when stacked.denominator < indicators.minimum_denominator then 'insufficient_sample'
            else 'ok'
        end as value_status
    from stacked
    inner join indicators on stacked.indicator_code = indicators.indicator_code

),

valued as (

    select
        *,
        case
            when value_status not in ('ok', 'insufficient_sample') then null
            when unit_of_measure_code = 'count' then cast(numerator as decimal(18, 6))
            when declared_percent is not null then cast(declared_percent * cast(0.01 as decimal(3, 2)) as decimal(18, 6))
            else cast(
                cast({{ exact_ratio('numerator * multiplier', 'denominator', 'value_scale') }} * scale_to_six_digits as decimal(18, 0))
                * cast(0.000001 as decimal(7, 6))
                as decimal(18, 6)
            )
        end as value,
        interval_method_code = 'wilson'
        and value_status in ('ok', 'insufficient_sample')
        and numerator between 0 and denominator as has_interval
    from stated

)

select
    authority_code,
    unit_code,
    period_code,
    indicator_code,
    origin_code,
    numerator,
    denominator,
    excluded_count,
    value,
    value_status,
    case when has_interval then {{ wilson_bound('numerator', 'denominator', '-') }} end as interval_low,
    case when has_interval then {{ wilson_bound('numerator', 'denominator', '+') }} end as interval_high
from valued
