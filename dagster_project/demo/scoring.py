"""Score sheets of the invented province: what units claim per criterion, what the council gives, who explains what.

A unit knows its figures (figures.py) and claims the points they give, now and then a little more. Some claim full
points on figures that give half of them at most: these are planted, and returned, never guessed back from the files.
Every stage has its day; what lies after the cut-off is not known yet. Draws come from generators of their own.
Does not belong here: reading regulations (regulations.py), the national index (portal_metrics.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor

import numpy as np
import polars as pl

from dagster_project.demo.calendar import CLOSE, DAY, OPEN, day_of, epoch_day
from dagster_project.demo.figures import INDICATORS, Figures
from dagster_project.demo.registries import AUTHORITY
from dagster_project.demo.regulations import Leaf, Regulation, exact_points, number_text, points, read_regulations
from dagster_project.demo.surveys import Wave
from dagster_project.demo.world import World

COUNCIL = "HDTD"
SURVEYED_LEADERS = 42  # answers behind the points of the yearly survey, a few more in some units
INFLATED_UNITS = {"department": 2, "commune": 5}
INFLATED_LEAVES, INFLATED_LEAST_MAX = 3, 3
RNG_BRANCH = 3_000_000
STAGE_DAYS = {"self": 14, "appraisal_1": 34, "explanation": 48, "appraisal_2": 62}  # after the end of the period
LEFT_OUT_SHARE, NOTHING_DONE_SHARE = 0.08, 0.05  # of leaves that may be so: not for this unit, nothing to count
ROUNDED_UP_SHARE, NO_EVIDENCE_SHARE, ACCEPTED_SHARE, CUT_SHARE = 0.12, 0.02, 0.03, 0.2
BONUS_SHARE, PENALTY_SHARE, EXPLAINED_SHARE, RESTORED_SHARE = 0.1, 0.06, 0.6, 0.6
MANUAL_SHARES, MANUAL_ODDS = (Fraction(1), Fraction(7, 8), Fraction(3, 4), Fraction(1, 2)), (0.55, 0.2, 0.15, 0.1)
ROUND_UP = Fraction(1, 2)
# «(10, 3 hoặc 0 điểm)» in a criterion's name: the only points there are.
CHOICES = re.compile(r"\(([0-9, ]+) hoặc ([0-9]+) điểm\)")
CUT_REASONS = ["Chưa đủ tài liệu kiểm chứng", "Số liệu chưa khớp báo cáo đã gửi", "Văn bản ban hành sau thời hạn"]
EXPLANATIONS = ["Bổ sung tài liệu kiểm chứng", "Đề nghị xem lại số liệu đã gửi", "Nêu nguyên nhân khách quan"]
RESTORED, KEPT = "Chấp nhận tài liệu bổ sung", "Giữ nguyên điểm, tài liệu bổ sung không thuộc kỳ chấm"


@dataclass(frozen=True)
class Period:
    """A scored period; the explanation round follows only a whole year."""

    label: str
    kind: str
    first: date
    last: date

    @property
    def is_year(self) -> bool:
        """It is a calendar year."""
        return self.kind == "year"


PERIODS = [
    Period("2025", "year", date(2025, 1, 1), date(2025, 12, 31)),
    Period("2025-H2", "half_year", date(2025, 7, 1), date(2025, 12, 31)),
    Period("2026-H1", "half_year", date(2026, 1, 1), date(2026, 6, 30)),
]


@dataclass(frozen=True)
class Inflation:
    """A unit that claims full points in a campaign on criteria whose figures give half of them at most."""

    unit_code: str
    campaign_code: str
    criterion_codes: list[str]


@dataclass(frozen=True)
class Campaign:
    """One regulation applied to one period; ``days`` holds the epoch day of each stage, None when still to come."""

    regulation: Regulation
    period: Period
    days: dict[str, int | None]

    @property
    def code(self) -> str:
        """Such as ``BTC-SO-2026-H1``."""
        return f"{self.regulation.code}-{self.period.label}"

    @property
    def file_name(self) -> str:
        """The campaign in a file's name."""
        return self.code.lower().replace("-", "_")

    def day_text(self, stage: str) -> str | None:
        """The day of a stage as files write it."""
        return f"{day_of(self.days[stage]):%d/%m/%Y}" if self.days[stage] else None


@dataclass(frozen=True)
class Line:
    """One criterion on the sheet of one unit, without unit and campaign; None is an empty cell."""

    leaf: Leaf
    is_applicable: bool = True
    numerator: int | None = None
    denominator: int | None = None
    value: int | None = None
    claim: Fraction | None = None
    appraised_1: Fraction | None = None
    appraised_2: Fraction | None = None
    survey: Fraction | None = None
    evidence: str | None = None
    explanation: str | None = None
    reasons: tuple[str, str, str] | None = None

    @property
    def figure(self) -> Fraction | None:
        """What the sheet says was measured; None when nothing was, or nothing there was to measure."""
        if self.denominator:
            return Fraction(self.numerator, self.denominator)
        return None if self.value is None else Fraction(self.value)


@dataclass(frozen=True)
class Scored:
    """All campaigns: (file name, frame) of sheets and of explanations, and who was planted."""

    sheets: list[tuple[str, pl.DataFrame]]
    explanations: list[tuple[str, pl.DataFrame]]
    inflations: list[Inflation]

    def planted(self) -> list[dict]:
        """Plain dictionaries, for JSON."""
        return [asdict(inflation) for inflation in self.inflations]


def score(world: World, figures: Figures, waves: list[Wave]) -> Scored:
    """Every campaign whose period lies in the demo and whose sheets had been sent in by the cut-off."""
    sheets, explanations, inflations = [], [], []
    drawn = _inflated_units(world)
    for number, campaign in enumerate(_campaigns(world)):
        has_wave = any(
            wave.first <= epoch_day(campaign.period.last) and wave.last >= epoch_day(campaign.period.first)
            for wave in waves
        )
        claims = _Claims(world, figures, campaign, has_wave)
        rows = []
        for unit in _units(world, campaign):
            rng = np.random.default_rng([world.seed, RNG_BRANCH, number + 1, unit + 1])
            inflated = _inflated_leaves(campaign, rng) if unit in drawn else set()
            lines = [claims.line(unit, leaf, leaf.code in inflated, rng) for leaf in campaign.regulation.leaves]
            rows.append((unit, lines))
            if inflated:
                inflations.append(Inflation(world.listed_units.codes[unit], campaign.code, sorted(inflated)))
        sheets.append((campaign.file_name, _sheet_frame(world, campaign, rows)))
        explanations.append((campaign.file_name, _explanation_frame(world, campaign, rows)))
    return Scored(sheets, explanations, inflations)


def _campaigns(world: World) -> Iterator[Campaign]:
    first, last = day_of(world.first_day), day_of(world.month_starts[-1] - 1)
    for period in PERIODS:
        days = _stage_days(world, period)
        if period.first < first or period.last > last or days["self"] is None:
            continue
        for regulation in read_regulations():
            if regulation.first <= period.last <= regulation.last and period.kind in regulation.period_kinds:
                yield Campaign(regulation, period, days)


def _stage_days(world: World, period: Period) -> dict[str, int | None]:
    planned = np.array([epoch_day(period.last) + days for days in STAGE_DAYS.values()])
    working = world.calendar.next_working_day(planned * DAY) // DAY
    is_held = {stage: period.is_year or stage in ("self", "appraisal_1") for stage in STAGE_DAYS}
    return {
        stage: int(day) if is_held[stage] and day * DAY + CLOSE <= world.cutoff else None
        for stage, day in zip(STAGE_DAYS, working, strict=True)
    }


def _units(world: World, campaign: Campaign) -> list[int]:
    """Who is scored: the units of the regulation's blocs that exist on the last day of the period."""
    last = epoch_day(campaign.period.last)
    exists = world.reorganisation.exists(last, last)
    return [int(u) for u in np.flatnonzero(exists & np.isin(world.listed_units.blocs, campaign.regulation.blocs))]


def _inflated_units(world: World) -> set[int]:
    rng = np.random.default_rng([world.seed, RNG_BRANCH])
    drawn = [
        rng.choice(np.flatnonzero(world.units.blocs == bloc), size, replace=False)
        for bloc, size in INFLATED_UNITS.items()
    ]
    return {int(unit) for unit in np.concatenate(drawn)}


def _inflated_leaves(campaign: Campaign, rng: np.random.Generator) -> set[str]:
    fit = [
        leaf.code
        for leaf in campaign.regulation.leaves
        if leaf.kind == "base" and leaf.input_kind == "measured" and leaf.max_score >= INFLATED_LEAST_MAX
    ]
    return {str(code) for code in rng.choice(fit, min(INFLATED_LEAVES, len(fit)), replace=False)}


class _Claims:
    """Draws the lines of a campaign's sheets."""

    def __init__(self, world: World, figures: Figures, campaign: Campaign, has_wave: bool) -> None:
        self.campaign, self.has_wave, self.codes = campaign, has_wave, world.listed_units.codes
        rng = np.random.default_rng([world.seed, RNG_BRANCH + 1])
        # How often a unit does all that is asked; the same in every campaign.
        self.diligence = np.clip(rng.normal(0.72, 0.13, len(self.codes)), 0.35, 0.97)
        self.shares = {name: figures.shares(name, campaign.period.first, campaign.period.last) for name in INDICATORS}

    def line(self, unit: int, leaf: Leaf, is_inflated: bool, rng: np.random.Generator) -> Line:
        """The line of one criterion, through all stages that are over."""
        told = self._measured(unit, leaf, is_inflated, rng)
        if not told.is_applicable:
            return told
        worth = self._worth(unit, told, rng)
        if worth is None:
            return told
        claim = leaf.max_score if is_inflated else self._claim(leaf, worth, rng)
        line = replace(told, claim=claim, evidence=self._evidence(unit, leaf, claim, rng))
        return self._explained(unit, self._appraised(line, worth, rng), rng)

    def _measured(self, unit: int, leaf: Leaf, is_inflated: bool, rng: np.random.Generator) -> Line:
        """The criterion with the figure the sheet states."""
        may_be_empty = leaf.input_kind == "measured" and leaf.zero_denominator == "not_applicable" and not is_inflated
        draw, is_good = rng.random(), rng.random() < self.diligence[unit] and not is_inflated
        if (may_be_empty and draw < LEFT_OUT_SHARE) or (leaf.kind == "survey" and not self._is_asked(leaf)):
            return Line(leaf, is_applicable=False)
        if leaf.input_kind != "measured":
            return Line(leaf)
        if not leaf.is_share:
            return Line(leaf, value=_count(leaf, is_good, is_inflated, rng))
        if may_be_empty and draw < LEFT_OUT_SHARE + NOTHING_DONE_SHARE:
            return Line(leaf, numerator=0, denominator=0)
        denominator = int(rng.integers(4, 41))
        least, most = (1.0, 1.3) if is_good else (0.3, 0.5) if is_inflated else (0.6, 1.0)
        wanted = float(leaf.full_at) * denominator * rng.uniform(least, most)
        numerator = min(ceil(wanted) if is_good else floor(wanted), denominator)
        return Line(leaf, numerator=numerator, denominator=denominator)

    def _is_asked(self, leaf: Leaf) -> bool:
        """A survey that gives the points was held: the citizens' own wave, or the yearly one of leaders."""
        return self.has_wave if leaf.input_kind == "indicator" else self.campaign.period.is_year

    def _worth(self, unit: int, line: Line, rng: np.random.Generator) -> Fraction | None:
        """The points that the figure gives, or that the unit deserves where there is none; None: nothing to count."""
        leaf = line.leaf
        if leaf.input_kind == "measured":
            return None if line.figure is None else points(leaf, line.figure)
        if leaf.input_kind == "indicator":
            share = self.shares[leaf.input_code][unit]
            return None if share is None else points(leaf, share)
        if leaf.kind in ("bonus", "penalty"):
            is_given = rng.random() < (BONUS_SHARE if leaf.kind == "bonus" else PENALTY_SHARE)
            return leaf.max_score * Fraction(int(rng.integers(1, 3)), 2) * is_given
        choices = CHOICES.search(leaf.name)
        if choices:
            values = [Fraction(text) for text in choices[1].split(",")]
            return values[0] if rng.random() < self.diligence[unit] else values[-1]
        return leaf.max_score * MANUAL_SHARES[int(rng.choice(len(MANUAL_SHARES), p=MANUAL_ODDS))]

    @staticmethod
    def _claim(leaf: Leaf, worth: Fraction, rng: np.random.Generator) -> Fraction:
        is_rounded_up = rng.random() < ROUNDED_UP_SHARE and leaf.kind in ("base", "survey")
        return min(worth + ROUND_UP * is_rounded_up, leaf.max_score) if not CHOICES.search(leaf.name) else worth

    def _evidence(self, unit: int, leaf: Leaf, claim: Fraction, rng: np.random.Generator) -> str | None:
        number, has_none = int(rng.integers(10, 400)), rng.random() < NO_EVIDENCE_SHARE
        return None if claim == 0 or has_none else f"{number}/BC-{self.codes[unit]}"

    def _appraised(self, line: Line, worth: Fraction, rng: np.random.Generator) -> Line:
        """What the council gives at first: a figure is recounted; one that the warehouse has is left to it, mostly."""
        leaf, draw, cut = line.leaf, rng.random(), rng.random()
        if self.campaign.days["appraisal_1"] is None:
            return line
        if leaf.kind == "survey":
            return line if leaf.input_kind == "indicator" else replace(line, survey=worth)
        if leaf.input_kind == "indicator":
            return replace(line, appraised_1=line.claim) if draw < ACCEPTED_SHARE else line
        if leaf.input_kind == "measured" or draw >= CUT_SHARE or CHOICES.search(leaf.name):
            return replace(line, appraised_1=worth)
        return replace(line, appraised_1=worth * (Fraction(1, 2) if cut < 0.4 else Fraction(3, 4)))

    def _explained(self, unit: int, line: Line, rng: np.random.Generator) -> Line:
        """The round after a cut: the unit explains, the council gives the points back or keeps to its own."""
        draws, picks, number = rng.random(2), rng.integers(0, 3, 2), int(rng.integers(10, 100))
        is_cut = line.appraised_1 is not None and line.leaf.kind == "base" and line.appraised_1 < line.claim
        if not is_cut or self.campaign.days["explanation"] is None or draws[0] >= EXPLAINED_SHARE:
            return line
        is_restored = draws[1] < RESTORED_SHARE and line.leaf.input_kind == "none"
        appraised_2 = line.claim if is_restored else line.appraised_1
        return replace(
            line,
            explanation=f"{number}/GT-{self.codes[unit]}",
            appraised_2=appraised_2 if self.campaign.days["appraisal_2"] else None,
            reasons=(CUT_REASONS[picks[0]], EXPLANATIONS[picks[1]], RESTORED if is_restored else KEPT),
        )


def _count(leaf: Leaf, is_good: bool, is_inflated: bool, rng: np.random.Generator) -> int:
    """A count, such as days: one that gives the best points, some of the others, or at most half of the maximum."""
    bounds = leaf.bounds
    highest = int(bounds[-1] + (bounds[-1] - bounds[-2] if len(bounds) > 1 else bounds[-1]))
    worth = {count: exact_points(leaf, Fraction(count)) for count in range(highest + 1)}
    best = min(worth.values()) if leaf.kind == "penalty" else max(worth.values())
    if is_inflated:
        fit = [count for count, given in worth.items() if given * 2 <= leaf.max_score]
    elif leaf.kind == "penalty":
        is_late = not is_good and rng.random() < 3 * PENALTY_SHARE
        fit = [count for count, given in worth.items() if (given > best) == is_late]
    else:
        fit = [count for count, given in worth.items() if (given == best) == is_good]
    return int(rng.choice(fit))


Rows = list[tuple[int, list[Line]]]


def _heading(world: World, campaign: Campaign, unit: int, leaf: Leaf) -> tuple[str, ...]:
    period = campaign.period
    days = [f"{day:%d/%m/%Y}" for day in (period.first, period.last)]
    return (AUTHORITY, campaign.code, campaign.regulation.code, *days, world.listed_units.codes[unit], leaf.code)


HEADING = (
    "authority_code",
    "campaign_code",
    "regulation_code",
    "period_start_date",
    "period_end_date",
    "unit_code",
    "criterion_code",
)


def _sheet_frame(world: World, campaign: Campaign, rows: Rows) -> pl.DataFrame:
    """One row per unit and leaf, in canonical columns."""
    names = (
        *HEADING,
        "is_applicable",
        "measured_numerator",
        "measured_denominator",
        "measured_value",
        "self_score",
        "appraised_score_1",
        "appraised_score_2",
        "survey_score",
        "survey_answer_count",
        "evidence_reference",
        "explanation_reference",
        "self_scored_date",
        "appraised_date_1",
        "appraised_date_2",
    )
    days = {stage: campaign.day_text(stage) for stage in ("self", "appraisal_1", "appraisal_2")}
    cells = [
        (
            *_heading(world, campaign, unit, line.leaf),
            "Có" if line.is_applicable else "Không",
            line.numerator,
            line.denominator,
            line.value,
            *map(number_text, (line.claim, line.appraised_1, line.appraised_2, line.survey)),
            SURVEYED_LEADERS + unit % 7 if line.survey is not None else None,
            line.evidence,
            line.explanation,
            days["self"],
            days["appraisal_1"] if line.appraised_1 is not None else None,
            days["appraisal_2"] if line.appraised_2 is not None else None,
        )
        for unit, lines in rows
        for line in lines
    ]
    return _text_frame(names, cells)


def _explanation_frame(world: World, campaign: Campaign, rows: Rows) -> pl.DataFrame:
    """One row per step of the explanation of a criterion, in canonical columns."""
    names = (*HEADING, "stage_code", "stated_at", "actor_code", "reason_text", "old_score", "new_score")
    cells = []
    for unit, line in ((unit, line) for unit, lines in rows for line in lines if line.reasons):
        steps = [
            ("appraisal_1", COUNCIL, line.claim, line.appraised_1),
            ("explanation", world.listed_units.codes[unit], line.appraised_1, None),
            ("appraisal_2", COUNCIL, line.appraised_1, line.appraised_2),
        ]
        for (stage, actor, old, new), reason in zip(steps, line.reasons, strict=True):
            if campaign.days[stage] is None:
                continue
            # The hour differs from row to row, and never leaves the morning.
            minutes = OPEN // 60 + len(cells) % 240
            stated = f"{campaign.day_text(stage)} {minutes // 60:02d}:{minutes % 60:02d}:00"
            heading = _heading(world, campaign, unit, line.leaf)
            cells.append((*heading, stage, stated, actor, reason, number_text(old), number_text(new)))
    return _text_frame(names, cells)


def _text_frame(names: tuple[str, ...], cells: list[tuple]) -> pl.DataFrame:
    """Cells as they are written; None is an empty one."""
    texts = [tuple(None if cell is None else str(cell) for cell in row) for row in cells]
    return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")
