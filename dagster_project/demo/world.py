"""The invented province before any dossier: how big, how quick, how liked each unit is, month by month.

Everything random here comes from one generator seeded with (seed, 0), so it does not depend on how many
dossiers are asked for. Does not belong here: single dossiers, files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.demo.calendar import DAY, WorkCalendar, day_of, epoch_day
from dagster_project.demo.registries import Procedures, Units, build_procedures, build_units
from dagster_project.demo.reorganisation import Reorganisation, reorganise

BLOC_VOLUME_SHARES = {"department": 0.28, "vertical_agency": 0.12, "commune": 0.60}
CHUNK_ROWS = 200_000
CUTOFF_SECOND = 17 * 3600
SLOW_UNITS = {"department": 1, "vertical_agency": 1, "commune": 4}  # late far more often than the rest


@dataclass(frozen=True)
class World:
    """The fixed facts of one demo run.

    ``month_starts`` holds the epoch day of the first day of each month plus the day after ``end``; ``cutoff``
    is ``end`` at 17:00 in seconds, after which nothing is known. ``pair_*`` list every (unit, procedure) with
    its share of all dossiers. ``late_rate``, ``on_day_rate`` (of the dossiers that are not late),
    ``online_rate`` and ``satisfaction`` (standard deviations) are unit × month, the other rates per unit.
    """

    calendar: WorkCalendar
    units: Units
    procedures: Procedures
    reorganisation: Reorganisation
    seed: int
    cutoff: int
    month_starts: np.ndarray
    day_counts: np.ndarray
    pair_unit: np.ndarray
    pair_procedure: np.ndarray
    pair_weight: np.ndarray
    late_rate: np.ndarray
    on_day_rate: np.ndarray
    supplement_rate: np.ndarray
    online_rate: np.ndarray
    rating_rate: np.ndarray
    satisfaction: np.ndarray
    digitised_rate: np.ndarray

    @property
    def listed_units(self) -> Units:
        """Today's units and the former ones: what files name."""
        return self.reorganisation.units

    @property
    def first_day(self) -> int:
        """Epoch day on which the first dossier may be submitted."""
        return int(self.month_starts[0])

    def month_of(self, moment: np.ndarray) -> np.ndarray:
        """Month index (0-based) of each moment; moments after the last month get the number of months."""
        return np.searchsorted(self.month_starts, moment // DAY, side="right") - 1

    def existing_units(self, month: int) -> np.ndarray:
        """A flag per listed unit: it existed in the month."""
        return self.reorganisation.exists(int(self.month_starts[month]), int(self.month_starts[month + 1]) - 1)

    def month_label(self, index: int) -> str:
        """``2026-03`` for a month index."""
        return f"{day_of(self.month_starts[index]):%Y-%m}"


@dataclass(frozen=True)
class Chunk:
    """A run of days of one month, small enough to hold in memory (about CHUNK_ROWS dossiers)."""

    index: int
    month: int
    first_day: int
    counts: np.ndarray


def _month_starts(end: date, months: int) -> np.ndarray:
    last = end.year * 12 + end.month - 1
    firsts = [date(number // 12, number % 12 + 1, 1) for number in range(last - months + 1, last + 1)]
    return np.array([*[epoch_day(first) for first in firsts], epoch_day(end) + 1])


def _tet_days(calendar: WorkCalendar) -> list[int]:
    """First working day off of each Tết: the first of five days off between 20 January and 20 February."""
    found = []
    for year in range(calendar.first_year, calendar.last_year + 1):
        start, stop = epoch_day(date(year, 1, 20)), epoch_day(date(year, 2, 21))
        days = np.arange(start, stop)
        off = days[~calendar.is_working[days - calendar.first_day] & ((days + 3) % 7 < 5)]
        found.append(int(off[0]))
    return found


def _day_weights(calendar: WorkCalendar, days: np.ndarray) -> np.ndarray:
    """Relative volume of each day: high on Mondays and month ends, low around Tết and on days off."""
    index = days - calendar.first_day
    working = calendar.is_working[index]
    by_weekday = np.array([1.30, 1.08, 1.0, 0.96, 0.92, 0.9, 0.9])[(days + 3) % 7]
    weights = np.where(working, by_weekday, 0.09)
    to_month_end = np.array([(day_of(day + 4).month != day_of(day).month) for day in days])
    weights = weights * np.where(working & to_month_end, 1.22, 1.0)
    years = (days - days[0]) / 365.25
    weights = weights * (1 + 0.08 * years) * (1 + 0.07 * np.sin(2 * np.pi * (days % 365.25) / 365.25))
    for tet in _tet_days(calendar):
        weights = weights * np.where((days >= tet - 10) & (days < tet), 0.65, 1.0)
        weights = weights * np.where((days >= tet) & (days < tet + 14), 0.70, 1.0)
        weights = weights * np.where((days >= tet + 14) & (days < tet + 28), 1.15, 1.0)
    return weights


def spread(total: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers that add up to ``total``, in proportion to ``weights`` (largest remainders first)."""
    exact = total * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: total - counts.sum()]] += 1
    return counts


def _unit_volumes(units: Units, rng: np.random.Generator) -> np.ndarray:
    volumes = units.volumes.copy()
    communes = units.blocs == "commune"
    volumes[communes] = rng.lognormal(0.0, 0.75, communes.sum())
    for bloc, share in BLOC_VOLUME_SHARES.items():
        of_bloc = units.blocs == bloc
        volumes[of_bloc] *= share / volumes[of_bloc].sum()
    return volumes


def _pairs(units: Units, procedures: Procedures, volumes: np.ndarray, rng: np.random.Generator):
    """Every (unit, procedure) the unit resolves, with its share of all dossiers."""
    pair_unit, pair_procedure, pair_weight = [], [], []
    for unit in range(len(units)):
        mine = procedures.owner == (-1 if units.blocs[unit] == "commune" else unit)
        taste = procedures.weight * rng.lognormal(0.0, 0.25, len(procedures)) * mine
        pair_unit.append(np.full(mine.sum(), unit))
        pair_procedure.append(np.flatnonzero(mine))
        pair_weight.append((volumes[unit] * taste / taste.sum())[mine])
    return np.concatenate(pair_unit), np.concatenate(pair_procedure), np.concatenate(pair_weight)


def _drift(rng: np.random.Generator, units: int, months: int, step: float) -> np.ndarray:
    """A wandering but bounded number per unit × month (autoregressive, stationary)."""
    path = np.empty((units, months))
    path[:, 0] = rng.normal(0, step, units)
    for month in range(1, months):
        path[:, month] = 0.75 * path[:, month - 1] + rng.normal(0, step * 0.66, units)
    return path


def _late_rates(rng: np.random.Generator, blocs: np.ndarray, months: int) -> np.ndarray:
    count = len(blocs)
    base = np.clip(rng.lognormal(np.log(0.028), 0.55, count), 0.008, 0.08)
    for bloc, size in SLOW_UNITS.items():
        slow = rng.choice(np.flatnonzero(blocs == bloc), size, replace=False)
        base[slow] = rng.uniform(0.10, 0.15, size)
    busy_month = rng.integers(0, 12, count)
    season = 1 + 0.5 * (np.arange(months)[None, :] % 12 == busy_month[:, None])
    return np.clip(base[:, None] * season * np.exp(_drift(rng, count, months, 0.35)), 0.002, 0.30)


def build_world(calendar: WorkCalendar, *, dossiers: int, months: int, seed: int, end: date) -> World:
    """Draw the province. Raises ``ValueError`` when a parameter is out of range."""
    if dossiers < 1 or months < 1:
        raise ValueError("Số hồ sơ và số tháng phải từ 1 trở lên.")
    month_starts = _month_starts(end, months)
    if day_of(month_starts[0]).year < calendar.first_year or end.year > calendar.last_year:
        raise ValueError(f"Chỉ có lịch nghỉ của các năm {calendar.first_year}–{calendar.last_year}.")
    rng = np.random.default_rng([seed, 0])
    units, procedures = build_units(), build_procedures()
    count = len(units)
    pair_unit, pair_procedure, pair_weight = _pairs(units, procedures, _unit_volumes(units, rng), rng)
    days = np.arange(month_starts[0], month_starts[-1])
    online_start = rng.uniform(0.38, 0.60, count)[:, None]
    online_growth = rng.uniform(0.006, 0.010, count)[:, None] * np.arange(months)[None, :]
    return World(
        calendar=calendar,
        units=units,
        procedures=procedures,
        reorganisation=reorganise(units, procedures),
        seed=seed,
        cutoff=int(epoch_day(end) * DAY + CUTOFF_SECOND),
        month_starts=month_starts,
        day_counts=spread(dossiers, _day_weights(calendar, days)),
        pair_unit=pair_unit,
        pair_procedure=pair_procedure,
        pair_weight=pair_weight,
        late_rate=_late_rates(rng, units.blocs, months),
        on_day_rate=np.clip(rng.normal(0.29, 0.05, count)[:, None] + _drift(rng, count, months, 0.02), 0.2, 0.4),
        supplement_rate=rng.uniform(0.08, 0.16, count),
        online_rate=np.clip(online_start + online_growth, 0.2, 0.88),
        rating_rate=rng.uniform(0.15, 0.40, count),
        satisfaction=rng.normal(0.0, 0.35, count)[:, None] + _drift(rng, count, months, 0.12),
        digitised_rate=rng.uniform(0.60, 0.96, count),
    )


def chunks(world: World, rows: int = CHUNK_ROWS) -> list[Chunk]:
    """The days of all months, cut so that a chunk stays inside one month and near ``rows`` dossiers."""
    made: list[Chunk] = []
    for month in range(len(world.month_starts) - 1):
        day, last = int(world.month_starts[month]), int(world.month_starts[month + 1])
        while day < last:
            counts = world.day_counts[day - world.first_day : last - world.first_day]
            take = max(1, int(np.searchsorted(np.cumsum(counts), rows, side="right")))
            made.append(Chunk(len(made), month, day, counts[:take]))
            day += take
    return made
