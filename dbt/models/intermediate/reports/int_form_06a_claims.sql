{%- set measures = [] -%}
{%- for group in form_groups().values() %}{% do measures.extend(group['measures']) %}{% endfor -%}

with lines as (

    select * from {{ ref('int_form_06a_lines_latest') }}

),

periods as (

    select period_code, start_date, end_date from {{ ref('int_periods_defined') }}

),

-- A form that gives the unit's name alone speaks of the unit that bears it, where one does.
names as (

    select
        authority_code,
        lower(trim(unit_name)) as unit_name_key,
        min(unit_code) as unit_code
    from {{ ref('int_units_unioned') }}
    group by authority_code, lower(trim(unit_name))
    having count(*) = 1

),

claims as (

    select
        lines.authority_code,
        coalesce(lines.unit_code, names.unit_code) as unit_code,
        coalesce(lines.unit_code, names.unit_code, lines.unit_name) as reporter_key,
        lines.unit_name,
        periods.period_code,
        lines.form_code as report_code,
        'domain' as line_kind_code,
        lines.line_name,
        lower(trim(lines.line_name)) as line_key,
        {%- for measure in measures %}
        lines.{{ measure }},
        {%- endfor %}
        lines.delivery_id,
        lines.source_row_number
    from lines
    inner join periods on lines.period_start_date = periods.start_date and lines.period_end_date = periods.end_date
    left join names on lines.authority_code = names.authority_code and lower(trim(lines.unit_name)) = names.unit_name_key

),

-- The form's lines of one unit and window, whatever levels they stand under.
domains as (

    select
        authority_code,
        unit_code,
        reporter_key,
        min(unit_name) as unit_name,
        period_code,
        report_code,
        line_kind_code,
        min(line_name) as line_name,
        line_key,
        {%- for measure in measures %}
        cast(case when count(*) = count({{ measure }}) then sum({{ measure }}) end as bigint) as {{ measure }},
        {%- endfor %}
        min(delivery_id) as delivery_id,
        min(source_row_number) as source_row_number
    from claims
    group by authority_code, unit_code, reporter_key, period_code, report_code, line_kind_code, line_key

)

select * from domains
union all
select
    authority_code,
    unit_code,
    reporter_key,
    min(unit_name) as unit_name,
    period_code,
    report_code,
    'unit' as line_kind_code,
    'Tổng số' as line_name,
    'tổng số' as line_key,
    {%- for measure in measures %}
    cast(case when count(*) = count({{ measure }}) then sum({{ measure }}) end as bigint) as {{ measure }},
    {%- endfor %}
    min(delivery_id) as delivery_id,
    cast(null as bigint) as source_row_number
from domains
group by authority_code, unit_code, reporter_key, period_code, report_code
