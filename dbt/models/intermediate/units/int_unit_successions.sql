with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

rejected as (

    -- Changes that cannot be followed: the rules between deliveries name them, and nobody knows which row is right.
    select delivery_id, source_row_number
    from {{ ref('stg_build__row_flags') }}
    where reason_code in ('changes.no_circle_between_deliveries', 'changes.few_changes_in_a_row')

),

versions as (

    select
        changes.*,
        row_number() over (
            partition by
                changes.authority_code, changes.predecessor_unit_code, changes.successor_unit_code, changes.effective_date
            order by changes.delivery_sequence desc nulls last, changes.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_unit_registry__unit_changes') }} as changes

),

changes as (

    select
        coalesce(versions.predecessor_authority_code, versions.authority_code) as authority_code,
        versions.predecessor_unit_code as unit_code,
        versions.authority_code as successor_authority_code,
        versions.successor_unit_code,
        versions.effective_date as change_date,
        versions.change_code,
        versions.share_rate,
        versions.is_open_work_transferred,
        versions.legal_basis
    from versions
    cross join builds
    left join rejected
        on versions.delivery_id = rejected.delivery_id and versions.source_row_number = rejected.source_row_number
    where versions.version_number = 1 and versions.effective_date <= builds.as_of_date and rejected.delivery_id is null

),

successor_counts as (

    select authority_code, unit_code, change_date, count(*) as successor_count
    from changes
    group by authority_code, unit_code, change_date

)

select
    changes.authority_code,
    changes.unit_code,
    changes.successor_authority_code,
    changes.successor_unit_code,
    changes.change_date,
    case
        when changes.unit_code = changes.successor_unit_code and changes.authority_code = changes.successor_authority_code
            then 'continued'
        else changes.change_code
    end as kind_code,
    -- Everything the unit had went to this one successor, so figures of the two may be laid together.
    successor_counts.successor_count = 1
    and changes.share_rate = 1
    and changes.change_code <> 'transferred'
    and changes.authority_code = changes.successor_authority_code as is_whole,
    changes.share_rate,
    changes.is_open_work_transferred,
    changes.legal_basis
from changes
inner join successor_counts
    on
        changes.authority_code = successor_counts.authority_code
        and changes.unit_code = successor_counts.unit_code
        and changes.change_date = successor_counts.change_date
