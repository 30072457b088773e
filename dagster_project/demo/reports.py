"""Monthly on-time reports of the units: counted as form II.06a counts, some units flatter themselves.

A withdrawn dossier and one without a due date count as on time; refused and stopped ones do not count. What
is planted (who flatters, how much, who does not report) is returned, never guessed back from the files.
Does not belong here: reading dossiers back from files; counts are gathered while chunks are made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from dagster_project.demo.arrivals import Dossiers
from dagster_project.demo.calendar import DAY, day_of
from dagster_project.demo.dossiers import DONE, RETURNED, WITHDRAWN, Seen
from dagster_project.demo.world import World

FLATTERING_UNITS = {"department": 1, "vertical_agency": 1, "commune": 4}
SILENT_UNITS = 4
RNG_BRANCH = 1_000_001  # far from the numbers of chunks


@dataclass(frozen=True)
class Flattery:
    """A unit that reports ``hidden_share`` of its late dossiers as on time since ``from_month`` (yyyy-MM)."""

    unit_code: str
    from_month: str
    hidden_share: float


@dataclass(frozen=True)
class Silence:
    """A unit without a report for ``months`` (yyyy-MM, ascending)."""

    unit_code: str
    months: list[str]


@dataclass(frozen=True)
class Planted:
    """What the reports get wrong on purpose."""

    flatteries: list[Flattery]
    silences: list[Silence]

    def as_dict(self) -> dict:
        """Plain lists and dictionaries, for JSON."""
        return asdict(self)


class Tally:
    """Counts per listed unit × month, filled chunk by chunk: ``received`` by reception, the rest by completion."""

    def __init__(self, world: World) -> None:
        """Start with zeros for every listed unit and month of ``world``."""
        self.world = world
        shape = (len(world.listed_units), len(world.month_starts) - 1)
        self.received = np.zeros(shape, np.int64)
        self.resolved = np.zeros(shape, np.int64)
        self.on_time = np.zeros(shape, np.int64)

    def add(self, d: Dossiers, seen: Seen) -> None:
        """Count one chunk."""
        counted = np.isin(seen.status, [WITHDRAWN, DONE, RETURNED])
        by_date = seen.completed // DAY <= seen.due // DAY  # no due date is NEVER, later than any end
        good = counted & (by_date | (seen.status == WITHDRAWN))
        np.add.at(self.received, (d.first_unit, d.month), 1)
        for into, mask in ((self.resolved, counted), (self.on_time, good)):
            np.add.at(into, (d.shown_unit[mask], self.world.month_of(seen.completed[mask])), 1)


def full_months(world: World) -> int:
    """Months that end by the cut-off; the last month has no report when it is cut short."""
    count = len(world.month_starts) - 1
    next_first = (world.month_starts[-1]).astype("datetime64[D]")
    is_whole = next_first.astype("datetime64[M]").astype("datetime64[D]") == next_first
    return count if is_whole else count - 1


def _flatterers(world: World, rng: np.random.Generator) -> np.ndarray:
    """Units that have something to hide: drawn from the ones most often late in each bloc."""
    often_late = np.argsort(-world.late_rate.mean(axis=1), kind="stable")
    drawn = []
    for bloc, size in FLATTERING_UNITS.items():
        candidates = often_late[world.units.blocs[often_late] == bloc][: 3 * size]
        drawn.append(rng.choice(candidates, size, replace=False))
    return np.sort(np.concatenate(drawn))


def plant(world: World) -> Planted:
    """Choose who flatters and who is silent; the same world always gives the same choice."""
    rng = np.random.default_rng([world.seed, RNG_BRANCH])
    months = full_months(world)
    if months == 0:
        return Planted([], [])
    chosen = _flatterers(world, rng)
    first_months = [f"{day_of(day):%Y-%m}" for day in world.reorganisation.first_days]
    flatteries = [
        Flattery(
            world.units.codes[unit],
            max(world.month_label(int(rng.integers(0, max(months // 2, 1)))), first_months[unit]),
            round(float(rng.uniform(0.5, 0.95)), 2),
        )
        for unit in chosen
    ]
    silences = []
    for unit in np.sort(rng.choice(len(world.units), min(SILENT_UNITS + months, len(world.units)), replace=False)):
        length = int(rng.integers(1, min(4, months) + 1))
        first = int(rng.integers(0, months - length + 1))
        labels = [world.month_label(month) for month in range(first, first + length)]
        labels = [label for label in labels if label >= first_months[unit]]
        if labels:
            silences.append(Silence(world.units.codes[unit], labels))
    return Planted(flatteries, silences)


@dataclass(frozen=True)
class ReportRow:
    """One line of a monthly report, as the unit sends it."""

    unit: int
    received: int
    resolved: int
    on_time: int

    @property
    def late(self) -> int:
        """Dossiers reported as late."""
        return self.resolved - self.on_time

    @property
    def percent_text(self) -> str:
        """Two decimals with a comma; «-» when nothing was resolved."""
        if self.resolved == 0:
            return "-"
        return f"{100 * self.on_time / self.resolved:.2f}".replace(".", ",")


def report_rows(tally: Tally, planted: Planted, month: int) -> list[ReportRow]:
    """The lines of one month, in unit order, of the units that existed, without the silent ones."""
    world, label = tally.world, tally.world.month_label(month)
    hidden = {f.unit_code: f.hidden_share for f in planted.flatteries if f.from_month <= label}
    silent = {s.unit_code for s in planted.silences if label in s.months}
    rows = []
    for unit in np.flatnonzero(world.existing_units(month)):
        code = world.listed_units.codes[unit]
        if code in silent:
            continue
        resolved, on_time = int(tally.resolved[unit, month]), int(tally.on_time[unit, month])
        moved = int(np.ceil((resolved - on_time) * hidden.get(code, 0.0)))
        rows.append(ReportRow(int(unit), int(tally.received[unit, month]), resolved, on_time + moved))
    return rows
