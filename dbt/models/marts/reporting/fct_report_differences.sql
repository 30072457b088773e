with form_claims as (

    select * from {{ ref('int_form_06a_claims') }}

),

found as (

    select *, lower(trim(line_name)) as line_key from {{ ref('fct_form_06a') }}

),

-- Units and periods of which the warehouse holds dossiers: there, a domain without a line has none; elsewhere nothing is known.
covered as (

    select authority_code, unit_code, period_code from {{ ref('int_unit_periods_expected') }}
    where has_dossiers

),

form_compared as (

    {%- for group_code, group in form_groups().items() %}
    {%- for measure in group['measures'] %}
    select
        claims.authority_code,
        claims.unit_code,
        claims.reporter_key,
        claims.unit_name,
        claims.period_code,
        claims.report_code,
        claims.line_kind_code,
        claims.line_name,
        claims.line_key,
        '{{ group_code }}' as group_code,
        '{{ measure }}' as measure_code,
        claims.{{ measure }} as claimed_count,
        case when covered.unit_code is not null then coalesce(found.{{ measure }}, 0) end as computed_count,
        claims.delivery_id,
        claims.source_row_number
    from form_claims as claims
    left join covered
        on
            claims.authority_code = covered.authority_code
            and claims.unit_code = covered.unit_code
            and claims.period_code = covered.period_code
    left join found
        on
            claims.authority_code = found.authority_code
            and claims.unit_code = found.unit_code
            and claims.period_code = found.period_code
            and claims.line_kind_code = found.line_kind_code
            and claims.line_key = found.line_key
    {{ "union all" if not loop.last }}
    {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

form_differences as (

    select
        compared.authority_code,
        compared.unit_code,
        compared.reporter_key,
        compared.unit_name,
        compared.period_code,
        compared.report_code,
        compared.line_kind_code,
        compared.line_name,
        compared.group_code,
        compared.measure_code,
        compared.claimed_count,
        compared.computed_count,
        causes.cause_code as reading_cause_code,
        cast(null as {{ dbt.type_string() }}) as reading_code,
        compared.delivery_id,
        compared.source_row_number
    from form_compared as compared
    left join {{ ref('int_report_groups_compared') }} as causes
        on
            compared.authority_code = causes.authority_code
            and compared.unit_code = causes.unit_code
            and compared.period_code = causes.period_code
            and compared.report_code = causes.report_code
            and compared.line_kind_code = causes.line_kind_code
            and compared.line_key = causes.line_key
            and compared.group_code = causes.group_code

),

reports as (

    select
        reports.*,
        periods.period_code,
        indicators.indicator_code
    from {{ ref('int_on_time_reports_latest') }} as reports
    inner join {{ ref('int_periods_defined') }} as periods
        on reports.period_start_date = periods.start_date and reports.period_end_date = periods.end_date
    inner join {{ ref('dim_indicators') }} as indicators
        on reports.definition_code = indicators.definition_code
    where indicators.unit_of_measure_code = 'rate' and reports.has_counts

),

rates as (

    select
        counts.authority_code,
        counts.unit_code,
        counts.period_code,
        counts.indicator_code,
        counts.numerator,
        counts.denominator
    from {{ ref('int_indicator_counts_unioned') }} as counts
    inner join {{ ref('dim_indicators') }} as indicators on counts.indicator_code = indicators.indicator_code
    where indicators.family_code = 'timeliness' and indicators.unit_of_measure_code = 'rate'

),

-- The same report read by another definition, or over the window that bears the same name.
readings as (

    select
        authority_code,
        unit_code,
        period_code,
        cast(null as {{ dbt.type_string() }}) as window_indicator_code,
        indicator_code as reading_code,
        case indicator_code
            {%- for indicator, cause in indicator_readings().items() %}
            when '{{ indicator }}' then '{{ cause }}'
            {%- endfor %}
            else 'other_definition'
        end as cause_code,
        numerator,
        denominator
    from rates

    union all

    select
        rates.authority_code,
        rates.unit_code,
        pairs.other_period_code as period_code,
        rates.indicator_code as window_indicator_code,
        rates.indicator_code as reading_code,
        'other_window' as cause_code,
        rates.numerator,
        rates.denominator
    from rates
    inner join {{ ref('int_periods_paired') }} as pairs on rates.period_code = pairs.period_code

),

read_otherwise as (

    select
        reports.authority_code,
        reports.unit_code,
        reports.period_code,
        reports.definition_code,
        readings.cause_code,
        readings.reading_code,
        row_number() over (
            partition by reports.authority_code, reports.unit_code, reports.period_code, reports.definition_code
            order by
                case when readings.cause_code = 'other_definition' then 0 when readings.cause_code = 'other_window' then 2 else 1 end nulls last,
                readings.reading_code nulls last
        ) as cause_rank
    from reports
    inner join readings
        on
            reports.authority_code = readings.authority_code
            and reports.unit_code = readings.unit_code
            and reports.period_code = readings.period_code
            and reports.numerator_count = readings.numerator
            and reports.denominator_count = readings.denominator
    where coalesce(readings.window_indicator_code, reports.indicator_code) = reports.indicator_code

),

report_measures as (

    {%- for measure, found in [
        ('numerator_count', 'rates.numerator'),
        ('denominator_count', 'rates.denominator'),
        ('overdue_count', 'rates.denominator - rates.numerator'),
    ] %}
    select
        reports.authority_code,
        reports.unit_code,
        reports.unit_code as reporter_key,
        reports.unit_name,
        reports.period_code,
        reports.definition_code as report_code,
        'unit' as line_kind_code,
        'Tổng số' as line_name,
        'on_time' as group_code,
        '{{ measure }}' as measure_code,
        reports.{{ measure }} as claimed_count,
        {{ found }} as computed_count,
        read_otherwise.cause_code as reading_cause_code,
        read_otherwise.reading_code,
        reports.delivery_id,
        reports.source_row_number
    from reports
    left join rates
        on
            reports.authority_code = rates.authority_code
            and reports.unit_code = rates.unit_code
            and reports.period_code = rates.period_code
            and reports.indicator_code = rates.indicator_code
    left join read_otherwise
        on
            reports.authority_code = read_otherwise.authority_code
            and reports.unit_code = read_otherwise.unit_code
            and reports.period_code = read_otherwise.period_code
            and reports.definition_code = read_otherwise.definition_code
            and read_otherwise.cause_rank = 1
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

differences as (

    select * from form_differences
    union all
    select * from report_measures

)

select
    authority_code,
    unit_code,
    reporter_key,
    unit_name,
    period_code,
    report_code,
    line_kind_code,
    line_name,
    group_code,
    measure_code,
    claimed_count,
    cast(computed_count as bigint) as computed_count,
    cast(claimed_count - computed_count as bigint) as difference_count,
    case
        when claimed_count is null then 'not_claimed'
        when unit_code is null then 'unit_unknown'
        when computed_count is null then 'no_dossiers'
        when claimed_count = computed_count then 'same'
        else coalesce(reading_cause_code, 'not_explained')
    end as cause_code,
    case when claimed_count <> computed_count then reading_code end as reading_code,
    delivery_id,
    source_row_number
from differences
