"""Letters that apologise for a late dossier and set a new day: who gets one, when, signed by whom, with which day.

How careful a unit is with them is its own; draws come from generators of their own, so dossiers are the same with and
without letters. Does not belong here: lateness (dossiers.py), files (write.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.arrivals import NEVER, Dossiers
from dagster_project.demo.calendar import DAY, WORK_DAY
from dagster_project.demo.dossiers import REFUSED, WITHDRAWN, Seen
from dagster_project.demo.world import Chunk, World

STREAM = 61  # tells these generators from the others
HEAD, DEPUTY, UNKNOWN = 0, 1, 2
CAUSE_SHARES = (0.62, 0.2, 0.1, 0.08)  # the unit itself, a partner agency, the applicant, other
UNSENT_SHARE, NO_DATE_SHARE, NO_SIGNER_SHARE = 0.03, 0.04, 0.05


@dataclass(frozen=True)
class Letters:
    """Parallel arrays, one entry per letter; ``dossier`` is the position in the chunk, NEVER an empty cell."""

    dossier: np.ndarray
    created: np.ndarray
    issued: np.ndarray
    due_before: np.ndarray
    due_after: np.ndarray
    signer: np.ndarray
    cause: np.ndarray

    def __len__(self) -> int:
        """Number of letters."""
        return len(self.dossier)


def care(world: World) -> dict[str, np.ndarray]:
    """Of each unit: the shares of late dossiers with a letter, of letters in time, of letters that the head signs."""
    rng = np.random.default_rng([world.seed, 0, STREAM])
    count = len(world.units)
    return {
        "written": rng.uniform(0.35, 1.0, count),
        "in_time": rng.uniform(0.3, 0.98, count),
        "by_head": rng.uniform(0.4, 1.0, count),
    }


def build_letters(world: World, chunk: Chunk, d: Dossiers, seen: Seen) -> Letters:
    """One letter for some of the dossiers that the system shows late at the cut-off."""
    rng = np.random.default_rng([world.seed, chunk.index + 1, STREAM])
    calendar, habits = world.calendar, care(world)
    draws = {name: rng.random(len(d)) for name in ("written", "in_time", "by_head", "unsent", "no_date", "no_signer")}
    before, after, drafting = (
        rng.uniform(1.0, 2.0, len(d)),
        rng.uniform(0.0, 2.0, len(d)),
        rng.uniform(600, 7200, len(d)),
    )
    promised, cause = rng.integers(1, 9, len(d)), rng.choice(4, len(d), p=CAUSE_SHARES)

    ended = np.minimum(seen.completed, world.cutoff)
    is_late = (seen.due < NEVER) & (ended // DAY > seen.due // DAY) & ~np.isin(seen.status, [REFUSED, WITHDRAWN])
    in_time = draws["in_time"] < habits["in_time"][d.unit]
    due_work = calendar.to_work(np.where(is_late, seen.due, world.cutoff))
    issued_work = due_work + (np.where(in_time, -before, after) * WORK_DAY).astype(np.int64)
    # A letter is written while the dossier is under way, and known when it was by the cut-off.
    created_work = np.maximum(issued_work - drafting.astype(np.int64), d.start + 60)
    issued_work = np.maximum(issued_work, created_work + 60)
    is_written = is_late & (draws["written"] < habits["written"][d.unit])
    is_written &= issued_work < calendar.to_work(ended)
    (rows,) = np.nonzero(is_written)

    due = seen.due[rows]
    return Letters(
        dossier=rows,
        created=calendar.from_work(created_work[rows]),
        issued=np.where(draws["unsent"][rows] < UNSENT_SHARE, NEVER, calendar.from_work(issued_work[rows])),
        due_before=due,
        due_after=np.where(
            draws["no_date"][rows] < NO_DATE_SHARE, NEVER, calendar.add_working_days(due, promised[rows])
        ),
        signer=np.select(
            [draws["no_signer"][rows] < NO_SIGNER_SHARE, draws["by_head"][rows] < habits["by_head"][d.unit[rows]]],
            [UNKNOWN, HEAD],
            DEPUTY,
        ),
        cause=cause[rows],
    )
