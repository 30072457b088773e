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


def surveyed_unit(world: World, unit: np.ndarray, ballot: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """The unit that a ballot about today's ``unit`` was about when it was answered."""
    desk = np.full(len(unit), world.reorganisation.desk)
    return world.reorganisation.unit_on(unit, desk, ballot, answered)
