{%- set keys = ['authority_code', 'wave_code', 'ballot_code'] -%}
{#- What the sampling plan says of a ballot; the total of a stratum or cluster is that of the very one chosen. -#}
{%- set places = {'stratum_code': 'stratum_total', 'cluster_code': 'cluster_total'} -%}
{%- set singles = ['base_weight', 'dossier_code'] -%}
{%- for group in survey_groups() %}{% do singles.append(group ~ '_code') %}{% endfor -%}
{%- set told = [
    'instrument_code', 'unit_code', 'result_code', 'item_answers', 'final_weight', 'answered_at', 'delivery_id',
    'source_row_number',
] -%}
{%- set same_ballot -%}
ballots.authority_code = repeated.authority_code
        and ballots.wave_code = repeated.wave_code
        and ballots.ballot_code = repeated.ballot_code
{%- endset -%}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

-- A ballot lands twice: as a row of the sample, which has its place in the plan, and in a file of answers, which may
-- have nothing else. Only such ballots are looked at version by version; ranking every row would cost seconds.
repeated as (

    select {{ keys | join(', ') }}
    from {{ ref('stg_survey__ballots') }}
    group by {{ keys | join(', ') }}
    having count(*) > 1

),

aged as (

    select
        ballots.*,
        -- The blank sample, loaded after the answers, takes nothing back.
        case when ballots.result_code is null and ballots.item_answers is null then 1 else 0 end as is_blank,
        row_number() over (
            partition by ballots.authority_code, ballots.wave_code, ballots.ballot_code
            order by ballots.delivery_sequence desc nulls last, ballots.source_row_number desc nulls last
        ) as age
    from {{ ref('stg_survey__ballots') }} as ballots
    inner join repeated on {{ same_ballot }}

),

ranked as (

    select
        aged.*,
        row_number() over (
            partition by authority_code, wave_code, ballot_code
            order by is_blank nulls last, age nulls last
        ) as version_number,
        {%- for column in (places | list) + singles %}
        min(case when {{ column }} is not null then age end)
            over (partition by authority_code, wave_code, ballot_code) as {{ column }}_age{{ ',' if not loop.last }}
        {%- endfor %}
    from aged

),

placed as (

    select
        ranked.*,
        {%- for column in (places | list) + singles %}
        max(case when age = {{ column }}_age then {{ column }} end)
            over (partition by authority_code, wave_code, ballot_code) as stated_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked

),

totalled as (

    select
        placed.*,
        {%- for place, total in places.items() %}
        min(case when {{ total }} is not null and coalesce({{ place }}, '') = coalesce(stated_{{ place }}, '') then age end)
            over (partition by authority_code, wave_code, ballot_code) as {{ total }}_age{{ ',' if not loop.last }}
        {%- endfor %}
    from placed

),

versions as (

    select
        {%- for column in keys + told + singles + (places | list) + (places.values() | list) %}
        ballots.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_survey__ballots') }} as ballots
    left join repeated on {{ same_ballot }}
    where repeated.authority_code is null
    union all
    select
        {%- for column in keys %}
        {{ column }},
        {%- endfor %}
        {%- for column in told %}
        max(case when version_number = 1 then {{ column }} end) as {{ column }},
        {%- endfor %}
        {%- for column in singles + (places | list) %}
        max(stated_{{ column }}) as {{ column }},
        {%- endfor %}
        {%- for total in places.values() %}
        max(case when age = {{ total }}_age then {{ total }} end) as {{ total }}{{ ',' if not loop.last }}
        {%- endfor %}
    from totalled
    group by {{ keys | join(', ') }}

),

waves as (

    {{ newest_version(ref('stg_survey__waves'), ['authority_code', 'wave_code']) }}

),

dated as (

    select
        versions.*,
        -- A questionnaire without a moment of its own counts on the last day of its wave.
        coalesce({{ local_date('versions.answered_at') }}, waves.end_date) as answered_date
    from versions
    left join waves on versions.authority_code = waves.authority_code and versions.wave_code = waves.wave_code

)

select
    dated.authority_code,
    dated.wave_code,
    dated.instrument_code,
    dated.unit_code,
    dated.ballot_code,
    -- A row of the sample without result and answers has not been asked yet.
    coalesce(dated.result_code, case when dated.item_answers is null then 'not_asked' else 'answered' end) as result_code,
    dated.item_answers,
    dated.stratum_code,
    dated.cluster_code,
    dated.stratum_total,
    dated.cluster_total,
    dated.base_weight,
    dated.final_weight,
    {%- for group in survey_groups() %}
    dated.{{ group }}_code,
    {%- endfor %}
    dated.answered_date,
    dated.dossier_code,
    dated.delivery_id,
    dated.source_row_number
from dated
cross join builds
where coalesce(dated.answered_date, cast('1900-01-01' as date)) <= builds.as_of_date
