{%- set counts = [
    'received_total_count', 'received_online_count', 'received_direct_count', 'received_postal_count', 'received_carried_count',
    'resolved_total_count', 'resolved_early_count', 'resolved_on_time_count', 'resolved_late_count', 'open_total_count',
    'open_in_time_count', 'open_late_count', 'withdrawn_count', 'resolved_undated_count', 'waiting_late_count',
    'open_undated_count', 'channel_unknown_count', 'unplaced_count', 'taken_over_count',
    'passed_on_count',
] -%}

with domains as (

    -- Carried over, received and resolved as the form has them: 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11.
    select
        authority_code,
        unit_code,
        period_code,
        'domain' as line_kind_code,
        domain_name as line_name,
        carried_open_count + taken_over_count + assigned_count as received_total_count,
        assigned_online_count as received_online_count,
        assigned_count - assigned_online_count as received_direct_count,
        assigned_postal_count as received_postal_count,
        -- What a unit that ended handed over is carried over, from another unit.
        carried_open_count + taken_over_count as received_carried_count,
        closed_count as resolved_total_count,
        early_count as resolved_early_count,
        on_time_count + no_due_date_count + withdrawn_count as resolved_on_time_count,
        late_count as resolved_late_count,
        open_count as open_total_count,
        open_count - open_late_count + waiting_late_count as open_in_time_count,
        open_late_count - waiting_late_count as open_late_count,
        -- What the form counts as on time or in time without saying so.
        withdrawn_count,
        no_due_date_count as resolved_undated_count,
        waiting_late_count,
        open_undated_count,
        assigned_channel_unknown_count as channel_unknown_count,
        assigned_unplaced_count as unplaced_count,
        taken_over_count,
        passed_on_count
    from {{ ref('int_unit_domain_periods_counted') }}
    where carried_open_count + assigned_count + closed_count + assigned_unplaced_count + taken_over_count + passed_on_count > 0

)

select * from domains
union all
select
    authority_code,
    unit_code,
    period_code,
    'unit' as line_kind_code,
    'Tổng số' as line_name,
    {%- for count in counts %}
    cast(sum({{ count }}) as bigint) as {{ count }}{{ "," if not loop.last }}
    {%- endfor %}
from domains
group by authority_code, unit_code, period_code
