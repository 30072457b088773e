with dossiers as (

    select
        authority_code,
        resolving_unit_code as unit_code,
        {{ month_start('received_date') }} as received_month_date,
        {{ month_start('completed_date') }} as completed_month_date,
        timeliness_by_date_code
    from {{ ref('int_dossiers_timed') }}
    where is_counted

),

with_totals as (

    select * from dossiers
    union all
    select
        authority_code,
        authority_code as unit_code,
        received_month_date,
        completed_month_date,
        timeliness_by_date_code
    from dossiers
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    received_month_date,
    completed_month_date,
    count(*) filter (where timeliness_by_date_code in ('early', 'on_time')) as met_count,
    count(*) filter (where timeliness_by_date_code in ('early', 'on_time', 'late', 'open_in_time', 'open_late')) as judged_count,
    count(*) filter (where timeliness_by_date_code in ('no_due_date', 'not_counted')) as not_judged_count
from with_totals
group by authority_code, unit_code, received_month_date, completed_month_date
