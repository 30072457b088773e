with finished as (

    select
        dossiers.authority_code,
        dossiers.resolving_unit_code as unit_code,
        attributed.is_waiting_for_hand_over,
        gaps.waiting_working_days
    from {{ ref('int_dossiers_timed') }} as dossiers
    inner join {{ ref('int_dossiers_attributed') }} as attributed
        on dossiers.authority_code = attributed.authority_code and dossiers.dossier_code = attributed.dossier_code
    left join {{ ref('rpt_handover_gaps') }} as gaps
        on dossiers.authority_code = gaps.authority_code and dossiers.dossier_code = gaps.dossier_code
    where attributed.is_waiting_for_hand_over is not null

),

counted as (

    select
        authority_code,
        unit_code,
        count(*) as finished_count,
        count(*) filter (where is_waiting_for_hand_over) as gap_count,
        max(waiting_working_days) as maximum_waiting_working_days
    from finished
    group by authority_code, unit_code

),

-- The authority as a whole: every dossier once.
with_totals as (

    select * from counted
    union all
    select
        authority_code,
        authority_code as unit_code,
        finished_count,
        gap_count,
        maximum_waiting_working_days
    from counted
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    cast(sum(finished_count) as bigint) as finished_count,
    cast(sum(gap_count) as bigint) as gap_count,
    max(maximum_waiting_working_days) as maximum_waiting_working_days
from with_totals
group by authority_code, unit_code
