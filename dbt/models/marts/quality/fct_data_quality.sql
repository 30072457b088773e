with counted as (

    select * from {{ ref('int_unit_periods_checked') }}

),

measures as (

    select * from {{ ref('int_quality_measures_graded') }}

),

-- A chain is as strong as its weakest link: the worst of the measures that can be judged is the grade.
graded as (

    select
        authority_code,
        unit_code,
        period_code,
        max(grade_code) as worst_grade_code,
        max(case when measure_code = 'flagged_dossiers' then minimum_denominator end) as minimum_dossier_count,
        max(case when measure_code = 'flagged_dossiers' then grade_code end) as dossiers_grade_code,
        bool_and(is_confirmed) as is_grade_confirmed,
        {%- for measure, _, _ in quality_measures() %}
        max(case when measure_code = '{{ measure }}' then reason_text end) as {{ measure }}_text{{ "," if not loop.last }}
        {%- endfor %}
    from measures
    group by authority_code, unit_code, period_code

),

stated as (

    select
        counted.*,
        graded.worst_grade_code,
        graded.minimum_dossier_count,
        graded.is_grade_confirmed,
        {%- for measure, _, _ in quality_measures() %}
        coalesce('; ' || graded.{{ measure }}_text, '')
        {{ "||" if not loop.last else "as reasons_text," }}
        {%- endfor %}
        case
            when counted.dossier_count = 0 then 'no_data'
            when graded.minimum_dossier_count is null then 'not_assessed'
            when graded.dossiers_grade_code is null then 'insufficient_sample'
            else 'ok'
        end as grade_status
    from counted
    left join graded
        on
            counted.authority_code = graded.authority_code
            and counted.unit_code = graded.unit_code
            and counted.period_code = graded.period_code

)

select
    authority_code,
    unit_code,
    period_code,
    dossier_count,
    flagged_dossier_count,
    dossier_count - flagged_dossier_count as unflagged_dossier_count,
    {{ rate('dossier_count - flagged_dossier_count', 'dossier_count') }} as unflagged_rate,
    {%- for class in rule_classes_counted() %}
    {{ class }}_count,
    {%- endfor %}
    {%- for feed in feeds() %}
    {{ feed }}_expected_month_count,
    {{ feed }}_received_month_count,
    case
        when {{ feed }}_expected_month_count = 0 then 'no_data'
        when {{ feed }}_received_month_count = 0 then 'missing'
        when {{ feed }}_received_month_count < {{ feed }}_expected_month_count then 'partial'
        else 'received'
    end as {{ feed }}_status,
    {%- endfor %}
    delivery_count,
    delivery_rows_rejected,
    delivery_rows_ignored,
    case when grade_status = 'ok' then worst_grade_code end as grade_code,
    grade_status,
    case grade_status
        when 'no_data' then 'không có hồ sơ nào trong kỳ'
        when 'not_assessed' then 'chưa có ngưỡng xếp loại cho kỳ này'
        when 'insufficient_sample' then
            'chỉ có ' || cast(dossier_count as {{ dbt.type_string() }})
            || ' hồ sơ, cần ít nhất ' || cast(minimum_dossier_count as {{ dbt.type_string() }})
        when 'ok' then case when reasons_text <> '' then substring(reasons_text, 3) end
    end as grade_reason_text,
    is_grade_confirmed
from stated
