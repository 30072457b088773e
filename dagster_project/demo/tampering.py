"""What was done to the dates of some dossiers after the fact, and the truth about every dossier.

The one-stop system of the invented province lets officers overwrite due and finish dates, asks for supplements when
a limit is already spent, forgets to move a due date for a wait, and at times counts public holidays as working days.
Draws come from a generator of their own, so a dossier left alone is the same with and without it.
Does not belong here: how a dossier really went (dossiers.py), files (write.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dagster_project.demo.arrivals import NEVER, Dossiers
from dagster_project.demo.calendar import CLOSE, DAY
from dagster_project.demo.dossiers import DONE, REFUSED, RETURNED, WITHDRAWN, Seen
from dagster_project.demo.world import Chunk, World

DUE_OVERWRITTEN_SHARE, FINISH_OVERWRITTEN_SHARE, SHAM_STOP_SHARE = 0.06, 0.04, 0.04
UNCREDITED_SHARE, HOLIDAY_IGNORED_SHARE = 0.15, 0.5
# So many of the dossiers left alone were exported early too: most changes between two exports are honest.
EXPORTED_EARLY_SHARE = 0.03
STREAM = 766  # tells this generator from the chunk's own
LEAST_DELAY = 600  # working seconds; a sham stop needs room between the due date and the end


@dataclass(frozen=True)
class Tampered:
    """``seen`` as the system shows it at the cut-off, after the changes; the rest is what the system does not show.

    ``early`` marks dossiers that an earlier export holds too, with ``early_due`` and ``early_completed``;
    ``sham_request`` and ``sham_reply`` are the moments of supplements asked for too late (NEVER for none).
    """

    seen: Seen
    early: np.ndarray
    early_due: np.ndarray
    early_completed: np.ndarray
    sham_request: np.ndarray
    sham_reply: np.ndarray
    truth: pl.DataFrame


def tamper(world: World, chunk: Chunk, d: Dossiers, seen: Seen) -> Tampered:
    """Change dates of some dossiers of a chunk and say the truth about all of them."""
    rng = np.random.default_rng([world.seed, chunk.index + 1, STREAM])
    draw, sample = rng.random(len(d)), rng.random(len(d))
    due = _true_due(world, d)
    done = seen.completed
    is_done = np.isin(seen.status, [DONE, RETURNED])
    is_late = is_done & (_day(done) > _day(due)) & d.has_due
    delay = np.where(is_late, _work(world, done, is_late) - _work(world, due, is_late), 0)
    # An export is the earlier one by the days it speaks of: its dossiers were handed over before the last day.
    handed = seen.returned < NEVER
    ends_before = handed & (_day(seen.returned) < _last_day(seen)) & (_day(done) < _last_day(seen))

    a, b, c = np.cumsum([DUE_OVERWRITTEN_SHARE, FINISH_OVERWRITTEN_SHARE, SHAM_STOP_SHARE])
    moved_due = is_late & ends_before & (draw < a)
    # No finish can be written before the day on which the unit took the dossier over.
    fits_unit = (d.handed_over == NEVER) | (due >= d.handed_over)
    moved_finish = is_late & ends_before & fits_unit & (draw >= a) & (draw < b)
    sham = is_late & (delay > LEAST_DELAY) & (draw >= b) & (draw < c)
    answered = (d.requests[0] < NEVER) & (d.replies[0] <= world.cutoff)
    fits = is_done & d.has_due & (_day(done) <= _day(due))
    uncredited = answered & fits & (_day(done) > _day(d.dues[0])) & (draw < UNCREDITED_SHARE)
    short_due = _due_without_holidays(world, d)
    holiday = fits & (d.requests[0] == NEVER) & (_day(done) > _day(short_due)) & (draw < HOLIDAY_IGNORED_SHARE)

    shown_due = np.select(
        [moved_due | sham, uncredited, holiday], [_day(done) * DAY + CLOSE, d.dues[0], short_due], seen.due
    )
    shown_done = np.where(moved_finish, due, done)
    left_alone = is_done & ~(moved_due | moved_finish | sham | uncredited | holiday)
    early = moved_due | moved_finish | (left_alone & ends_before & (sample < EXPORTED_EARLY_SHARE))
    begun = np.where(sham, _work(world, due, sham), 0)
    truth = _truth(world, d, seen, due, [moved_due, moved_finish, sham, uncredited, holiday])
    return Tampered(
        seen=replace(seen, due=shown_due, completed=shown_done, supplement_count=seen.supplement_count + sham),
        early=early,
        early_due=np.where(d.has_due, np.where(moved_due | moved_finish, due, d.dues[0]), NEVER),
        early_completed=done,
        sham_request=np.where(sham, world.calendar.from_work(begun + delay // 3 + 1), NEVER),
        sham_reply=np.where(sham, world.calendar.from_work(begun + 2 * delay // 3 + 1), NEVER),
        truth=truth,
    )


def _true_due(world: World, d: Dossiers) -> np.ndarray:
    """The due date by the procedure's limit and the waits that had ended by the cut-off."""
    due = d.dues[0]
    for number, reply in enumerate(d.replies):
        due = np.where(reply <= world.cutoff, d.dues[number + 1], due)
    return due


def _due_without_holidays(world: World, d: Dossiers) -> np.ndarray:
    """The due date as a system counts it that only knows weekends; NEVER where no holiday lies in between."""
    counted = world.procedures.limit_unit[d.procedure] == "wd"
    start = world.calendar.next_open(d.received)
    first, last = _day(start), _day(d.dues[0])
    weekdays = np.busday_count(first.astype("datetime64[D]"), last.astype("datetime64[D]"))
    limit = _work(world, d.dues[0], counted) - _work(world, start, counted)
    working = np.rint(limit / (8 * 3600)).astype(np.int64)
    due = np.busday_offset(first.astype("datetime64[D]"), working, roll="forward").astype(np.int64) * DAY
    return np.where(counted & (weekdays > working), due + d.dues[0] % DAY, NEVER)


def _truth(world: World, d: Dossiers, seen: Seen, due: np.ndarray, planted: list[np.ndarray]) -> pl.DataFrame:
    """One row per dossier: the verdict by date that its clock gives, and why what the system shows differs."""
    today = world.cutoff // DAY
    is_counted = ~np.isin(seen.status, [REFUSED, WITHDRAWN])
    is_done = seen.completed < NEVER
    asked = np.full(len(d), NEVER)
    for request, reply in zip(d.requests, d.replies, strict=True):
        asked = np.where((request <= world.cutoff) & (reply > world.cutoff), request, asked)
    # A stop after the due date heals nothing.
    asked = np.where((d.stopped <= world.cutoff) & (d.stopped <= due), d.stopped, asked)
    # While the clock stands still, an open dossier is judged by the day on which it stopped.
    until = np.where(asked < NEVER, _day(asked), today)
    done_day, due_day = _day(seen.completed), _day(due)
    verdict = np.select(
        [~is_counted, is_done & (done_day < due_day), is_done & (done_day == due_day), is_done, until > due_day],
        ["not_counted", "early", "on_time", "late", "open_late"],
        "open_in_time",
    )
    shows_late = ~is_done & (asked < NEVER) & (today > due_day) & d.has_due & (verdict == "open_in_time")
    causes = ["due_date_changed", "finish_changed", "stop_not_accepted", "stop_not_credited", "other_calendar_or_limit"]
    cause = np.select(
        [~is_counted, ~d.has_due, *planted, shows_late], ["", "missing_due_date", *causes, "stop_not_credited"], ""
    )
    return pl.DataFrame({"due_second": due, "verdict": verdict, "cause": cause})


def _day(moment: np.ndarray) -> np.ndarray:
    return moment // DAY


def _work(world: World, moment: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Work seconds at the moments that are ``known``, any number elsewhere."""
    return world.calendar.to_work(np.where(known, moment, world.cutoff))


def _last_day(seen: Seen) -> int:
    """The last day on which anything of the chunk is known to have ended."""
    ends = np.concatenate([seen.completed[seen.completed < NEVER], seen.returned[seen.returned < NEVER], [0]])
    return int(ends.max()) // DAY
