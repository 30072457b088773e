"""The only module of the dashboard that queries: an in-memory DuckDB over one published build.

A build is a folder that never changes, so results are cached by (build, query, arguments). The pointer
``CURRENT`` is read on every rerun; a new build id opens a new connection and so forgets the old answers.
Does not belong here: the warehouse file (dbt alone opens it), formulas of indicators, Vietnamese labels.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from dagster_project.explaining.dossier import Story
from dagster_project.explaining.dossier import dossier_stories as tell_dossiers
from dagster_project.publishing.builds import current_build_id, verified_build
from dagster_project.publishing.errors import BuildBrokenError, BuildMissingError
from dagster_project.publishing.official import difference_line
from dagster_project.publishing.reading import open_tables
from dagster_project.settings import Settings

Row = dict[str, Any]

# Tables the pages read. A build without one of them is broken, however valid its other files are.
REQUIRED_TABLES = (
    "fct_rule_scores",
    "bridge_unit_successions",
    "dim_authorities",
    "dim_criteria",
    "dim_criterion_bands",
    "dim_difference_causes",
    "dim_indicators",
    "dim_peer_groups",
    "dim_periods",
    "dim_procedures",
    "dim_regulations",
    "dim_rules",
    "dim_survey_instruments",
    "dim_survey_items",
    "dim_survey_options",
    "dim_survey_waves",
    "dim_units",
    "fct_apology_letters",
    "fct_criterion_scores",
    "fct_data_quality",
    "fct_deliveries",
    "fct_delivery_authorities",
    "fct_dossier_date_changes",
    "fct_dossier_delays",
    "fct_dossier_events",
    "fct_dossier_flags",
    "fct_dossier_steps",
    "fct_dossier_stops",
    "fct_dossier_supplements",
    "fct_dossier_verdicts",
    "fct_dossier_versions",
    "fct_dossiers",
    "fct_form_06a",
    "fct_indicator_values",
    "fct_indicator_values_by_successor",
    "fct_on_time_reports",
    "fct_rating_counts",
    "fct_report_differences",
    "fct_rule_results",
    "fct_score_explanations",
    "fct_score_inputs",
    "fct_score_rankings",
    "fct_step_times",
    "fct_survey_answer_shares",
    "fct_survey_comparisons",
    "fct_survey_estimates",
    "fct_survey_responses",
    "fct_sync_differences",
    "fct_timeliness_counts",
    "fct_unit_rankings",
    "fct_unit_scores",
    "rpt_backlog_ages",
    "rpt_on_time_perceptions",
    "rpt_open_dossiers",
    "rpt_rank_robustness",
    "rpt_repeat_late_officers",
    "rpt_reported_totals",
    "rpt_saturated_criteria",
    "rpt_score_differences",
    "rpt_survey_funnels",
    "rpt_survey_sides",
    "rpt_units_to_watch",
)


@dataclass(frozen=True)
class Build:
    """One published build: its id, its as-of date and its folder."""

    build_id: str
    as_of_date: dt.date
    code_version: str
    folder: str


def open_current_build(settings: Settings) -> Build:
    """The build ``CURRENT`` points to, verified against its manifest once per process.

    Raises BuildMissingError without a published build, BuildBrokenError when files and manifest differ.
    """
    build_id = current_build_id(settings)
    if build_id is None:
        raise BuildMissingError(str(settings.published))
    return _connect(str(settings.published / build_id))[0]


@st.cache_resource(max_entries=2, show_spinner="Đang mở bản dựng…")
def _connect(folder: str) -> tuple[Build, duckdb.DuckDBPyConnection]:
    """Verify the build in ``folder`` and open a connection with one view per table."""
    path = Path(folder)
    found = verified_build(Settings(root=path.parents[1]), path.name)
    tables = sorted(found.manifest["tables"])
    missing = [name for name in REQUIRED_TABLES if name not in tables]
    if missing:
        raise BuildBrokenError(f"Bản dựng {found.build_id} thiếu bảng: {', '.join(missing)}. Hãy chạy «cchc build».")
    build = Build(found.build_id, found.as_of_date, found.code_version, folder)
    return build, open_tables(path, tables)


@st.cache_data(max_entries=2000, show_spinner=False)
def _rows(folder: str, sql: str, arguments: tuple[Any, ...] = ()) -> list[Row]:
    """All rows of a query as dicts. The folder names the build, so it is part of the cache key."""
    cursor = _connect(folder)[1].cursor()
    result = cursor.execute(sql, list(arguments))
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


def official_difference(build: Build) -> str | None:
    """What readers of a build that nobody signed are told when another one is official; None otherwise.

    Not cached: a build may be signed while the dashboard is open.
    """
    folder = Path(build.folder)
    return difference_line(Settings(root=folder.parents[1]), folder.name)


def authorities(build: Build) -> list[Row]:
    """One row per authority, the one with most dossiers first: the dashboard starts on it."""
    return _rows(
        build.folder,
        """
        select authority_code, authority_name, is_synthetic, dossier_count
        from dim_authorities
        order by dossier_count desc nulls last, authority_code
        """,
    )


def units(build: Build, authority_code: str) -> list[Row]:
    """One row per unit of an authority with its bloc, the authority itself first, then bloc by bloc."""
    return _rows(
        build.folder,
        """
        select unit_code, unit_name, unit_short_name, unit_bloc_code, unit_bloc_name, parent_unit_code,
          is_registered
        from dim_units
        where authority_code = ?
        order by bloc_display_order nulls last, unit_code
        """,
        (authority_code,),
    )


def periods_with_data(build: Build, authority_code: str, unit_code: str | None = None) -> list[Row]:
    """One row per period in which the authority (or one unit of it) has something counted, newest first."""
    return _rows(
        build.folder,
        """
        select period_code, period_kind_code, period_name, start_date, end_date, counted_to_date,
          is_complete, previous_period_code
        from dim_periods
        where period_code in (
          select period_code
          from fct_indicator_values
          where authority_code = ?
            and (? is null or unit_code = ?)
            and value_status in ('ok', 'insufficient_sample')
            and coalesce(denominator, numerator) > 0
        )
        order by end_date desc, start_date desc, period_code
        """,
        (authority_code, unit_code, unit_code),
    )


def period(build: Build, period_code: str) -> Row | None:
    """The row of a period, whether or not anything is counted in it; None for a code that is none."""
    rows = _rows(
        build.folder,
        """
        select period_code, period_kind_code, period_name, start_date, end_date, counted_to_date, is_complete,
          previous_period_code
        from dim_periods
        where period_code = ?
        """,
        (period_code,),
    )
    return rows[0] if rows else None


def indicators(build: Build) -> dict[str, Row]:
    """The indicator registry by code, in display order."""
    rows = _rows(build.folder, "select * from dim_indicators order by display_order, indicator_code")
    return {row["indicator_code"]: row for row in rows}


_VALUE_COLUMNS = """
  v.unit_code, v.period_code, v.indicator_code, v.origin_code, v.numerator, v.denominator,
  v.excluded_count, v.value, v.value_status, v.interval_low, v.interval_high,
  i.family_code, i.unit_of_measure_code, i.minimum_denominator, i.indicator_name,
  i.indicator_short_name, i.direction_code, i.is_confirmed
"""


def unit_series(build: Build, authority_code: str, unit_code: str, period_kind_code: str) -> list[Row]:
    """One row per period of a kind, indicator and origin of a unit, oldest first, with its peers' median.

    ``peer_group_median`` is null for the authority itself and for indicators that are not ranked.
    """
    return _rows(
        build.folder,
        f"""
        select {_VALUE_COLUMNS}, p.period_name, p.start_date, p.end_date, p.is_complete,
          p.previous_period_code, r.peer_group_median, r.unit_rank, r.is_tied, r.ranked_unit_count
        from fct_indicator_values as v
        inner join dim_indicators as i on v.indicator_code = i.indicator_code
        inner join dim_periods as p on v.period_code = p.period_code
        left join fct_unit_rankings as r
          on v.authority_code = r.authority_code
          and v.unit_code = r.unit_code
          and v.period_code = r.period_code
          and v.indicator_code = r.indicator_code
          and v.origin_code = r.origin_code
        where v.authority_code = ? and v.unit_code = ? and p.period_kind_code = ?
        order by i.display_order, v.indicator_code, v.origin_code, p.start_date, p.end_date
        """,
        (authority_code, unit_code, period_kind_code),
    )


def declared_values(build: Build, authority_code: str, period_code: str) -> list[Row]:
    """One row per unit and rate that was declared for a period, with the publisher, by denominator."""
    return _rows(
        build.folder,
        f"""
        select {_VALUE_COLUMNS}, u.unit_name, i.denominator_text, r.publisher_name
        from fct_indicator_values as v
        inner join dim_indicators as i on v.indicator_code = i.indicator_code
        inner join dim_periods as p on v.period_code = p.period_code
        inner join dim_units as u
          on v.authority_code = u.authority_code and v.unit_code = u.unit_code
        left join fct_on_time_reports as r
          on v.authority_code = r.authority_code
          and v.unit_code = r.unit_code
          and p.start_date = r.period_start_date
          and p.end_date = r.period_end_date
          and i.definition_code = r.definition_code
        where v.authority_code = ? and v.period_code = ? and v.origin_code = 'declared'
          and i.unit_of_measure_code = 'rate' and v.value is not null
        order by i.display_order, v.denominator desc nulls last, v.unit_code
        """,
        (authority_code, period_code),
    )


def reported_totals(build: Build, authority_code: str, period_code: str) -> list[Row]:
    """One row per declared rate and peer group of a period, and one for all groups: sums over who reported."""
    return _rows(
        build.folder,
        """
        select i.indicator_code, i.indicator_name, i.indicator_short_name, i.denominator_text, i.family_code,
          t.peer_group_code, g.peer_group_name, t.unit_count, t.reporting_unit_count, t.is_complete, t.numerator,
          t.denominator, t.value, t.not_added_text, t.publisher_name
        from rpt_reported_totals as t
        inner join dim_indicators as i on t.definition_code = i.definition_code
        left join dim_peer_groups as g
          on t.authority_code = g.authority_code and t.peer_group_code = g.peer_group_code
        where t.authority_code = ? and t.period_code = ?
          and i.is_declared and i.unit_of_measure_code = 'rate'
        order by i.display_order, g.display_order nulls last, t.peer_group_code
        """,
        (authority_code, period_code),
    )


def units_to_watch(build: Build, authority_code: str, period_code: str) -> list[Row]:
    """The units put before the leadership in a period, worst first, with their names."""
    return _rows(
        build.folder,
        """
        select w.unit_code, u.unit_name, u.unit_bloc_name, w.reason_code, w.observed_value,
          w.reference_value, w.numerator, w.denominator, w.reason_name
        from rpt_units_to_watch as w
        inner join dim_units as u
          on w.authority_code = u.authority_code and w.unit_code = u.unit_code
        where w.authority_code = ? and w.period_code = ?
        order by w.severity_order, w.reason_code, w.position_in_reason, w.unit_code
        """,
        (authority_code, period_code),
    )


# The rates of the watch list (dbt/seeds/watch_rules.csv); a unit with too few is in no rule on them.
_WATCHED_RATES = "('on_time_rate__resolved', 'satisfaction_rate__kiosk_3_levels')"


def units_not_watched(build: Build, authority_code: str, period_code: str) -> list[Row]:
    """One row per rate of the watch list: how many units have something counted, but too little to be judged."""
    return _rows(
        build.folder,
        f"""
        select i.family_code, i.minimum_denominator, count(distinct r.unit_code) as unit_count
        from fct_unit_rankings as r
        inner join dim_indicators as i on r.indicator_code = i.indicator_code
        where r.authority_code = ? and r.period_code = ? and r.origin_code = 'computed'
          and r.value_status = 'insufficient_sample' and r.indicator_code in {_WATCHED_RATES}
        group by i.family_code, i.minimum_denominator, i.display_order
        order by i.display_order
        """,
        (authority_code, period_code),
    )


def waiting_late_count(build: Build, authority_code: str, period_code: str) -> int | None:
    """How many of the authority's overdue dossiers wait or are paused at the end of a period; None without dossiers."""
    rows = _rows(
        build.folder,
        """
        select waiting_late_count
        from fct_form_06a
        where authority_code = ? and unit_code = authority_code and period_code = ? and line_kind_code = 'unit'
        """,
        (authority_code, period_code),
    )
    return rows[0]["waiting_late_count"] if rows else None


def ranking_choices(build: Build, authority_code: str) -> list[Row]:
    """One row per peer group, period, indicator and origin in which at least one unit has a value."""
    return _rows(
        build.folder,
        """
        select r.peer_group_code, g.peer_group_name, g.unit_count, r.period_code, p.period_kind_code,
          p.period_name, p.start_date, p.end_date, p.is_complete, r.indicator_code, r.origin_code,
          i.indicator_short_name
        from fct_unit_rankings as r
        inner join dim_periods as p on r.period_code = p.period_code
        inner join dim_indicators as i on r.indicator_code = i.indicator_code
        inner join dim_peer_groups as g
          on r.authority_code = g.authority_code and r.peer_group_code = g.peer_group_code
        where r.authority_code = ? and r.value_status in ('ok', 'insufficient_sample')
        group by r.peer_group_code, g.peer_group_name, g.unit_count, g.display_order, r.period_code,
          p.period_kind_code, p.period_name, p.start_date, p.end_date, p.is_complete, r.indicator_code,
          r.origin_code, i.indicator_short_name, i.display_order
        order by g.display_order, r.peer_group_code, p.end_date desc, p.start_date desc, r.period_code,
          r.origin_code, i.display_order, r.indicator_code
        """,
        (authority_code,),
    )


def ranking(
    build: Build,
    authority_code: str,
    peer_group_code: str,
    period_code: str,
    indicator_code: str,
    origin_code: str,
) -> list[Row]:
    """One row per unit of a peer group: ranked units by rank, then the others by name."""
    return _rows(
        build.folder,
        """
        select r.unit_code, r.period_code, u.unit_name, u.unit_short_name, r.value, r.value_status, r.numerator,
          r.denominator, r.interval_low, r.interval_high, r.unit_rank, r.is_tied, r.ranked_unit_count,
          r.listed_unit_count, r.peer_group_median, r.previous_unit_rank, r.previous_value,
          r.rank_low, r.rank_high, r.is_change_beyond_chance,
          i.family_code, i.unit_of_measure_code, i.minimum_denominator
        from fct_unit_rankings as r
        inner join dim_units as u
          on r.authority_code = u.authority_code and r.unit_code = u.unit_code
        inner join dim_indicators as i on r.indicator_code = i.indicator_code
        where r.authority_code = ? and r.peer_group_code = ? and r.period_code = ?
          and r.indicator_code = ? and r.origin_code = ?
        order by r.unit_rank nulls last, u.unit_name collate vi, r.unit_code
        """,
        (authority_code, peer_group_code, period_code, indicator_code, origin_code),
    )


def overdue_dossiers(build: Build, authority_code: str, unit_code: str, limit: int = 20) -> list[Row]:
    """The open dossiers of a resolving unit that are longest past their due date on the as-of date.

    The authority's own code stands for all its units. Working days are those of the unit's own clock.
    Codes and dates only; ``open_late_count`` is how many there are in all.
    """
    return _rows(
        build.folder,
        f"""
        select dossier_code, procedure_code, procedure_name, received_date, due_date, recomputed_due_at,
          -working_days_left as overdue_working_days, count(*) over () as open_late_count
        from rpt_open_dossiers
        where authority_code = ? and (resolving_unit_code = ? or authority_code = ?) and is_overdue
        order by working_days_left nulls last, due_date, dossier_code
        limit {int(limit)}
        """,
        (authority_code, unit_code, unit_code),
    )


def dossier_stories(build: Build, authority_code: str, dossier_code: str) -> list[Story]:
    """The dossier of that code told, as a list of one; empty when the authority has none."""
    return tell_dossiers(
        lambda sql, arguments: _rows(build.folder, sql, tuple(arguments)), dossier_code, authority_code
    )


def quality_grades(build: Build, authority_code: str, period_code: str) -> list[Row]:
    """One row per unit of an authority for a period: its grade, why, and what was counted; worst first.

    Units that cannot be graded come after those that can, the authority itself first of all. Empty for a period
    that is no calendar period of the authority's dossiers or answers.
    """
    return _rows(
        build.folder,
        """
        select q.*, u.unit_name, u.unit_bloc_name
        from fct_data_quality as q
        inner join dim_units as u
          on q.authority_code = u.authority_code and q.unit_code = u.unit_code
        where q.authority_code = ? and q.period_code = ?
        order by q.unit_code = q.authority_code desc, q.grade_code desc nulls last,
          q.unflagged_rate nulls last, q.dossier_count desc, u.unit_name collate vi, q.unit_code
        """,
        (authority_code, period_code),
    )


def quality_months(build: Build, authority_code: str, last_day: dt.date) -> list[Row]:
    """One row per unit and month with the status of each feed: the twelve months up to ``last_day``, oldest first."""
    return _rows(
        build.folder,
        """
        with months as (
          select period_code, period_name, start_date, is_complete
          from dim_periods
          where period_kind_code = 'month' and start_date <= ?
            and period_code in (select period_code from fct_data_quality where authority_code = ?)
          order by start_date desc
          limit 12
        )
        select q.unit_code, u.unit_name, m.period_code, m.period_name, m.is_complete,
          q.dossiers_status, q.reports_status, q.answers_status
        from fct_data_quality as q
        inner join months as m on q.period_code = m.period_code
        inner join dim_units as u
          on q.authority_code = u.authority_code and q.unit_code = u.unit_code
        where q.authority_code = ? and q.unit_code <> q.authority_code
        order by u.unit_name collate vi, q.unit_code, m.start_date
        """,
        (last_day, authority_code, authority_code),
    )


# Deliveries that speak of an authority in a span of days. Registers have no days and always belong; VN is the country.
_DELIVERIES = """
  select d.*
  from fct_deliveries as d
  where d.delivery_id in (select delivery_id from fct_delivery_authorities where authority_code in (?, 'VN'))
    and (d.data_until_date is null or (d.data_until_date >= ? and d.data_from_date <= ?))
"""


def deliveries(build: Build, authority_code: str, first_day: dt.date, last_day: dt.date) -> list[Row]:
    """One row per delivery whose data touch the span of days, and per register; newest data first, by source.

    ``failed_rule_count`` is the number of rules of gate 1 that the delivery does not keep.
    """
    return _rows(
        build.folder,
        f"""
        select d.*, coalesce(r.failed_rule_count, 0) as failed_rule_count
        from ({_DELIVERIES}) as d
        left join (
          select subject_name, count(*) filter (where not is_passed) as failed_rule_count
          from fct_rule_results
          group by subject_name
        ) as r on d.delivery_id = r.subject_name
        order by d.data_until_date desc nulls last, d.source_code, d.file_name, d.delivery_id
        """,
        (authority_code, first_day, last_day),
    )


def broken_rules(build: Build, authority_code: str, first_day: dt.date, last_day: dt.date) -> list[Row]:
    """One row per rule that some delivery of the span does not keep, most failures first.

    ``checked_count`` is over all those deliveries, ``file_names`` are the files with failures.
    """
    return _rows(
        build.folder,
        f"""
        with checked as (
          select r.rule_code, r.rule_text, r.effect_code, r.checked_count, r.failed_count, r.is_passed, d.file_name
          from fct_rule_results as r
          inner join ({_DELIVERIES}) as d on r.subject_name = d.delivery_id
        )
        select c.rule_code, min(c.rule_text) as rule_text, min(c.effect_code) as effect_code,
          cast(sum(c.checked_count) as bigint) as checked_count, cast(sum(c.failed_count) as bigint) as failed_count,
          min(r.owner_text) as owner_text, min(r.example_text) as example_text,
          list(c.file_name order by c.file_name) filter (where not c.is_passed) as file_names
        from checked as c
        left join dim_rules as r on c.rule_code = r.rule_code
        group by c.rule_code
        having bool_or(not c.is_passed)
        order by failed_count desc, c.rule_code
        """,
        (authority_code, first_day, last_day),
    )


def step_periods(build: Build, authority_code: str) -> list[Row]:
    """One row per quarter and year in which the log of the authority has steps, newest first."""
    return _rows(
        build.folder,
        """
        select period_code, period_kind_code, period_name, start_date, end_date, counted_to_date,
          is_complete, previous_period_code
        from dim_periods
        where period_code in (select period_code from fct_step_times where authority_code = ?)
        order by end_date desc, start_date desc, period_code
        """,
        (authority_code,),
    )


@dataclass(frozen=True)
class StepScope:
    """Whose steps, and when: a unit (the authority's own code: all), a section and a procedure of it ('*': all)."""

    authority_code: str
    period_code: str
    start_date: dt.date
    end_date: dt.date
    unit_code: str
    section_code: str = "*"
    procedure_code: str = "*"

    @property
    def level_code(self) -> str:
        """The level of fct_step_times at which this scope is counted."""
        if self.unit_code == self.authority_code:
            return "authority"
        if self.section_code == "*":
            return "unit"
        return "section" if self.procedure_code == "*" else "procedure"


def step_times(build: Build, scope: StepScope) -> list[Row]:
    """One row per activity, and work or wait, of the scope; the activity that takes longest in all first."""
    return _rows(
        build.folder,
        """
        select activity_name, time_kind_code, measure_code, step_count, median_seconds, p90_seconds, total_seconds,
          stated_step_count, limited_step_count, late_step_count, handed_over_count, rework_count
        from fct_step_times
        where authority_code = ? and period_code = ? and level_code = ?
          and unit_code = ? and section_code = ? and procedure_code = ?
        order by total_seconds desc, activity_name, time_kind_code, measure_code
        """,
        (
            scope.authority_code,
            scope.period_code,
            scope.level_code,
            scope.unit_code,
            scope.section_code,
            scope.procedure_code,
        ),
    )


# The column that tells the rows of a level apart from one another.
_LEVEL_KEYS = {"unit": "unit_code", "section": "section_code", "procedure": "procedure_code"}


def step_parts(build: Build, scope: StepScope, level_code: str) -> list[Row]:
    """One row per unit, section or procedure inside the scope with its totals; the largest part of the delay first.

    ``level_code`` is the level below that of the scope. ``part_name`` is null for sections and unknown codes;
    ``delay_seconds`` is what its logged steps have of the delay of the late dossiers, null where they have none.
    """
    key = _LEVEL_KEYS[level_code]
    return _rows(
        build.folder,
        f"""
        with delays as (
          select {key} as delayed_code, min(measure_code) as measure, cast(sum(delay_seconds) as bigint) as seconds
          from ({_LATE_STEPS}) as late_steps
          group by delayed_code
        )
        select t.{key} as part_code, min(coalesce(p.procedure_name, u.unit_name)) as part_name,
          min(t.measure_code) as measure_code,
          cast(sum(t.step_count) as bigint) as step_count,
          cast(sum(case when t.time_kind_code = 'work' then t.total_seconds else 0 end) as bigint) as work_seconds,
          cast(sum(case when t.time_kind_code = 'wait' then t.total_seconds else 0 end) as bigint) as wait_seconds,
          cast(sum(t.stated_step_count) as bigint) as stated_step_count,
          cast(sum(t.limited_step_count) as bigint) as limited_step_count,
          cast(sum(t.late_step_count) as bigint) as late_step_count,
          cast(sum(t.handed_over_count) as bigint) as handed_over_count,
          cast(sum(t.rework_count) as bigint) as rework_count,
          min(d.seconds) as delay_seconds, min(d.measure) as delay_measure_code
        from fct_step_times as t
        left join delays as d on t.{key} = d.delayed_code
        left join dim_units as u
          on t.level_code = 'unit' and t.authority_code = u.authority_code and t.unit_code = u.unit_code
        left join dim_procedures as p
          on t.level_code = 'procedure' and t.authority_code = p.authority_code and t.procedure_code = p.procedure_code
        where t.authority_code = ? and t.period_code = ? and t.level_code = ?
          and (? = t.authority_code or t.unit_code = ?) and (? = '*' or t.section_code = ?)
        group by part_code
        order by coalesce(delay_seconds, 0) desc, work_seconds desc, part_code
        """,
        (
            *_late_arguments(scope),
            scope.authority_code,
            scope.period_code,
            level_code,
            scope.unit_code,
            scope.unit_code,
            scope.section_code,
            scope.section_code,
        ),
    )


# The late dossiers of a period by the day on which their delay ended, with their steps inside a scope.
_LATE_STEPS = """
  select s.dossier_code, coalesce(s.activity_name, '') as activity_name, coalesce(s.unit_code, '-') as unit_code,
    coalesce(s.section_code, '-') as section_code, coalesce(s.procedure_code, '-') as procedure_code, s.is_wait,
    s.delay_seconds, s.is_largest_delay, d.dossier_delay_seconds, d.measure_code, d.due_basis_code, d.due_at,
    d.delay_ended_at
  from fct_dossier_steps as s
  inner join (
    select distinct dossier_code, dossier_delay_seconds, measure_code, due_basis_code, due_at, delay_ended_at
    from fct_dossier_delays
    where authority_code = ? and cast(delay_ended_at as date) between ? and ?
  ) as d on s.dossier_code = d.dossier_code
  where s.authority_code = ? and (? = ? or s.unit_code = ?)
    and (? = '*' or coalesce(s.section_code, '-') = ?) and (? = '*' or coalesce(s.procedure_code, '-') = ?)
    and s.delay_seconds > 0
"""


def _late_arguments(scope: StepScope) -> tuple[Any, ...]:
    return (
        scope.authority_code,
        scope.start_date,
        scope.end_date,
        scope.authority_code,
        *(scope.unit_code, scope.authority_code, scope.unit_code),
        *(code for code in (scope.section_code, scope.procedure_code) for _ in range(2)),
    )


def delays_by_step(build: Build, scope: StepScope) -> list[Row]:
    """One row per activity and work or wait: the delay that fell to it, and how many dossiers lost most in it."""
    return _rows(
        build.folder,
        f"""
        select activity_name, is_wait, min(measure_code) as measure_code,
          count(distinct dossier_code) as dossier_count,
          count(*) filter (where is_largest_delay) as largest_count,
          cast(sum(delay_seconds) as bigint) as delay_seconds
        from ({_LATE_STEPS}) as late_steps
        group by activity_name, is_wait
        order by delay_seconds desc, activity_name, is_wait
        """,
        _late_arguments(scope),
    )


def delays_by_unit(build: Build, scope: StepScope) -> list[Row]:
    """One row per unit and how it held late dossiers: the part of their delay. Only those the scope's unit answers for.

    The scope of the authority takes every late dossier; that of a unit those in which it has a part.
    """
    return _rows(
        build.folder,
        """
        select d.unit_code, u.unit_name, d.holding_code, min(d.measure_code) as measure_code,
          count(*) as dossier_count, cast(sum(d.delay_seconds) as bigint) as delay_seconds
        from fct_dossier_delays as d
        left join dim_units as u on d.authority_code = u.authority_code and d.unit_code = u.unit_code
        where d.authority_code = ? and cast(d.delay_ended_at as date) between ? and ?
          and (? = d.authority_code or d.dossier_code in (
            select dossier_code from fct_dossier_delays where authority_code = ? and unit_code = ?
          ))
        group by d.unit_code, u.unit_name, d.holding_code
        order by delay_seconds desc, d.unit_code, d.holding_code
        """,
        (
            scope.authority_code,
            scope.start_date,
            scope.end_date,
            scope.unit_code,
            scope.authority_code,
            scope.unit_code,
        ),
    )


def late_by_basis(build: Build, scope: StepScope) -> Row:
    """The dossiers that the scope's unit finished in the period, by whether the appointment date makes them late and
    whether the due date of this page does (fct_dossier_delays): late by both, by one, by the other.
    """
    return _rows(
        build.folder,
        """
        select count(*) filter (where is_missed) as appointed_count,
          count(*) filter (where is_missed and is_delayed) as both_count,
          count(*) filter (where is_missed and not is_delayed) as only_appointed_count,
          count(*) filter (where is_delayed and not is_missed) as only_delayed_count
        from (
          select v.resolved_verdict_code = 'missed' as is_missed, d.dossier_code is not null as is_delayed
          from fct_dossier_verdicts as v
          left join (select distinct authority_code, dossier_code from fct_dossier_delays) as d
            on v.authority_code = d.authority_code and v.dossier_code = d.dossier_code
          where v.authority_code = ? and v.closed_date between ? and ? and (? = ? or v.resolving_unit_code = ?)
        ) as finished
        """,
        (
            *(scope.authority_code, scope.start_date, scope.end_date),
            *(scope.unit_code, scope.authority_code, scope.unit_code),
        ),
    )[0]


def late_dossiers(build: Build, scope: StepScope, limit: int = 20, offset: int = 0) -> list[Row]:
    """The late dossiers of the scope, largest part of the delay first, a page; ``late_count`` is how many in all."""
    return _rows(
        build.folder,
        f"""
        select dossier_code, min(measure_code) as measure_code, min(due_at) as due_at,
          min(due_basis_code) as due_basis_code,
          min(delay_ended_at) as delay_ended_at, min(dossier_delay_seconds) as dossier_delay_seconds,
          cast(sum(delay_seconds) as bigint) as delay_seconds,
          min(activity_name) filter (where is_largest_delay) as largest_activity_name,
          count(*) over () as late_count
        from ({_LATE_STEPS}) as late_steps
        group by dossier_code
        order by delay_seconds desc, dossier_code
        limit {int(limit)} offset {int(offset)}
        """,
        _late_arguments(scope),
    )
