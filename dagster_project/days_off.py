"""The seed of days off, for code that works before a build: years of which only a few days are known are left out.

Does not belong here: days that an authority sends (dbt reads those), working time.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

KINDS = ("holiday", "swap_off", "swap_work")


def read_days_off(days_off_csv: Path) -> tuple[dict[date, str], range]:
    """Day → kind_code of the known years, and these years, one after the other.

    A year is known when each row of `public_holidays.csv` beside the file has a day off in it, as in the model
    int_calendar_years_known. Raises ``ValueError`` for a kind_code outside KINDS, or when no year is known.
    """
    kinds = {date.fromisoformat(row["calendar_date"]): row["kind_code"] for row in _rows(days_off_csv)}
    for day, kind in kinds.items():
        if kind not in KINDS:
            raise ValueError(f"{days_off_csv.name}: unknown kind_code {kind!r} on {day}")
    windows = [
        (int(row["first_mmdd"]), int(row["last_mmdd"])) for row in _rows(days_off_csv.with_name("public_holidays.csv"))
    ]
    off = {(day.year, day.month * 100 + day.day) for day, kind in kinds.items() if kind != "swap_work"}

    def is_known(year: int) -> bool:
        return all(any(y == year and first <= mmdd <= last for y, mmdd in off) for first, last in windows)

    known = sorted(year for year in {day.year for day in kinds} if is_known(year))
    if not known:
        raise ValueError(f"{days_off_csv.name} has no whole year")
    last = known[0]
    while last + 1 in known:
        last += 1
    years = range(known[0], last + 1)
    return {day: kind for day, kind in kinds.items() if day.year in years}, years


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
