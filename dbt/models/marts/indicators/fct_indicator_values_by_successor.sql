{#- What can be added: counts, and rates by their counts. A median or a declared percentage cannot. -#}
with indicators as (

    select indicator_code, unit_of_measure_code, minimum_denominator, interval_method_code
    from {{ ref('dim_indicators') }}
    where is_computed and unit_of_measure_code in ('count', 'rate')

),

successions as (

    select authority_code, unit_code, current_unit_code from {{ ref('bridge_unit_successions') }}

),

summed as (

    select
        facts.authority_code,
        successions.current_unit_code as unit_code,
        facts.period_code,
        facts.indicator_code,
        cast(count(*) as integer) as unit_count,
        cast(sum(facts.numerator) as bigint) as numerator,
        cast(sum(facts.denominator) as bigint) as denominator,
        cast(sum(facts.excluded_count) as bigint) as excluded_count,
        max(case when facts.value_status <> 'not_assessed' then 1 else 0 end) = 1 as is_assessed
    from {{ ref('fct_indicator_values') }} as facts
    inner join successions
        on facts.authority_code = successions.authority_code and facts.unit_code = successions.unit_code
    inner join indicators on facts.indicator_code = indicators.indicator_code
    where facts.origin_code = 'computed'
    group by facts.authority_code, successions.current_unit_code, facts.period_code, facts.indicator_code

),

stated as (

    select
        summed.*,
        indicators.unit_of_measure_code,
        indicators.interval_method_code,
        case
            when not summed.is_assessed then 'not_assessed'
            when indicators.unit_of_measure_code = 'count' then 'ok'
            when coalesce(summed.denominator, 0) = 0 then 'no_activity'
            when summed.denominator < indicators.minimum_denominator then 'insufficient_sample'
            else 'ok'
        end as value_status
    from summed
    inner join indicators on summed.indicator_code = indicators.indicator_code

),

valued as (

    select
        *,
        case
            when value_status not in ('ok', 'insufficient_sample') then null
            when unit_of_measure_code = 'count' then cast(numerator as decimal(18, 6))
            else {{ rate('numerator', 'denominator') }}
        end as value,
        interval_method_code = 'wilson'
        and value_status in ('ok', 'insufficient_sample')
        and numerator between 0 and denominator as has_interval
    from stated

),

compared as (

    select * from {{ ref('int_unit_periods_compared') }}

)

select
    valued.authority_code,
    valued.unit_code,
    valued.period_code,
    valued.indicator_code,
    valued.unit_count,
    valued.numerator,
    valued.denominator,
    valued.excluded_count,
    valued.value,
    valued.value_status,
    case when valued.has_interval then {{ wilson_bound('valued.numerator', 'valued.denominator', '-') }} end as interval_low,
    case when valued.has_interval then {{ wilson_bound('valued.numerator', 'valued.denominator', '+') }} end as interval_high,
    compared.is_year_on_year_comparable
from valued
left join compared
    on
        valued.authority_code = compared.authority_code
        and valued.unit_code = compared.unit_code
        and valued.period_code = compared.period_code
