{%- set earlier -%}
(partition by authority_code, dossier_code order by delivery_sequence nulls last rows between unbounded preceding and 1 preceding)
{%- endset -%}
{%- set kinds = ['received', 'due', 'completed'] -%}

with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

repeated as (

    select authority_code, dossier_code
    from dossiers
    group by authority_code, dossier_code
    having count(distinct delivery_sequence) > 1

),

ranked as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.delivery_id,
        dossiers.delivery_sequence,
        dossiers.source_row_number,
        dossiers.procedure_code,
        dossiers.resolving_unit_code,
        dossiers.received_at,
        dossiers.due_at,
        dossiers.completed_at,
        dossiers.returned_at,
        dossiers.status_code,
        row_number() over (
            partition by dossiers.authority_code, dossiers.dossier_code, dossiers.delivery_sequence
            order by dossiers.source_row_number desc nulls last
        ) as row_rank
    from dossiers
    inner join repeated
        on dossiers.authority_code = repeated.authority_code and dossiers.dossier_code = repeated.dossier_code

),

known as (

    -- What is said to happen after the as-of date has not happened yet.
    select
        ranked.authority_code,
        ranked.dossier_code,
        ranked.delivery_id,
        ranked.delivery_sequence,
        ranked.source_row_number,
        ranked.procedure_code,
        ranked.resolving_unit_code,
        ranked.received_at,
        ranked.due_at,
        {{ known_finish('ranked.completed_at', 'ranked.returned_at', 'builds.as_of_date') }} as completed_at,
        case when ranked.returned_at < cast(builds.as_of_date + 1 as timestamp) then ranked.returned_at end as returned_at,
        ranked.status_code
    from ranked
    cross join builds
    where ranked.row_rank = 1

),

numbered as (

    select
        *,
        row_number() over (partition by authority_code, dossier_code order by delivery_sequence nulls last) as version_number,
        -- The last value that any earlier delivery gave: one that is left out in between is not a change.
        {%- for kind in kinds %}
        count({{ kind }}_at) over {{ earlier }} as {{ kind }}_at_count{{ "," if not loop.last }}
        {%- endfor %}
    from known

),

given as (

    {%- for kind in kinds %}
    select
        authority_code,
        dossier_code,
        '{{ kind }}' as date_kind_code,
        {{ kind }}_at_count as given_count,
        max({{ kind }}_at) as given_at
    from numbered
    where {{ kind }}_at is not null
    group by authority_code, dossier_code, {{ kind }}_at_count
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    numbered.authority_code,
    numbered.dossier_code,
    numbered.version_number,
    numbered.delivery_id,
    numbered.source_row_number,
    numbered.status_code,
    numbered.procedure_code,
    numbered.resolving_unit_code,
    numbered.received_at,
    numbered.due_at,
    numbered.completed_at,
    numbered.returned_at,
    {%- for kind in kinds %}
    earlier_{{ kind }}.given_at as earlier_{{ kind }}_at,
    first_{{ kind }}.given_at as first_{{ kind }}_at{{ "," if not loop.last }}
    {%- endfor %}
from numbered
{%- for kind in kinds %}
{%- for role, count in [('earlier', 'numbered.' ~ kind ~ '_at_count - 1'), ('first', '0')] %}
left join given as {{ role }}_{{ kind }}
    on
        numbered.authority_code = {{ role }}_{{ kind }}.authority_code
        and numbered.dossier_code = {{ role }}_{{ kind }}.dossier_code
        and {{ role }}_{{ kind }}.date_kind_code = '{{ kind }}'
        and {{ role }}_{{ kind }}.given_count = {{ count }}
{%- endfor %}
{%- endfor %}
