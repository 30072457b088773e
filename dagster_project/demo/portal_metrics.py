"""What the national portal of the invented province publishes per quarter: the metrics of QĐ 766, its own arithmetic.

Metric points round half up to two decimals and add up to their group; of the online payments the portal publishes two
figures of three and the group alone has points; of the online services only the group. Procedures are published for the
whole province. Draws come from generators of their own. Does not belong here: what the province scores (scoring.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import polars as pl

from dagster_project.demo.calendar import day_of, epoch_day
from dagster_project.demo.figures import Figures
from dagster_project.demo.registries import AUTHORITY
from dagster_project.demo.regulations import Leaf, exact_points, half_up, number_text, points, read_national_leaves
from dagster_project.demo.world import World

REGULATION = "QD766"
QUARTERS = 4
BLOCS = ("department", "district", "commune")
PUBLISHER = "Cổng Dịch vụ công quốc gia (dữ liệu giả lập)"
RNG_BRANCH = 4_000_000
LEAST_VOLUME = 60_000  # dossiers a quarter: the portal also counts what the systems of ministries handle
PRIOR_DOSSIERS = 20  # a unit with few dossiers is about as late as the province
PROVINCE, DOSSIERS, PAID, PROCEDURES, PETITIONS, RATIO = (
    "province",
    "dossiers",
    "paid",
    "procedures",
    "petitions",
    "ratio",
)
PROVINCE_PROCEDURES = 47
# Metric → (what it is counted on, usual share). A metric not named here is a usual share of the dossiers.
PROFILES = {
    "CKMB.PUBLISH_ON_TIME": (PROVINCE, 0.85),
    "CKMB.PUBLIC_UPDATE_ON_TIME": (PROVINCE, 0.93),
    "CKMB.PUBLIC_CONTENT_FULL": (PROVINCE, 0.99),
    "CKMB.DOSSIER_SYNC": (DOSSIERS, 0.97),
    "TTTT.A_dossiers_paid_online": (PAID, 0.7),
    "TTTT.B_procedures_with_online_payment": (PROCEDURES, 0.45),
    "TTTT.C_third_term": (PROCEDURES, 0.4),
    "MDSH.ORIGINAL_RESULT_AVAILABLE": (DOSSIERS, 0.9),
    "MDSH.SO_HOA_GIAY_TO_GIAI_QUYET": (DOSSIERS, 0.75),
    "MDSH.REUSED_DIGITIZED_DATA": (DOSSIERS, 0.45),
    "MDSH.SYNCED_WITH_DVCQG_PERSONAL_STORAGE": (DOSSIERS, 0.2),
    "MDSH.CITIZEN_DATA_CONNECTED_FORMALITY": (PROCEDURES, 0.25),
    "MDSH.ELECTRONIC_CERTIFIED_COPY": (RATIO, 0.9),
    "MDHL.DOSSIER_RECEIVING_SATISFACTION": (DOSSIERS, 0.95),
    "MDHL.PETITION_PROCESSING_ON_TIME": (PETITIONS, 0.93),
    "MDHL.PETITION_HANDLING_SATISFACTION": (PETITIONS, 0.85),
}
USUAL = (DOSSIERS, 0.7)
ON_TIME = "TDGQ.ON_TIME"
UNPUBLISHED = "TTTT.C_third_term"
DOSSIERS_PER_PETITION, PAID_SHARE = 800, 0.4
# How far the shares of a unit lie from the usual (log odds): in all metrics, in one, from quarter to quarter.
UNIT_TILT, METRIC_TILT, QUARTER_TILT = 0.8, 0.7, 0.2
COLUMNS = (
    "authority_code",
    "unit_code",
    "unit_name",
    "period_start_date",
    "period_end_date",
    "group_code",
    "metric_code",
    "numerator_count",
    "denominator_count",
    "declared_value",
    "declared_score",
    "max_score",
    "publisher_name",
)


@dataclass(frozen=True)
class Row:
    """One line of the table; None is an empty cell, counted on nothing is 0 of 0."""

    group: str
    metric: str
    numerator: int | None
    denominator: int | None
    percent: Fraction | None
    score: Fraction | None
    max_score: Fraction | None


def metric_tables(world: World, figures: Figures) -> Iterator[tuple[str, pl.DataFrame]]:
    """(quarter as in a file's name, table) of the last full quarters that lie in the demo."""
    leaves = read_national_leaves(REGULATION)
    rng = np.random.default_rng([world.seed, RNG_BRANCH])
    shape = (len(world.listed_units), len(leaves))
    habits = rng.normal(0, UNIT_TILT, (shape[0], 1)) + rng.normal(0, METRIC_TILT, shape)
    for first, last in _quarters(world):
        quarter = first.month // 3 + 1
        rng = np.random.default_rng([world.seed, RNG_BRANCH, first.year, quarter])
        yield f"{first.year}_q{quarter}", _table(world, figures, leaves, habits, first, last, rng)


def _quarters(world: World) -> list[tuple[date, date]]:
    starts = [day_of(day) for day in world.month_starts]
    found = [
        (first, after - timedelta(days=1))
        for first, after in zip(starts, starts[3:], strict=False)
        if first.month % 3 == 1 and after.day == 1
    ]
    return found[-QUARTERS:]


def _table(world: World, figures: Figures, leaves: list[Leaf], habits, first: date, last: date, rng) -> pl.DataFrame:
    """One row per unit and metric of a quarter, in canonical columns."""
    exists = world.reorganisation.exists(epoch_day(last), epoch_day(last))
    published = exists & np.isin(world.listed_units.blocs, BLOCS)
    bases = _bases(figures, published, first, last, rng)
    late = _late_rates(figures, first, last)
    shares = _shares(leaves, habits + _change(habits.shape, rng), late)
    common = {leaf.code: int(rng.binomial(PROVINCE_PROCEDURES, _profile(leaf)[1])) for leaf in leaves}
    cells = []
    for unit in np.flatnonzero(published):
        drawn = [
            _drawn(leaf, bases, common, int(unit), shares[unit, column], rng) for column, leaf in enumerate(leaves)
        ]
        for row in _with_groups(leaves, drawn):
            cells.append(_cells(world, int(unit), first, last, row))
    return pl.DataFrame(cells, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


def _change(shape: tuple[int, int], rng) -> np.ndarray:
    """How a quarter differs from a unit's habit: as a whole, and in each metric."""
    return rng.normal(0, QUARTER_TILT, (shape[0], 1)) + rng.normal(0, QUARTER_TILT, shape)


def _profile(leaf: Leaf) -> tuple[str, float]:
    return PROFILES.get(leaf.input_code, USUAL)


def _bases(figures: Figures, published: np.ndarray, first: date, last: date, rng) -> dict[str, np.ndarray]:
    """What the metrics of each unit are counted on."""
    volume = np.where(published, figures.total("taken_in", first, last) + 1, 0)
    dossiers = rng.poisson(volume * max(1.0, LEAST_VOLUME / volume.sum())) + 1
    return {
        DOSSIERS: dossiers,
        PAID: rng.binomial(dossiers, PAID_SHARE),
        PROCEDURES: rng.integers(25, 120, len(volume)),
        PETITIONS: rng.poisson(dossiers / DOSSIERS_PER_PETITION),
    }


def _late_rates(figures: Figures, first: date, last: date) -> np.ndarray:
    """About as often late as the unit's own list says."""
    late, dated = (figures.total(name, first, last) for name in ("late", "dated"))
    usual = late.sum() / max(dated.sum(), 1)
    return (late + PRIOR_DOSSIERS * usual) / (dated + PRIOR_DOSSIERS)


def _shares(leaves: list[Leaf], tilts: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Unit × metric: the usual share, tilted by the habit of the unit."""
    usual = np.array([_profile(leaf)[1] for leaf in leaves])
    shares = 1 / (1 + np.exp(-(np.log(usual / (1 - usual))[None, :] + tilts)))
    shares[:, [leaf.input_code == ON_TIME for leaf in leaves]] = 1 - late[:, None]
    return shares


def _drawn(leaf: Leaf, bases, common: dict[str, int], unit: int, share: float, rng) -> Fraction | tuple[int, int]:
    """The figure of a metric: numerator and denominator, or the ratio alone where that is all there is."""
    kind = _profile(leaf)[0]
    if kind == PROVINCE:
        return common[leaf.code], PROVINCE_PROCEDURES
    if kind == RATIO or leaf.rule == "manual":
        return half_up(Fraction(float(share)), 4)
    denominator = int(bases[kind][unit])
    return int(rng.binomial(denominator, share)), denominator


def _with_groups(leaves: list[Leaf], drawn: list[Fraction | tuple[int, int]]) -> Iterator[Row]:
    """The metrics of one unit with the points of each group after them, and the total at the end."""
    together = list(zip(leaves, drawn, strict=True))
    total = Fraction(0)
    for group in dict.fromkeys(leaf.input_code.split(".")[0] for leaf in leaves):
        parts = [(leaf, figure) for leaf, figure in together if leaf.input_code.startswith(f"{group}.")]
        has_all = all(leaf.input_code != UNPUBLISHED and leaf.rule != "manual" for leaf, _ in parts)
        for leaf, figure in parts:
            if leaf.input_code != UNPUBLISHED and leaf.rule != "manual":
                yield _metric_row(leaf, figure, has_all)
        worth = sum(_points(leaf, figure, is_rounded=has_all) for leaf, figure in parts)
        score = half_up(Fraction(worth), 2)
        total += score
        yield Row(group, "_GROUP", None, None, None, score, sum(leaf.max_score for leaf, _ in parts))
    yield Row("ALL", "_TOTAL", None, None, None, total, sum(leaf.max_score for leaf in leaves))


def _metric_row(leaf: Leaf, figure: Fraction | tuple[int, int], is_scored: bool) -> Row:
    group, metric = leaf.input_code.split(".")
    numerator, denominator = figure if isinstance(figure, tuple) else (None, None)
    share = _share(figure)
    return Row(
        group,
        metric,
        numerator,
        denominator,
        half_up(share * 100, 2) if share is not None and is_scored else None,
        _points(leaf, figure, is_rounded=True) if is_scored else None,
        leaf.max_score if is_scored else None,
    )


def _share(figure: Fraction | tuple[int, int]) -> Fraction | None:
    if isinstance(figure, Fraction):
        return figure
    return Fraction(*figure) if figure[1] else None


def _points(leaf: Leaf, figure: Fraction | tuple[int, int], *, is_rounded: bool) -> Fraction:
    """Points of a metric; where it is counted on nothing, all of them or none, as the criterion says."""
    share = _share(figure)
    if share is None:
        return leaf.max_score * (leaf.zero_denominator == "full")
    return points(leaf, share) if is_rounded else exact_points(leaf, share)


def _cells(world: World, unit: int, first: date, last: date, row: Row) -> tuple[str | None, ...]:
    counts = [None if count is None else str(count) for count in (row.numerator, row.denominator)]
    return (
        AUTHORITY,
        world.listed_units.codes[unit],
        world.listed_units.names[unit],
        f"{first:%d/%m/%Y}",
        f"{last:%d/%m/%Y}",
        row.group,
        row.metric,
        *counts,
        *map(number_text, (row.percent, row.score, row.max_score)),
        PUBLISHER,
    )
