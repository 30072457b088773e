"""The course of the dossiers of one chunk: when each is due, what is asked back, how it ends.

One row per dossier; moments are seconds (see calendar.py), ``NEVER`` where something does not happen.
Functions draw from the chunk's own generator in a fixed order, so a chunk is the same whatever came before.
Does not belong here: reception (arrivals.py), labels and files (write.py), the step log (events.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.arrivals import NEVER, ONLINE, Dossiers, arrivals
from dagster_project.demo.calendar import DAY, WORK_DAY, epoch_day
from dagster_project.demo.placing import place
from dagster_project.demo.registries import REVISED_ON
from dagster_project.demo.world import Chunk, World

RECEIVED, REFUSED, PROCESSING, WAITING, PAYMENT, WITHDRAWN, STOPPED, DONE, RETURNED = (
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
)
NO_DUE_SHARE, WITHDRAWN_SHARE, STOPPED_SHARE, FORGOTTEN_SHARE = 0.005, 0.009, 0.0015, 0.03
UNANSWERED_SHARE, SECOND_REQUEST_SHARE, BILLED_SHARE = 0.06, 0.07, 0.12
CLOSE_UNANSWERED_DAYS = 30


@dataclass(frozen=True)
class Seen:
    """What the one-stop system shows at the cut-off: one entry per dossier, ``NEVER`` for an empty cell."""

    due: np.ndarray
    completed: np.ndarray
    returned: np.ndarray
    status: np.ndarray
    supplement_count: np.ndarray


def chunk_rng(world: World, chunk: Chunk) -> np.random.Generator:
    """The generator of a chunk; (seed, 0) belongs to the world, so chunks start at 1."""
    return np.random.default_rng([world.seed, chunk.index + 1])


def set_limits(world: World, d: Dossiers, rng: np.random.Generator) -> None:
    """First due date of each dossier from its procedure's limit in force on the day it was received."""
    procedures, calendar = world.procedures, world.calendar
    revised = d.received // DAY >= epoch_day(REVISED_ON)
    limit = np.where(revised, procedures.limit[d.procedure], procedures.old_limit[d.procedure])
    unit = procedures.limit_unit[d.procedure]
    due = np.select(
        [unit == "wd", unit == "cd"],
        [
            calendar.add_working_days(d.received, limit * (unit == "wd")),
            calendar.add_calendar_days(d.received, limit * (unit == "cd")),
        ],
        calendar.add_work(d.received, np.maximum(limit * (unit == "wh"), 1) * 3600),
    )
    d.start = calendar.to_work(calendar.next_open(d.received))
    d.dues = [due]
    d.has_due = rng.random(len(d)) >= NO_DUE_SHARE


def _reply_moments(world: World, rng, request: np.ndarray, online: np.ndarray) -> np.ndarray:
    """When the applicant comes back: after days, in the evening too when online, else in working hours."""
    waited = np.minimum(rng.lognormal(np.log(3.0), 0.9, len(request)), 29.0) * DAY
    raw = request + waited.astype(np.int64)
    return np.where(online, raw, world.calendar.next_open(raw))


def _moved(world: World, d: Dossiers, due: np.ndarray, waited: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """The due date after a wait: by the working seconds ``waited``, or for limits in calendar days by all ``elapsed``.

    Whole working days keep the time of day where the limit is given in days; a day off moves to the next working day.
    """
    calendar, unit = world.calendar, world.procedures.limit_unit[d.procedure]
    by_work = np.where(
        (unit == "wd") & (waited % WORK_DAY == 0),
        calendar.add_working_days(due, waited // WORK_DAY),
        calendar.deadline_from_work(calendar.to_work(due) + waited),
    )
    revised = d.received // DAY >= epoch_day(REVISED_ON)
    limit = np.where(revised, world.procedures.limit[d.procedure], world.procedures.old_limit[d.procedure])
    start = calendar.next_open(d.received)
    return np.where(unit == "cd", calendar.next_working_day(start + limit * DAY + elapsed), by_work)


def add_supplements(world: World, d: Dossiers, rng: np.random.Generator) -> None:
    """Up to two requests per dossier; each answered wait moves the due date, see :func:`_moved`."""
    calendar, never = world.calendar, np.full(len(d), NEVER)
    elapsed = np.zeros(len(d), np.int64)
    first_limit = calendar.to_work(d.dues[0]) - d.start
    chance = np.where(first_limit >= 2 * WORK_DAY, world.supplement_rate[d.unit], 0.02)
    asked = rng.random(len(d)) < chance
    begin, due = d.start, d.dues[0]
    d.closed_unanswered = never.copy()
    for _ in range(2):
        left = np.maximum(calendar.to_work(due) - begin, 3600)
        request_work = begin + 900 + (rng.uniform(0.05, 0.5, len(d)) * (left - 900)).astype(np.int64)
        request = np.where(asked, calendar.from_work(np.where(asked, request_work, begin)), NEVER)
        reply = _reply_moments(world, rng, np.where(asked, request, d.received), d.channel == ONLINE)
        silent = asked & (rng.random(len(d)) < UNANSWERED_SHARE)
        answered = asked & ~silent
        waited = np.where(answered, calendar.to_work(reply) - request_work, 0)
        close = calendar.add_calendar_days(np.where(silent, request, d.received), CLOSE_UNANSWERED_DAYS)
        d.closed_unanswered = np.where(silent, close, d.closed_unanswered)
        elapsed = elapsed + np.where(answered, reply - request, 0)
        due = np.where(answered, _moved(world, d, due, waited, elapsed), due)
        begin = np.where(answered, calendar.to_work(reply), begin)
        d.requests.append(request)
        d.replies.append(np.where(answered, reply, NEVER))
        d.dues.append(due)
        asked = answered & (rng.random(len(d)) < SECOND_REQUEST_SHARE)


def _done_work(world: World, d: Dossiers, rng: np.random.Generator) -> np.ndarray:
    """Work seconds at which processing ends: late, on the due day, or on an earlier day."""
    calendar, count = world.calendar, len(d)
    due = d.dues[-1]
    begin = d.start
    for reply in d.replies:
        begin = np.where(reply < NEVER, calendar.to_work(np.where(reply < NEVER, reply, d.received)), begin)
    due_work, (day_start, day_end) = calendar.to_work(due), calendar.day_bounds(due)
    draw = rng.random(count)
    late = draw < world.late_rate[d.unit, d.month]
    early = draw >= 1 - (1 - world.late_rate[d.unit, d.month]) * (1 - world.on_day_rate[d.unit, d.month])
    low = begin + 600
    early &= day_start - 60 > low
    share = rng.beta(2.0, 1.7, count)
    early_work = low + (share * (day_start - 60 - low)).astype(np.int64)
    low = np.maximum(low, day_start + 60)
    rush = rng.random(count) < 0.12
    floor = np.where(rush, np.maximum(due_work, low), low)
    ceiling = np.maximum(np.where(rush, day_end - 60, due_work), floor)
    on_day_work = np.minimum(floor + (rng.random(count) * (ceiling - floor)).astype(np.int64), day_end - 1)
    delay = np.minimum(rng.lognormal(np.log(1.6), 1.0, count) * WORK_DAY, 90 * WORK_DAY).astype(np.int64)
    late_work = np.maximum(day_end, begin) + 600 + delay
    return np.where(late, late_work, np.where(early, early_work, on_day_work))


def _hand_over(world: World, d: Dossiers, rng, done_work: np.ndarray) -> np.ndarray:
    """When the result reaches the applicant: online mostly within hours, at the desk when they come."""
    quick = (rng.random(len(d)) * 4 * 3600).astype(np.int64)
    slow = np.minimum(rng.lognormal(np.log(0.9), 1.0, len(d)) * WORK_DAY, 60 * WORK_DAY).astype(np.int64)
    uncollected = rng.random(len(d)) < 0.02
    by_net = (d.channel == ONLINE) & (rng.random(len(d)) < 0.9)
    returned = world.calendar.from_work(done_work + np.where(by_net, quick, slow))
    return np.where(uncollected, NEVER, returned)


def finish(world: World, d: Dossiers, rng: np.random.Generator) -> None:
    """How each dossier ends: withdrawn, stopped, closed unanswered, never done, or done and handed over."""
    calendar = world.calendar
    done_work = _done_work(world, d, rng)
    d.done = calendar.from_work(done_work)
    d.returned = _hand_over(world, d, rng, done_work)
    plain = d.requests[0] == NEVER
    draw = rng.random(len(d))
    leaves = plain & (draw < WITHDRAWN_SHARE)
    stops = plain & (draw >= WITHDRAWN_SHARE) & (draw < WITHDRAWN_SHARE + STOPPED_SHARE)
    part = rng.uniform(0.1, 0.9, len(d))
    moment = calendar.from_work(d.start + (part * (done_work - d.start)).astype(np.int64))
    d.withdrawn, d.stopped = np.where(leaves, moment, NEVER), np.where(stops, moment, NEVER)
    forgotten = (d.done // DAY > d.dues[-1] // DAY) & (rng.random(len(d)) < FORGOTTEN_SHARE)
    open_for_ever = leaves | stops | forgotten | (d.closed_unanswered < NEVER)
    d.done, d.returned = np.where(open_for_ever, NEVER, d.done), np.where(open_for_ever, NEVER, d.returned)


def _work_or_never(world: World, moment: np.ndarray) -> np.ndarray:
    known = moment < NEVER
    return np.where(known, world.calendar.to_work(np.where(known, moment, world.cutoff)), NEVER)


def add_steps(world: World, d: Dossiers, rng: np.random.Generator) -> None:
    """The inner steps in their order: hand-over to the section, review, request to pay, signature."""
    calendar, count = world.calendar, len(d)
    milestones = [d.requests[0], d.done, d.withdrawn, d.stopped]
    first = np.minimum.reduce([_work_or_never(world, moment) for moment in milestones])
    room = np.where(first < NEVER, np.maximum(first - d.start, 0), 4 * 3600)
    share = rng.uniform(0.03, 0.3, count)
    transfer_work = d.start + np.minimum((share * room).astype(np.int64), 4 * 3600)
    begin = transfer_work
    for reply in d.replies:
        begin = np.where(reply < NEVER, _work_or_never(world, reply), begin)
    ends, done_work = d.done < NEVER, _work_or_never(world, d.done)
    room = np.where(ends, done_work - begin, 0)
    marks = [
        begin + (rng.uniform(a, b, count) * room).astype(np.int64) for a, b in ((0.4, 0.6), (0.62, 0.7), (0.75, 0.97))
    ]
    pays = ends & (world.procedures.fee[d.procedure] > 0) & (rng.random(count) < BILLED_SHARE)
    d.transferred = calendar.from_work(transfer_work)
    d.reviewed = np.where(ends, calendar.from_work(marks[0]), NEVER)
    d.billed = np.where(pays, calendar.from_work(marks[1]), NEVER)
    d.signed = np.where(ends, calendar.from_work(marks[2]), NEVER)


def cut(d: Dossiers, now: int | np.ndarray) -> Seen:
    """The state of each dossier at ``now``: nothing after it has happened."""
    due = d.dues[0]
    for number, reply in enumerate(d.replies):
        due = np.where(reply <= now, d.dues[number + 1], due)
    ended = np.minimum(np.minimum(d.withdrawn, d.closed_unanswered), d.done)
    completed = np.where(ended <= now, ended, NEVER)
    handed = np.where(d.withdrawn <= now, d.withdrawn, d.returned)
    waiting = np.zeros(len(d), bool)
    for request, reply in zip(d.requests, d.replies, strict=True):
        waiting |= (request <= now) & (reply > now)
    unpaid = (d.billed <= now) & (d.signed > now)
    status = np.select(
        [
            d.withdrawn <= now,
            d.closed_unanswered <= now,
            d.stopped <= now,
            d.returned <= now,
            d.done <= now,
            waiting,
            unpaid,
            d.transferred <= now,
        ],
        [WITHDRAWN, REFUSED, STOPPED, RETURNED, DONE, WAITING, PAYMENT, PROCESSING],
        RECEIVED,
    )
    return Seen(
        due=np.where(d.has_due, due, NEVER),
        completed=completed,
        returned=np.where(handed <= now, handed, NEVER),
        status=status,
        supplement_count=sum((request <= now).astype(np.int64) for request in d.requests),
    )


def build_chunk(world: World, chunk: Chunk, rng: np.random.Generator) -> tuple[Dossiers, Seen]:
    """All dossiers of a chunk, planned and as seen at the cut-off."""
    d = arrivals(world, chunk, rng)
    set_limits(world, d, rng)
    add_supplements(world, d, rng)
    finish(world, d, rng)
    add_steps(world, d, rng)
    seen = cut(d, world.cutoff)
    place(world, d, seen.completed)
    return d, seen
