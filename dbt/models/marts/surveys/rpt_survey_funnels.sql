{#-
  The index of units around that of the whole authority, as a funnel (Spiegelhalter 2005, "Funnel plots for comparing
  institutional performance"): the limits are where 95 % and 99,8 % of units would lie if all were alike, by their own
  effective sample.
-#}
with estimates as (

    select * from {{ ref('fct_survey_estimates') }}
    where group_kind_code = 'all' and measure_level_code = 'overall' and is_chosen_formula

),

centres as (

    select authority_code, wave_code, instrument_code, estimate as centre
    from estimates
    where unit_code = authority_code and estimate is not null

),

placed as (

    select
        estimates.authority_code,
        estimates.wave_code,
        estimates.instrument_code,
        estimates.unit_code,
        estimates.estimate,
        estimates.effective_count,
        centres.centre,
        cast(centres.centre as double) as p,
        cast(nullif(estimates.effective_count, 0) as double) as n
    from estimates
    inner join centres
        on
            estimates.authority_code = centres.authority_code
            and estimates.wave_code = centres.wave_code
            and estimates.instrument_code = centres.instrument_code
    where estimates.unit_code <> estimates.authority_code and estimates.estimate is not null

),

limited as (

    select
        *,
        {{ wilson_bound_of_share('p', 'n', '-') }} as inner_low,
        {{ wilson_bound_of_share('p', 'n', '+') }} as inner_high,
        {{ wilson_bound_of_share('p', 'n', '-', '3.090232306167813e0') }} as outer_low,
        {{ wilson_bound_of_share('p', 'n', '+', '3.090232306167813e0') }} as outer_high
    from placed

)

select
    authority_code,
    wave_code,
    instrument_code,
    unit_code,
    estimate,
    effective_count,
    centre,
    inner_low,
    inner_high,
    outer_low,
    outer_high,
    case
        when n is null then null
        when estimate < outer_low then 'far_below'
        when estimate > outer_high then 'far_above'
        when estimate < inner_low then 'below'
        when estimate > inner_high then 'above'
        else 'within'
    end as position_code
from limited
