with successions as (

    select * from {{ ref('int_unit_successions') }}

),

touched as (

    select authority_code, unit_code, change_date, is_whole from successions
    union all
    select successor_authority_code as authority_code, successor_unit_code as unit_code, change_date, is_whole from successions

)

select
    authority_code,
    unit_code,
    change_date,
    -- Work came or went in parts on that day, so figures before and after are not of the same work.
    max(case when is_whole then 0 else 1 end) = 1 as is_partial
from touched
group by authority_code, unit_code, change_date
