"""The dossiers of the demo in memory: order of moments, due dates against a slow walk, truthful shapes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest

from dagster_project.demo import dossiers as demo
from dagster_project.demo.arrivals import NEVER, Dossiers
from dagster_project.demo.calendar import DAY, WorkCalendar, epoch_day
from dagster_project.demo.dossiers import build_chunk, chunk_rng, set_limits
from dagster_project.demo.events import STATUS_AFTER, build_events
from dagster_project.demo.generate import DAYS_OFF
from dagster_project.demo.registries import REVISED_ON
from dagster_project.demo.reports import Tally
from dagster_project.demo.world import build_world, chunks, spread

pytestmark = pytest.mark.unit

END = date(2026, 10, 31)
EPOCH = datetime(1970, 1, 1)


@pytest.fixture(scope="module")
def world():
    calendar = WorkCalendar.read(DAYS_OFF)
    return build_world(calendar, dossiers=60_000, months=24, seed=7, end=END)


@pytest.fixture(scope="module")
def built(world):
    return [(*build_chunk(world, chunk, chunk_rng(world, chunk)), chunk) for chunk in chunks(world)]


def every(built, name: str) -> np.ndarray:
    """One array over all chunks: a field of Dossiers, or of Seen when written ``seen.name``."""
    owner = 1 if name.startswith("seen.") else 0
    return np.concatenate([getattr(item[owner], name.removeprefix("seen.")) for item in built])


def share(mask: np.ndarray) -> float:
    return float(mask.mean())


def test_exactly_as_many_dossiers_as_asked(built):
    assert len(every(built, "unit")) == 60_000


def test_spread_keeps_the_total_and_the_proportions():
    counts = spread(1001, np.array([1.0, 2.0, 1.0, 0.0]))
    assert counts.sum() == 1001 and counts[3] == 0 and abs(counts[1] - 500) <= 1


def test_moments_follow_each_other(built):
    for d, _, _ in built:
        assert (d.submitted <= d.received).all()
        assert (d.received <= d.transferred).all()
        steps = [d.transferred, d.requests[0], d.replies[0], d.requests[1], d.replies[1]]
        steps += [d.reviewed, d.billed, d.signed, d.done, d.returned]
        latest = d.received.copy()
        for step in steps:
            known = step < NEVER
            assert (step[known] >= latest[known]).all()
            latest[known] = step[known]


def test_nothing_is_seen_after_the_cut_off(world, built):
    cutoff = epoch_day(END) * DAY + 17 * 3600
    assert world.cutoff == cutoff
    for d, seen, _ in built:
        for moment in (d.submitted, d.received, seen.completed, seen.returned):
            assert (moment[moment < NEVER] <= cutoff).all()


def test_status_agrees_with_the_moments(built):
    status, completed = every(built, "seen.status"), every(built, "seen.completed")
    returned = every(built, "seen.returned")
    ended = np.isin(status, [demo.REFUSED, demo.WITHDRAWN, demo.DONE, demo.RETURNED])
    assert (ended == (completed < NEVER)).all()
    assert (np.isin(status, [demo.WITHDRAWN, demo.RETURNED]) == (returned < NEVER)).all()
    assert set(np.unique(status)) == {2, 3, 4, 5, 6, 7, 8, 9, 10}


def test_last_step_of_the_log_gives_the_status_and_steps_are_numbered(world, built):
    for d, seen, _ in built[-3:]:
        log = build_events(world, d)
        lasts = np.flatnonzero(np.diff(np.r_[log.dossier, -1]) != 0)
        assert (log.dossier[lasts] == np.arange(len(d))).all()
        assert (STATUS_AFTER[log.activity[lasts]] == seen.status).all()
        assert (log.number[lasts] == np.bincount(log.dossier)).all()
        same = np.diff(log.dossier) == 0
        assert (np.diff(log.occurred)[same] >= 0).all()
        assert (log.occurred <= world.cutoff).all()


def test_steps_per_dossier(world, built):
    steps = sum(len(build_events(world, d)) for d, _, _ in built)
    assert 5.0 <= steps / 60_000 <= 6.5


def test_supplement_count_equals_the_requests_in_the_log(world, built):
    d, seen, _ = built[10]
    log = build_events(world, d)
    asked = np.bincount(log.dossier[log.activity == 2], minlength=len(d))
    assert (asked == seen.supplement_count).all() and seen.supplement_count.max() == 2


class SlowClock:
    """The production rule for due dates, one day or one shift at a time, on Python datetimes."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self.calendar = calendar

    def works(self, moment: datetime) -> bool:
        return bool(self.calendar.is_working[epoch_day(moment.date()) - self.calendar.first_day])

    def next_working_day(self, moment: datetime) -> datetime:
        while not self.works(moment):
            moment += timedelta(days=1)
        return moment

    def next_morning(self, moment: datetime) -> datetime:
        return self.next_working_day(datetime(moment.year, moment.month, moment.day, 7) + timedelta(days=1))

    def start(self, moment: datetime) -> datetime:
        if not self.works(moment) or moment.time() > time(17):
            return self.next_morning(moment)
        if moment.time() < time(7):
            return moment.replace(hour=7, minute=0, second=0)
        if time(11, 30) < moment.time() < time(13, 30):
            return moment.replace(hour=13, minute=30, second=0)
        return moment

    def after_hours(self, moment: datetime, left: timedelta) -> datetime:
        while True:
            end = time(11, 30) if moment.time() < time(11, 30) else time(17)
            room = datetime.combine(moment.date(), end) - moment
            if left <= room:
                return moment + left
            left -= room
            is_noon = end == time(11, 30)
            moment = datetime.combine(moment.date(), time(13, 30)) if is_noon else self.next_morning(moment)

    def due(self, received: int, limit: int, unit: str) -> int:
        moment = self.start(EPOCH + timedelta(seconds=received))
        if unit == "wh":
            moment = self.after_hours(moment, timedelta(hours=limit))
        elif unit == "cd":
            moment = self.next_working_day(moment + timedelta(days=limit))
        else:
            for _ in range(limit):
                moment = self.next_working_day(moment + timedelta(days=1))
        return int((moment - EPOCH).total_seconds())


def test_due_dates_obey_the_limit_in_force(world, built):
    """A sample of all months, and everything received on the day the limits were shortened."""
    procedures, clock, checked = world.procedures, SlowClock(world.calendar), {"wd": 0, "cd": 0, "wh": 0}
    revision, on_revision = epoch_day(REVISED_ON), 0
    for d, _, _ in built:
        on_day = d.received // DAY == revision
        on_revision += int(on_day.sum())
        for index in np.flatnonzero(on_day | (np.arange(len(d)) % 41 == 0)):
            procedure = d.procedure[index]
            is_old = d.received[index] < revision * DAY
            limit = int((procedures.old_limit if is_old else procedures.limit)[procedure])
            unit = str(procedures.limit_unit[procedure])
            expected = clock.due(int(d.received[index]), limit, unit)
            assert d.dues[0][index] == expected, (d.received[index], limit, unit)
            checked[unit] += 1
    assert min(checked.values()) > 50 and on_revision > 0


def test_a_limit_shortened_that_day_counts_from_that_day(world, built):
    """On 01/01/2026 itself, a day off, the new limit holds already."""
    changed = np.flatnonzero(world.procedures.limit != world.procedures.old_limit)
    moment = np.array([epoch_day(REVISED_ON) * DAY - 1, epoch_day(REVISED_ON) * DAY])
    d = Dossiers(
        **dict.fromkeys(["unit", "receiver", "channel", "day", "sequence", "submitted", "month"], moment),
        procedure=np.repeat(changed[:1], 2),
        received=moment,
    )
    set_limits(world, d, np.random.default_rng(0))
    assert d.dues[0][0] > d.dues[0][1]


def test_the_due_date_seen_moves_only_when_the_reply_has_come(world, built):
    pending = 0
    for d, seen, _ in built:
        shown = np.where(d.replies[0] <= world.cutoff, d.dues[1], d.dues[0])
        shown = np.where(d.replies[1] <= world.cutoff, d.dues[2], shown)
        assert (seen.due[d.has_due] == shown[d.has_due]).all()
        assert (seen.due[~d.has_due] == NEVER).all()
        pending += int(((d.replies[0] > world.cutoff) & (d.dues[1] != d.dues[0])).sum())
    assert pending > 10


def test_dossiers_are_numbered_from_one_within_first_unit_and_day(world, built):
    for d, _, _ in built:
        order = np.lexsort((d.submitted, d.sequence, d.first_unit, d.day))
        key = d.day[order] * len(world.listed_units) + d.first_unit[order]
        starts = np.r_[True, np.diff(key) != 0]
        numbers = d.sequence[order]
        assert (numbers[starts] == 1).all()
        assert (np.diff(numbers)[~starts[1:]] == 1).all()
        assert (np.diff(d.submitted[order])[~starts[1:]] >= 0).all()


def test_an_answered_supplement_moves_the_due_date_by_the_wait(world, built):
    calendar, moved = world.calendar, 0
    for d, _, _ in built:
        in_calendar_days = world.procedures.limit_unit[d.procedure] == "cd"
        answered = (d.replies[0] < NEVER) & ~in_calendar_days
        ask, reply = d.requests[0][answered], d.replies[0][answered]
        gained = calendar.to_work(d.dues[1][answered]) - calendar.to_work(d.dues[0][answered])
        assert (gained == calendar.to_work(reply) - calendar.to_work(ask)).all()
        silent = d.replies[0] == NEVER
        assert (d.dues[1][silent] == d.dues[0][silent]).all()
        moved += int(answered.sum())
        answered = (d.replies[0] < NEVER) & in_calendar_days
        gained = d.dues[1][answered] - d.dues[0][answered]
        # Both due dates may have been moved on from a day off, Tết at the most.
        assert (np.abs(gained - (d.replies[0] - d.requests[0])[answered]) <= 10 * DAY).all()
    assert moved > 1000


def test_shares_are_truthful(built):
    status, due = every(built, "seen.status"), every(built, "seen.due")
    done = np.isin(status, [demo.DONE, demo.RETURNED]) & (due < NEVER)
    completed_day, due_day = every(built, "seen.completed")[done] // DAY, due[done] // DAY
    assert 0.50 <= share(completed_day < due_day) <= 0.70
    assert 0.20 <= share(completed_day == due_day) <= 0.40
    assert 0.02 <= share(completed_day > due_day) <= 0.08
    assert 0.06 <= share(every(built, "seen.supplement_count") > 0) <= 0.10
    assert 0.010 <= share(np.isin(status, [demo.WITHDRAWN, demo.REFUSED])) <= 0.02
    assert 0.003 <= share(due == NEVER) <= 0.007
    assert 0.01 <= share(every(built, "unit") != every(built, "receiver")) <= 0.06


def test_online_share_grows_within_its_band(built):
    channel, month = every(built, "channel"), every(built, "month")
    first, last = share(channel[month < 3] == demo.ONLINE), share(channel[month >= 21] == demo.ONLINE)
    assert 0.40 <= first < last <= 0.80


def test_late_share_differs_between_units_and_few_are_far_out(world, built):
    status, due, unit = every(built, "seen.status"), every(built, "seen.due"), every(built, "unit")
    done = np.isin(status, [demo.DONE, demo.RETURNED]) & (due < NEVER)
    late = every(built, "seen.completed")[done] // DAY > due[done] // DAY
    counts = np.bincount(unit[done], minlength=len(world.units))
    rates = np.bincount(unit[done], weights=late, minlength=len(world.units)) / np.maximum(counts, 1)
    big = rates[counts >= 150]
    assert 2 <= (big > 0.09).sum() <= 9 and big.max() <= 0.22
    assert (big < 0.02).sum() >= 5


def test_open_dossiers_remain_and_some_are_overdue(world, built):
    is_open = every(built, "seen.completed") == NEVER
    overdue = is_open & (every(built, "seen.due") < world.cutoff)
    assert 0.005 <= share(is_open) <= 0.03
    assert 0.1 <= overdue.sum() / is_open.sum() <= 0.6


def test_days_off_bring_online_dossiers_only(world, built):
    day, channel, received = (every(built, name) for name in ("day", "channel", "received"))
    off = ~world.calendar.is_working[day - world.calendar.first_day]
    assert 0.01 < share(off) < 0.08
    assert (channel[off] == demo.ONLINE).all()
    online_procedure = world.procedures.online[every(built, "procedure")] != "info"
    assert online_procedure[channel == demo.ONLINE].all()
    received_off = ~world.calendar.is_working[received // DAY - world.calendar.first_day]
    assert 0.001 < share(received_off) < 0.02


def test_mondays_are_busy_and_tet_is_quiet(world):
    days = np.arange(world.month_starts[0], world.month_starts[-1])
    working = world.calendar.is_working[days - world.calendar.first_day]
    monday, friday = ((days + 3) % 7 == 0) & working, ((days + 3) % 7 == 4) & working
    assert world.day_counts[monday].mean() > 1.2 * world.day_counts[friday].mean()
    before_tet = (days >= epoch_day(date(2026, 2, 6))) & (days < epoch_day(date(2026, 2, 14))) & working
    assert world.day_counts[before_tet].mean() < 0.8 * world.day_counts[working].mean()


def test_unit_sizes_have_a_heavy_tail(world, built):
    sizes = np.sort(np.bincount(every(built, "unit"), minlength=len(world.units)))
    assert sizes[0] > 0
    assert sizes[-14:].sum() > 0.35 * sizes.sum()


def test_a_chunk_does_not_depend_on_its_neighbours(world):
    some = chunks(world)[5]
    once, again = (build_chunk(world, some, chunk_rng(world, some)) for _ in range(2))
    assert (once[0].received == again[0].received).all() and (once[1].due == again[1].due).all()


def test_small_chunks_cover_the_same_days(world):
    small = chunks(world, rows=300)
    assert len(small) > 24 * 5
    assert np.concatenate([chunk.counts for chunk in small]).tolist() == world.day_counts.tolist()
    for before, after in pairwise(small):
        assert before.first_day + len(before.counts) == after.first_day


@pytest.mark.parametrize(
    "wrong",
    [{"dossiers": 0}, {"months": 0}, {"end": date(2027, 1, 31)}, {"months": 120}],
)
def test_parameters_out_of_range_are_refused(wrong):
    good = {"dossiers": 10, "months": 3, "seed": 1, "end": END}
    with pytest.raises(ValueError, match=r"từ 1 trở lên|Chỉ có lịch nghỉ của các năm 2019–2026"):
        build_world(WorkCalendar.read(DAYS_OFF), **{**good, **wrong})


def test_a_dossier_withdrawn_after_its_due_date_is_tallied_as_on_time(world, built):
    """As form II.06a counts it; and no due date is on time, while refused and stopped do not count."""
    tally = Tally(world)
    for d, seen, _ in built:
        tally.add(d, seen)
    status, due, completed = (every(built, f"seen.{name}") for name in ("status", "due", "completed"))
    withdrawn, done = status == demo.WITHDRAWN, np.isin(status, [demo.DONE, demo.RETURNED])
    late = (completed // DAY > due // DAY) & (due < NEVER)
    assert (withdrawn & late).sum() > 0 and (done & (due == NEVER)).sum() > 0
    assert tally.received.sum() == len(status)
    assert tally.resolved.sum() == (withdrawn | done).sum()
    assert (tally.resolved - tally.on_time).sum() == (done & late).sum()
