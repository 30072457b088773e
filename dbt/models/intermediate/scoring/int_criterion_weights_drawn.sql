with thresholds as (

    select
        {{ scoring_threshold('weight_draws') }} as draw_count,
        {{ scoring_threshold('weight_width') }} as width_percent,
        {{ scoring_threshold('weight_seed') }} as seed_number
    from {{ ref('scoring_thresholds') }}

),

digits as (

    {%- for digit in range(10) %}
    select {{ digit }} as digit_value
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

draws as (

    select
        cast(hundreds.digit_value * 100 + tens.digit_value * 10 + ones.digit_value as integer) as draw_number,
        thresholds.width_percent,
        {{ mixed_round(
            '(thresholds.seed_number + hundreds.digit_value * 100 + tens.digit_value * 10 + ones.digit_value) % 2147483579', 12345
        ) }} as mixed_number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    cross join thresholds
    where hundreds.digit_value * 100 + tens.digit_value * 10 + ones.digit_value between 1 and thresholds.draw_count

),

positions as (

    select distinct position_number
    from (
        select row_number() over (
            partition by authority_code, regulation_version_code
            order by criterion_code nulls last
        ) as position_number
        from {{ ref('int_criteria_placed') }}
    ) as numbered

),

mixed as (

    select
        draws.draw_number,
        cast(positions.position_number as integer) as position_number,
        draws.width_percent,
        {{ mixed_round('(draws.mixed_number + positions.position_number * 1103515245) % 2147483579', 1013904223) }} as mixed_number
    from draws
    cross join positions

)

select
    draw_number,
    position_number,
    -- Every ten-thousandth from 1 - width to 1 + width has the same chance.
    cast(10000 - width_percent * 100 + {{ mixed_round('mixed_number', 1664525) }} % (width_percent * 200 + 1) as bigint) as weight_ten_thousandths
from mixed
