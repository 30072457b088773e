"""Working time of the one-stop desks, for whole arrays at once.

A moment is a count of seconds since 1970-01-01 on the wall clock of Asia/Ho_Chi_Minh (int64, no time zone
arithmetic: Viet Nam has had no clock change in the years covered). "Work seconds" count only the working
hours 07:00–11:30 and 13:30–17:00 of working days; 28 800 of them make one working day.
Does not belong here: who submits what and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from dagster_project.days_off import read_days_off

DAY = 86_400
OPEN, LUNCH, BACK, CLOSE = 7 * 3600, 11 * 3600 + 1800, 13 * 3600 + 1800, 17 * 3600
MORNING, AFTERNOON = LUNCH - OPEN, CLOSE - BACK
WORK_DAY = MORNING + AFTERNOON
EPOCH = date(1970, 1, 1)
DAYS_AFTER_LAST_YEAR = 400  # due dates reach beyond the last year with a table; there only weekends are off


def epoch_day(day: date) -> int:
    """Days from 1970-01-01 to ``day``."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of an epoch day."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class WorkCalendar:
    """Working days as arrays indexed by ``epoch_day - first_day``.

    ``is_working`` one flag per day; ``worked_before`` working days strictly before that day; ``work_days``
    the epoch day of the k-th working day. ``first_year`` and ``last_year`` bound the years whose days off are
    known.
    """

    first_day: int
    is_working: np.ndarray
    worked_before: np.ndarray
    work_days: np.ndarray
    first_year: int
    last_year: int

    @classmethod
    def read(cls, days_off_csv: Path) -> WorkCalendar:
        """Build the calendar from the days-off table; every row counts, confirmed or not.

        Raises ``ValueError`` for a table without a whole year or with an unknown kind_code.
        """
        kinds, years = read_days_off(days_off_csv)
        first_year, last_year = years[0], years[-1]
        first_day = epoch_day(date(first_year, 1, 1))
        days = np.arange(first_day, epoch_day(date(last_year, 12, 31)) + DAYS_AFTER_LAST_YEAR)
        is_working = (days + 3) % 7 < 5  # 1970-01-01 was a Thursday
        for day, kind in kinds.items():
            is_working[epoch_day(day) - first_day] = kind == "swap_work"
        worked_before = np.concatenate([[0], np.cumsum(is_working)[:-1]]).astype(np.int64)
        return cls(first_day, is_working, worked_before, days[is_working], first_year, last_year)

    def next_open(self, moment: np.ndarray) -> np.ndarray:
        """The moment a clock for a dossier received at ``moment`` starts.

        Before 07:00 it is 07:00, in the lunch break 13:30, after 17:00 or on a day off 07:00 of the next
        working day; inside working hours (both ends included) it is the moment itself.
        """
        day, second = np.divmod(moment, DAY)
        index = day - self.first_day
        moved = np.where(second < OPEN, OPEN, np.where((second > LUNCH) & (second < BACK), BACK, second))
        stays = self.is_working[index] & (second <= CLOSE)
        ordinal = self.worked_before[index] + self.is_working[index]
        return np.where(stays, day * DAY + moved, self.work_days[ordinal] * DAY + OPEN)

    def to_work(self, moment: np.ndarray) -> np.ndarray:
        """Work seconds from the start of the calendar to ``moment``."""
        day, second = np.divmod(moment, DAY)
        index = day - self.first_day
        inside = np.clip(second - OPEN, 0, MORNING) + np.clip(second - BACK, 0, AFTERNOON)
        return self.worked_before[index] * WORK_DAY + np.where(self.is_working[index], inside, 0)

    def from_work(self, work: np.ndarray) -> np.ndarray:
        """The moment when ``work`` seconds are used up and work goes on (at a boundary: start of a shift)."""
        ordinal, rest = np.divmod(work, WORK_DAY)
        second = np.where(rest < MORNING, OPEN + rest, BACK + rest - MORNING)
        return self.work_days[ordinal] * DAY + second

    def deadline_from_work(self, work: np.ndarray) -> np.ndarray:
        """The moment when ``work`` seconds are used up, as a deadline (a boundary is the end of a shift)."""
        return self.from_work(work - 1) + 1

    def day_bounds(self, moment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Work seconds at the first and after the last minute of the day of ``moment``."""
        index = moment // DAY - self.first_day
        start = self.worked_before[index] * WORK_DAY
        return start, start + self.is_working[index] * WORK_DAY

    def add_working_days(self, moment: np.ndarray, count: np.ndarray) -> np.ndarray:
        """``count`` working days later, at the same time of day."""
        start = self.next_open(moment)
        day, second = np.divmod(start, DAY)
        return self.work_days[self.worked_before[day - self.first_day] + count] * DAY + second

    def add_calendar_days(self, moment: np.ndarray, count: np.ndarray) -> np.ndarray:
        """``count`` days later at the same time of day; a day off moves to the next working day."""
        return self.next_working_day(self.next_open(moment) + count * DAY)

    def next_working_day(self, moment: np.ndarray) -> np.ndarray:
        """The moment itself on a working day, the same time of day on the next one on a day off."""
        day, second = np.divmod(moment, DAY)
        return self.work_days[self.worked_before[day - self.first_day]] * DAY + second

    def add_work(self, moment: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """The deadline ``seconds`` of working time after ``moment``."""
        return self.deadline_from_work(self.to_work(self.next_open(moment)) + seconds)
