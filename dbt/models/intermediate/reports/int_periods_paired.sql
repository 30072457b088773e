with periods as (

    select period_code, period_kind_code from {{ ref('int_periods_defined') }}

),

pairs as (

    -- A calendar period and the report's period of the same name: one is taken for the other.
    select
        periods.period_code,
        reports.period_code as other_period_code
    from periods
    inner join periods as reports on 'R' || periods.period_code = reports.period_code
    where periods.period_kind_code in ('month', 'quarter', 'half_year', 'year')

)

select period_code, other_period_code from pairs
union all
select other_period_code as period_code, period_code as other_period_code from pairs
