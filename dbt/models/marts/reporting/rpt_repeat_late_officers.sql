with thresholds as (

    select
        max(case when threshold_code = 'officer_late_dossiers' then threshold_value end) as most_late_dossiers,
        max(case when threshold_code = 'officer_months' then threshold_value end) as months_back
    from {{ ref('dossier_thresholds') }}

),

justifications as (

    select justification_kind_code, cause_code from {{ ref('lateness_justifications') }}

),

judged as (

    select authority_code, dossier_code, timeliness_recomputed_by_date_code, difference_cause_code
    from {{ ref('int_dossiers_judged') }}

),

finished as (

    select
        dossiers.authority_code,
        dossiers.dossier_code,
        dossiers.resolving_unit_code as unit_code,
        dossiers.officer_key,
        dossiers.completed_date,
        dossiers.timeliness_by_date_code,
        thresholds.most_late_dossiers,
        thresholds.months_back,
        12 * (year(dossiers.as_of_date) - year(dossiers.completed_date))
        + month(dossiers.as_of_date) - month(dossiers.completed_date)
        - case when day(dossiers.completed_date) > day(dossiers.as_of_date) then 1 else 0 end as whole_months_ago
    from {{ ref('int_dossiers_timed') }} as dossiers
    cross join thresholds
    where dossiers.officer_key is not null and dossiers.completed_date is not null

),

late as (

    -- Late by the due date on the dossier or by its procedure's limit; what excuses it is a matter of rows.
    select
        finished.*,
        judged.difference_cause_code
    from finished
    inner join judged
        on finished.authority_code = judged.authority_code and finished.dossier_code = judged.dossier_code
    where
        finished.whole_months_ago < finished.months_back
        and (finished.timeliness_by_date_code = 'late' or judged.timeliness_recomputed_by_date_code = 'late')

),

excused_by_letter as (

    select distinct letters.authority_code, letters.dossier_code
    from {{ ref('int_apology_letters_compared') }} as letters
    inner join justifications
        on letters.late_cause_code = justifications.cause_code and justifications.justification_kind_code = 'letter'
    where letters.is_issued

),

excused as (

    select
        late.*,
        excused_by_letter.dossier_code is not null or causes.cause_code is not null as is_justified
    from late
    left join excused_by_letter
        on late.authority_code = excused_by_letter.authority_code and late.dossier_code = excused_by_letter.dossier_code
    left join justifications as causes
        on late.difference_cause_code = causes.cause_code and causes.justification_kind_code = 'difference'

)

select
    authority_code,
    unit_code,
    officer_key,
    count(*) filter (where not is_justified) as late_count,
    count(*) filter (where is_justified) as justified_count,
    min(case when not is_justified then completed_date end) as first_completed_date,
    max(case when not is_justified then completed_date end) as last_completed_date,
    max(most_late_dossiers) as threshold_count,
    max(months_back) as threshold_months
from excused
group by authority_code, unit_code, officer_key
having count(*) filter (where not is_justified) > max(most_late_dossiers)
