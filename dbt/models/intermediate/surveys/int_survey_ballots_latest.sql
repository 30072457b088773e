{%- set keys = ['authority_code', 'wave_code', 'ballot_code'] -%}
{#- What the sampling plan says of a ballot; the total of a stratum or cluster belongs to that very one. -#}
{%- set totals = {'stratum_total': 'stratum_code', 'cluster_total': 'cluster_code'} -%}
{%- set plan = ['stratum_code', 'cluster_code', 'base_weight', 'dossier_code'] -%}
{%- for group in survey_groups() %}{% do plan.append(group ~ '_code') %}{% endfor -%}
{%- set stated = plan + (totals | list) -%}
{%- set told = ['instrument_code', 'unit_code', 'result_code', 'item_answers', 'final_weight', 'answered_at'] -%}
with builds as (

    select as_of_date from {{ ref('stg_build__builds') }}

),

-- A ballot lands twice: as a row of the sample, which has its place in the plan, and in a file of answers, which may
-- have nothing else. Only such ballots are looked at version by version, without their wide answers.
repeated as (

    select {{ keys | join(', ') }}
    from {{ ref('stg_survey__ballots') }}
    group by {{ keys | join(', ') }}
    having count(*) > 1

),

aged as (

    select
        {%- for column in keys + stated + ['delivery_id', 'source_row_number'] %}
        ballots.{{ column }},
        {%- endfor %}
        coalesce(ballots.result_code, ballots.item_answers) is null as is_blank,
        row_number() over (
            partition by ballots.authority_code, ballots.wave_code, ballots.ballot_code
            order by ballots.delivery_sequence desc nulls last, ballots.source_row_number desc nulls last
        ) as age
    from {{ ref('stg_survey__ballots') }} as ballots
    inner join repeated on {{ same_columns('ballots', 'repeated', keys) }}

),

-- Which version speaks: the newest that says anything. Age 1 is the newest.
ages as (

    select
        {{ keys | join(', ') }},
        {%- for column in stated %}
        min(case when {{ column }} is not null then age end) as {{ column }}_age,
        {%- endfor %}
        -- The blank sample, loaded after the answers, takes nothing back.
        coalesce(min(case when not is_blank then age end), 1) as told_age
    from aged
    group by {{ keys | join(', ') }}

),

planned as (

    select
        {%- for column in keys %}
        aged.{{ column }},
        {%- endfor %}
        {%- for column in stated %}
        max(case when aged.age = ages.{{ column }}_age then aged.{{ column }} end) as {{ column }},
        {%- endfor %}
        {%- for total, place in totals.items() %}
        max(case when aged.age = ages.{{ total }}_age then aged.{{ place }} end) as {{ total }}_place,
        {%- endfor %}
        max(case when aged.age = ages.told_age then aged.delivery_id end) as delivery_id,
        max(case when aged.age = ages.told_age then aged.source_row_number end) as source_row_number
    from aged
    inner join ages on {{ same_columns('aged', 'ages', keys) }}
    group by {% for column in keys %}aged.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

),

versions as (

    select
        {%- for column in keys + told + stated %}
        ballots.{{ column }},
        {%- endfor %}
        ballots.delivery_id,
        ballots.source_row_number
    from {{ ref('stg_survey__ballots') }} as ballots
    left join repeated on {{ same_columns('ballots', 'repeated', keys) }}
    where repeated.authority_code is null
    union all
    select
        {%- for column in keys + told %}
        ballots.{{ column }},
        {%- endfor %}
        {%- for column in plan %}
        planned.{{ column }},
        {%- endfor %}
        {%- for total, place in totals.items() %}
        case
            when coalesce(planned.{{ total }}_place, '') = coalesce(planned.{{ place }}, '') then planned.{{ total }}
        end as {{ total }},
        {%- endfor %}
        ballots.delivery_id,
        ballots.source_row_number
    from planned
    inner join {{ ref('stg_survey__ballots') }} as ballots
        on planned.delivery_id = ballots.delivery_id and planned.source_row_number = ballots.source_row_number

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
