"""A few ballots that nobody filled in honestly, planted among the honest ones of a wave.

Does not belong here: finding them (that is what the rules on ballots are for).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dagster_project.demo.arrivals import NEVER
from dagster_project.demo.survey_clients import ITEMS

PER_DEVICE = 6  # units that one interviewer goes to
BURST, BURST_SECONDS = 24, 75  # ballots typed in one after the other on one device, this far apart
STRAIGHT_LINES, DUPLICATES = 5, 3
SAID = 5  # what a straight line says
QUICK_SECONDS, SLOW_SECONDS = 20, 26 * 3600


def plant_suspects(
    rng: np.random.Generator,
    unit: np.ndarray,
    device: np.ndarray,
    answer: np.ndarray,
    started: np.ndarray,
    answered: np.ndarray,
) -> pl.DataFrame:
    """Change ``answer`` and both moments of some ballots in place; returns one row per suspicious ballot.

    ``other_ballot`` is the ballot that a duplicate was copied from. Every array has one entry per ballot, in order of
    the visits, answered or not.
    """
    found = [(row, "burst", None) for row in _burst(device, started, answered)]
    free = np.setdiff1d(np.flatnonzero(answered < NEVER), [row for row, *_ in found])
    pairs = _pairs(unit, free)
    for kept, copy in pairs:
        answer[copy] = answer[kept]
        found.append((copy, "duplicate", kept))
    free = np.setdiff1d(free, pairs)
    slow = int(free[-1])  # the last one, so that its first day is a day of the wave too
    started[slow] = answered[slow] - SLOW_SECONDS
    picked = rng.choice(free[:-1], STRAIGHT_LINES + 1, replace=False)
    quick = int(picked[0])
    answered[quick] = started[quick] + QUICK_SECONDS
    for row in picked[1:]:
        answer[row, : len(ITEMS)] = SAID
        found.append((int(row), "straight_line", None))
    found += [(quick, "too_quick", None), (slow, "too_slow", None)]
    return pl.DataFrame(
        found, schema={"ballot": pl.Int64, "kind": pl.String, "other_ballot": pl.Int64}, orient="row"
    ).sort("ballot", "kind")


def _burst(device: np.ndarray, started: np.ndarray, answered: np.ndarray) -> list[int]:
    """The first ballots of the busiest device, moved to the day of the first one of them."""
    is_met = answered < NEVER
    busiest = np.bincount(device[is_met]).argmax()
    rows = np.flatnonzero(is_met & (device == busiest))[:BURST]
    spent = answered[rows] - started[rows]
    started[rows] = started[rows[0]] + BURST_SECONDS * np.arange(len(rows))
    answered[rows] = started[rows] + spent
    return [int(row) for row in rows]


def _pairs(unit: np.ndarray, free: np.ndarray) -> list[tuple[int, int]]:
    """Two ballots each of the units with most of them."""
    busiest = np.argsort(-np.bincount(unit[free]), kind="stable")[:DUPLICATES]
    return [tuple(int(row) for row in free[unit[free] == place][:2]) for place in busiest]
