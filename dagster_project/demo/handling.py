"""Which officer handles a dossier, and how its result goes back to the applicant.

In each unit one officer has more than a fair share of the late dossiers. Draws come from a generator of their own.
Does not belong here: how long it takes (dossiers.py), labels and files (write.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.arrivals import DIRECT, NEVER, ONLINE, POSTAL, Dossiers
from dagster_project.demo.dossiers import Seen
from dagster_project.demo.world import Chunk, World

STREAM = 62  # tells this generator from the others
SLOW_SHARE = 0.45  # of the late dossiers go to the first officer of their unit, besides chance
MOST_OFFICERS = 9


@dataclass(frozen=True)
class Handling:
    """One entry per dossier: the officer's number inside the resolving unit, and a channel (-1 while not returned)."""

    officer: np.ndarray
    return_channel: np.ndarray


def handle(world: World, chunk: Chunk, d: Dossiers, seen: Seen, is_late: np.ndarray) -> Handling:
    """Officer and way of return of each dossier of a chunk; ``is_late`` is the truth about it."""
    rng = np.random.default_rng([world.seed, chunk.index + 1, STREAM])
    officers = 4 + d.unit % (MOST_OFFICERS - 3)
    anyone = 1 + (rng.random(len(d)) * officers).astype(np.int64)
    is_slow = is_late & (rng.random(len(d)) < SLOW_SHARE)
    draw = rng.random(len(d))
    by_net = (d.channel == ONLINE) & (draw < 0.7)
    by_post = ~by_net & (draw > np.where(d.channel == POSTAL, 0.3, 0.93))
    channel = np.select([seen.returned == NEVER, by_net, by_post], [-1, ONLINE, POSTAL], DIRECT)
    return Handling(officer=np.where(is_slow, 1, anyone), return_channel=channel)
