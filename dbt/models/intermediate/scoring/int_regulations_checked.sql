-- What only the files of a regulation together can show. One file's own faults are refused where it comes in.
with regulations as (

    select authority_code, regulation_version_code from {{ ref('int_regulations_unioned') }}

),

criteria as (

    select * from {{ ref('int_criteria_placed') }}

),

bands as (

    select * from {{ ref('int_criterion_bands_versioned') }}

),

scaled as (

    select distinct authority_code, regulation_version_code, criterion_code from bands

),

indicators as (

    select indicator_code, unit_of_measure_code from {{ ref('indicators') }}

),

-- What a survey index may be asked of: a questionnaire as a whole, or one of its factors. Ratings make no index.
survey_inputs as (

    select authority_code, instrument_code as survey_code from {{ ref('int_survey_instruments_unioned') }}
    where kind_code = 'survey'
    union
    select items.authority_code, items.instrument_code || ':' || items.factor_code as survey_code
    from {{ ref('int_survey_items_unioned') }} as items
    inner join {{ ref('int_survey_instruments_unioned') }} as instruments
        on items.authority_code = instruments.authority_code and items.instrument_code = instruments.instrument_code
    where instruments.kind_code = 'survey' and items.is_indexed

),

-- Of instrument:owner:population:factor, who asks whom is known by the shape of the code.
survey_criteria as (

    select
        authority_code,
        regulation_version_code,
        criterion_code,
        split_part(code, ':', 1)
        || case when split_part(code, ':', 4) = '' then '' else ':' || split_part(code, ':', 4) end as survey_code
    from (
        select authority_code, regulation_version_code, criterion_code, coalesce(input_code, '') as code from criteria
        where input_kind_code = 'survey_index'
        union all
        select authority_code, regulation_version_code, criterion_code, factor_input_code as code from criteria
        where input_kind_code = 'survey_index' and factor_input_code is not null
    ) as codes

),

-- Bands of values, beside the criterion they score. A share is never above 1.
judged_bands as (

    select
        criteria.authority_code,
        criteria.regulation_version_code,
        criteria.criterion_code,
        criteria.max_score,
        bands.lower_value,
        bands.upper_value,
        bands.calculation_code,
        bands.awarded_score,
        bands.base_value,
        criteria.input_kind_code in ('portal_metric', 'survey_item', 'survey_index')
        or coalesce(criteria.input_kind_code = 'indicator' and indicators.unit_of_measure_code <> 'count', false) as is_rate
    from criteria
    inner join bands
        on
            criteria.authority_code = bands.authority_code
            and criteria.regulation_version_code = bands.regulation_version_code
            and criteria.criterion_code = bands.criterion_code
    left join indicators on criteria.input_code = indicators.indicator_code
    where criteria.rule_code = 'bands' and bands.answer_code is null

),

faults as (

    select
        regulations.authority_code,
        regulations.regulation_version_code,
        1 as fault_number,
        'chưa có tiêu chí nào' as fault_text
    from regulations
    left join criteria
        on
            regulations.authority_code = criteria.authority_code
            and regulations.regulation_version_code = criteria.regulation_version_code
    where criteria.criterion_code is null

    union all

    select
        criteria.authority_code,
        criteria.regulation_version_code,
        2 as fault_number,
        'có tiêu chí chấm theo mức hoặc theo phương án mà chưa có thang điểm, ví dụ ' || min(criteria.criterion_code) as fault_text
    from criteria
    left join scaled
        on
            criteria.authority_code = scaled.authority_code
            and criteria.regulation_version_code = scaled.regulation_version_code
            and criteria.criterion_code = scaled.criterion_code
    where criteria.rule_code in ('bands', 'survey_options') and criteria.is_leaf and scaled.criterion_code is null
    group by criteria.authority_code, criteria.regulation_version_code

    union all

    select
        authority_code,
        regulation_version_code,
        3 as fault_number,
        'có tiêu chí không nối được lên lĩnh vực, ví dụ ' || min(criterion_code) as fault_text
    from criteria
    where level_number is null
    group by authority_code, regulation_version_code

    union all

    select
        criteria.authority_code,
        criteria.regulation_version_code,
        4 as fault_number,
        'có chỉ số không có trong kho, ví dụ ' || min(criteria.input_code) as fault_text
    from criteria
    left join indicators on criteria.input_code = indicators.indicator_code
    where criteria.input_kind_code = 'indicator' and indicators.indicator_code is null
    group by criteria.authority_code, criteria.regulation_version_code

    union all

    select
        authority_code,
        regulation_version_code,
        5 as fault_number,
        'điểm tối đa cấp dưới cộng lại khác cấp trên, ví dụ ' || min(criterion_code) as fault_text
    from (
        select
            parents.authority_code,
            parents.regulation_version_code,
            parents.criterion_code
        from criteria as parents
        inner join criteria as children
            on
                parents.authority_code = children.authority_code
                and parents.regulation_version_code = children.regulation_version_code
                and parents.criterion_code = children.parent_criterion_code
        where parents.rule_code = 'sum' and parents.kind_code in ('base', 'survey')
        group by parents.authority_code, parents.regulation_version_code, parents.criterion_code, parents.max_score
        having sum(children.max_score) <> parents.max_score
    ) as unequal
    group by authority_code, regulation_version_code

    union all

    select
        authority_code,
        regulation_version_code,
        6 as fault_number,
        'có tiêu chí có cấp dưới mà cách chấm không phải cộng, hoặc ngược lại, ví dụ ' || min(criterion_code) as fault_text
    from criteria
    where is_leaf = (rule_code in ('sum', 'mean', 'weighted_sum'))
    group by authority_code, regulation_version_code

    union all

    select
        authority_code,
        regulation_version_code,
        7 as fault_number,
        'có mức cho nhiều điểm hơn điểm tối đa của tiêu chí, ví dụ ' || min(criterion_code) as fault_text
    from judged_bands
    where awarded_score > max_score
    group by authority_code, regulation_version_code

    union all

    select
        authority_code,
        regulation_version_code,
        8 as fault_number,
        'có thang điểm của một tỷ lệ ghi 95 thay cho 0,95, ví dụ ' || min(criterion_code) as fault_text
    from judged_bands
    where is_rate and (lower_value > 1 or upper_value > 1 or (calculation_code = 'proportional' and base_value > 1))
    group by authority_code, regulation_version_code

    union all

    select
        survey_criteria.authority_code,
        survey_criteria.regulation_version_code,
        9 as fault_number,
        'có chỉ số khảo sát mà bộ câu hỏi hoặc nhóm câu chưa khai báo, ví dụ ' || min(survey_criteria.criterion_code) as fault_text
    from survey_criteria
    left join survey_inputs
        on
            survey_criteria.authority_code = survey_inputs.authority_code
            and survey_criteria.survey_code = survey_inputs.survey_code
    where survey_inputs.survey_code is null
    group by survey_criteria.authority_code, survey_criteria.regulation_version_code

)

select
    authority_code,
    regulation_version_code,
    {%- for number in [1, 2, 3, 4, 5, 6, 7, 8, 9] %}
    coalesce(max(case when fault_number = {{ number }} then '; ' || fault_text end), '')
    {{ "||" if not loop.last else "as faults_text" }}
    {%- endfor %}
from faults
group by authority_code, regulation_version_code
