"""Queries of the page Đúng hạn: definitions, their parts by unit and below, the dossiers behind them, the open stock.

They run through data_access, which alone opens the build. Does not belong here: formulas of indicators, Vietnamese.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dagster_project.explaining.memberships import MEMBERSHIPS, OUTCOMES
from dashboards.data_access import Build, Row, _rows


@dataclass(frozen=True)
class TimeScope:
    """Whose dossiers, and when. The authority's own code stands for all its units; None for no filter, '' for not said.

    ``is_today`` reads units as they are organised today: a unit then stands for all that it was before.
    """

    authority_code: str
    period_code: str
    start_date: dt.date
    end_date: dt.date
    unit_code: str
    is_today: bool = False
    section_code: str | None = None
    procedure_code: str | None = None
    domain_name: str | None = None
    channel_code: str | None = None

    @property
    def is_authority(self) -> bool:
        """Whether the scope takes in every unit."""
        return self.unit_code == self.authority_code

    @property
    def values_table(self) -> str:
        """The table of indicator values of this view of units."""
        return "fct_indicator_values_by_successor" if self.is_today else "fct_indicator_values"


# What a breakdown groups by. The unit is that of the chosen view.
_PART_KEYS = {
    "unit": "unit_code",
    "section": "section_code",
    "procedure": "procedure_code",
    "domain": "domain_name",
    "channel": "channel_code",
}
PART_ORDERS = {
    "missed": "missed_count desc, denominator desc",
    "rate": "value nulls last, missed_count desc",
    "denominator": "denominator desc",
    "name": "coalesce(part_name, part_code) collate vi",
}


def _with_shown_unit(scope: TimeScope, rows: str) -> str:
    """``rows`` (a query) with the unit as the view shows it: as it was, or the one it is today."""
    if not scope.is_today:
        return rows
    return f"""
      select r.* replace (coalesce(s.current_unit_code, r.unit_code) as unit_code)
      from ({rows}) as r
      left join bridge_unit_successions as s
        on r.authority_code = s.authority_code and r.unit_code = s.unit_code
    """


# The first comparison is of two given values: it leaves the filter on the unit alone, by which row groups are skipped.
_WITHIN = """
  authority_code = ? and (? = ? or unit_code = ?)
  and (? is null or section_code = ?) and (? is null or procedure_code = ?)
  and (? is null or domain_name = ?) and (? is null or channel_code = ?)
"""


def _within(scope: TimeScope) -> tuple[Any, ...]:
    filters = (scope.section_code, scope.procedure_code, scope.domain_name, scope.channel_code)
    unit = (scope.unit_code, scope.authority_code, scope.unit_code)
    return (scope.authority_code, *unit, *(value for value in filters for _ in range(2)))


def shown_units(build: Build, scope: TimeScope) -> list[Row]:
    """The units that are asked for the period, in the chosen view of units; the authority itself first."""
    return _rows(
        build.folder,
        f"""
        select u.unit_code, u.unit_name
        from dim_units as u
        where u.authority_code = ? and (u.unit_code = u.authority_code or u.unit_code in (
          select unit_code from {scope.values_table} where authority_code = ? and period_code = ?
        ))
        order by u.unit_code <> u.authority_code, u.bloc_display_order nulls last, u.unit_code
        """,
        (scope.authority_code, scope.authority_code, scope.period_code),
    )


def scope_names(build: Build, scope: TimeScope) -> Row:
    """The names of the scope's unit and procedure; null where a code has none."""
    return _rows(
        build.folder,
        """
        select
          (select min(unit_name) from dim_units where authority_code = ? and unit_code = ?) as unit_name,
          (select min(procedure_name) from dim_procedures where authority_code = ? and procedure_code = ?)
            as procedure_name
        """,
        (scope.authority_code, scope.unit_code, scope.authority_code, scope.procedure_code),
    )[0]


def indicator_values(build: Build, scope: TimeScope, family_code: str) -> list[Row]:
    """One row per computed or declared indicator of a family for the scope's unit and period, with what was declared.

    What a unit declares stands beside it; for the authority else the sum over the units that reported. In the view of
    today nothing declared is shown: a claim belongs to the unit that made it.
    """
    origin = "" if scope.is_today else "and v.origin_code = 'computed'"
    return _rows(
        build.folder,
        f"""
        select i.*, v.numerator, v.denominator, v.excluded_count, v.value, v.interval_low, v.interval_high,
          coalesce(v.value_status, 'not_assessed') as value_status,
          coalesce(c.numerator, t.numerator) as declared_numerator,
          coalesce(c.denominator, t.denominator) as declared_denominator,
          coalesce(c.value, t.value) as declared_value,
          case when c.value is null then t.reporting_unit_count end as reporting_unit_count,
          case when c.value is null then t.unit_count end as unit_count
        from dim_indicators as i
        left join {scope.values_table} as v
          on i.indicator_code = v.indicator_code and v.authority_code = ? and v.unit_code = ? and v.period_code = ?
          {origin}
        left join fct_indicator_values as c
          on i.indicator_code = c.indicator_code and c.authority_code = ? and c.unit_code = ? and c.period_code = ?
          and c.origin_code = 'declared' and not ?
        left join rpt_reported_totals as t
          on i.definition_code = t.definition_code and i.is_declared and i.unit_of_measure_code = 'rate'
          and t.authority_code = ? and t.authority_code = ? and t.period_code = ? and t.peer_group_code = 'authority'
          and not ?
        where i.family_code = ?
        order by i.display_order, i.indicator_code
        """,
        (
            *(scope.authority_code, scope.unit_code, scope.period_code),
            *(scope.authority_code, scope.unit_code, scope.period_code, scope.is_today),
            *(scope.authority_code, scope.unit_code, scope.period_code, scope.is_today),
            family_code,
        ),
    )


def indicator_series(build: Build, scope: TimeScope, indicator_code: str, period_kind_code: str) -> list[Row]:
    """One row per period of a kind in which the scope's unit is asked for the indicator, oldest first.

    ``is_comparable`` is null in the view of units as they were; ``has_activity`` is false where nothing was counted.
    """
    comparable = "v.is_year_on_year_comparable" if scope.is_today else "cast(null as boolean)"
    origin = "" if scope.is_today else "and v.origin_code = 'computed'"
    return _rows(
        build.folder,
        f"""
        select v.period_code, v.numerator, v.denominator, v.value, v.value_status, v.interval_low, v.interval_high,
          {comparable} as is_comparable, v.denominator > 0 as has_activity, i.family_code, i.unit_of_measure_code,
          i.minimum_denominator, p.period_name, p.start_date, p.end_date, p.is_complete
        from {scope.values_table} as v
        inner join dim_indicators as i on v.indicator_code = i.indicator_code
        inner join dim_periods as p on v.period_code = p.period_code
        where v.authority_code = ? and v.unit_code = ? and v.indicator_code = ? and p.period_kind_code = ? {origin}
        order by p.start_date, p.end_date
        """,
        (scope.authority_code, scope.unit_code, indicator_code, period_kind_code),
    )


def _measures(indicator_code: str) -> str:
    """Numerator, denominator and exclusions of a definition that adds up, summed over rows of fct_timeliness_counts."""
    name = indicator_code.removeprefix("on_time_rate__")
    return f"""
      cast(coalesce(sum({name}_numerator), 0) as bigint) as numerator,
      cast(coalesce(sum({name}_denominator), 0) as bigint) as denominator,
      cast(coalesce(sum({name}_excluded_count), 0) as bigint) as excluded_count
    """


_RATE = """
  denominator - numerator as missed_count,
  cast(cast(numerator as decimal(18, 6)) / nullif(denominator, 0) as decimal(18, 6)) as value
"""


def _counts(scope: TimeScope) -> str:
    """The counts inside the scope; its arguments are those of :func:`_within` and the two days of the period."""
    counts = _with_shown_unit(scope, "select * from fct_timeliness_counts where authority_code = ?")
    return f"select * from ({counts}) as c where {_WITHIN} and slice_start_date between ? and ?"


def _count_arguments(scope: TimeScope) -> tuple[Any, ...]:
    return (scope.authority_code, *_within(scope), scope.start_date, scope.end_date)


def time_totals(build: Build, scope: TimeScope, indicator_code: str) -> Row:
    """The numerator, denominator, missed and excluded dossiers of the whole scope under a definition that adds up."""
    return _rows(
        build.folder,
        f"select *, {_RATE} from (select {_measures(indicator_code)} from ({_counts(scope)}) as c) as t",
        _count_arguments(scope),
    )[0]


def time_parts(build: Build, scope: TimeScope, indicator_code: str, part: str, order: str) -> list[Row]:
    """One row per unit, section, procedure, domain or channel inside the scope with its counts.

    ``part_code`` is '' where the dossier does not say; ``part_name`` is null where a code has no name.
    """
    key = _PART_KEYS[part]
    return _rows(
        build.folder,
        f"""
        select t.*, {_RATE}, coalesce(u.unit_name, p.procedure_name) as part_name
        from (
          select authority_code, {key} as part_code, {_measures(indicator_code)}
          from ({_counts(scope)}) as c
          group by authority_code, part_code
        ) as t
        left join dim_units as u
          on ? = 'unit' and t.authority_code = u.authority_code and t.part_code = u.unit_code
        left join dim_procedures as p
          on ? = 'procedure' and t.authority_code = p.authority_code and t.part_code = p.procedure_code
        where denominator + excluded_count > 0
        order by {PART_ORDERS[order]}, part_code
        """,
        (*_count_arguments(scope), part, part),
    )


def unit_values(build: Build, scope: TimeScope, indicator_code: str, order: str) -> list[Row]:
    """As :func:`time_parts` by unit, for a definition that is only counted by unit."""
    origin = "" if scope.is_today else "and v.origin_code = 'computed'"
    return _rows(
        build.folder,
        f"""
        select v.unit_code as part_code, u.unit_name as part_name, v.numerator, v.denominator, v.excluded_count,
          v.denominator - v.numerator as missed_count, v.value
        from {scope.values_table} as v
        left join dim_units as u on v.authority_code = u.authority_code and v.unit_code = u.unit_code
        where v.authority_code = ? and v.unit_code <> v.authority_code and v.period_code = ?
          and v.indicator_code = ? {origin} and v.denominator + v.excluded_count > 0
        order by {PART_ORDERS[order]}, part_code
        """,
        (scope.authority_code, scope.period_code, indicator_code),
    )


def _placed(scope: TimeScope, indicator_code: str) -> str:
    """The dossiers that a definition places in the scope, each with its verdict; see :func:`_placed_arguments`."""
    membership = MEMBERSHIPS[indicator_code]
    verdict = f"{indicator_code.removeprefix('on_time_rate__')}_verdict_code"
    dossiers = _with_shown_unit(
        scope,
        f"""
        select authority_code, dossier_code, {membership.unit} as unit_code, procedure_code, domain_name, channel_code,
          case when {membership.unit} = resolving_unit_code then section_code else '' end as section_code,
          {verdict} as verdict_code
        from fct_dossier_verdicts
        where authority_code = ? and {membership.day} between ? and ?
        """,
    )
    return f"select * from ({dossiers}) as d where {_WITHIN}"


def _placed_arguments(scope: TimeScope) -> tuple[Any, ...]:
    return (scope.authority_code, scope.start_date, scope.end_date, *_within(scope))


def outcome_counts(build: Build, scope: TimeScope, indicator_code: str) -> Row:
    """How many dossiers of the scope a definition counts as missed, met and left out, counted one by one."""
    columns = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in OUTCOMES.items())
    return _rows(
        build.folder,
        f"select {columns} from ({_placed(scope, indicator_code)}) as d",
        _placed_arguments(scope),
    )[0]


def placed_dossiers(
    build: Build, scope: TimeScope, indicator_code: str, outcome: str, limit: int, offset: int = 0
) -> list[Row]:
    """The dossiers of the scope with one outcome under a definition, earliest due first, a page of them."""
    membership = MEMBERSHIPS[indicator_code]
    return _rows(
        build.folder,
        f"""
        -- Found first, then looked up: fct_dossiers is read only where these dossiers lie.
        with placed as materialized (
          select * from ({_placed(scope, indicator_code)}) as v where {OUTCOMES[outcome]}
        )
        select p.*, d.procedure_name, d.received_date, d.{membership.due} as shown_due_at,
          d.{membership.finished} as finished_at, u.unit_name
        from placed as p
        inner join fct_dossiers as d on p.authority_code = d.authority_code and p.dossier_code = d.dossier_code
        left join dim_units as u on p.authority_code = u.authority_code and p.unit_code = u.unit_code
        order by shown_due_at nulls last, dossier_code
        limit {int(limit)} offset {int(offset)}
        """,
        _placed_arguments(scope),
    )


_AGES = "select * from rpt_backlog_ages where authority_code = ? and unit_code <> authority_code"


def backlog_bands(build: Build, scope: TimeScope) -> list[Row]:
    """One row per ageing band: the open dossiers of the scope's unit on the as-of date, and how many of them wait."""
    return _rows(
        build.folder,
        f"""
        select ageing_band_code, min(ageing_band_name) as ageing_band_name, min(is_overdue) as is_overdue,
          min(is_confirmed) as is_confirmed, cast(sum(open_count) as bigint) as open_count,
          cast(sum(waiting_count) as bigint) as waiting_count
        from ({_with_shown_unit(scope, _AGES)}) as b
        where ? = authority_code or unit_code = ?
        group by ageing_band_code
        order by min(display_order), ageing_band_code
        """,
        (scope.authority_code, scope.unit_code, scope.unit_code),
    )


def backlog_units(build: Build, scope: TimeScope) -> list[Row]:
    """One row per unit with open dossiers: all, overdue, and due today, on the next working day and in two or three."""
    bands = ("due_today", "due_in_1", "due_in_2_3")
    columns = ", ".join(
        f"cast(sum(case when ageing_band_code = '{band}' then open_count else 0 end) as bigint) as {band}_count"
        for band in bands
    )
    return _rows(
        build.folder,
        f"""
        select b.unit_code, u.unit_name, cast(sum(open_count) as bigint) as open_count,
          cast(sum(case when is_overdue then open_count else 0 end) as bigint) as overdue_count, {columns}
        from ({_with_shown_unit(scope, _AGES)}) as b
        left join dim_units as u on b.authority_code = u.authority_code and b.unit_code = u.unit_code
        group by b.unit_code, u.unit_name
        order by overdue_count desc, due_today_count desc, due_in_1_count desc, due_in_2_3_count desc, b.unit_code
        """,
        (scope.authority_code,),
    )


def open_dossiers(
    build: Build, scope: TimeScope, band_codes: tuple[str, ...], limit: int, offset: int = 0
) -> list[Row]:
    """The open dossiers of the scope's unit in some ageing bands, longest overdue first; ``listed_count`` in all.

    ``is_recomputed_stopped``: the clock of the recomputed due date stands still on the as-of date.
    """
    rows = _with_shown_unit(
        scope,
        "select * exclude (resolving_unit_code), resolving_unit_code as unit_code from rpt_open_dossiers "
        "where authority_code = ?",
    )
    marks = ", ".join("?" for _ in band_codes)
    return _rows(
        build.folder,
        f"""
        -- Found first, then looked up: fct_dossiers is read only where these dossiers lie.
        with listed as materialized (
          select d.*, count(*) over () as listed_count
          from ({rows}) as d
          where (? = ? or d.unit_code = ?) and ageing_band_code in ({marks})
          order by working_days_left nulls last, due_at, dossier_code
          limit {int(limit)} offset {int(offset)}
        )
        select l.*, u.unit_name, f.stopped_since_at is not null as is_recomputed_stopped
        from listed as l
        left join fct_dossiers as f on l.authority_code = f.authority_code and l.dossier_code = f.dossier_code
        left join dim_units as u on l.authority_code = u.authority_code and l.unit_code = u.unit_code
        order by working_days_left nulls last, l.due_at, l.dossier_code
        """,
        (scope.authority_code, scope.unit_code, scope.authority_code, scope.unit_code, *band_codes),
    )


def repeat_late_officers(build: Build, scope: TimeScope) -> list[Row]:
    """One row per unit of the scope with officers late more often than the threshold: how many, and their dossiers."""
    rows = _with_shown_unit(scope, "select * from rpt_repeat_late_officers where authority_code = ?")
    return _rows(
        build.folder,
        f"""
        select o.unit_code, u.unit_name, count(*) as officer_count, cast(sum(late_count) as bigint) as late_count,
          cast(sum(justified_count) as bigint) as justified_count, min(threshold_count) as threshold_count,
          min(threshold_months) as threshold_months
        from ({rows}) as o
        left join dim_units as u on o.authority_code = u.authority_code and o.unit_code = u.unit_code
        where ? = o.authority_code or o.unit_code = ?
        group by o.unit_code, u.unit_name
        order by officer_count desc, late_count desc, o.unit_code
        """,
        (scope.authority_code, scope.unit_code, scope.unit_code),
    )
