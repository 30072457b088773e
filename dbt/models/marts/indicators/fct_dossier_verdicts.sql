-- One dossier under each definition, by the conditions that count it there (macros/measures.sql).
select
    authority_code,
    dossier_code,
    closed_date,
    handed_over_date,
    passed_due_date,
    last_unit_code as resolving_unit_code,
    due_unit_code,
    -- As fct_timeliness_counts counts it: nothing written is ''.
    coalesce(section_code, '') as section_code,
    coalesce(procedure_code, '') as procedure_code,
    domain_name,
    coalesce(channel_code, '') as channel_code,
    {%- for code, met, missed, slice, unplaced_reason, unjudged_reason in placed_verdicts() %}
    case
        when {{ is_counted_in(missed) }} then 'missed'
        when {{ is_counted_in(met) }} then 'met'
        when is_unplaced then 'unplaced'
        when is_withdrawn then 'withdrawn'
        {%- if code == 'due_in_period' %}
        when not has_due_date then 'no_due_date'
        {%- endif %}
        when {{ slice }} is null then '{{ unplaced_reason }}'
        else '{{ unjudged_reason }}'
    end as {{ code }}_verdict_code,
    {%- endfor %}
    case
        when is_unplaced then 'unplaced'
        when is_withdrawn then 'withdrawn'
        when timeliness_by_date_code in ('early', 'on_time') then 'met'
        when timeliness_by_date_code = 'late' then 'missed'
        when timeliness_by_date_code in ('open_in_time', 'open_late') then 'not_yet'
        else 'no_due_date'
    end as received_verdict_code,
    -- The form counts as on time what it has no verdict on.
    case
        when is_unplaced then 'unplaced'
        when {{ is_counted_in(['late_count']) }} then 'missed'
        when {{ is_counted_in(['withdrawn_count']) }} then 'met_withdrawn'
        when {{ is_counted_in(['no_due_date_count']) }} then 'met_undated'
        when {{ is_counted_in(['closed_count']) }} then 'met'
        else 'still_open'
    end as form_06a_verdict_code,
    case
        when is_unplaced then 'unplaced'
        when not is_judged_by_qd766 then 'no_limit'
        when late_by_qd766_slice_date is null then 'met'
        when is_supplemented_twice then 'missed_supplemented_twice'
        else 'missed'
    end as qd766_verdict_code,
    case
        when is_unplaced then 'unplaced'
        when is_withdrawn then 'withdrawn'
        when not has_due_date then 'no_due_date'
        when late_date is not null then 'missed'
        else 'met'
    end as to_be_processed_verdict_code
from {{ ref('int_dossiers_placed') }}
