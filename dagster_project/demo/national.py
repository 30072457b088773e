"""The copy of the dossiers that the national portal of the invented province holds, and where it differs.

The province's system sends what it shows; now and then a finish arrives late or never, the hand-over is sent as the
finish, a dossier is not sent, or the portal judges by the hour. Dates that an officer overwrote afterwards stay there
as they were. So many finishes arrive late that of the dossiers late on the portal three fifths were finished in time.
Draws come from a generator of their own. Does not belong here: changed dates (tampering.py), files (write.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_project.demo import declared
from dagster_project.demo.arrivals import NEVER, Dossiers
from dagster_project.demo.calendar import DAY, WORK_DAY
from dagster_project.demo.dossiers import DONE, PROCESSING, RETURNED, Seen
from dagster_project.demo.tampering import Tampered
from dagster_project.demo.world import Chunk, World

MONTHS = 6  # the export holds what was received in the last months
DELAYED_SHARE = 0.61  # of the dossiers late on the portal: finished in time, synchronised late
LEFT_OUT_SHARE, STRANGER_SHARE, HAND_OVER_SHARE, BY_THE_HOUR_SHARE = 0.006, 0.003, 0.02, 0.5
STREAM = 468  # tells this generator from the chunk's own
CAUSES = ["date_changed", "not_synchronised", "synchronisation_delay", "finish_vs_hand_over", "definition"]
ONE_SIDED = {"not_synchronised": "only_local", "not_in_local": "only_national", "": "same"}


@dataclass(frozen=True)
class Copies:
    """The portal's rows: ``rows`` are places in the chunk, ``is_stranger`` those whose dossier nobody here has.

    ``truth`` has one row per dossier that either side holds: ``row``, ``is_stranger``, match, cause, and whether it is
    late here and there; it is known from what was planted, not from comparing.
    """

    rows: np.ndarray
    is_stranger: np.ndarray
    due: np.ndarray
    completed: np.ndarray
    returned: np.ndarray
    status: np.ndarray
    flag: np.ndarray
    synced: np.ndarray
    truth: pl.DataFrame


@dataclass(frozen=True)
class Planted:
    """Which dossiers of a chunk differ on the portal, and how; each is in one of the first five at most."""

    inside: np.ndarray
    overwritten: np.ndarray
    left_out: np.ndarray
    delayed: np.ndarray
    hand_over: np.ndarray
    by_the_hour: np.ndarray
    stranger: np.ndarray


def copies(world: World, chunk: Chunk, d: Dossiers, tampered: Tampered) -> Copies:
    """The portal's copies of the dossiers of a chunk that were received in the last months."""
    rng = np.random.default_rng([world.seed, chunk.index + 1, STREAM])
    seen = tampered.seen
    planted = _plant(world, d, tampered, rng)
    stamp = _late_stamp(world, seen, planted.delayed, rng.random(len(d)))
    due = np.where(planted.overwritten, tampered.early_due, seen.due)
    completed = np.where(planted.overwritten, tampered.early_completed, seen.completed)
    completed = np.select([planted.delayed, planted.hand_over], [stamp, seen.returned], completed)
    returned = np.where(planted.delayed, NEVER, seen.returned)
    status = np.where(planted.delayed, np.where(stamp < NEVER, DONE, PROCESSING), seen.status)
    verdict = declared.flags(world, status, due, completed)
    rows = np.concatenate([np.flatnonzero(planted.inside & ~planted.left_out), np.flatnonzero(planted.stranger)])
    return Copies(
        rows=rows,
        is_stranger=np.arange(len(rows)) >= len(rows) - planted.stranger.sum(),
        due=due[rows],
        completed=completed[rows],
        returned=returned[rows],
        status=status[rows],
        flag=np.where(planted.by_the_hour, declared.LATE, verdict)[rows],
        synced=_synced(world, d, planted, completed, returned, rng.random(len(d)))[rows],
        truth=_truth(declared.flags(world, seen.status, seen.due, seen.completed), verdict, planted),
    )


def _plant(world: World, d: Dossiers, tampered: Tampered, rng: np.random.Generator) -> Planted:
    draw, kind, strange = rng.random(len(d)), rng.random(len(d)), rng.random(len(d))
    seen, today = tampered.seen, world.cutoff // DAY
    flag = declared.flags(world, seen.status, seen.due, seen.completed)
    inside = d.received // DAY >= world.month_starts[max(0, len(world.month_starts) - 1 - MONTHS)]
    overwritten = inside & np.isin(tampered.truth["cause"].to_numpy(), ["due_date_changed", "finish_changed"])
    plain = inside & ~overwritten
    left_out = plain & (draw < LEFT_OUT_SHARE)
    plain &= ~left_out
    is_late = overwritten | (plain & np.isin(flag, [declared.LATE, declared.OPEN_LATE]))
    in_time = plain & np.isin(flag, [declared.EARLY, declared.ON_TIME])
    candidates = np.flatnonzero(in_time & (seen.due // DAY < today))
    wanted = round(is_late.sum() * DELAYED_SHARE / (1 - DELAYED_SHARE))
    delayed = np.zeros(len(d), bool)
    delayed[candidates[np.argsort(draw[candidates], kind="stable")[:wanted]]] = True
    is_done = plain & ~delayed & np.isin(seen.status, [DONE, RETURNED])
    moved = is_done & (seen.returned < NEVER) & (seen.returned // DAY != seen.completed // DAY)
    # A hand-over that would turn the verdict is left alone, so that the shares of the late ones are as wanted.
    hand_over = moved & (kind < HAND_OVER_SHARE) & ((seen.returned // DAY <= seen.due // DAY) | (flag == declared.LATE))
    after_the_hour = is_done & ~hand_over & (flag == declared.ON_TIME) & (seen.completed > seen.due)
    return Planted(
        inside=inside,
        overwritten=overwritten,
        left_out=left_out,
        delayed=delayed,
        hand_over=hand_over,
        by_the_hour=after_the_hour & (kind >= 1 - BY_THE_HOUR_SHARE),
        # A dossier that only the portal knows is the double of one in time, under another code.
        stranger=in_time & ~delayed & (strange < STRANGER_SHARE),
    )


def _late_stamp(world: World, seen: Seen, delayed: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """When the finish of a delayed dossier arrived, which the portal takes for it; NEVER: not by the cut-off."""
    calendar = world.calendar
    due = calendar.to_work(np.where(delayed, seen.due, world.cutoff))
    arrived = calendar.from_work(due + WORK_DAY + (draw * 20 * WORK_DAY).astype(np.int64))
    return np.where(delayed & (draw < 0.5) & (arrived <= world.cutoff), arrived, NEVER)


def _synced(world: World, d: Dossiers, planted: Planted, completed, returned, draw: np.ndarray) -> np.ndarray:
    """The last synchronisation: soon after what is known last; of a delayed dossier, when its finish arrived."""
    known = [np.where(moment < NEVER, moment, d.received) for moment in (completed, returned)]
    soon = np.minimum(np.maximum(*known) + 60 + (draw * 1800).astype(np.int64), world.cutoff)
    return np.where(planted.delayed & (completed < NEVER), completed, soon)


def _truth(here: np.ndarray, there: np.ndarray, planted: Planted) -> pl.DataFrame:
    late = [declared.LATE, declared.OPEN_LATE]
    masks = [planted.overwritten, planted.left_out, planted.delayed, planted.hand_over, planted.by_the_hour]
    cause = np.select(masks, CAUSES, "")
    rows = np.concatenate([np.flatnonzero(planted.inside), np.flatnonzero(planted.stranger)])
    is_stranger = np.arange(len(rows)) >= planted.inside.sum()
    told = pl.Series(np.where(is_stranger, "not_in_local", cause[rows]))
    return pl.DataFrame(
        {
            "row": rows,
            "is_stranger": is_stranger,
            "match": told.replace_strict(ONE_SIDED, default="differing", return_dtype=pl.String),
            "cause": told,
            "is_late_local": ~is_stranger & np.isin(here[rows], late),
            "is_late_national": ~planted.left_out[rows] & np.isin(there[rows], late),
        }
    )
