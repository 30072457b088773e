with days as (

    select calendar_date from {{ ref('int_days_spanned') }}

),

cuts as (

    select start_date as cut_date from {{ ref('int_periods_defined') }}
    union
    select end_date + 1 as cut_date from {{ ref('int_periods_defined') }}

)

-- Between two cuts no period begins or ends: every period is a run of whole slices, and counts by slice add up to it.
select
    days.calendar_date,
    max(cuts.cut_date) as slice_start_date
from days
cross join cuts
where cuts.cut_date <= days.calendar_date
group by days.calendar_date
