{%- set indices = range(1, 10) -%}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

latest as (

    select
        *,
        row_number() over (
            partition by
                authority_code, coalesce(unit_code, ''), coalesce(unit_name, ''), coalesce(dossier_code, ''),
                period_start_date, period_end_date
            order by delivery_sequence desc nulls last, source_row_number desc nulls last
        ) as version_number
    from {{ ref('stg_one_stop__quality_scores') }}
    cross join builds
    where period_start_date <= period_end_date and unit_code is not null and period_end_date <= builds.as_of_date

),

-- Scored dossiers are averaged; what only the agency as a whole is scored on (indices 5, 8 and 9) is the agency's own row.
stacked as (

    {%- for index in indices %}
    select
        authority_code,
        unit_code,
        period_start_date,
        period_end_date,
        dossier_code is not null as is_of_dossier,
        'index_{{ index }}' as input_code,
        index_{{ index }}_score as score
    from latest
    where version_number = 1 and index_{{ index }}_score is not null
    union all
    {%- endfor %}
    select
        authority_code,
        unit_code,
        period_start_date,
        period_end_date,
        false as is_of_dossier,
        'total' as input_code,
        declared_total_score as score
    from latest
    where version_number = 1 and dossier_code is null and declared_total_score is not null

),

averaged as (

    select
        authority_code,
        unit_code,
        period_start_date,
        period_end_date,
        input_code,
        is_of_dossier,
        cast(round(sum(score) * 1000000, 0) as bigint) as numerator,
        count(*) * cast(1000000 as bigint) as denominator,
        row_number() over (
            partition by authority_code, unit_code, period_start_date, period_end_date, input_code
            order by case when is_of_dossier then 0 else 1 end nulls last
        ) as choice_number
    from stacked
    group by authority_code, unit_code, period_start_date, period_end_date, input_code, is_of_dossier

)

select authority_code, unit_code, period_start_date, period_end_date, input_code, is_of_dossier, numerator, denominator
from averaged
where choice_number = 1
