{#- An index of the quality table (NĐ 61/2018) gives a dossier 0, 1 or 2 points. -#}
{%- set quality_index_max = 2 -%}
with regulations as (

    select * from {{ ref('dim_regulations') }}
    where is_scorable

),

criteria as (

    select * from {{ ref('dim_criteria') }}

),

periods as (

    select period_code, period_kind_code, start_date, end_date, counted_to_date from {{ ref('dim_periods') }}

),

units as (

    select authority_code, unit_code, unit_bloc_code, existed_from_date, valid_to_date from {{ ref('dim_units') }}
    where is_ranked_bloc

),

survey_estimates as (

    select
        estimates.authority_code,
        estimates.unit_code,
        estimates.wave_code,
        estimates.instrument_code,
        waves.survey_owner_code,
        waves.population_code,
        waves.end_date,
        estimates.instrument_code || ':' || waves.survey_owner_code || ':' || waves.population_code
        || case when estimates.measure_level_code = 'factor' then ':' || estimates.measure_code else '' end as input_code,
        estimates.value_status,
        estimates.estimate,
        estimates.effective_count,
        estimates.interval_low
    from {{ ref('fct_survey_estimates') }} as estimates
    inner join {{ ref('dim_survey_waves') }} as waves
        on
            estimates.authority_code = waves.authority_code
            and estimates.wave_code = waves.wave_code
            and estimates.instrument_code = waves.instrument_code
    where
        estimates.group_kind_code = 'all'
        and estimates.measure_level_code in ('overall', 'factor')
        and estimates.is_chosen_formula
        and estimates.unit_code <> estimates.authority_code
        -- Who asked whom is a part of what is scored: of a wave that nobody registered no index is.
        and waves.survey_owner_code is not null
        and waves.population_code is not null

),

-- Of a survey that a unit stands in several times in a period, the wave that ended last speaks, never an average.
survey_waves as (

    select
        *,
        row_number() over (
            partition by authority_code, period_code, unit_code, instrument_code, survey_owner_code, population_code
            order by end_date desc nulls last, wave_code desc nulls last
        ) as wave_order
    from (
        select distinct
            waves.authority_code,
            periods.period_code,
            waves.unit_code,
            waves.wave_code,
            waves.instrument_code,
            waves.survey_owner_code,
            waves.population_code,
            waves.end_date
        from survey_estimates as waves
        inner join periods on waves.end_date between periods.start_date and periods.counted_to_date
    ) as ended

),

regulation_periods as (

    select
        regulations.authority_code,
        regulations.regulation_code,
        regulations.regulation_version_code,
        regulations.unit_bloc_codes,
        regulations.total_input_code,
        periods.period_code,
        periods.start_date,
        periods.end_date,
        periods.counted_to_date
    from regulations
    inner join periods
        on
            periods.end_date >= regulations.valid_from_date
            and coalesce(periods.end_date <= regulations.valid_to_date, true)
            and position(
                ';' || periods.period_kind_code || ';' in ';' || replace(regulations.period_kind_codes, ' ', '') || ';'
            ) > 0

),

-- Figures that may be scored, whatever they come from. Without a denominator the value stands over a million; a family is
-- a set of figures that share what they are counted on, and so their luck.
figures as (

    select
        facts.authority_code,
        facts.period_code,
        facts.unit_code,
        'indicator' as input_kind_code,
        facts.indicator_code as input_code,
        indicators.family_code as family_code,
        facts.numerator,
        case when indicators.unit_of_measure_code = 'count' then 1 else facts.denominator end as denominator,
        indicators.unit_of_measure_code <> 'count' as has_counts,
        facts.value_status = 'insufficient_sample' as is_small_sample,
        -- A score is a rate times its maximum, so its luck is the rate's.
        case when indicators.unit_of_measure_code in ('rate', 'score') then facts.denominator end as sample_count,
        1 as sample_scale,
        indicators.unit_of_measure_code <> 'count' as is_sampled,
        cast(null as decimal(18, 6)) as declared_score,
        cast(null as {{ dbt.type_string() }}) as wave_code
    from {{ ref('fct_indicator_values') }} as facts
    inner join {{ ref('dim_indicators') }} as indicators on facts.indicator_code = indicators.indicator_code
    where facts.origin_code = 'computed' and facts.value_status in ('ok', 'insufficient_sample', 'no_activity')

    union all

    select
        metrics.authority_code,
        periods.period_code,
        metrics.unit_code,
        'portal_metric' as input_kind_code,
        metrics.input_code,
        'portal' as family_code,
        case
            when metrics.denominator_count is not null then metrics.numerator_count
            else cast(round(metrics.declared_value * 10000, 0) as bigint)
        end as numerator,
        case
            when metrics.denominator_count is not null then metrics.denominator_count
            when metrics.declared_value is not null then 1000000
        end as denominator,
        metrics.denominator_count is not null as has_counts,
        false as is_small_sample,
        metrics.denominator_count as sample_count,
        1 as sample_scale,
        true as is_sampled,
        metrics.declared_score,
        cast(null as {{ dbt.type_string() }}) as wave_code
    from {{ ref('int_portal_metrics_latest') }} as metrics
    inner join periods
        on metrics.period_start_date = periods.start_date and metrics.period_end_date = periods.end_date

    union all

    select
        indices.authority_code,
        periods.period_code,
        indices.unit_code,
        'quality_index' as input_kind_code,
        indices.input_code,
        'quality' as family_code,
        indices.numerator,
        indices.denominator,
        false as has_counts,
        false as is_small_sample,
        case when indices.is_of_dossier then cast(round(indices.denominator / 1e6) as bigint) end as sample_count,
        {{ quality_index_max }} as sample_scale,
        -- What an agency says of itself as a whole is no sample.
        indices.is_of_dossier as is_sampled,
        case when indices.input_code = 'total' then {{ from_millionths('indices.numerator') }} end as declared_score,
        cast(null as {{ dbt.type_string() }}) as wave_code
    from {{ ref('int_quality_indices_averaged') }} as indices
    inner join periods
        on indices.period_start_date = periods.start_date and indices.period_end_date = periods.end_date

    union all

    select
        waves.authority_code,
        waves.period_code,
        waves.unit_code,
        'survey_index' as input_kind_code,
        estimates.input_code,
        'satisfaction' as family_code,
        cast({{ millionths('estimates.estimate') }} as bigint) as numerator,
        case when estimates.estimate is not null then 1000000 end as denominator,
        false as has_counts,
        estimates.value_status = 'insufficient_sample' as is_small_sample,
        cast(round(estimates.effective_count) as bigint) as sample_count,
        1 as sample_scale,
        -- Where everybody was asked there is no luck: an interval without an effective sample.
        not (estimates.effective_count is null and estimates.interval_low is not null) as is_sampled,
        cast(null as decimal(18, 6)) as declared_score,
        waves.wave_code
    from survey_waves as waves
    inner join survey_estimates as estimates
        on
            waves.authority_code = estimates.authority_code
            and waves.wave_code = estimates.wave_code
            and waves.instrument_code = estimates.instrument_code
            and waves.unit_code = estimates.unit_code
    where waves.wave_order = 1

),

-- What the options of a question are worth is the criterion's own, so these figures are counted per criterion.
options as (

    select
        criteria.authority_code,
        criteria.regulation_version_code,
        criteria.criterion_code,
        counted.period_code,
        counted.unit_code,
        cast(sum(counted.answer_count * {{ millionths('bands.awarded_score') }}) as bigint) as numerator,
        sum(counted.answer_count) * cast(1000000 as bigint) as denominator
    from criteria
    inner join {{ ref('dim_criterion_bands') }} as bands
        on
            criteria.authority_code = bands.authority_code
            and criteria.regulation_version_code = bands.regulation_version_code
            and criteria.criterion_code = bands.criterion_code
    inner join {{ ref('int_survey_options_counted') }} as counted
        on
            criteria.authority_code = counted.authority_code
            and criteria.input_code = counted.instrument_code
            and bands.answer_code = counted.answer_code
    where criteria.input_kind_code = 'survey_item'
    group by
        criteria.authority_code, criteria.regulation_version_code, criteria.criterion_code, counted.period_code,
        counted.unit_code

),

sheets as (

    select sheets.*, periods.period_code
    from {{ ref('int_criterion_scores_latest') }} as sheets
    inner join periods
        on sheets.period_start_date = periods.start_date and sheets.period_end_date = periods.end_date

),

-- What a sheet says does not apply takes everything below it along.
set_aside as (

    select distinct
        criteria.authority_code,
        criteria.regulation_version_code,
        criteria.criterion_code,
        sheets.period_code,
        sheets.unit_code
    from sheets
    inner join criteria
        on
            sheets.authority_code = criteria.authority_code
            and sheets.regulation_code = criteria.regulation_code
            and position(';' || sheets.criterion_code || ';' in criteria.path_codes) > 0
    where not sheets.is_applicable

),

-- A regulation is scored over the periods of which anything it scores is known.
fed as (

    select regulation_periods.authority_code, regulation_periods.regulation_version_code, regulation_periods.period_code
    from regulation_periods
    inner join sheets
        on
            regulation_periods.authority_code = sheets.authority_code
            and regulation_periods.regulation_code = sheets.regulation_code
            and regulation_periods.period_code = sheets.period_code

    union

    select regulation_periods.authority_code, regulation_periods.regulation_version_code, regulation_periods.period_code
    from regulation_periods
    inner join criteria
        on
            regulation_periods.authority_code = criteria.authority_code
            and regulation_periods.regulation_version_code = criteria.regulation_version_code
    inner join (
        select distinct authority_code, period_code, input_kind_code, input_code from figures
        where denominator > 0
    ) as known
        on
            regulation_periods.authority_code = known.authority_code
            and regulation_periods.period_code = known.period_code
            and criteria.input_kind_code = known.input_kind_code
            and criteria.input_code = known.input_code

    union

    select regulation_periods.authority_code, regulation_periods.regulation_version_code, regulation_periods.period_code
    from regulation_periods
    inner join options
        on
            regulation_periods.authority_code = options.authority_code
            and regulation_periods.regulation_version_code = options.regulation_version_code
            and regulation_periods.period_code = options.period_code

),

-- Scored are the units that exist on the last day counted, so that a unit and its successor never stand side by side.
expected as (

    select
        regulation_periods.authority_code,
        regulation_periods.regulation_code,
        regulation_periods.regulation_version_code,
        regulation_periods.period_code,
        units.unit_code,
        regulation_periods.total_input_code
    from regulation_periods
    inner join fed
        on
            regulation_periods.authority_code = fed.authority_code
            and regulation_periods.regulation_version_code = fed.regulation_version_code
            and regulation_periods.period_code = fed.period_code
    inner join units
        on
            regulation_periods.authority_code = units.authority_code
            and (
                coalesce(regulation_periods.unit_bloc_codes, '') = ''
                or position(
                    ';' || units.unit_bloc_code || ';' in ';' || replace(regulation_periods.unit_bloc_codes, ' ', '') || ';'
                ) > 0
            )
            and coalesce(units.existed_from_date <= regulation_periods.counted_to_date, true)
            and coalesce(units.valid_to_date >= regulation_periods.counted_to_date, true)

),

-- The total has a row of its own with an empty criterion code: what somebody else published as the total.
asked as (

    select
        expected.authority_code,
        expected.regulation_code,
        expected.regulation_version_code,
        expected.period_code,
        expected.unit_code,
        criteria.criterion_code,
        criteria.is_leaf,
        criteria.input_kind_code,
        criteria.input_code,
        criteria.factor_input_code
    from expected
    inner join criteria
        on
            expected.authority_code = criteria.authority_code
            and expected.regulation_version_code = criteria.regulation_version_code

    union all

    select
        authority_code,
        regulation_code,
        regulation_version_code,
        period_code,
        unit_code,
        '' as criterion_code,
        false as is_leaf,
        case when total_input_code = 'total' then 'quality_index' else 'portal_metric' end as input_kind_code,
        total_input_code as input_code,
        cast(null as {{ dbt.type_string() }}) as factor_input_code
    from expected
    where total_input_code is not null

),

found as (

    select
        asked.*,
        set_aside.criterion_code is null as is_applicable,
        sheets.campaign_code,
        sheets.self_score,
        sheets.appraised_score_1,
        sheets.appraised_score_2,
        sheets.survey_score,
        sheets.survey_answer_count,
        sheets.evidence_reference,
        sheets.explanation_reference,
        coalesce(figures.declared_score, cast(null as decimal(18, 6))) as declared_score,
        -- Each criterion of a sheet counts something of its own; the questions of a survey are answered by the same people.
        case
            when asked.input_kind_code = 'survey_item' then 'satisfaction'
            when sheets.survey_score is not null then 'sheet survey'
            else coalesce(figures.family_code, case when sheets.unit_code is not null then 'sheet ' || asked.criterion_code end)
        end as family_code,
        figures.wave_code,
        coalesce(figures.is_small_sample, false) as is_small_sample,
        case asked.input_kind_code
            when 'measured' then case when sheets.measured_numerator is not null then sheets.measured_denominator end
            when 'survey_item' then cast(round(options.denominator / 1e6) as bigint)
            else figures.sample_count
        end as sample_count,
        coalesce(figures.sample_scale, 1) as sample_scale,
        factors.sample_count as factor_sample_count,
        case asked.input_kind_code
            when 'measured' then coalesce(sheets.measured_denominator is not null and sheets.measured_numerator is not null, false)
            when 'survey_item' then options.unit_code is not null
            else coalesce(figures.is_sampled, false)
        end as is_sampled,
        factors.numerator as factor_numerator,
        factors.denominator as factor_denominator,
        case asked.input_kind_code
            when 'measured' then coalesce(
                sheets.measured_denominator is not null and sheets.measured_numerator is not null, false
            )
            when 'survey_item' then false
            else coalesce(figures.has_counts, false)
        end as has_counts,
        case asked.input_kind_code
            when 'measured' then
                case
                    when sheets.measured_denominator is not null then sheets.measured_numerator
                    when sheets.measured_value >= 0 then {{ millionths('sheets.measured_value') }}
                    else sheets.measured_numerator
                end
            when 'survey_item' then options.numerator
            else figures.numerator
        end as numerator,
        case asked.input_kind_code
            when 'measured' then
                case
                    when sheets.measured_numerator is not null and sheets.measured_denominator is not null
                        then sheets.measured_denominator
                    when sheets.measured_value >= 0 then 1000000
                    when sheets.measured_numerator is not null then 1
                end
            when 'survey_item' then options.denominator
            else figures.denominator
        end as denominator
    from asked
    left join sheets
        on
            asked.authority_code = sheets.authority_code
            and asked.regulation_code = sheets.regulation_code
            and asked.period_code = sheets.period_code
            and asked.unit_code = sheets.unit_code
            and asked.criterion_code = sheets.criterion_code
    left join set_aside
        on
            asked.authority_code = set_aside.authority_code
            and asked.regulation_version_code = set_aside.regulation_version_code
            and asked.period_code = set_aside.period_code
            and asked.unit_code = set_aside.unit_code
            and asked.criterion_code = set_aside.criterion_code
    left join figures
        on
            asked.authority_code = figures.authority_code
            and asked.period_code = figures.period_code
            and asked.unit_code = figures.unit_code
            and asked.input_kind_code = figures.input_kind_code
            and asked.input_code = figures.input_code
    left join figures as factors
        on
            asked.authority_code = factors.authority_code
            and asked.period_code = factors.period_code
            and asked.unit_code = factors.unit_code
            and asked.input_kind_code = factors.input_kind_code
            and asked.factor_input_code = factors.input_code
    left join options
        on
            asked.authority_code = options.authority_code
            and asked.regulation_version_code = options.regulation_version_code
            and asked.criterion_code = options.criterion_code
            and asked.period_code = options.period_code
            and asked.unit_code = options.unit_code

)

select
    authority_code,
    regulation_code,
    regulation_version_code,
    period_code,
    unit_code,
    criterion_code,
    is_leaf,
    input_kind_code,
    input_code,
    is_applicable,
    campaign_code,
    self_score,
    appraised_score_1,
    appraised_score_2,
    survey_score,
    survey_answer_count,
    declared_score,
    evidence_reference,
    explanation_reference,
    family_code,
    wave_code,
    has_counts,
    is_leaf and is_sampled as is_sampled,
    case when is_leaf then sample_count end as sample_count,
    case when is_leaf then sample_scale end as sample_scale,
    is_small_sample,
    -- A negative figure is no share of anything: it is not scored.
    case when is_leaf and numerator >= 0 and denominator >= 0 and is_factor_known then cast(numerator as bigint) end as numerator,
    case when is_leaf and numerator >= 0 and denominator >= 0 and is_factor_known then cast(denominator as bigint) end as denominator,
    case when is_leaf then cast(factor_numerator as bigint) end as factor_numerator,
    case when is_leaf then cast(factor_denominator as bigint) end as factor_denominator,
    case when is_leaf then cast(factor_sample_count as bigint) end as factor_sample_count
from (
    select
        *,
        factor_input_code is null or coalesce(factor_numerator >= 0 and factor_denominator > 0, false) as is_factor_known
    from found
) as scored
