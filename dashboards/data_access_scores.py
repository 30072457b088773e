"""Queries of the pages on points: rankings by a scoring regulation, what a score is made of, scores side by side.

Reads through data_access, which alone opens the build. Does not belong here: points and ranks themselves (dbt models).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dagster_project.explaining.memberships import MEMBERSHIPS, SIDES, listed_dossiers
from dagster_project.explaining.score import Behind, survey_behind
from dagster_project.explaining.simulation import Change, ScoreKey, Simulation, simulate
from dashboards.data_access import Build, Row, _rows

PAGE_SIZE = 25
# Where the rows behind a criterion's figure came in, by what the figure is.
INPUT_SOURCES = {
    "portal_metric": "national_portal__qd766_metrics",
    "quality_index": "one_stop__quality_scores",
    "measured": "par__criterion_scores",
    "survey_item": "survey__answers",
    "survey_index": "survey__ballots",
}
SHEETS, EXPLANATIONS = "par__criterion_scores", "par__score_explanations"


@dataclass(frozen=True)
class ScoreScope:
    """Which scores: an authority, one version of a regulation, a period."""

    authority_code: str
    regulation_version_code: str
    period_code: str

    @property
    def arguments(self) -> tuple[str, str, str]:
        """What ``_IN_SCOPE`` asks for."""
        return self.authority_code, self.regulation_version_code, self.period_code


_IN_SCOPE = "s.authority_code = ? and s.regulation_version_code = ? and s.period_code = ?"


def score_choices(build: Build, authority_code: str) -> list[Row]:
    """One row per regulation, peer group and period with scores; newest period first inside a regulation.

    A regulation by which somebody is ranked stands before one by which nobody is yet, the newest version first.
    ``ranked_count`` is how many units are ranked.
    """
    return _rows(
        build.folder,
        """
        select s.regulation_version_code, g.regulation_code, g.regulation_name, g.is_confirmed, g.rounding_digits,
          s.peer_group_code, b.peer_group_name, count(*) as unit_count, count(s.unit_rank) as ranked_count,
          s.period_code, p.period_kind_code, p.period_name, p.start_date, p.end_date, p.counted_to_date, p.is_complete
        from fct_score_rankings as s
        inner join dim_regulations as g
          on s.authority_code = g.authority_code and s.regulation_version_code = g.regulation_version_code
        inner join dim_periods as p on s.period_code = p.period_code
        inner join dim_peer_groups as b
          on s.authority_code = b.authority_code and s.peer_group_code = b.peer_group_code
        where s.authority_code = ?
        group by s.regulation_version_code, g.regulation_code, g.regulation_name, g.is_confirmed, g.rounding_digits,
          g.valid_from_date, s.peer_group_code, b.peer_group_name, b.display_order, b.tier_lower_count,
          s.period_code, p.period_kind_code, p.period_name, p.start_date, p.end_date, p.counted_to_date, p.is_complete
        order by max(count(s.unit_rank)) over (partition by s.regulation_version_code) > 0 desc, g.regulation_code,
          g.valid_from_date desc, b.display_order, b.tier_lower_count nulls last, s.peer_group_code,
          p.end_date desc, p.start_date desc, s.period_code
        """,
        (authority_code,),
    )


def regulation(build: Build, authority_code: str, regulation_version_code: str) -> Row:
    """The row of a version of a regulation."""
    return _rows(
        build.folder,
        "select * from dim_regulations where authority_code = ? and regulation_version_code = ?",
        (authority_code, regulation_version_code),
    )[0]


# What a unit's total is, with what its rank can be and why it has none.
_UNIT_SCORES = f"""
  select s.*, u.unit_name, t.missing_max_score, t.known_score,
    t.leaf_count, t.scored_leaf_count, g.minimum_denominator
  from fct_score_rankings as s
  inner join fct_unit_scores as t
    on s.authority_code = t.authority_code
    and s.regulation_version_code = t.regulation_version_code
    and s.period_code = t.period_code
    and s.unit_code = t.unit_code
  inner join dim_units as u on s.authority_code = u.authority_code and s.unit_code = u.unit_code
  inner join dim_regulations as g
    on s.authority_code = g.authority_code and s.regulation_version_code = g.regulation_version_code
  where {_IN_SCOPE}
"""


def score_ranking(build: Build, scope: ScoreScope, peer_group_code: str | None = None) -> list[Row]:
    """One row per unit scored, of one peer group or of all: ranked units by rank, then the others by name."""
    return _rows(
        build.folder,
        f"""
        {_UNIT_SCORES} and (? is null or s.peer_group_code = ?)
        order by s.peer_group_code, s.unit_rank nulls last, u.unit_name collate vi, s.unit_code
        """,
        (*scope.arguments, peer_group_code, peer_group_code),
    )


def uncounted_criteria(build: Build, scope: ScoreScope) -> list[Row]:
    """The criteria of units of which nobody said how many they were counted on, in the order of the regulation."""
    return _rows(
        build.folder,
        f"""
        select s.unit_code, s.criterion_code, s.final_source_code
        from fct_criterion_scores as s
        inner join dim_criteria as c
          on s.authority_code = c.authority_code
          and s.regulation_version_code = c.regulation_version_code
          and s.criterion_code = c.criterion_code
        where {_IN_SCOPE} and s.uncertainty_code = 'uncounted'
        order by s.unit_code, c.display_order, s.criterion_code
        """,
        scope.arguments,
    )


_TREE = f"""
  select s.*, c.criterion_name, c.rule_code, c.level_code, c.weight, c.total_weight, c.input_kind_code, c.input_code,
    c.factor_input_code, c.target_value, c.floor_value, c.zero_denominator_code, c.rounding_digits, c.evidence_text,
    c.display_order, c.legal_basis, c.is_confirmed, i.evidence_reference, i.explanation_reference, i.campaign_code,
    i.survey_answer_count, i.has_counts, i.wave_code,
    i.is_applicable, i.is_small_sample, r.interval_low, r.interval_high, i.factor_numerator, i.factor_denominator,
    n.indicator_name as input_name, n.direction_code, f.indicator_name as factor_input_name
  from fct_criterion_scores as s
  inner join dim_criteria as c
    on s.authority_code = c.authority_code
    and s.regulation_version_code = c.regulation_version_code
    and s.criterion_code = c.criterion_code
  inner join fct_score_inputs as i
    on s.authority_code = i.authority_code
    and s.regulation_version_code = i.regulation_version_code
    and s.period_code = i.period_code
    and s.unit_code = i.unit_code
    and s.criterion_code = i.criterion_code
  -- A group has no figure.
  left join fct_rule_scores as r
    on s.authority_code = r.authority_code
    and s.regulation_version_code = r.regulation_version_code
    and s.period_code = r.period_code
    and s.unit_code = r.unit_code
    and s.criterion_code = r.criterion_code
  left join dim_indicators as n on c.input_kind_code = 'indicator' and c.input_code = n.indicator_code
  left join dim_indicators as f on c.input_kind_code = 'indicator' and c.factor_input_code = f.indicator_code
  where {_IN_SCOPE} and s.unit_code = ?
"""


def criterion_scores(build: Build, scope: ScoreScope, unit_code: str) -> list[Row]:
    """One row per criterion of a unit in the order of the tree: its scores, its rule and its figure."""
    return _rows(
        build.folder,
        f"{_TREE} order by c.display_order, s.criterion_code",
        (*scope.arguments, unit_code),
    )


def survey_wave(build: Build, scope: ScoreScope, row: Row) -> Behind:
    """The wave behind a survey's index, in words; ``row`` is one of :func:`criterion_scores`."""
    key = ScoreKey(*scope.arguments, row["unit_code"])
    return survey_behind(lambda query, values: _rows(build.folder, query, tuple(values)), key, row)


def criterion_bands(build: Build, scope: ScoreScope, criterion_code: str) -> list[Row]:
    """The bands of a criterion in their order; empty for a rule without bands."""
    return _rows(
        build.folder,
        """
        select * from dim_criterion_bands
        where authority_code = ? and regulation_version_code = ? and criterion_code = ?
        order by band_number
        """,
        (scope.authority_code, scope.regulation_version_code, criterion_code),
    )


def side_counts(build: Build, scope: ScoreScope, unit_code: str, indicator_code: str) -> Row:
    """How many dossiers stand on each side of an indicator's fraction at a unit, counted one by one."""
    arguments = _listed_arguments(build, scope, unit_code)
    counts = ", ".join(f"(select count(*) from ({listed_dossiers(indicator_code, side)})) as {side}" for side in SIDES)
    return _rows(build.folder, f"select {counts}", arguments * len(SIDES))[0]


def figure_dossiers(
    build: Build, scope: ScoreScope, unit_code: str, indicator_code: str, side: str, limit: int, offset: int = 0
) -> list[Row]:
    """The dossiers on one side of an indicator's fraction at a unit, earliest due first, a page of them."""
    return _rows(
        build.folder,
        f"select * from ({listed_dossiers(indicator_code, side)}) "
        f"order by shown_due_at nulls last, dossier_code limit {int(limit)} offset {int(offset)}",
        _listed_arguments(build, scope, unit_code),
    )


def _listed_arguments(build: Build, scope: ScoreScope, unit_code: str) -> tuple[Any, ...]:
    period = _rows(
        build.folder,
        "select start_date, counted_to_date from dim_periods where period_code = ?",
        (scope.period_code,),
    )[0]
    return scope.authority_code, unit_code, period["start_date"], period["counted_to_date"]


def score_explanations(build: Build, scope: ScoreScope, unit_code: str, criterion_code: str) -> list[Row]:
    """The steps of the explanation round of a criterion, oldest first; empty where nobody explained anything."""
    return _rows(
        build.folder,
        """
        select e.*, u.unit_name as actor_name
        from fct_score_explanations as e
        inner join dim_regulations as g
          on e.authority_code = g.authority_code and e.regulation_code = g.regulation_code
        left join dim_units as u on e.authority_code = u.authority_code and e.actor_code = u.unit_code
        where g.authority_code = ? and g.regulation_version_code = ? and e.period_code = ?
          and e.unit_code = ? and e.criterion_code = ?
        order by e.stated_at, e.campaign_code, e.stage_code
        """,
        (*scope.arguments, unit_code, criterion_code),
    )


def source_files(build: Build, scope: ScoreScope, source_codes: tuple[str, ...]) -> list[Row]:
    """The files of these sources with data of the authority that touch the period, newest data first."""
    wanted = ", ".join("?" for _ in source_codes)
    return _rows(
        build.folder,
        f"""
        select d.delivery_id, d.source_code, d.file_name, d.rows_accepted, d.data_from_date, d.data_until_date
        from fct_deliveries as d
        inner join fct_delivery_authorities as a on d.delivery_id = a.delivery_id
        inner join dim_periods as p on p.period_code = ?
        where a.authority_code = ? and d.source_code in ({wanted})
          and (d.data_until_date is null or d.data_until_date >= p.start_date)
        order by d.data_until_date desc nulls last, d.source_code, d.file_name, d.delivery_id
        """,
        (scope.period_code, scope.authority_code, *source_codes),
    )


@st.cache_data(max_entries=500, show_spinner="Đang mô phỏng…")
def simulated(folder: str, scope: ScoreScope, unit_code: str, criterion_code: str, more: int) -> Simulation:
    """What ``more`` on top of the numerator of a criterion would give, by the engine of the build in ``folder``.

    BuildError with a sentence when the figure is no count or ``more`` is above the denominator.
    """
    key = ScoreKey(*scope.arguments, unit_code)
    return simulate(Path(folder), key, Change(criterion_code, more=more))


def score_differences(build: Build, scope: ScoreScope, page: int | None = None) -> list[Row]:
    """What units claim beside what the data give, the largest claims first: one page, or all of it.

    ``difference_count`` is how many there are, ``higher_count`` in how many of them the claim is higher.
    """
    window = "" if page is None else f"limit {PAGE_SIZE} offset {PAGE_SIZE * (page - 1)}"
    return _rows(
        build.folder,
        f"""
        select s.*, u.unit_name, c.criterion_name, c.input_kind_code, c.rule_code, c.target_value, c.floor_value,
          c.zero_denominator_code, i.has_counts, count(*) over () as difference_count,
          count(*) filter (where s.difference_score > 0) over () as higher_count
        from rpt_score_differences as s
        inner join dim_units as u on s.authority_code = u.authority_code and s.unit_code = u.unit_code
        inner join dim_criteria as c
          on s.authority_code = c.authority_code
          and s.regulation_version_code = c.regulation_version_code
          and s.criterion_code = c.criterion_code
        inner join fct_score_inputs as i
          on s.authority_code = i.authority_code
          and s.regulation_version_code = i.regulation_version_code
          and s.period_code = i.period_code
          and s.unit_code = i.unit_code
          and s.criterion_code = i.criterion_code
        where {_IN_SCOPE} and s.difference_score <> 0
        order by s.severity_order
        {window}
        """,
        scope.arguments,
    )


def _missed_of(indicator_code: str) -> str:
    """Where and when one definition counts a dossier as not on time: unit, day, indicator."""
    membership = MEMBERSHIPS[indicator_code]
    verdict = f"{indicator_code.removeprefix('on_time_rate__')}_verdict_code"
    return f"""
      select authority_code, {membership.unit} as unit_code, {membership.day} as counted_date,
        '{indicator_code}' as indicator_code
      from fct_dossier_verdicts
      where authority_code = ? and dossier_code = ? and {verdict} like 'missed%'
    """


def criteria_missed_by(build: Build, authority_code: str, dossier_code: str) -> list[Row]:
    """The criteria scored by an indicator that counts the dossier as not on time, newest period first.

    ``lost_score`` is what one more dossier on time would add to the computed score of the criterion.
    """
    missed: tuple[Any, ...] = tuple(x for _ in MEMBERSHIPS for x in (authority_code, dossier_code))
    return _rows(
        build.folder,
        f"""
        select s.regulation_version_code, g.regulation_name, s.period_code, p.period_name, p.period_kind_code,
          p.is_complete, s.unit_code, s.criterion_code, c.criterion_name, i.indicator_short_name, s.computed_score,
          s.final_source_code, s.max_score, s.numerator, s.denominator,
          s.one_more_score - s.computed_score as lost_score
        from ({" union all ".join(map(_missed_of, MEMBERSHIPS))}) as m
        inner join dim_indicators as i on m.indicator_code = i.indicator_code
        inner join dim_criteria as c
          on m.authority_code = c.authority_code and c.input_kind_code = 'indicator' and m.indicator_code = c.input_code
        inner join dim_periods as p on m.counted_date between p.start_date and p.end_date
        inner join fct_criterion_scores as s
          on m.authority_code = s.authority_code
          and c.regulation_version_code = s.regulation_version_code
          and p.period_code = s.period_code
          and m.unit_code = s.unit_code
          and c.criterion_code = s.criterion_code
        inner join dim_regulations as g
          on s.authority_code = g.authority_code and s.regulation_version_code = g.regulation_version_code
        where s.one_more_score > s.computed_score and s.kind_code <> 'penalty'
        order by p.end_date desc, p.start_date desc, s.regulation_version_code, s.period_code, c.display_order,
          s.criterion_code, s.unit_code
        """,
        missed,
    )


def rank_robustness(build: Build, scope: ScoreScope, peer_group_code: str) -> list[Row]:
    """One row per ranked unit with how its rank fares under drawn weights; empty for periods that are not drawn."""
    return _rows(
        build.folder,
        f"""
        select s.unit_code, u.unit_name, s.unit_rank, s.ranked_unit_count, s.third_number, s.draw_count,
          s.weight_width_percent, s.kept_third_rate, s.best_drawn_rank, s.worst_drawn_rank, s.is_confirmed
        from rpt_rank_robustness as s
        inner join dim_units as u on s.authority_code = u.authority_code and s.unit_code = u.unit_code
        where {_IN_SCOPE} and s.peer_group_code = ?
        order by s.unit_rank, s.unit_code
        """,
        (*scope.arguments, peer_group_code),
    )


def saturated_criteria(build: Build, scope: ScoreScope) -> list[Row]:
    """One row per criterion that nearly every unit has in full, in the order of the regulation."""
    return _rows(
        build.folder,
        f"""
        select s.criterion_code, c.criterion_name, s.full_mark_count, s.scored_unit_count, s.saturated_above_percent
        from rpt_saturated_criteria as s
        inner join dim_criteria as c
          on s.authority_code = c.authority_code
          and s.regulation_version_code = c.regulation_version_code
          and s.criterion_code = c.criterion_code
        where {_IN_SCOPE} and s.is_saturated
        order by c.display_order, s.criterion_code
        """,
        scope.arguments,
    )
