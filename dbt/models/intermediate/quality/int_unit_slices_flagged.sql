with dossiers as (

    -- The version of each dossier that the figures use: what an older delivery had wrong is mended.
    select
        dossiers.authority_code,
        dossiers.resolving_unit_code as unit_code,
        days.slice_start_date,
        dossiers.delivery_id,
        dossiers.source_row_number
    from {{ ref('int_dossiers_timed') }} as dossiers
    inner join {{ ref('int_days_sliced') }} as days on dossiers.received_date = days.calendar_date

),

flags as (

    select * from {{ ref('int_row_flags_classified') }}

),

by_unit as (

    select
        dossiers.authority_code,
        dossiers.unit_code,
        dossiers.slice_start_date,
        count(*) as dossier_count,
        count(flags.delivery_id) as flagged_dossier_count,
        {%- for class in rule_classes_counted() %}
        count(*) filter (where flags.is_{{ class }}) as {{ class }}_count{{ "," if not loop.last }}
        {%- endfor %}
    from dossiers
    left join flags
        on dossiers.delivery_id = flags.delivery_id and dossiers.source_row_number = flags.source_row_number
    group by dossiers.authority_code, dossiers.unit_code, dossiers.slice_start_date

),

with_totals as (

    select * from by_unit
    union all
    select
        authority_code,
        authority_code as unit_code,
        slice_start_date,
        dossier_count,
        flagged_dossier_count,
        {%- for class in rule_classes_counted() %}
        {{ class }}_count{{ "," if not loop.last }}
        {%- endfor %}
    from by_unit
    where unit_code <> authority_code

)

select
    authority_code,
    unit_code,
    slice_start_date,
    cast(sum(dossier_count) as bigint) as dossier_count,
    cast(sum(flagged_dossier_count) as bigint) as flagged_dossier_count,
    {%- for class in rule_classes_counted() %}
    cast(sum({{ class }}_count) as bigint) as {{ class }}_count{{ "," if not loop.last }}
    {%- endfor %}
from with_totals
group by authority_code, unit_code, slice_start_date
