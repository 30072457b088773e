with versions as (

    {{ newest_version(ref('stg_procedure_registry__procedures'), ['authority_code', 'procedure_code', 'valid_from_date']) }}

),

ordered as (

    select
        *,
        lead(valid_from_date) over (
            partition by authority_code, procedure_code order by valid_from_date nulls last
        ) as next_valid_from_date
    from versions

)

select
    ordered.authority_code,
    ordered.procedure_code,
    ordered.valid_from_date,
    -- A version ends on its own last day or the day before the next one begins, whichever comes first.
    least(
        coalesce(ordered.valid_to_date, cast('9999-12-31' as date)),
        coalesce(ordered.next_valid_from_date - 1, cast('9999-12-31' as date))
    ) as valid_to_date,
    case when ordered.sla_value > 0 then ordered.sla_value end as limit_value,
    ordered.sla_unit_code as limit_unit_code,
    clock_rules.keeps_time_of_day,
    clock_rules.wait_measure_code,
    clock_rules.default_clock_mode_code,
    cast(round(case when ordered.sla_value > 0 then ordered.sla_value end * clock_rules.unit_seconds, 0) as bigint) as limit_seconds
from ordered
left join {{ ref('clock_rules') }} as clock_rules on ordered.sla_unit_code = clock_rules.limit_unit_code
