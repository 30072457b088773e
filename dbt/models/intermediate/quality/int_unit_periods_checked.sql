{%- set flag_counts = ['dossier_count', 'flagged_dossier_count'] -%}
{%- for class in rule_classes_counted() %}{% do flag_counts.append(class ~ '_count') %}{% endfor -%}

with expected as (

    -- Feeds are asked for by the month; a period that begins or ends inside one touches the whole of it.
    select
        authority_code,
        unit_code,
        period_code,
        start_date,
        end_date,
        {{ month_start('start_date') }} as first_month_date
    from {{ ref('int_unit_periods_expected') }}

),

flagged as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for count in flag_counts %}
        sum(slices.{{ count }}) as {{ count }}{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join {{ ref('int_unit_slices_flagged') }} as slices
        on
            expected.authority_code = slices.authority_code
            and expected.unit_code = slices.unit_code
            and slices.slice_start_date between expected.start_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code

),

fed as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        {%- for feed in feeds() %}
        count(*) filter (where months.feed_code = '{{ feed }}') as {{ feed }}_expected_month_count,
        count(*) filter (where months.feed_code = '{{ feed }}' and months.is_received) as {{ feed }}_received_month_count{{ "," if not loop.last }}
        {%- endfor %}
    from expected
    inner join {{ ref('int_unit_months_fed') }} as months
        on
            expected.authority_code = months.authority_code
            and expected.unit_code = months.unit_code
            and months.month_start_date between expected.first_month_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code

),

carriers as (

    select
        expected.authority_code,
        expected.unit_code,
        expected.period_code,
        carried.delivery_id
    from expected
    inner join {{ ref('int_unit_month_deliveries_unioned') }} as carried
        on
            expected.authority_code = carried.authority_code
            and expected.unit_code = carried.unit_code
            and carried.month_start_date between expected.first_month_date and expected.end_date
    group by expected.authority_code, expected.unit_code, expected.period_code, carried.delivery_id

),

carried as (

    select
        carriers.authority_code,
        carriers.unit_code,
        carriers.period_code,
        count(*) as delivery_count,
        sum(deliveries.rows_rejected) as delivery_rows_rejected,
        sum(deliveries.rows_ignored) as delivery_rows_ignored
    from carriers
    inner join {{ ref('stg_build__deliveries') }} as deliveries on carriers.delivery_id = deliveries.delivery_id
    group by carriers.authority_code, carriers.unit_code, carriers.period_code

)

select
    expected.authority_code,
    expected.unit_code,
    expected.period_code,
    {%- for count in flag_counts %}
    cast(coalesce(flagged.{{ count }}, 0) as bigint) as {{ count }},
    {%- endfor %}
    {%- for feed in feeds() %}
    cast(coalesce(fed.{{ feed }}_expected_month_count, 0) as bigint) as {{ feed }}_expected_month_count,
    cast(coalesce(fed.{{ feed }}_received_month_count, 0) as bigint) as {{ feed }}_received_month_count,
    {%- endfor %}
    cast(coalesce(carried.delivery_count, 0) as bigint) as delivery_count,
    cast(carried.delivery_rows_rejected as bigint) as delivery_rows_rejected,
    cast(carried.delivery_rows_ignored as bigint) as delivery_rows_ignored
from expected
left join flagged
    on
        expected.authority_code = flagged.authority_code
        and expected.unit_code = flagged.unit_code
        and expected.period_code = flagged.period_code
left join fed
    on
        expected.authority_code = fed.authority_code
        and expected.unit_code = fed.unit_code
        and expected.period_code = fed.period_code
left join carried
    on
        expected.authority_code = carried.authority_code
        and expected.unit_code = carried.unit_code
        and expected.period_code = carried.period_code
