{#- Every figure on satisfaction of a unit and year, side by side. They are of different people and scales: none is added to another. -#}
with estimates as (

    select
        estimates.authority_code,
        estimates.unit_code,
        {{ year_code('waves.end_date') }} as period_code,
        'estimate' as side_code,
        estimates.wave_code || '|' || estimates.instrument_code as side_key,
        waves.survey_owner_code,
        waves.wave_name as side_name,
        waves.method_version,
        estimates.value_status,
        cast(100 * estimates.estimate as decimal(18, 6)) as satisfied_percent,
        cast(100 * estimates.interval_low as decimal(18, 4)) as percent_low,
        cast(100 * estimates.interval_high as decimal(18, 4)) as percent_high,
        estimates.ballot_count as answer_count,
        cast(null as decimal(18, 6)) as change_points,
        cast(null as bigint) as declared_rank,
        cast(null as bigint) as ranked_count,
        cast(null as decimal(18, 6)) as coverage_rate
    from {{ ref('fct_survey_estimates') }} as estimates
    inner join {{ ref('dim_survey_waves') }} as waves
        on
            estimates.authority_code = waves.authority_code
            and estimates.wave_code = waves.wave_code
            and estimates.instrument_code = waves.instrument_code
    where
        estimates.group_kind_code = 'all'
        and estimates.measure_level_code = 'overall'
        and estimates.is_chosen_formula
        -- A wave nobody registered, of ballots without a day, belongs to no year.
        and waves.end_date is not null

),

declared as (

    select
        authority_code,
        unit_code,
        {{ year_code('period_end_date') }} as period_code,
        'declared' as side_code,
        survey_owner_code || '|' || cast(period_start_date as {{ dbt.type_string() }}) || '|' || cast(period_end_date as {{ dbt.type_string() }}) as side_key,
        survey_owner_code,
        source_name as side_name,
        method_version,
        'ok' as value_status,
        -- As published, with all its digits.
        cast(declared_percent as decimal(18, 6)) as satisfied_percent,
        cast(null as decimal(18, 4)) as percent_low,
        cast(null as decimal(18, 4)) as percent_high,
        ballot_count as answer_count,
        change_points,
        declared_rank,
        ranked_count,
        cast(null as decimal(18, 6)) as coverage_rate
    from {{ ref('fct_survey_declared_results') }}
    where measure_code = 'overall'

),

ratings as (

    select
        counts.authority_code,
        counts.unit_code,
        counts.period_code,
        'rating' as side_code,
        counts.instrument_code as side_key,
        'unit' as survey_owner_code,
        instruments.instrument_name as side_name,
        instruments.method_version,
        counts.value_status,
        cast(100 * counts.positive_rate as decimal(18, 6)) as satisfied_percent,
        cast(100 * counts.interval_low as decimal(18, 4)) as percent_low,
        cast(100 * counts.interval_high as decimal(18, 4)) as percent_high,
        counts.valid_count as answer_count,
        cast(null as decimal(18, 6)) as change_points,
        cast(null as bigint) as declared_rank,
        cast(null as bigint) as ranked_count,
        counts.coverage_rate
    from {{ ref('fct_rating_counts') }} as counts
    inner join {{ ref('dim_survey_instruments') }} as instruments
        on counts.authority_code = instruments.authority_code and counts.instrument_code = instruments.instrument_code
    inner join {{ ref('dim_periods') }} as periods on counts.period_code = periods.period_code
    where periods.period_kind_code = 'year' and counts.rating_count > 0

)

select * from estimates
union all
select * from declared
union all
select * from ratings
