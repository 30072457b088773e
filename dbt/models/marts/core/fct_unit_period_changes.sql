with periods as (

    select period_code, previous_period_code, start_date, counted_to_date from {{ ref('dim_periods') }}

)

select distinct changes.authority_code, changes.unit_code, periods.period_code
from {{ ref('int_unit_changes_dated') }} as changes
cross join periods
inner join periods as earlier on periods.previous_period_code = earlier.period_code
where
    changes.change_date > earlier.start_date
    and changes.change_date <= periods.counted_to_date
