-- What only the files of a regulation together can show. One file's own faults are refused where it comes in.
with regulations as (

    select authority_code, regulation_version_code from {{ ref('int_regulations_unioned') }}

),

criteria as (

    select * from {{ ref('int_criteria_placed') }}

),

bands as (

    select distinct authority_code, regulation_version_code, criterion_code
    from {{ ref('int_criterion_bands_versioned') }}

),

indicators as (

    select indicator_code from {{ ref('indicators') }}

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
    left join bands
        on
            criteria.authority_code = bands.authority_code
            and criteria.regulation_version_code = bands.regulation_version_code
            and criteria.criterion_code = bands.criterion_code
    where criteria.rule_code in ('bands', 'survey_options') and criteria.is_leaf and bands.criterion_code is null
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

)

select
    authority_code,
    regulation_version_code,
    {%- for number in [1, 2, 3, 4, 5, 6] %}
    coalesce(max(case when fault_number = {{ number }} then '; ' || fault_text end), '')
    {{ "||" if not loop.last else "as faults_text" }}
    {%- endfor %}
from faults
group by authority_code, regulation_version_code
