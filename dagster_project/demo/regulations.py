"""The scoring regulations that the invented province is scored by, read from their files, and the points of a figure.

Points are worked out exactly (fractions), as a unit would with the regulation in hand: half rounds up.
Does not belong here: which figures a unit has (scoring.py, portal_metrics.py), adding leaves up.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT

# The province's own, as files that are exported as they stand; and the criteria of the national index.
OWN_FILES = sorted((Path(__file__).parent / "own_regulations").glob("*.csv"))
NATIONAL_CRITERIA = PROJECT_ROOT / "dbt" / "seeds" / "regulation_criteria.csv"
NATIONAL_DIGITS = 2


@dataclass(frozen=True)
class Band:
    """One step of a scale; an end that is None is open. ``base`` is what ``calculation`` needs beside ``awarded``."""

    lower: Fraction | None
    has_lower: bool
    upper: Fraction | None
    has_upper: bool
    calculation: str
    awarded: Fraction
    base: Fraction

    def holds(self, figure: Fraction) -> bool:
        """The figure lies on this step."""
        above = self.lower is None or figure > self.lower or (self.has_lower and figure == self.lower)
        below = self.upper is None or figure < self.upper or (self.has_upper and figure == self.upper)
        return above and below


@dataclass(frozen=True)
class Leaf:
    """A criterion that is scored itself; ``digits`` is how its points are rounded."""

    code: str
    name: str
    kind: str
    rule: str
    max_score: Fraction
    input_kind: str
    input_code: str
    target: Fraction
    floor: Fraction
    zero_denominator: str
    digits: int
    has_evidence: bool
    bands: tuple[Band, ...]

    @property
    def bounds(self) -> list[Fraction]:
        """The ends of its steps, ascending."""
        return sorted({end for band in self.bands for end in (band.lower, band.upper) if end is not None})

    @property
    def is_share(self) -> bool:
        """Its figure is a numerator over a denominator; else a count, such as days."""
        return not self.bounds or self.bounds[-1] <= 1

    @property
    def full_at(self) -> Fraction:
        """The share from which on it has all its points."""
        return self.bounds[-1] if self.bands else self.target


@dataclass(frozen=True)
class Regulation:
    """One version of a regulation: whom it scores, over which kinds of period, and its leaves in order."""

    code: str
    blocs: list[str]
    period_kinds: list[str]
    first: date
    last: date
    leaves: list[Leaf]


def exact_points(leaf: Leaf, figure: Fraction) -> Fraction:
    """Points of a figure by the leaf's rule, not rounded, at most its maximum."""
    if leaf.rule == "bands":
        raw = _band_points(leaf, figure)
    elif leaf.rule == "all_or_nothing":
        raw = leaf.max_score * (figure >= leaf.target)
    else:
        raw = leaf.max_score * figure / leaf.target * (figure >= leaf.floor)
    return min(raw, leaf.max_score)


def points(leaf: Leaf, figure: Fraction) -> Fraction:
    """Points of a figure as they are written down."""
    return half_up(exact_points(leaf, figure), leaf.digits)


def half_up(value: Fraction, digits: int) -> Fraction:
    """A value of at least 0 with so many decimals."""
    return Fraction(floor(value * 10**digits + Fraction(1, 2)), 10**digits)


def number_text(value: Fraction | None) -> str | None:
    """A number of few decimals with a decimal comma; None stays an empty cell."""
    if value is None:
        return None
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}".replace(".", ",")


def read_regulations() -> list[Regulation]:
    """Every version of the province's own regulations, in the order of its file."""
    files = {path.stem: _rows(path) for path in OWN_FILES}
    bands, leaves = _bands(files["thang_diem"]), defaultdict(list)
    digits = {_version(row): int(row["rounding_digits"]) for row in files["quy_dinh"]}
    for version, row in _leaf_rows(files["tieu_chi"]):
        leaves[version].append(_leaf(row, digits[version], bands[(*version, row["criterion_code"])]))
    return [
        Regulation(
            code=row["regulation_code"],
            blocs=row["unit_bloc_codes"].split(";"),
            period_kinds=row["period_kind_codes"].split(";"),
            first=_day(row["valid_from_date"]),
            last=_day(row["valid_to_date"]) if row["valid_to_date"] else date.max,
            leaves=leaves[_version(row)],
        )
        for row in files["quy_dinh"]
    ]


def read_national_leaves(code: str) -> list[Leaf]:
    """The leaves of a national regulation, of which ``input_code`` is «group.metric»."""
    rows = [row for row in _rows(NATIONAL_CRITERIA) if row["regulation_code"] == code]
    return [_leaf(row, NATIONAL_DIGITS, ()) for _, row in _leaf_rows(rows)]


def _leaf(row: dict[str, str], digits: int, bands: tuple[Band, ...]) -> Leaf:
    return Leaf(
        code=row["criterion_code"],
        name=row["criterion_name"],
        kind=row["kind_code"],
        rule=row["rule_code"],
        max_score=_number(row["max_score"]),
        input_kind=row["input_kind_code"],
        input_code=row["input_code"],
        target=_number(row["target_value"] or "1"),
        floor=_number(row["floor_value"] or "0"),
        zero_denominator=row["zero_denominator_code"] or "not_assessed",
        digits=int(row["rounding_digits"] or digits),
        has_evidence=bool(row["evidence_text"]),
        bands=tuple(bands),
    )


def _band_points(leaf: Leaf, figure: Fraction) -> Fraction:
    band = next(band for band in leaf.bands if band.holds(figure))
    if band.calculation == "proportional":
        return leaf.max_score * figure / band.base
    if band.calculation == "incremental":
        return band.awarded + band.base * (figure - (band.lower or 0))
    return band.awarded


def _bands(rows: list[dict[str, str]]) -> dict[tuple[str, ...], list[Band]]:
    found = defaultdict(list)
    for row in rows:
        ends = [_number(row[name]) if row[name] else None for name in ("lower_value", "upper_value")]
        found[(*_version(row), row["criterion_code"])].append(
            Band(
                lower=ends[0],
                has_lower=row["is_lower_included"] != "Không",
                upper=ends[1],
                has_upper=row["is_upper_included"] != "Không",
                calculation=row["calculation_code"],
                awarded=_number(row["awarded_score"] or "0"),
                base=_number(row["base_value"] or "1"),
            )
        )
    return found


def _leaf_rows(rows: list[dict[str, str]]) -> list[tuple[tuple[str, str], dict[str, str]]]:
    """(version, row) of the criteria that no other one names as its parent."""
    parents = {(_version(row), row["parent_criterion_code"]) for row in rows}
    return [(_version(row), row) for row in rows if (_version(row), row["criterion_code"]) not in parents]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _version(row: dict[str, str]) -> tuple[str, str]:
    return row["regulation_code"], row["valid_from_date"]


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()
