with deliveries as (

    select * from {{ ref('int_unit_month_deliveries_unioned') }}

),

unit_months as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.start_date as month_start_date,
        periods.end_date as month_end_date
    from {{ ref('int_unit_periods_expected') }} as expected
    inner join {{ ref('int_periods_defined') }} as periods on expected.period_code = periods.period_code
    where periods.period_kind_code = 'month'

),

units as (

    select
        units.authority_code,
        units.unit_code,
        units.valid_from_date,
        units.valid_to_date,
        units.unit_code = units.authority_code or blocs.is_ranked as is_asked
    from {{ ref('int_units_unioned') }} as units
    left join {{ ref('unit_blocs') }} as blocs on units.unit_bloc_code = blocs.unit_bloc_code

),

-- Where nobody of the authority has rows of a month, nothing is known of the month: no unit is said to lack anything.
authority_months as (

    select authority_code, feed_code, month_start_date
    from deliveries
    group by authority_code, feed_code, month_start_date

),

unit_months_received as (

    select authority_code, unit_code, feed_code, month_start_date
    from deliveries
    group by authority_code, unit_code, feed_code, month_start_date

),

asked as (

    select
        unit_months.authority_code,
        unit_months.unit_code,
        unit_months.month_start_date,
        authority_months.feed_code,
        received.unit_code is not null as is_received,
        units.is_asked
        and coalesce(units.valid_from_date, unit_months.month_end_date) <= unit_months.month_end_date
        and coalesce(units.valid_to_date, unit_months.month_start_date) >= unit_months.month_start_date as is_due
    from unit_months
    inner join units
        on unit_months.authority_code = units.authority_code and unit_months.unit_code = units.unit_code
    inner join authority_months
        on
            unit_months.authority_code = authority_months.authority_code
            and unit_months.month_start_date = authority_months.month_start_date
    left join unit_months_received as received
        on
            unit_months.authority_code = received.authority_code
            and unit_months.unit_code = received.unit_code
            and unit_months.month_start_date = received.month_start_date
            and authority_months.feed_code = received.feed_code

)

select
    authority_code,
    unit_code,
    month_start_date,
    feed_code,
    is_received
from asked
where is_received or is_due
