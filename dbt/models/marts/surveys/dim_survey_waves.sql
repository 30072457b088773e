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

wave_units as (

    select distinct wave_number, authority_code, unit_code from {{ ref('int_survey_ballots_weighted') }}

),

unit_counts as (

    select
        wave_number,
        count(*) as unit_count,
        count(*) filter (where unit_code <> authority_code) as own_unit_count
    from wave_units
    group by wave_number

),

-- Waves that share as many units as each of them has are of the same units.
same_units as (

    select shared.wave_number, min(shared.other_number) as first_number
    from (
        select units.wave_number, others.wave_number as other_number, count(*) as shared_count
        from wave_units as units
        inner join wave_units as others
            on units.authority_code = others.authority_code and units.unit_code = others.unit_code
        group by units.wave_number, others.wave_number
    ) as shared
    inner join unit_counts on shared.wave_number = unit_counts.wave_number and shared.shared_count = unit_counts.unit_count
    inner join unit_counts as other_counts
        on shared.other_number = other_counts.wave_number and shared.shared_count = other_counts.unit_count
    group by shared.wave_number

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
        coalesce(unit_counts.own_unit_count, 0) as unit_count,
        first_waves.wave_code as unit_set_code,
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
    left join unit_counts on waves.wave_number = unit_counts.wave_number
    left join same_units on waves.wave_number = same_units.wave_number
    left join {{ ref('int_survey_waves_unioned') }} as first_waves on same_units.first_number = first_waves.wave_number
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
    ordered.unit_count,
    ordered.unit_set_code,
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
