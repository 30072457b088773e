with periods as (

    select
        *,
        cast(year(start_date) as {{ dbt.type_string() }}) as year_text,
        {{ two_digits('month(start_date)') }} as month_text,
        -- A report's period bears the name of the month it ends in.
        cast(year(end_date) as {{ dbt.type_string() }}) as end_year_text,
        {{ two_digits('month(end_date)') }} as end_month_text,
        ' (' || {{ two_digits('day(start_date)') }} || '/' || {{ two_digits('month(start_date)') }}
        || ' – ' || {{ two_digits('day(end_date)') }} || '/' || {{ two_digits('month(end_date)') }} || ')' as days_text
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
            when 'report_month' then 'Báo cáo tháng ' || end_month_text || '/' || end_year_text || days_text
            when 'report_quarter' then 'Báo cáo quý '
                || case end_month_text when '03' then 'I' when '06' then 'II' when '09' then 'III' else 'IV' end
                || '/' || end_year_text || days_text
            when 'report_half_year' then 'Báo cáo 6 tháng ' || case end_month_text when '06' then 'đầu' else 'cuối' end
                || ' năm ' || end_year_text || days_text
            when 'report_year' then 'Báo cáo năm ' || end_year_text || days_text
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
