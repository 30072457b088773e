with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

versions as (

    select
        lines.*,
        row_number() over (
            partition by
                lines.authority_code, lines.unit_code, lines.unit_name, lines.period_start_date, lines.period_end_date,
                lines.form_code, lines.level_name, lines.line_name
            order by lines.delivery_sequence desc nulls last, lines.source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_portal__form_06a_lines') }} as lines

)

select versions.*
from versions
cross join builds
where
    versions.version_number = 1
    and versions.period_end_date <= builds.as_of_date
