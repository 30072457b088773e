with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

supplements as (

    {{ newest_version(ref('stg_one_stop__supplements'), ['authority_code', 'dossier_code', 'supplement_code']) }}

),

numbered as (

    select
        supplements.authority_code,
        supplements.dossier_code,
        {{ local_date('supplements.requested_at') }} as requested_date,
        row_number() over (
            partition by supplements.authority_code, supplements.dossier_code
            order by supplements.requested_at nulls last, supplements.supplement_code nulls last
        ) as request_number
    from supplements
    cross join builds
    where
        -- What is asked before reception stops no clock and is no request for more.
        coalesce(supplements.status_code, '') <> 'before_reception'
        and supplements.requested_at < cast(builds.as_of_date + 1 as timestamp)

)

select authority_code, dossier_code, requested_date as second_requested_date
from numbered
where request_number = 2
