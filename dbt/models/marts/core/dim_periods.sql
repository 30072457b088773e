with periods as (

    select
        *,
        cast(year(start_date) as {{ dbt.type_string() }}) as year_text,
        {{ two_digits('month(start_date)') }} as month_text
    from {{ ref('int_periods_defined') }}

),

named as (

    select
        *,
        case period_kind_code
            when 'month' then 'Tháng ' || month_text || '/' || year_text
            when 'quarter' then 'Quý '
                || case month_text when '01' then 'I' when '04' then 'II' when '07' then 'III' else 'IV' end
                || '/' || year_text
            when 'half_year' then '6 tháng ' || case month_text when '01' then 'đầu' else 'cuối' end || ' năm ' || year_text
            when 'year' then 'Năm ' || year_text
            else {{ two_digits('day(start_date)') }} || '/' || month_text || '/' || year_text
                || ' – ' || {{ two_digits('day(end_date)') }} || '/' || {{ two_digits('month(end_date)') }}
                || '/' || cast(year(end_date) as {{ dbt.type_string() }})
        end as period_name
    from periods

)

select
    period_code,
    period_kind_code,
    period_name,
    start_date,
    end_date,
    counted_to_date,
    is_complete,
    previous_period_code,
    cast(row_number() over (
        order by end_date nulls last, start_date desc nulls last, period_code nulls last
    ) as integer) as sort_order
from named
