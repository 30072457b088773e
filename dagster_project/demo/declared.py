"""The flag "early, on time, late …" that the one-stop system of the invented province writes into its own list.

The system compares, by date, what it shows at the cut-off: a finish with the due date beside it, or the day of the
cut-off for an open dossier; no flag without a due date, nor for what was withdrawn or refused. A few percent of the
dossiers that it shows as finished late carry "Đúng hạn" all the same. Draws come from a generator of their own.
Does not belong here: changed dates (tampering.py), files (write.py).
"""

from __future__ import annotations

import numpy as np

from dagster_project.demo.arrivals import NEVER
from dagster_project.demo.calendar import DAY
from dagster_project.demo.dossiers import REFUSED, WITHDRAWN, Seen
from dagster_project.demo.world import Chunk, World

UNTRUE_SHARE = 0.04  # of the dossiers shown as finished late
STREAM = 311  # tells this generator from the chunk's own
LABELS = [None, "Trước hạn", "Đúng hạn", "Quá hạn", "Trong hạn", "Quá hạn (đang giải quyết)"]
NO_FLAG, EARLY, ON_TIME, LATE, OPEN_IN_TIME, OPEN_LATE = range(6)


def flags(world: World, status: np.ndarray, due: np.ndarray, completed: np.ndarray) -> np.ndarray:
    """The true flag of each dossier, as an index of ``LABELS``."""
    due_day, done_day, is_done = due // DAY, completed // DAY, completed < NEVER
    has_flag = (due < NEVER) & ~np.isin(status, [REFUSED, WITHDRAWN])
    return np.select(
        [
            ~has_flag,
            is_done & (done_day < due_day),
            is_done & (done_day == due_day),
            is_done,
            world.cutoff // DAY > due_day,
        ],
        [NO_FLAG, EARLY, ON_TIME, LATE, OPEN_LATE],
        OPEN_IN_TIME,
    )


def untrue_flags(world: World, chunk: Chunk, seen: Seen) -> np.ndarray:
    """Which dossiers of a chunk are flagged on time although the system itself shows them as late."""
    rng = np.random.default_rng([world.seed, chunk.index + 1, STREAM])
    drawn = rng.random(len(seen.due)) < UNTRUE_SHARE
    return drawn & (flags(world, seen.status, seen.due, seen.completed) == LATE)
