"""Survey waves of few people: units of two, questions that hardly anybody answers, ballots of the authority itself.

And the reader who knows that figures add up, and works out what is withheld (``told_by_the_rest``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

Row = dict[str, Any]
Cell = tuple[str, str]

AUTHORITY, INSTRUMENT, SEEDS = "H95", "NHO", range(60)
FACTORS = {"F1": ["Q1", "Q2", "Q3"], "F2": ["Q4", "Q5"], "F3": ["Q6"]}
OUTSIDE = "X1"
RARE_CHANCES = [0.03, 0.1, 0.3]
# Of measure → what adds up to it.
PARTS = {**FACTORS, "overall": list(FACTORS)}


def wave_code(seed: int) -> str:
    """``N07``."""
    return f"N{seed:02d}"


def instrument_row() -> Row:
    """A questionnaire with the lowest minimum that is allowed."""
    return {
        "authority_code": AUTHORITY,
        "instrument_code": INSTRUMENT,
        "instrument_name": "Phiếu của ít người",
        "kind_code": "survey",
        "index_formula_code": "pooled",
        "minimum_ballot_count": 5,
        "method_version": "thử",
        "is_confirmed": "Không",
    }


def item_rows() -> list[Row]:
    """Six questions in three factors, one of them of one question; and a question outside of the index."""
    placed = [(item, factor) for factor, items in FACTORS.items() for item in items] + [(OUTSIDE, "X")]
    return [
        {
            "authority_code": AUTHORITY,
            "instrument_code": INSTRUMENT,
            "item_code": item,
            "item_order": order,
            "part_code": "experience" if item == OUTSIDE else "service",
            "factor_code": factor,
            "factor_name": factor,
            "item_text": f"Câu {item}",
            "scale_code": "satisfaction_5",
            "is_indexed": "Không" if item == OUTSIDE else "Có",
            "is_on_time_question": "Không",
            "valid_from_date": "2025-01-01",
            "is_confirmed": "Không",
        }
        for order, (item, factor) in enumerate(placed, 1)
    ]


def ballot_rows() -> list[Row]:
    """Three to six units of two to forty people a wave; of every third wave two ballots name no unit."""
    return [row for seed in SEEDS for row in _wave_ballots(seed)]


def _wave_ballots(seed: int) -> list[Row]:
    rng = np.random.default_rng([seed, 95])
    sizes = rng.choice([2, 3, 4, 6, 9, 20, 40], size=rng.integers(3, 7))
    units = {f"{AUTHORITY}.{number:02d}": int(size) for number, size in enumerate(sizes, 1)}
    units |= {AUTHORITY: 2} if seed % 3 == 0 else {}
    items = [item["item_code"] for item in item_rows()]
    rare = set(rng.choice(items, size=rng.integers(0, 4), replace=False))
    chance = rng.choice(RARE_CHANCES)
    return [
        {
            "authority_code": AUTHORITY,
            "instrument_code": INSTRUMENT,
            "wave_code": wave_code(seed),
            "unit_code": unit,
            "ballot_code": f"{unit}-{number}",
            "item_answers": _answers(rng, items, rare, chance),
            "gender_code": "female" if rng.random() < 0.5 else "male",
            "answered_at": "01/09/2025 08:00:00",
        }
        for unit, size in units.items()
        for number in range(size)
    ]


def _answers(rng: np.random.Generator, items: list[str], rare: set[str], chance: float) -> str:
    given = {item: rng.integers(1, 6) for item in items if rng.random() < (chance if item in rare else 0.95)}
    # A ballot without any answer is refused.
    return ";".join(f"{item}={answer}" for item, answer in given.items()) or f"{items[0]}=3"


def told_by_the_rest(rows: Iterable[Row], few: int) -> list[Cell]:
    """Withheld figures (unit, measure) of fewer than ``few`` people that follow from the published ones of a wave.

    ``rows`` are the published rows of all people of each unit. With the counts that are published, every share is a
    sum over units and questions of how many were satisfied; what is a sum of published sums is told. Means are of
    another thing.
    """
    rows = [row for row in rows if row["statistic_code"] != "mean"]
    rows += _own_rows(rows)
    people = {_cell(row): row["answered_ballot_count"] for row in rows}
    places = {cell: place for place, cell in enumerate(_answered_items(people))}
    told = np.array([_sum_of(row, people, places) for row in rows if row["estimate"] is not None])
    hidden = [row for row in rows if row["estimate"] is None and 0 < row["answered_ballot_count"] < few]
    return sorted({_cell(row) for row in hidden if _follows(_sum_of(row, people, places), told)})


def _cell(row: Row) -> Cell:
    return row["unit_code"], row["measure_code"]


def _own_rows(rows: Iterable[Row]) -> list[Row]:
    """What is left of the authority's rows when those of its units are taken away."""
    left = defaultdict(int)
    for row in rows:
        if row["statistic_code"] != "mean_of_shares":
            sign = 1 if row["unit_code"] == AUTHORITY else -1
            left[row["measure_code"], row["statistic_code"]] += sign * row["answered_ballot_count"]
    return [
        {"unit_code": "", "measure_code": measure, "statistic_code": statistic}
        | {"answered_ballot_count": count, "estimate": None}
        for (measure, statistic), count in left.items()
        if count > 0
    ]


def _items(measure: str) -> list[str]:
    return [item for part in PARTS[measure] for item in _items(part)] if measure in PARTS else [measure]


def _answered_items(people: dict[Cell, int]) -> list[Cell]:
    return [(unit, measure) for unit, measure in people if unit != AUTHORITY and measure not in PARTS]


def _sum_of(row: Row, people: dict[Cell, int], places: dict[Cell, int]) -> np.ndarray:
    """How much each unit's question counts in a figure."""
    unit, measure = _cell(row)
    found = np.zeros(len(places))
    for item in _items(measure):
        counted = 1.0
        if row["statistic_code"] == "mean_of_shares":
            factor = next(code for code, items in FACTORS.items() if item in items)
            parts = len(FACTORS[factor]) * (len(FACTORS) if measure == "overall" else 1)
            counted = 1 / (parts * max(1, people.get((unit, item), 0)))
        for cell, place in places.items():
            if cell[1] == item and unit in (cell[0], AUTHORITY):
                found[place] = counted
    return found


def _follows(wanted: np.ndarray, told: np.ndarray) -> bool:
    if not len(told):
        return False
    found = np.linalg.lstsq(told.T, wanted, rcond=None)[0]
    return bool(np.abs(told.T @ found - wanted).max() < 1e-7 * np.abs(wanted).max())


def too_thin(rows: Iterable[Row], few: int) -> list[Cell]:
    """Measures and statistics of which units are withheld that are one, or together fewer people than ``few``."""
    withheld: dict[Cell, list[int]] = defaultdict(list)
    told: dict[Cell, int] = {}
    shown: dict[Cell, int] = defaultdict(int)
    for row in rows:
        measure, count = (row["measure_code"], row["statistic_code"]), row["answered_ballot_count"]
        if row["unit_code"] == AUTHORITY:
            if row["estimate"] is not None:
                told[measure] = count
        elif row["estimate"] is None:
            withheld[measure].append(count)
        else:
            shown[measure] += count
    for measure, count in told.items():
        rest = count - shown[measure] - sum(withheld[measure])
        withheld[measure] += [rest] if rest else []
    return [
        measure
        for measure in told
        if withheld[measure]
        and min(withheld[measure]) < few
        and (len(withheld[measure]) < 2 or sum(withheld[measure]) < few)
    ]
