with counted as (

    select * from {{ ref('int_unit_periods_checked') }}

),

periods as (

    select period_code, end_date from {{ ref('int_periods_defined') }}

),

bands as (

    select * from {{ ref('quality_grade_bands') }}

),

measured as (

    {%- for measure, numerator, denominator in quality_measures() %}
    select
        authority_code,
        unit_code,
        period_code,
        '{{ measure }}' as measure_code,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator
    from counted
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

compared as (

    select
        measured.*,
        bands.grade_code,
        bands.reason_text,
        bands.maximum_rate,
        bands.minimum_denominator,
        bands.is_confirmed,
        -- Held against the threshold by multiplying: a rounded quotient would fall on the wrong side of it.
        measured.numerator <= bands.maximum_rate * cast(measured.denominator as decimal(12, 0)) as is_within
    from measured
    inner join periods on measured.period_code = periods.period_code
    inner join bands
        on
            measured.measure_code = bands.measure_code
            and periods.end_date between bands.valid_from_date and coalesce(bands.valid_to_date, periods.end_date)

),

banded as (

    -- The best band that holds, else any one of them, which then gives no grade.
    select
        *,
        row_number() over (
            partition by authority_code, unit_code, period_code, measure_code
            order by is_within desc nulls last, maximum_rate nulls last
        ) as band_order
    from compared

)

select
    authority_code,
    unit_code,
    period_code,
    measure_code,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    minimum_denominator,
    case when is_within and denominator >= minimum_denominator then grade_code end as grade_code,
    case when is_within and denominator >= minimum_denominator then reason_text end as reason_text,
    is_confirmed
from banded
where band_order = 1
