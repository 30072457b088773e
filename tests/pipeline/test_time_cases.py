"""Rules of time that a citizen could argue with: dossiers landed as files, judged by a real build.

`tests/fixtures/time/cases.csv` holds one dossier per rule, why, and what is expected. Tết 2026 is 16–20/02; 22/08 is a
working Saturday for 31/08; 27/04, 30/04 and 01/05 are days off.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

CASES = Path(__file__).parents[1] / "fixtures" / "time"
AS_OF = dt.date(2026, 10, 31)
AUTHORITY = {"authority_code": "H99"}


def read(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def dossier(case: dict[str, str]) -> dict[str, str]:
    return AUTHORITY | {name: value for name, value in case.items() if name != "why" and "expected" not in name}


def stops(source: str, began: str, ended: str) -> list[dict[str, str]]:
    return [
        AUTHORITY
        | {
            "dossier_code": stop["dossier_code"],
            f"{source}_code": stop["stop_code"],
            began: stop["stopped_at"],
            ended: stop["resumed_at"],
            "clock_mode_code": stop["clock_mode_code"],
        }
        for stop in read("stops.csv")
        if stop["source"] == source
    ]


@pytest.fixture(scope="module")
def built_cases(tmp_path_factory) -> Settings:
    """A build of the cases alone; the national days off and hours come from the seeds, as always."""
    settings = Settings(root=tmp_path_factory.mktemp("time"))
    inbox = settings.inbox
    named = {"procedure_name": "Thử", "domain_name": "Thử"}
    write(inbox / "procedures.csv", [AUTHORITY | named | row for row in read("procedures.csv")])
    write(inbox / "dossiers.csv", [dossier(case) for case in read("cases.csv")])
    write(inbox / "supplements.csv", stops("supplement", "requested_at", "answered_at"))
    write(inbox / "pauses.csv", stops("pause", "paused_at", "resumed_at"))
    own = {"is_time_limit": "Có", "valid_from_date": "2020-01-01", "is_confirmed": "Có"}
    write(inbox / "hours.csv", [AUTHORITY | own | row for row in read("hours.csv")])
    assert not load_files([inbox], settings, Console()).refused
    # What the next export says of some of them.
    write(settings.root / "later" / "dossiers.csv", [AUTHORITY | row for row in read("later.csv")])
    assert not load_files([settings.root / "later"], settings, Console()).refused
    build(settings, print, as_of=AS_OF)
    return settings


@pytest.fixture(scope="module")
def served(built_cases):
    """The published tables of the build."""
    with duckdb.connect() as connection:
        for path in current_build(built_cases).folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        yield connection


@pytest.mark.parametrize("case", read("cases.csv"), ids=lambda case: case["dossier_code"])
def test_due_date_and_verdict(served, case):
    found = served.execute(
        "select recomputed_due_at, timeliness_recomputed_by_date_code, timeliness_recomputed_by_timestamp_code "
        "from fct_dossiers where dossier_code = ?",
        [case["dossier_code"]],
    ).fetchone()
    due = dt.datetime.fromisoformat(case["expected_due_at"]) if case["expected_due_at"] else None
    assert found == (due, case["expected_by_date"], case["expected_by_timestamp"]), case["why"]


def test_every_case_is_there_once(served):
    count = len(read("cases.csv"))
    assert served.execute("select count(*), count(distinct dossier_code) from fct_dossiers").fetchone() == (
        count,
        count,
    )


def test_a_dossier_that_came_again_is_what_the_newest_export_says(served):
    rows = served.execute(
        "select dossier_code, resolving_unit_code, state_code, completed_at, first_completed_at from fct_dossiers "
        "where dossier_code in ('reopened', 'finished_again', 'moved_at_the_break') order by 1"
    ).fetchall()
    first, last = dt.datetime(2026, 3, 6, 9), dt.datetime(2026, 3, 12, 9)
    moved = dt.datetime(2025, 7, 4, 8)
    assert rows == [
        ("finished_again", "H99.01", "finished", last, first),
        ("moved_at_the_break", "H99.51", "finished", moved, moved),
        ("reopened", "H99.01", "in_progress", None, None),
    ]


def test_stops_that_did_not_count_are_told(served):
    rows = served.execute(
        "select dossier_code, counted_stop_count, uncounted_stop_count from fct_dossiers "
        "where counted_stop_count + uncounted_stop_count > 0 order by 1"
    ).fetchall()
    assert rows == [
        ("calendar_stop_counts_the_weekend", 1, 0),
        ("overlapping_stops", 1, 0),
        ("restart", 1, 0),
        ("restart_after_the_limit", 0, 1),
        ("second_supplement", 2, 0),
        ("still_waiting", 1, 0),
        ("stop_after_the_limit", 0, 1),
        ("stop_over_a_holiday", 1, 0),
        ("waiting_since_it_was_late", 0, 1),
    ]


def explained(settings: Settings, cchc: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CCHC_DATA": str(settings.root)}
    command = [*cchc, "explain", "dossier", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_dossier_is_explained(built_cases, cchc):
    done = explained(built_cases, cchc, "second_supplement")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.rstrip()
        == """\
Hồ sơ second_supplement (H99)
  Thủ tục: wd5 – Thử
  Thời hạn vào ngày tiếp nhận: 5 ngày làm việc
  Đơn vị tiếp nhận: tệp không ghi
  Đơn vị giải quyết: H99.01 – H99.01
  Tình trạng vào ngày chốt: đã có kết quả
Diễn biến
  02/03/2026 09:00  Tiếp nhận
  03/03/2026 09:00  Dừng đồng hồ đến 04/03/2026 09:00: cộng 1 ngày làm việc vào hạn
  06/03/2026 09:00  Dừng đồng hồ đến 09/03/2026 09:00: cộng 1 ngày làm việc vào hạn
  11/03/2026 09:00  Kết thúc xử lý
Kết luận
  Theo ngày hẹn trả đang ghi (không có): theo ngày không có hạn để so; theo giờ không có hạn để so
  Theo ngày hẹn trả ghi lần đầu (không có): theo ngày không có hạn để so; theo giờ không có hạn để so
  Theo hạn tính lại (11/03/2026 09:00): theo ngày đúng hạn; theo giờ đúng hạn
  Nơi gửi tệp ghi: không ghi
  Cổng Dịch vụ công quốc gia: chưa có bản xuất nào của Cổng nói đến ngày tiếp nhận này
  Kết luận tính lại khác ngày hẹn đang ghi vì tệp không ghi ngày hẹn trả.
  Giờ làm việc, cách cộng thời gian chờ và ngày nghỉ chưa có văn bản là của các hệ thống đã đọc, chưa được xác nhận."""
    )


def test_a_stop_that_did_not_count_is_explained(built_cases, cchc):
    told = explained(built_cases, cchc, "stop_after_the_limit", "--authority", "H99").stdout
    assert "10/03/2026 09:00  Dừng đồng hồ đến 13/03/2026 09:00: không được tính, vì khi dừng thời hạn đã hết" in told
    assert "Theo hạn tính lại (09/03/2026 09:00): theo ngày quá hạn; theo giờ quá hạn" in told


def test_an_unknown_dossier_is_told(built_cases, cchc):
    done = explained(built_cases, cchc, "restart", "--authority", "H98")
    assert done.returncode == 1 and done.stdout == ""
    assert "không có hồ sơ «restart» của H98" in done.stderr
