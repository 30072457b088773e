"""Which years of the table of days off are known as a whole."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest

from dagster_project.days_off import read_days_off
from dagster_project.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt" / "seeds"


@pytest.fixture
def table(tmp_path):
    for name in ("days_off.csv", "public_holidays.csv"):
        shutil.copy(SEEDS / name, tmp_path / name)
    return tmp_path / "days_off.csv"


def add(table, *days: str) -> None:
    with table.open("a", encoding="utf-8") as handle:
        handle.writelines(f"{day},holiday,Thử,Thử,false\n" for day in days)


def test_one_holiday_of_a_later_year_does_not_make_it_known(table):
    add(table, "2027-01-01")
    kinds, years = read_days_off(table)
    assert years == range(2019, 2027)
    assert dt.date(2027, 1, 1) not in kinds


def test_a_later_year_is_known_with_all_its_holidays(table):
    add(table, "2027-01-01", "2027-02-05", "2027-04-30", "2027-09-02")
    kinds, years = read_days_off(table)
    assert years == range(2019, 2028)
    assert kinds[dt.date(2027, 2, 5)] == "holiday"


def test_a_year_missing_in_between_ends_what_is_known(table):
    add(table, "2028-01-03", "2028-02-04", "2028-05-01", "2028-09-04")
    assert read_days_off(table)[1] == range(2019, 2027)


def test_an_unknown_kind_is_refused(table):
    with table.open("a", encoding="utf-8") as handle:
        handle.write("2026-12-31,nghỉ,Thử,Thử,false\n")
    with pytest.raises(ValueError, match="nghỉ"):
        read_days_off(table)
