"""Where the time of a dossier goes, step by step: dossiers worked out by hand, landed as files, told by a real build.

`tests/fixtures/steps/events.csv` holds each event with the seconds that its step is expected to have taken. Tết 2026 is
16–20/02. A working day is 07:00–11:30 and 13:30–17:00.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.explaining.dossier import Story, dossier_stories
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

CASES = Path(__file__).parents[1] / "fixtures" / "steps"
AS_OF = dt.date(2026, 3, 31)
FLAGS = ("wait", "after_finish", "handed_over", "rework", "step_late", "largest_delay")


def read(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def built_steps(tmp_path_factory) -> Settings:
    """A build of the cases alone; the national days off and hours come from the seeds, as always."""
    settings = Settings(root=tmp_path_factory.mktemp("steps"))
    settings.inbox.mkdir(parents=True)
    for path in sorted(CASES.glob("*.csv")):
        rows = read(path.name)
        names = [name for name in rows[0] if not name.startswith("expected_")]
        with (settings.inbox / path.name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    assert not load_files([settings.inbox], settings, Console()).refused
    build(settings, print, as_of=AS_OF)
    return settings


@pytest.fixture(scope="module")
def served(built_steps):
    """The published tables of the build."""
    with duckdb.connect() as connection:
        for path in current_build(built_steps).folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        yield connection


@pytest.mark.parametrize(
    "event", read("events.csv"), ids=lambda event: f"{event['dossier_code']}-{event['event_code']}"
)
def test_step(served, event):
    flags = ", ".join(f"is_{name}" for name in FLAGS)
    elapsed, working, delay, *found = served.execute(
        f"select elapsed_seconds, working_seconds, delay_seconds, {flags} from fct_dossier_steps "
        "where dossier_code = ? and event_code = ?",
        [event["dossier_code"], event["event_code"]],
    ).fetchone()
    # The calendar of a build begins with its first receipt: before it no working time is known.
    expected_working = int(event["expected_working"]) if event["expected_working"] else None
    assert (elapsed, working) == (int(event["expected_elapsed"]), expected_working)
    assert {name for name, is_set in zip(FLAGS, found, strict=True) if is_set} == set(event["expected_flags"].split())
    assert delay == (int(event["expected_delay"]) if event["expected_delay"] else None)


def test_an_open_dossier_lies_with_its_resolving_unit_until_the_as_of_date(served):
    rows = served.execute(
        "select dossier_code, step_number, began_at, ended_at, unit_code, section_code, working_seconds, is_open "
        "from fct_dossier_steps where not is_logged"
    ).fetchall()
    began, ended = dt.datetime(2026, 3, 30, 10), dt.datetime(2026, 3, 31, 23, 59, 59)
    assert rows == [("still_open", 4, began, ended, "H99.01", "P01", 46800, True)]


def test_delay_is_split_over_those_who_held_the_dossier(served):
    rows = served.execute(
        "select dossier_code, unit_code, holding_code, delay_seconds, dossier_delay_seconds, has_log, "
        "claimed_cause_code, claimed_cause_unit_code from fct_dossier_delays order by all"
    ).fetchall()
    assert rows == [
        # Due on 10/03 at 08:00, done on 11/03 at 09:00; nobody knows where it lay.
        ("late_without_log", "H99.01", "unlogged", 32400, 32400, False, None, None),
        ("three_units_over_tet", "H99.02", "processing", 57600, 57600, True, "other_agency", "H99.03"),
        ("waits_when_late", "H99.01", "processing", 7200, 43200, True, None, None),
        ("waits_when_late", "H99.02", "processing", 7200, 43200, True, None, None),
        ("waits_when_late", "H99.31", "waiting", 28800, 43200, True, None, None),
    ]


def test_times_per_level_leave_out_what_comes_after_the_finish(served):
    rows = served.execute(
        "select level_code, unit_code, section_code, procedure_code, time_kind_code, step_count, median_seconds, "
        "p90_seconds, total_seconds, late_step_count, handed_over_count, rework_count from fct_step_times "
        "where period_code = '2026-Q1' and activity_name in ('Thẩm định', 'Đã bổ sung', 'Trả kết quả') order by all"
    ).fetchall()
    review = (28800, 32400, 57600, 7200)
    assert [row for row in rows if row[0] == "authority"] == [
        ("authority", "H99", "*", "*", "wait", 2, 37800, 45000, 75600, 0, 2, 0),
        ("authority", "H99", "*", "*", "work", 4, 30600, 50040, sum(review), 1, 4, 1),
    ]
    assert ("procedure", "H99.01", "P01", "P5", "work", 3, 28800, 51840, 93600, 0, 3, 1) in rows
    assert ("section", "H99.31", "-", "*", "wait", 2, 37800, 45000, 75600, 0, 2, 0) in rows


def story(served, dossier_code: str) -> Story:
    """What the page and the command tell of one dossier."""

    def ask(sql: str, arguments: list) -> list[dict]:
        found = served.execute(sql, arguments)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    (told,) = dossier_stories(ask, dossier_code)
    return told


def test_a_dossier_late_by_the_appointment_date_alone_has_its_steps_and_the_reason_for_no_delay(served):
    told = story(served, "late_by_appointment_only")
    assert ("Đơn vị giải quyết", "H99.01 – H99.01, bộ phận P01") in told.facts
    assert told.steps[1] == (
        "Xem xét",
        "H99.01, bộ phận P01; từ 09/03/2026 08:00 đến 10/03/2026 08:00; 1 ngày làm việc",
    )
    assert len(told.steps) == 3 and not told.delays
    assert told.delay_note == "Không chia phần trễ: so với hạn tính lại (16/03/2026) hồ sơ xong trước hạn."


def test_what_a_delay_is_measured_from_is_told(served):
    told = story(served, "waits_when_late")
    assert told.delays == (
        ("H99.31", "1 trong tổng 1,5 ngày làm việc trễ, khi chờ người nộp hoặc tạm dừng"),
        ("H99.01", "2 giờ làm việc trong tổng 1,5 ngày làm việc trễ, khi đang xử lý"),
        ("H99.02", "2 giờ làm việc trong tổng 1,5 ngày làm việc trễ, khi đang xử lý"),
    )
    assert told.delay_note == (
        "Trễ so với hạn tính lại 27/02/2026 08:00, đến 02/03/2026 14:00, tính theo giờ làm việc, một ngày 8 giờ."
    )


def test_nothing_is_told_of_the_delay_of_a_dossier_that_is_not_late(served):
    told = story(served, "still_open")
    assert told.steps and not told.delays and told.delay_note is None
