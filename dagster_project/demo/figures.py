"""What the exported lists of the invented province say of each unit and month: the counts a unit scores itself by.

Counted as the indicators of the same name are, on what the systems show at the cut-off, while chunks are made.
Does not belong here: what a unit claims (scoring.py), the monthly reports (reports.py).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl

from dagster_project.demo.arrivals import NEVER, ONLINE, Dossiers
from dagster_project.demo.calendar import DAY, epoch_day
from dagster_project.demo.dossiers import DONE, RETURNED, WITHDRAWN, Seen
from dagster_project.demo.letters import Letters
from dagster_project.demo.survey_clients import ITEMS
from dagster_project.demo.world import World

# Indicator → (numerator, denominator).
INDICATORS = {
    "on_time_rate__resolved": ("on_time", "dated"),
    "apology_rate__before_due": ("told_in_time", "late"),
    "online_dossier_rate": ("online", "taken_in"),
    "online_payment_rate": ("paid_online", "paid"),
    "satisfaction_rate__five_factor_22": ("positive", "answered"),
}
ANSWERS, SATISFIED_FROM = (1, 2, 3, 4, 5), 4


class Figures:
    """Counts per listed unit × month, by name, filled chunk by chunk and survey by survey."""

    def __init__(self, world: World) -> None:
        """Start with zeros for every listed unit and month of ``world``."""
        self.world = world
        names = {name for pair in INDICATORS.values() for name in pair}
        shape = (len(world.listed_units), len(world.month_starts) - 1)
        self.counts = {name: np.zeros(shape, np.int64) for name in sorted(names)}

    def add(self, d: Dossiers, seen: Seen, listed: pl.DataFrame, letters: Letters) -> None:
        """Count one chunk; ``listed`` are its rows as exported."""
        is_closed = np.isin(seen.status, [WITHDRAWN, DONE, RETURNED])
        is_dated = np.isin(seen.status, [DONE, RETURNED]) & (seen.due < NEVER)
        is_late = is_dated & (seen.completed // DAY > seen.due // DAY)
        is_told = np.zeros(len(d), bool)
        is_told[letters.dossier] = letters.issued // DAY < letters.due_before // DAY
        is_paid = is_closed & (listed["Phí, lệ phí đã thu"].to_numpy() > 0)
        is_paid_online = is_paid & (listed["Thanh toán trực tuyến"] == "Có").to_numpy()
        closed = {
            "dated": is_dated,
            "on_time": is_dated & ~is_late,
            "late": is_late,
            "told_in_time": is_late & is_told,
            "paid": is_paid,
            "paid_online": is_paid_online,
        }
        for name, mask in closed.items():
            self._count(name, d.shown_unit[mask], self.world.month_of(seen.completed[mask]))
        is_online = d.channel == ONLINE
        self._count("taken_in", d.first_receiver, d.month)
        self._count("online", d.first_receiver[is_online], d.month[is_online])

    def add_answers(self, unit: np.ndarray, answered: np.ndarray, answers: np.ndarray) -> None:
        """Count ballots of the five-factor form: a listed unit, a moment and the answers to all questions of each."""
        items, month = answers[:, : len(ITEMS)], self.world.month_of(answered)
        is_answer = np.isin(items, ANSWERS)
        np.add.at(self.counts["answered"], (unit, month), is_answer.sum(axis=1))
        np.add.at(self.counts["positive"], (unit, month), (is_answer & (items >= SATISFIED_FROM)).sum(axis=1))

    def total(self, name: str, first: date, last: date) -> np.ndarray:
        """The count of every listed unit over the months that lie between two days."""
        starts = self.world.month_starts[:-1]
        return self.counts[name][:, (starts >= epoch_day(first)) & (starts <= epoch_day(last))].sum(axis=1)

    def shares(self, indicator: str, first: date, last: date) -> list[Fraction | None]:
        """The value of an indicator of every listed unit; None where there is nothing to count on."""
        numerator, denominator = (self.total(name, first, last) for name in INDICATORS[indicator])
        return [Fraction(int(n), int(m)) if m else None for n, m in zip(numerator, denominator, strict=True)]

    def _count(self, name: str, unit: np.ndarray, month: np.ndarray) -> None:
        np.add.at(self.counts[name], (unit, month), 1)
