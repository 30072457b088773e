{#- Everything before a range of the same authority, in order. -#}
{%- set before -%}
(partition by authority_code order by first_date nulls last, last_date nulls last, delivery_id nulls last rows between unbounded preceding and 1 preceding)
{%- endset -%}

with exported as (

    -- An export speaks of the days of receipt between its first and its last dossier.
    select
        authority_code,
        delivery_id,
        min({{ local_date('received_at') }}) as first_date,
        max({{ local_date('received_at') }}) as last_date
    from {{ ref('stg_national_portal__dossiers') }}
    group by authority_code, delivery_id

),

reached as (

    select *, max(last_date) over {{ before }} as reached_date
    from exported

),

numbered as (

    select
        *,
        sum(case when reached_date is null or first_date > reached_date + 1 then 1 else 0 end) over (
            partition by authority_code order by first_date nulls last, last_date nulls last, delivery_id nulls last
            rows between unbounded preceding and current row
        ) as range_number
    from reached

),

ranges as (

    select authority_code, range_number, min(first_date) as first_date, max(last_date) as last_date
    from numbered
    group by authority_code, range_number

),

months as (

    select authority_code, {{ month_start('received_date') }} as month_start_date
    from {{ ref('int_dossiers_timed') }}
    group by authority_code, {{ month_start('received_date') }}

)

select
    ranges.authority_code,
    months.month_start_date,
    cast(ranges.range_number as bigint) as range_number,
    ranges.first_date,
    ranges.last_date
from ranges
inner join months on ranges.authority_code = months.authority_code
where months.month_start_date between {{ month_start('ranges.first_date') }} and ranges.last_date
