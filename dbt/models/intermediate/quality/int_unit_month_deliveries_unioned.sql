with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

months as (

    select start_date, counted_to_date
    from {{ ref('int_periods_defined') }}
    where period_kind_code = 'month'

),

carried as (

    select
        authority_code,
        resolving_unit_code as unit_code,
        {{ month_start('received_date') }} as month_start_date,
        'dossiers' as feed_code,
        delivery_id
    from {{ ref('int_dossiers_timed') }}

    union all

    -- A report speaks of every month that lies wholly inside its window.
    select
        reports.authority_code,
        reports.unit_code,
        months.start_date as month_start_date,
        'reports' as feed_code,
        reports.delivery_id
    from {{ ref('int_on_time_reports_latest') }} as reports
    inner join months
        on
            reports.period_start_date <= months.start_date
            and reports.period_end_date >= months.counted_to_date

    union all

    select
        authority_code,
        unit_code,
        {{ month_start('answered_date') }} as month_start_date,
        'answers' as feed_code,
        delivery_id
    from {{ ref('int_survey_ballots_latest') }}
    where item_answers is not null

    {%- for answers, moment in [(ref('stg_survey__answers'), 'answered_at'), (ref('stg_kiosk__ratings'), 'rated_at')] %}

    union all

    select
        answers.authority_code,
        answers.unit_code,
        {{ month_start(local_date('answers.' ~ moment)) }} as month_start_date,
        'answers' as feed_code,
        answers.delivery_id
    from {{ answers }} as answers
    cross join builds
    where answers.{{ moment }} < cast(builds.as_of_date + 1 as timestamp)
    {%- endfor %}

),

by_unit as (

    select authority_code, unit_code, month_start_date, feed_code, delivery_id
    from carried
    where unit_code is not null
    group by authority_code, unit_code, month_start_date, feed_code, delivery_id

)

select authority_code, unit_code, month_start_date, feed_code, delivery_id
from by_unit
union
select authority_code, authority_code as unit_code, month_start_date, feed_code, delivery_id
from by_unit
