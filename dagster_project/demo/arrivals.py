"""Who submits what, where and when in one chunk of days, and when the desk receives it.

One row per dossier; moments are seconds (see calendar.py). Does not belong here: how a dossier goes on
(dossiers.py), Vietnamese labels and files (write.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dagster_project.demo.calendar import BACK, CLOSE, DAY, LUNCH, OPEN
from dagster_project.demo.world import Chunk, World

NEVER = np.iinfo(np.int64).max // 4  # later than any cutoff, and safe to add to
DIRECT, ONLINE, POSTAL = 0, 1, 2
NON_TERRITORIAL_SHARE = {"commune": 0.05, "department": 0.10, "vertical_agency": 0.08}


@dataclass
class Dossiers:
    """Parallel arrays, one entry per dossier of a chunk, in order of submission.

    All moments stand as planned, also after the cut-off; :func:`cut` hides those. ``start`` is the work
    second at which the clock starts. ``requests`` and ``replies`` hold the first and the second supplement
    request; ``dues`` the due date at the start and after each of them. ``done`` is the end of processing.

    ``unit`` and ``receiver`` are units of today. As organised then: ``first_unit`` and ``first_receiver`` at reception,
    ``shown_unit`` at the end or the cut-off; ``handed_over`` is when the first gave the dossier to the second.
    """

    unit: np.ndarray
    receiver: np.ndarray
    procedure: np.ndarray
    channel: np.ndarray
    day: np.ndarray
    sequence: np.ndarray
    submitted: np.ndarray
    received: np.ndarray
    month: np.ndarray
    start: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    dues: list[np.ndarray] = field(default_factory=list)
    has_due: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    requests: list[np.ndarray] = field(default_factory=list)
    replies: list[np.ndarray] = field(default_factory=list)
    closed_unanswered: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    withdrawn: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    stopped: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    done: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    returned: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    transferred: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    reviewed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    billed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    signed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    pick: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    first_unit: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    first_receiver: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    shown_unit: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    handed_over: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        """Number of dossiers."""
        return len(self.unit)


def _time_table(peaks: list[tuple[float, float, float]], first: int, last: int, lunch: bool) -> np.ndarray:
    """Cumulative weights of the 1440 minutes of a day: a sum of bells (hour, width, weight) while open."""
    minutes = np.arange(1440)
    weights = sum(w * np.exp(-0.5 * ((minutes / 60 - h) / s) ** 2) for h, s, w in peaks)
    weights = np.where((minutes * 60 >= first) & (minutes * 60 < last), weights, 0.0)
    if lunch:
        weights = np.where((minutes * 60 >= LUNCH) & (minutes * 60 < BACK), 0.0, weights)
    return np.cumsum(weights) / weights.sum()


DESK_TIMES = _time_table([(8.6, 1.0, 1.0), (14.7, 0.9, 0.7)], OPEN, CLOSE - 1800, lunch=True)
ONLINE_TIMES = _time_table([(9.5, 1.6, 1.0), (15.0, 1.6, 0.9), (20.5, 1.5, 0.55), (13, 6, 0.06)], 0, DAY, lunch=False)


def _times(rng: np.random.Generator, table: np.ndarray, count: int) -> np.ndarray:
    minute = np.searchsorted(table, rng.random(count), side="right")
    return minute * 60 + rng.integers(0, 60, count)


def _pick_pairs(world: World, rng: np.random.Generator, off_day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resolving unit and procedure of each dossier; on days off only procedures that can be filed online."""
    draw = rng.random(len(off_day))
    at_desk = np.cumsum(world.pair_weight)
    online = np.cumsum(world.pair_weight * (world.procedures.online[world.pair_procedure] != "info"))
    pair = np.where(
        off_day,
        np.searchsorted(online, draw * online[-1], side="right"),
        np.searchsorted(at_desk, draw * at_desk[-1], side="right"),
    )
    return world.pair_unit[pair], world.pair_procedure[pair]


def _channels(world: World, rng, unit, procedure, month: int, off_day: np.ndarray) -> np.ndarray:
    level = world.procedures.online[procedure]
    chance = world.online_rate[unit, month] * np.select([level == "full", level == "partial"], [1.12, 0.85], 0.0)
    draw, postal = rng.random(len(unit)), rng.random(len(unit)) < 0.04
    return np.where(off_day | (draw < chance), ONLINE, np.where(postal, POSTAL, DIRECT))


def _receivers(world: World, rng, unit: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """Mostly the resolving unit; a share of desk dossiers is handed in at some commune's desk."""
    shares = np.array([NON_TERRITORIAL_SHARE[bloc] for bloc in world.units.blocs])
    communes = np.flatnonzero(world.units.blocs == "commune")
    elsewhere = (rng.random(len(unit)) < shares[unit]) & (channel != ONLINE)
    return np.where(elsewhere, communes[rng.integers(0, len(communes), len(unit))], unit)


def _receptions(world: World, rng, submitted: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """Desk: a few minutes later. Online: some at once by the system, the rest within working hours.

    What nobody accepted by the cut-off counts as accepted at once, so that every dossier asked for is listed.
    """
    calendar, count = world.calendar, len(submitted)
    at_desk = submitted + rng.integers(60, 900, count)
    waited = np.minimum(rng.lognormal(np.log(2700), 1.1, count), 12 * 3600).astype(np.int64)
    accepted = calendar.from_work(calendar.to_work(calendar.next_open(submitted)) + waited)
    at_once = submitted + rng.integers(1, 60, count)
    by_system = rng.random(count) < 0.15
    received = np.where(channel == ONLINE, np.where(by_system, at_once, accepted), at_desk)
    return np.where(received <= world.cutoff, received, at_once)


def number_within_days(unit: np.ndarray, day: np.ndarray) -> np.ndarray:
    """1, 2, 3 … within each unit and day, in the order given."""
    if len(day) == 0:
        return day
    key = (day - day.min()) * (unit.max() + 1) + unit
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(key)])
    sequence = np.empty(len(key), np.int64)
    sequence[order] = np.arange(len(key)) - np.repeat(starts, lengths) + 1
    return sequence


def arrivals(world: World, chunk: Chunk, rng: np.random.Generator) -> Dossiers:
    """Submission and reception of every dossier of the chunk."""
    day = np.repeat(np.arange(chunk.first_day, chunk.first_day + len(chunk.counts)), chunk.counts)
    off_day = ~world.calendar.is_working[day - world.calendar.first_day]
    unit, procedure = _pick_pairs(world, rng, off_day)
    channel = _channels(world, rng, unit, procedure, chunk.month, off_day)
    desk, online = _times(rng, DESK_TIMES, len(day)), _times(rng, ONLINE_TIMES, len(day))
    submitted = day * DAY + np.where(channel == ONLINE, online, desk)
    submitted = np.minimum(submitted, world.cutoff - 3600)
    order = np.argsort(submitted, kind="stable")
    unit, procedure, channel = unit[order], procedure[order], channel[order]
    day, submitted = day[order], submitted[order]
    received = _receptions(world, rng, submitted, channel)
    return Dossiers(
        unit=unit,
        receiver=_receivers(world, rng, unit, channel),
        procedure=procedure,
        channel=channel,
        day=day,
        sequence=number_within_days(unit, day),
        submitted=submitted,
        received=received,
        month=world.month_of(received),
    )
