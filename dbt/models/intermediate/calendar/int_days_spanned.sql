with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

first_days as (

    select min({{ local_date('received_at') }}) as first_date from {{ ref('stg_one_stop__dossiers') }}
    union all
    select min({{ local_date('answered_at') }}) as first_date from {{ ref('stg_survey__answers') }}
    union all
    select min({{ local_date('answered_at') }}) as first_date from {{ ref('stg_survey__ballots') }}
    union all
    select min(start_date) as first_date from {{ ref('stg_survey__waves') }}
    union all
    select min({{ local_date('rated_at') }}) as first_date from {{ ref('stg_kiosk__ratings') }}
    union all
    select min(period_start_date) as first_date from {{ ref('stg_portal__on_time_reports') }}

),

bounds as (

    -- A year and a bit past the as-of date: due dates of open dossiers lie ahead.
    select
        least(coalesce(min(first_days.first_date), min(builds.as_of_date)), min(builds.as_of_date)) as first_date,
        min(builds.as_of_date) + 400 as last_date
    from builds
    cross join first_days

),

days as (

    {{ days_between('(select first_date from bounds)', '(select last_date from bounds)') }}

)

select calendar_date from days
