with supplements as (

    {{ newest_version(ref('stg_one_stop__supplements'), ['authority_code', 'dossier_code', 'supplement_code']) }}

),

pauses as (

    {{ newest_version(ref('stg_one_stop__pauses'), ['authority_code', 'dossier_code', 'pause_code']) }}

),

waits as (

    select authority_code, dossier_code, requested_at as stopped_at, answered_at as resumed_at, clock_mode_code
    from supplements
    -- Before reception no clock runs yet.
    where coalesce(status_code, '') <> 'before_reception'
    union all
    select authority_code, dossier_code, paused_at as stopped_at, resumed_at, clock_mode_code
    from pauses

),

bounded as (

    -- What had not happened by the as-of date is not known; a dossier that ends while it waits waits no longer.
    select
        waits.authority_code,
        waits.dossier_code,
        dossiers.clock_code,
        greatest(waits.stopped_at, dossiers.received_at) as stopped_at,
        case
            when least(coalesce(waits.resumed_at, dossiers.completed_at), coalesce(dossiers.completed_at, waits.resumed_at))
                < cast(dossiers.as_of_date + 1 as timestamp)
                then least(coalesce(waits.resumed_at, dossiers.completed_at), coalesce(dossiers.completed_at, waits.resumed_at))
        end as resumed_at,
        coalesce(waits.clock_mode_code, dossiers.default_clock_mode_code, 'paused') as clock_mode_code
    from waits
    inner join {{ ref('int_dossiers_clocked') }} as dossiers
        on waits.authority_code = dossiers.authority_code and waits.dossier_code = dossiers.dossier_code
    where
        waits.stopped_at < cast(dossiers.as_of_date + 1 as timestamp)
        and (dossiers.completed_at is null or waits.stopped_at < dossiers.completed_at)

),

real as (

    select * from bounded
    where resumed_at is null or resumed_at > stopped_at

),

reached as (

    select
        *,
        max(coalesce(resumed_at, cast('9999-12-31' as timestamp))) over (
            partition by authority_code, dossier_code
            order by stopped_at nulls last, resumed_at nulls last, clock_mode_code nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from real

),

grouped as (

    select
        *,
        sum(case when reached_at is null or stopped_at > reached_at then 1 else 0 end) over (
            partition by authority_code, dossier_code
            order by stopped_at nulls last, resumed_at nulls last, clock_mode_code nulls last
            rows between unbounded preceding and current row
        ) as stop_number
    from reached

)

-- Overlapping stops are one; restarted if any of them restarts.
select
    authority_code,
    dossier_code,
    cast(stop_number as bigint) as stop_number,
    min(clock_code) as clock_code,
    min(stopped_at) as stopped_at,
    case when count(*) = count(resumed_at) then max(resumed_at) end as resumed_at,
    max(clock_mode_code) as clock_mode_code,
    count(*) as record_count
from grouped
group by authority_code, dossier_code, stop_number
