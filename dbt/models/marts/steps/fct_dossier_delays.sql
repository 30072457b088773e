with late as (

    select * from {{ ref('int_late_dossiers_measured') }}

),

letters as (

    {{ newest_version(ref('stg_one_stop__apology_letters'), ['authority_code', 'dossier_code', 'letter_code']) }}

),

-- What the last letter of apology says.
ranked_letters as (

    select
        authority_code,
        dossier_code,
        late_cause_code,
        late_cause_unit_code,
        row_number() over (
            partition by authority_code, dossier_code order by created_at desc nulls last, letter_code desc nulls last
        ) as letter_position
    from letters
    where late_cause_code is not null or late_cause_unit_code is not null

),

logged as (

    select
        steps.authority_code,
        steps.dossier_code,
        coalesce(steps.unit_code, late.resolving_unit_code, late.authority_code) as unit_code,
        case
            when steps.is_wait then 'waiting'
            when steps.is_logged then 'processing'
            else 'unlogged'
        end as holding_code,
        steps.delay_seconds
    from {{ ref('fct_dossier_steps') }} as steps
    inner join late
        on steps.authority_code = late.authority_code and steps.dossier_code = late.dossier_code

),

sums as (

    select authority_code, dossier_code, sum(delay_seconds) as delay_seconds
    from logged
    group by authority_code, dossier_code

),

parts as (

    select authority_code, dossier_code, unit_code, holding_code, delay_seconds from logged

    union all

    -- What no step covers stays with the unit that answers for the time limit.
    select
        late.authority_code,
        late.dossier_code,
        coalesce(late.resolving_unit_code, late.authority_code) as unit_code,
        'unlogged' as holding_code,
        late.dossier_delay_seconds - coalesce(sums.delay_seconds, 0) as delay_seconds
    from late
    left join sums on late.authority_code = sums.authority_code and late.dossier_code = sums.dossier_code

),

added as (

    select authority_code, dossier_code, unit_code, holding_code, cast(sum(delay_seconds) as bigint) as delay_seconds
    from parts
    group by authority_code, dossier_code, unit_code, holding_code
    having sum(delay_seconds) > 0

)

select
    added.authority_code,
    added.dossier_code,
    added.unit_code,
    added.holding_code,
    added.delay_seconds,
    late.dossier_delay_seconds,
    late.measure_code,
    late.due_basis_code,
    late.due_at,
    late.delay_ended_at,
    sums.dossier_code is not null as has_log,
    letters.late_cause_code as claimed_cause_code,
    letters.late_cause_unit_code as claimed_cause_unit_code
from added
inner join late on added.authority_code = late.authority_code and added.dossier_code = late.dossier_code
left join sums on added.authority_code = sums.authority_code and added.dossier_code = sums.dossier_code
left join ranked_letters as letters
    on
        added.authority_code = letters.authority_code
        and added.dossier_code = letters.dossier_code
        and letters.letter_position = 1
