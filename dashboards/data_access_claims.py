"""Queries of the page Đối soát: what is claimed beside what the dossiers give.

Reads through data_access, which alone opens the build. Does not belong here: what a difference means (the dbt models).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.data_access import Build, Row, _rows

PAGE_SIZE = 25
# Where there is no difference: both sides agree, or there is nothing to compare: no flag, no due date for a flag, no
# limit to recompute by. A file without a due date is a difference: a due date has to be given.
AGREED, NOT_COMPARED = "same", ("not_declared", "declared_without_due_date", "missing_limit", "calendar_unknown")
_NOT_COMPARED = ", ".join(f"'{code}'" for code in NOT_COMPARED)
# Every cause of a report's difference, by what it asks of the reader.
REPORT_CLASSES = {
    "same": "same",
    "other_definition": "explained",
    "compared_by_timestamp": "explained",
    "original_due_date": "explained",
    "recomputed_due_date": "explained",
    "hand_over_date": "explained",
    "other_window": "explained",
    "not_explained": "unexplained",
    "no_dossiers": "no_dossiers",
    "unit_unknown": "no_dossiers",
    "not_claimed": "not_claimed",
}


@dataclass(frozen=True)
class Scope:
    """Whose claims, and when: a unit (the authority's own code: all) and a period."""

    authority_code: str
    unit_code: str
    period_code: str
    start_date: dt.date
    end_date: dt.date


# The dossiers compared, by what they are compared with; `cause_code` is `same` where both sides agree.
_SYNC = """
  select authority_code, dossier_code, unit_code, coalesce(cause_code, 'same') as cause_code, match_code,
    local_due_at, local_completed_at, local_timeliness_by_date_code, national_due_at, national_completed_at,
    national_timeliness_by_date_code, national_declared_timeliness_code, synced_at, is_late_local, is_late_national
  from fct_sync_differences
  where authority_code = ? and received_date between ? and ? and (? = ? or unit_code = ?)
"""
_FINISHED = """
  from fct_dossiers
  where authority_code = ? and completed_date between ? and ? and (? = ? or resolving_unit_code = ?)
    and timeliness_by_date_code <> 'not_counted'
"""
_COMPARED = {
    "national": _SYNC,
    "recomputed": f"""
      select authority_code, dossier_code, resolving_unit_code as unit_code,
        coalesce(difference_cause_code, 'same') as cause_code, due_at, recomputed_due_at, completed_at,
        first_completed_at, timeliness_by_date_code, timeliness_recomputed_by_date_code
      {_FINISHED}
    """,
    # Early and on time are one side here: the question is whether the flag says late.
    "declared": f"""
      select authority_code, dossier_code, resolving_unit_code as unit_code, due_at, completed_at,
        declared_timeliness_code, timeliness_by_date_code,
        case
          when declared_timeliness_code is null then 'not_declared'
          when timeliness_by_date_code = 'no_due_date' then 'declared_without_due_date'
          when declared_timeliness_code in ('open_in_time', 'open_late') then 'declared_open'
          when declared_timeliness_code <> 'late' and timeliness_by_date_code = 'late' then 'declared_met'
          when declared_timeliness_code = 'late' and timeliness_by_date_code <> 'late' then 'declared_missed'
          else 'same'
        end as cause_code
      {_FINISHED}
    """,
}
SECTIONS = ("reports", *_COMPARED)


def _unit_arguments(scope: Scope) -> tuple[Any, ...]:
    """Of «(? = ? or unit_code = ?)»: the first compares two given values, so the filter on the unit stands alone."""
    return scope.unit_code, scope.authority_code, scope.unit_code


def _scope_arguments(scope: Scope) -> tuple[Any, ...]:
    return scope.authority_code, scope.start_date, scope.end_date, *_unit_arguments(scope)


def claim_periods(build: Build, authority_code: str) -> list[Row]:
    """One row per period of any kind in which the authority reported something or has dossiers, newest first."""
    return _rows(
        build.folder,
        """
        select period_code, period_kind_code, period_name, start_date, end_date, counted_to_date,
          is_complete, previous_period_code
        from dim_periods
        where period_code in (select period_code from fct_form_06a where authority_code = ?)
          or period_code in (select period_code from fct_report_differences where authority_code = ?)
        order by end_date desc, start_date desc, period_code
        """,
        (authority_code, authority_code),
    )


def causes(build: Build) -> dict[str, Row]:
    """The causes of differences in words, by code, in display order."""
    rows = _rows(build.folder, "select * from dim_difference_causes order by display_order, cause_code")
    return {row["cause_code"]: row for row in rows}


def compared_causes(build: Build, scope: Scope, section: str) -> dict[str, int]:
    """How many dossiers of the scope each cause has, most first; `same` is where both sides agree."""
    rows = _rows(
        build.folder,
        f"""
        select cause_code, count(*) as dossier_count from ({_COMPARED[section]}) as compared
        group by cause_code
        order by dossier_count desc, cause_code
        """,
        _scope_arguments(scope),
    )
    return {row["cause_code"]: row["dossier_count"] for row in rows}


def differing(counts: Mapping[str, int]) -> dict[str, int]:
    """The causes of :func:`compared_causes` by which two sides differ."""
    return {code: count for code, count in counts.items() if code not in (AGREED, *NOT_COMPARED)}


def compared_count(counts: Mapping[str, int]) -> int:
    """How many dossiers of :func:`compared_causes` have two sides to compare."""
    return sum(count for code, count in counts.items() if code not in NOT_COMPARED)


def national_totals(build: Build, scope: Scope) -> Row:
    """How the dossiers of the scope match the portal's, and what became of those that the portal has as late."""
    return _rows(
        build.folder,
        f"""
        select count(*) as dossier_count,
          count(*) filter (where match_code = 'same') as same_count,
          count(*) filter (where match_code = 'differing') as differing_count,
          count(*) filter (where match_code = 'only_local') as only_local_count,
          count(*) filter (where match_code = 'only_national') as only_national_count,
          count(*) filter (where is_late_national) as late_national_count,
          count(*) filter (where is_late_national and is_late_local) as late_both_count,
          count(*) filter (where is_late_national and cause_code = 'synchronisation_delay') as delayed_count
        from ({_SYNC}) as compared
        """,
        _scope_arguments(scope),
    )[0]


def compared_units(build: Build, scope: Scope, section: str, cause_code: str) -> list[Row]:
    """One row per unit whose dossiers differ, with how many (of the cause; '*': any) of those compared; most first."""
    return _rows(
        build.folder,
        f"""
        select c.unit_code, min(u.unit_name) as unit_name, count(*) as dossier_count,
          count(*) filter (where ? in ('*', c.cause_code) and c.cause_code <> '{AGREED}') as differing_count
        from ({_COMPARED[section]}) as c
        left join dim_units as u on c.authority_code = u.authority_code and c.unit_code = u.unit_code
        where c.cause_code not in ({_NOT_COMPARED})
        group by c.unit_code
        having differing_count > 0
        order by differing_count desc, c.unit_code
        """,
        (cause_code, *_scope_arguments(scope)),
    )


def compared_dossiers(build: Build, scope: Scope, section: str, cause_code: str, page: int) -> list[Row]:
    """One page of the dossiers on which both sides differ (by the cause; '*': any), with the names of their units."""
    return _rows(
        build.folder,
        f"""
        select c.*, u.unit_name
        from ({_COMPARED[section]}) as c
        left join dim_units as u on c.authority_code = u.authority_code and c.unit_code = u.unit_code
        where ? in ('*', c.cause_code) and c.cause_code not in ('{AGREED}', {_NOT_COMPARED})
        order by c.dossier_code
        limit {PAGE_SIZE} offset {PAGE_SIZE * (page - 1)}
        """,
        (*_scope_arguments(scope), cause_code),
    )


def changed_dates(build: Build, scope: Scope) -> list[Row]:
    """One row per kind of date, effect and announcement: dates changed afterwards, of the dossiers finished."""
    return _rows(
        build.folder,
        f"""
        select c.date_kind_code, c.announced_by_code, c.effect_code, count(*) as change_count,
          count(distinct c.dossier_code) as dossier_count
        from fct_dossier_date_changes as c
        inner join (select authority_code, dossier_code {_FINISHED}) as d
          on c.authority_code = d.authority_code and c.dossier_code = d.dossier_code
        group by c.date_kind_code, c.announced_by_code, c.effect_code
        order by c.effect_code = 'became_met' desc, change_count desc, c.date_kind_code, c.effect_code,
          c.announced_by_code nulls last
        """,
        _scope_arguments(scope),
    )


def open_differing_count(build: Build, scope: Scope) -> int:
    """How many dossiers still open on the as-of date have another verdict by the recomputed due date; of no period."""
    return _rows(
        build.folder,
        f"""
        select count(*) as dossier_count
        from fct_dossiers
        where authority_code = ? and completed_date is null and difference_cause_code not in ({_NOT_COMPARED})
          and (? = ? or resolving_unit_code = ?)
        """,
        (scope.authority_code, *_unit_arguments(scope)),
    )[0]["dossier_count"]


_REPORTED = """
  select *
  from fct_report_differences
  where authority_code = ? and period_code = ? and (? = ? or unit_code = ?)
"""


def _report_arguments(scope: Scope) -> tuple[Any, ...]:
    return scope.authority_code, scope.period_code, *_unit_arguments(scope)


def report_causes(build: Build, scope: Scope) -> dict[str, Row]:
    """The reported figures of the scope and who reported them, by cause, most figures first."""
    rows = _rows(
        build.folder,
        f"""
        select cause_code, count(*) as figure_count, count(distinct reporter_key) as reporter_count
        from ({_REPORTED}) as reported
        group by cause_code
        order by figure_count desc, cause_code
        """,
        _report_arguments(scope),
    )
    return {row["cause_code"]: row for row in rows}


def figures_by_class(rows: Mapping[str, Row]) -> dict[str, int]:
    """The figures of :func:`report_causes` added up by class; every class has a number."""
    found = dict.fromkeys(REPORT_CLASSES.values(), 0)
    for cause_code, row in rows.items():
        found[REPORT_CLASSES[cause_code]] += row["figure_count"]
    return found


def report_units(build: Build, scope: Scope) -> list[Row]:
    """One row per reporter whose figures differ from the dossiers, with how many and by how much at most."""
    return _rows(
        build.folder,
        f"""
        select r.unit_code, min(coalesce(u.unit_name, r.unit_name)) as unit_name, count(*) as figure_count,
          count(*) filter (where r.cause_code = 'same') as same_count,
          count(*) filter (where r.cause_code = 'not_explained') as unexplained_count,
          count(*) filter (where r.difference_count <> 0) as differing_count,
          cast(max(abs(r.difference_count)) as bigint) as largest_count
        from ({_REPORTED}) as r
        left join dim_units as u on r.authority_code = u.authority_code and r.unit_code = u.unit_code
        group by r.unit_code, r.reporter_key
        having differing_count > 0
        order by unexplained_count desc, largest_count desc, r.reporter_key
        """,
        _report_arguments(scope),
    )


# The figures of one report that belong together: the whole, its on-time part and its late part.
WHOLE_MEASURES = ("denominator_count", "resolved_total_count")
MET_MEASURES = ("numerator_count", "resolved_early_count", "resolved_on_time_count")
LATE_MEASURES = ("overdue_count", "resolved_late_count")


def _sum_of(column: str, measures: tuple[str, ...]) -> str:
    """The sum of a column over some figures of the report that a row belongs to."""
    codes = ", ".join(f"'{code}'" for code in measures)
    return f"cast(sum({column}) filter (where measure_code in ({codes})) over same_report as bigint)"


# A report whose total is right and whose on-time part is too large by what its late part is too small, or the reverse:
# ``swapped_count`` is how many dossiers were moved, null elsewhere.
_SWAPPED = f"""
  select * exclude (whole_difference_count, met_difference_count, late_difference_count),
    case
      when cause_code = 'not_explained' and measure_code in {(*MET_MEASURES, *LATE_MEASURES)}
        and whole_difference_count = 0 and met_difference_count = -late_difference_count
        then met_difference_count
    end as swapped_count
  from (
    select *, {_sum_of("claimed_count", WHOLE_MEASURES)} as whole_count,
      {_sum_of("difference_count", WHOLE_MEASURES)} as whole_difference_count,
      {_sum_of("difference_count", MET_MEASURES)} as met_difference_count,
      {_sum_of("difference_count", LATE_MEASURES)} as late_difference_count
    from ({_REPORTED}) as reported
    window same_report as (partition by reporter_key, report_code, line_kind_code, line_name)
  ) as summed
"""


def report_figures(build: Build, scope: Scope, cause_code: str, page: int) -> list[Row]:
    """One page of the reported figures that do not agree (by the cause; '*': any), the largest difference first.

    ``definition_name`` names the definition of an on-time report; it is null for the columns of a form.
    ``figure_count`` is how many there are in all; see :data:`_SWAPPED` for ``swapped_count``.
    """
    return _rows(
        build.folder,
        f"""
        select r.*, coalesce(u.unit_name, r.unit_name) as shown_name, d.indicator_short_name as definition_name,
          i.indicator_name as reading_name, count(*) over () as figure_count
        from ({_SWAPPED}) as r
        left join dim_units as u on r.authority_code = u.authority_code and r.unit_code = u.unit_code
        left join dim_indicators as d
          on r.group_code = 'on_time' and r.report_code = d.definition_code and d.unit_of_measure_code = 'rate'
        left join dim_indicators as i on r.reading_code = i.indicator_code
        where ? in ('*', r.cause_code) and r.cause_code <> '{AGREED}'
        order by abs(r.difference_count) desc nulls last, r.reporter_key, r.report_code, r.line_kind_code desc,
          r.line_name, r.measure_code in {LATE_MEASURES} desc, r.measure_code
        limit {PAGE_SIZE} offset {PAGE_SIZE * (page - 1)}
        """,
        (*_report_arguments(scope), cause_code),
    )


def late_in_period(build: Build, scope: Scope, page: int) -> list[Row]:
    """One page of the dossiers finished late in the scope by their dates, the ground of a reported difference."""
    return _rows(
        build.folder,
        f"""
        select dossier_code, due_at, completed_at, declared_timeliness_code, overdue_working_days,
          count(*) over () as late_count
        {_FINISHED} and timeliness_by_date_code = 'late'
        order by overdue_working_days desc nulls last, dossier_code
        limit {PAGE_SIZE} offset {PAGE_SIZE * (page - 1)}
        """,
        _scope_arguments(scope),
    )


def form_06a(build: Build, scope: Scope) -> list[Row]:
    """Form II.06a of the unit and period, the line of the whole unit last; empty where nothing is counted."""
    return _rows(
        build.folder,
        """
        select *
        from fct_form_06a
        where authority_code = ? and unit_code = ? and period_code = ?
        order by line_kind_code, line_name collate vi
        """,
        (scope.authority_code, scope.unit_code, scope.period_code),
    )
