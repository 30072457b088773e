with ballots as (

    select * from {{ ref('int_survey_ballots_weighted') }}

),

-- A group's code is text from the file. That of too few people may be about a person, or a slip: it is not told.
{%- for group in survey_groups() %}
told_{{ group }} as (

    select
        wave_number,
        {{ group }}_code
    from ballots
    where {{ group }}_code is not null
    group by wave_number, {{ group }}_code
    having count(*) >= {{ fewest_people() }}

),

{% endfor %}
-- A survey of one unit says nothing of the others.
broad_waves as (

    select wave_number
    from ballots
    group by wave_number
    having min(unit_code) <> max(unit_code)

),

-- What the wave asked people of themselves. Who did not say it is a group too: left out, it would follow from the others.
recorded as (

    select
        wave_number,
        {%- for group in survey_groups() %}
        count({{ group }}_code) as {{ group }}_count{{ "," if not loop.last }}
        {%- endfor %}
    from ballots
    group by wave_number

),

-- Whose index is estimated: the unit, the whole authority, and each group of people in them.
members as (

    {%- for unit in ['unit_code', 'authority_code'] %}
    {%- for group in ['all'] + survey_groups() %}
    select
        ballots.wave_number,
        ballots.authority_code,
        ballots.{{ unit }} as unit_code,
        '{{ group }}' as group_kind_code,
        {%- if group == 'all' %}
        'all' as group_code,
        {%- else %}
        case
            when ballots.{{ group }}_code is null then 'unstated'
            else coalesce(told_{{ group }}.{{ group }}_code, 'rare')
        end as group_code,
        {%- endif %}
        ballots.ballot_number,
        ballots.ballot_weight
    from ballots
    inner join recorded on ballots.wave_number = recorded.wave_number
    {%- if unit == 'authority_code' %}
    inner join broad_waves on ballots.wave_number = broad_waves.wave_number
    {%- endif %}
    {%- if group != 'all' %}
    left join told_{{ group }}
        on
            ballots.wave_number = told_{{ group }}.wave_number
            and ballots.{{ group }}_code = told_{{ group }}.{{ group }}_code
    {%- endif %}
    where
        {{ "true" if group == 'all' else "recorded." ~ group ~ "_count > 0" }}
        {{ "and ballots.unit_code <> ballots.authority_code" if unit == 'authority_code' }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- Numbered once per domain: numbering every member would sort them all.
numbered as (

    select
        *,
        row_number() over (
            order by
                wave_number nulls last,
                unit_code nulls last,
                group_kind_code nulls last,
                group_code nulls last
        ) as domain_number
    from (select distinct wave_number, authority_code, unit_code, group_kind_code, group_code from members) as domains

)

select
    members.wave_number,
    members.authority_code,
    members.unit_code,
    members.group_kind_code,
    members.group_code,
    members.ballot_number,
    members.ballot_weight,
    members.unit_code = members.authority_code and members.group_kind_code <> 'all' as is_authority_group,
    members.unit_code <> members.authority_code and members.group_kind_code <> 'all' as is_unit_group,
    numbered.domain_number
from members
inner join numbered
    on
        members.wave_number = numbered.wave_number
        and members.unit_code = numbered.unit_code
        and members.group_kind_code = numbered.group_kind_code
        and members.group_code = numbered.group_code
