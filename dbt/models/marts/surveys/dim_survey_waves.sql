{#- Only waves of one series (questionnaire, owner, people asked) measure the same thing, and are compared. -#}
with weights as (

    select
        wave_number,
        max(weight_kind_code) as weight_kind_code,
        max(totals_use_code) as totals_use_code,
        count(*) as answered_count,
        min(unit_code) as first_unit_code,
        max(unit_code) as last_unit_code
    from {{ ref('int_survey_ballots_weighted') }}
    group by wave_number

),

known_totals as (

    select authority_code, wave_code, count(*) as known_total_count
    from (
        select distinct authority_code, wave_code, unit_code, group_kind_code, group_code
        from {{ ref('stg_survey__totals') }}
    ) as totals
    group by authority_code, wave_code

),

used_totals as (

    select wave_number, count(*) as used_total_count
    from (
        select distinct wave_number, unit_code, total_group_code
        from {{ ref('int_survey_ballots_weighted') }}
        where total_group_code is not null
    ) as totals
    group by wave_number

),

waves as (

    select
        waves.*,
        weights.weight_kind_code,
        weights.answered_count,
        case
            when known_totals.wave_code is null then 'none'
            when weights.wave_number is null then 'no_ballots'
            else weights.totals_use_code
        end as totals_use_code,
        coalesce(known_totals.known_total_count, 0) as known_total_count,
        coalesce(used_totals.used_total_count, 0) as used_total_count,
        -- A wave of which nobody has said who asked whom continues nothing; units that ask for themselves have a series each.
        waves.instrument_code || '|'
        || coalesce(waves.survey_owner_code || '|' || waves.population_code, waves.wave_code)
        || case
            when waves.survey_owner_code = 'unit' and weights.first_unit_code = weights.last_unit_code
                then '|' || weights.first_unit_code
            else ''
        end as series_code
    from {{ ref('int_survey_waves_unioned') }} as waves
    left join weights on waves.wave_number = weights.wave_number
    left join used_totals on waves.wave_number = used_totals.wave_number
    left join known_totals on waves.authority_code = known_totals.authority_code and waves.wave_code = known_totals.wave_code

),

-- The wave before in the series, to compare with; and the wave before of any series, to say what has changed since.
ordered as (

    select
        *,
        lag(wave_code) over (
            partition by authority_code, series_code order by end_date nulls last, wave_code nulls last
        ) as previous_wave_code,
        lag(instrument_code) over (
            partition by authority_code order by end_date nulls last, wave_code nulls last, instrument_code nulls last
        ) as earlier_instrument_code,
        lag(coalesce(survey_owner_code, '')) over (
            partition by authority_code order by end_date nulls last, wave_code nulls last, instrument_code nulls last
        ) as earlier_owner_code,
        lag(coalesce(population_code, '')) over (
            partition by authority_code order by end_date nulls last, wave_code nulls last, instrument_code nulls last
        ) as earlier_population_code
    from waves

)

select
    ordered.authority_code,
    ordered.wave_code,
    ordered.instrument_code,
    ordered.wave_name,
    ordered.survey_owner_code,
    ordered.population_code,
    ordered.mode_code,
    ordered.frame_name,
    ordered.start_date,
    ordered.end_date,
    ordered.is_registered,
    ordered.instrument_name,
    ordered.index_formula_code,
    ordered.minimum_ballot_count,
    ordered.method_version,
    ordered.legal_basis,
    ordered.is_confirmed,
    coalesce(ordered.weight_kind_code, 'equal') as weight_kind_code,
    ordered.totals_use_code,
    ordered.known_total_count,
    ordered.used_total_count,
    coalesce(ordered.answered_count, 0) as ballot_count,
    ordered.series_code,
    ordered.previous_wave_code,
    case
        when ordered.previous_wave_code is not null or ordered.earlier_instrument_code is null then null
        when ordered.instrument_code <> ordered.earlier_instrument_code then 'instrument'
        when ordered.survey_owner_code is null or ordered.population_code is null then 'unregistered'
        when ordered.survey_owner_code <> ordered.earlier_owner_code then 'owner'
        when ordered.population_code <> ordered.earlier_population_code then 'population'
        else 'unregistered'
    end as break_code
from ordered
