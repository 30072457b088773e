"""Which unit had a dossier at which moment, as the province was organised then.

Does not belong here: the organisation itself (reorganisation.py), what a dossier is like (dossiers.py).
"""

from __future__ import annotations

import numpy as np

from dagster_project.demo.arrivals import NEVER, Dossiers, number_within_days
from dagster_project.demo.calendar import DAY, OPEN
from dagster_project.demo.world import World


def place(world: World, d: Dossiers, completed: np.ndarray) -> None:
    """Say who took each dossier in, who had it at first, who has it now, and when it was handed over in between.

    ``completed`` is the end as seen at the cut-off: what was open when its unit ended goes to the successor.
    """
    parts = world.reorganisation
    d.pick = d.day + d.sequence
    every = np.arange(len(d))
    d.first_unit = unit_at(world, d, d.received, every)
    d.first_receiver = receiver_at(world, d, d.received, every)
    d.shown_unit = unit_at(world, d, np.minimum(completed, world.cutoff), every)
    day = parts.until[d.unit, d.procedure]
    d.handed_over = np.where(d.first_unit != d.shown_unit, day * DAY + OPEN, NEVER)
    d.sequence = number_within_days(d.first_unit, d.day)


def unit_at(world: World, d: Dossiers, moment: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The resolving unit of the dossiers at ``rows`` (which may repeat), each at its ``moment``."""
    return world.reorganisation.unit_on(d.unit[rows], d.procedure[rows], d.pick[rows], moment)


def receiver_at(world: World, d: Dossiers, moment: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The one-stop desk of the dossiers at ``rows``, each at its ``moment``."""
    desk = np.full(len(rows), world.reorganisation.desk)
    elsewhere = world.reorganisation.unit_on(d.receiver[rows], desk, d.pick[rows], moment)
    return np.where(d.receiver[rows] == d.unit[rows], unit_at(world, d, moment, rows), elsewhere)


def surveyed_units(world: World, day: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (unit of the day, today's unit that it stands for), in the order of today's units."""
    parts = world.reorganisation
    is_before = day < parts.until[:, parts.desk]
    counts = np.where(is_before, parts.count[:, parts.desk], 1)
    today = np.repeat(np.arange(len(counts)), counts)
    pick = np.arange(len(today)) - np.repeat(np.cumsum(counts) - counts, counts)
    desk = np.full(len(today), parts.desk)
    return parts.unit_on(today, desk, pick, np.full(len(today), day * DAY)), today
