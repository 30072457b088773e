"""Working-time arithmetic of the demo against a walk minute by minute, and the days-off table itself."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from dagster_project.demo.calendar import DAY, WORK_DAY, WorkCalendar, day_of, epoch_day
from dagster_project.demo.generate import DAYS_OFF

pytestmark = pytest.mark.unit

EPOCH = datetime(1970, 1, 1)


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return WorkCalendar.read(DAYS_OFF)


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    with DAYS_OFF.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def special(rows) -> dict[date, str]:
    return {date.fromisoformat(row["calendar_date"]): row["kind_code"] for row in rows}


def seconds(text: str) -> np.ndarray:
    moment = datetime.strptime(text, "%d/%m/%Y %H:%M:%S")
    return np.array([int((moment - EPOCH).total_seconds())])


def text(moment: np.ndarray) -> str:
    return (EPOCH + timedelta(seconds=int(moment[0]))).strftime("%d/%m/%Y %H:%M:%S")


def is_open(minute: datetime, special: dict[date, str]) -> bool:
    """Slow and obvious: does the minute starting here count as working time?"""
    kind = special.get(minute.date())
    works = kind == "swap_work" or (kind is None and minute.weekday() < 5)
    of_day = minute.hour * 60 + minute.minute
    return works and (420 <= of_day < 690 or 810 <= of_day < 1020)


def test_working_days_per_year_are_the_published_ones(calendar):
    counted = {}
    for year in range(2019, 2027):
        first = epoch_day(date(year, 1, 1)) - calendar.first_day
        last = epoch_day(date(year, 12, 31)) - calendar.first_day
        counted[year] = int(calendar.is_working[first : last + 1].sum())
    assert counted == {2019: 252, 2020: 252, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 250, 2026: 249}


def test_days_off_are_weekdays_and_swap_work_days_are_saturdays(rows):
    assert len({row["calendar_date"] for row in rows}) == len(rows)
    for row in rows:
        weekday = date.fromisoformat(row["calendar_date"]).weekday()
        assert (weekday == 5) if row["kind_code"] == "swap_work" else (weekday < 5), row
        assert row["name_vi"] and row["legal_basis"]


def test_every_swapped_day_off_has_its_working_saturday(rows):
    kinds = [(row["calendar_date"][:4], row["kind_code"]) for row in rows]
    for year in ("2024", "2025", "2026"):
        assert kinds.count((year, "swap_off")) == kinds.count((year, "swap_work"))


def test_only_the_two_unproven_days_are_unconfirmed(rows):
    assert [row["calendar_date"] for row in rows if row["is_confirmed"] == "false"] == ["2026-01-10", "2026-11-24"]


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("27/10/2023 09:32:00", 5, "03/11/2023 09:32:00"),
        ("24/04/2025 15:00:00", 5, "05/05/2025 15:00:00"),  # 26/04 works, 30/04–02/05 do not
        ("13/02/2026 16:59:59", 1, "23/02/2026 16:59:59"),  # over Tết
        ("13/02/2026 17:00:01", 1, "24/02/2026 07:00:00"),
        ("13/02/2026 17:00:00", 1, "23/02/2026 17:00:00"),
        ("03/01/2026 10:00:00", 2, "07/01/2026 07:00:00"),  # a Saturday: counted from Monday 07:00
        ("05/01/2026 11:30:00", 1, "06/01/2026 11:30:00"),
        ("05/01/2026 12:10:00", 1, "06/01/2026 13:30:00"),
        ("05/01/2026 05:10:00", 1, "06/01/2026 07:00:00"),
    ],
)
def test_working_day_limits(calendar, received, days, due):
    assert text(calendar.add_working_days(seconds(received), np.array([days]))) == due


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("05/01/2026 09:00:00", 3, "08/01/2026 09:00:00"),
        ("05/01/2026 09:00:00", 6, "12/01/2026 09:00:00"),  # falls on a Sunday
        ("10/02/2026 09:00:00", 7, "23/02/2026 09:00:00"),  # falls inside Tết
    ],
)
def test_calendar_day_limits_move_to_a_working_day(calendar, received, days, due):
    assert text(calendar.add_calendar_days(seconds(received), np.array([days]))) == due


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("05/01/2026 07:00:00", 8, "05/01/2026 17:00:00"),
        ("05/01/2026 06:00:00", 8, "05/01/2026 17:00:00"),
        ("05/01/2026 09:00:00", 8, "06/01/2026 09:00:00"),
        ("09/01/2026 16:00:00", 2, "10/01/2026 08:00:00"),  # the working Saturday
        ("05/01/2026 10:30:00", 1, "05/01/2026 11:30:00"),
    ],
)
def test_working_hour_limits(calendar, received, hours, due):
    assert text(calendar.add_work(seconds(received), np.array([hours * 3600]))) == due


def test_work_seconds_equal_a_walk_minute_by_minute(calendar, special):
    rng = np.random.default_rng(3)
    first = int((datetime(2025, 1, 20) - EPOCH).total_seconds()) // 60
    for start in rng.integers(first, first + 500 * 1440, 25):
        length = int(rng.integers(1, 12 * 1440))
        begin, end = np.array([start * 60]), np.array([(start + length) * 60])
        walked = sum(is_open(EPOCH + timedelta(minutes=int(start) + k), special) for k in range(length))
        assert int((calendar.to_work(end) - calendar.to_work(begin))[0]) == walked * 60


def test_next_open_is_the_first_open_minute_of_a_walk(calendar, special):
    rng = np.random.default_rng(4)
    first = int((datetime(2025, 1, 20) - EPOCH).total_seconds()) // 60
    for start in rng.integers(first, first + 600 * 1440, 200):
        minute = EPOCH + timedelta(minutes=int(start))
        if (minute.hour, minute.minute) in ((11, 30), (17, 0)):
            continue  # the end of a shift counts as inside it, unlike in the walk
        while not is_open(minute, special):
            minute += timedelta(minutes=1)
        assert text(calendar.next_open(np.array([start * 60]))) == minute.strftime("%d/%m/%Y %H:%M:%S")


def test_moments_and_work_seconds_are_inverse(calendar):
    work = np.random.default_rng(5).integers(0, 1500 * WORK_DAY, 5000)
    assert (calendar.to_work(calendar.from_work(work)) == work).all()
    assert (calendar.to_work(calendar.deadline_from_work(work + 1)) == work + 1).all()
    seconds_of_day = calendar.deadline_from_work(np.array([WORK_DAY, 2 * WORK_DAY])) % DAY
    assert seconds_of_day.tolist() == [17 * 3600, 17 * 3600]


def test_a_wrong_table_is_refused(tmp_path):
    path = tmp_path / "days_off.csv"
    (tmp_path / "public_holidays.csv").write_text("first_mmdd,last_mmdd\n101,104\n", encoding="utf-8")
    path.write_text("calendar_date,kind_code\n2025-01-01,feast\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown kind_code 'feast'"):
        WorkCalendar.read(path)
    path.write_text("calendar_date,kind_code\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no whole year"):
        WorkCalendar.read(path)


def test_day_numbers_go_both_ways():
    assert day_of(epoch_day(date(2026, 10, 31))) == date(2026, 10, 31)
