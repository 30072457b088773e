with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        reports.*,
        row_number() over (
            partition by
                reports.authority_code, reports.unit_code, reports.period_start_date, reports.period_end_date,
                reports.definition_code
            order by reports.delivery_sequence desc nulls last, reports.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_portal__on_time_reports') }} as reports

)

select
    versions.*,
    versions.numerator_count is not null and versions.denominator_count is not null as has_counts,
    -- More on time than there were, more parts than the whole, a share above 100 %, or more dossiers than a country has
    -- (a slip of the keyboard): kept as claimed, never valued, summed or ranked.
    coalesce(
        versions.numerator_count < 0
        or versions.denominator_count < 0
        or versions.overdue_count < 0
        or versions.numerator_count > versions.denominator_count
        or versions.numerator_count + versions.overdue_count > versions.denominator_count
        or versions.denominator_count > 1000000000
        or versions.numerator_count > 1000000000
        or versions.overdue_count > 1000000000
        or versions.declared_percent not between 0 and 100, false
    ) as is_contradictory
from versions
cross join builds
where
    versions.version_number = 1
    and versions.period_end_date <= builds.as_of_date
