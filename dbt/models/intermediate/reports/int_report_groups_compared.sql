{#- Why a group of reported columns differs from ours: the first other way of counting that gives exactly what was reported. -#}
{%- set line_keys = ['authority_code', 'unit_code', 'period_code', 'line_kind_code', 'line_key'] -%}

with form_claims as (

    select * from {{ ref('int_form_06a_claims') }}
    where unit_code is not null

),

claimed_units as (

    select authority_code, unit_code, period_code, period_code as read_period_code, false as is_other_window
    from form_claims
    group by authority_code, unit_code, period_code
    union all
    select
        claims.authority_code,
        claims.unit_code,
        claims.period_code,
        pairs.other_period_code as read_period_code,
        true as is_other_window
    from form_claims as claims
    inner join {{ ref('int_periods_paired') }} as pairs on claims.period_code = pairs.period_code
    group by claims.authority_code, claims.unit_code, claims.period_code, pairs.other_period_code

),

domains as (

    select
        claimed_units.authority_code,
        claimed_units.unit_code,
        claimed_units.period_code,
        claimed_units.is_other_window,
        'domain' as line_kind_code,
        lower(trim(counted.domain_name)) as line_key,
        {%- for name in resolving_measure_names() + assigned_by_channel().keys() | list %}
        counted.{{ name }},
        {%- endfor %}
        {%- for stock in stock_changes() %}
        counted.carried_{{ stock }},
        counted.{{ stock }}{{ "," if not loop.last }}
        {%- endfor %}
    from claimed_units
    inner join {{ ref('int_unit_domain_periods_counted') }} as counted
        on
            claimed_units.authority_code = counted.authority_code
            and claimed_units.unit_code = counted.unit_code
            and claimed_units.read_period_code = counted.period_code

),

all_lines as (

    select * from domains
    union all
    select
        authority_code, unit_code, period_code, is_other_window,
        'unit' as line_kind_code,
        'tổng số' as line_key
        {%- for name in resolving_measure_names() + assigned_by_channel().keys() | list %}, {{ name }}{% endfor %}
        {%- for stock in stock_changes() %}, carried_{{ stock }}, {{ stock }}{% endfor %}
    from domains

),

counted as (

    select
        {{ line_keys | join(", ") }},
        is_other_window
        {%- for name in resolving_measure_names() + assigned_by_channel().keys() | list %}, sum({{ name }}) as {{ name }}{% endfor %}
        {%- for stock in stock_changes() %}, sum(carried_{{ stock }}) as carried_{{ stock }}, sum({{ stock }}) as {{ stock }}{% endfor %}
    from all_lines
    group by {{ line_keys | join(", ") }}, is_other_window

),

other_windows as (

    select
        {{ line_keys | join(", ") }},
        {%- for name, formula in form_columns().items() %}
        {{ formula }} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from counted
    where is_other_window

),

readings as (

    {%- for cause, group, whole, good, bad in form_readings() %}
    select
        {{ line_keys | join(", ") }},
        '{{ group }}' as group_code,
        {{ loop.index }} as reading_order,
        '{{ cause }}' as cause_code,
        {{ whole }} as whole_count,
        {{ good }} as good_count,
        {{ bad }} as bad_count
    from counted
    where not is_other_window
    union all
    {%- endfor %}
    {%- for code, group in form_groups().items() %}
    select
        {{ line_keys | join(", ") }},
        '{{ code }}' as group_code,
        98 as reading_order,
        'other_window' as cause_code,
        {{ group['whole'] }} as whole_count,
        {{ group['good'] }} as good_count,
        {{ group['bad'] }} as bad_count
    from other_windows
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

groups as (

    {%- for code, group in form_groups().items() %}
    select
        {{ line_keys | join(", ") }},
        report_code,
        '{{ code }}' as group_code,
        {{ group['whole'] }} as whole_count,
        {{ group['good'] }} as good_count,
        {{ group['bad'] }} as bad_count
    from form_claims
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

matched as (

    select
        {%- for key in line_keys %}
        groups.{{ key }},
        {%- endfor %}
        groups.report_code,
        groups.group_code,
        readings.cause_code,
        readings.reading_order
    from groups
    inner join readings
        on
            groups.authority_code = readings.authority_code
            and groups.unit_code = readings.unit_code
            and groups.period_code = readings.period_code
            and groups.line_kind_code = readings.line_kind_code
            and groups.line_key = readings.line_key
            and groups.group_code = readings.group_code
    where
        groups.whole_count = readings.whole_count
        and groups.good_count = readings.good_count
        and groups.bad_count = readings.bad_count

),

ordered as (

    select
        *,
        row_number() over (
            partition by {{ line_keys | join(", ") }}, report_code, group_code
            order by reading_order nulls last
        ) as cause_rank
    from matched

)

select
    {{ line_keys | join(", ") }},
    report_code,
    group_code,
    cause_code
from ordered
where cause_rank = 1
