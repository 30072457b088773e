"""Rules of time that a citizen could argue with: dossiers landed as files, judged by a real build.

`tests/fixtures/time/cases.csv` holds one dossier per rule, why, and what is expected. Tết 2026 is 16–20/02; 22/08 is a
working Saturday for 31/08; 27/04, 30/04 and 01/05 are days off. `tests/fixtures/around/` holds what happens around
a dossier, of another authority (H97) in the same build: supplements, letters, backlog, hand-over, officers. 29/10/2026
is its own day off, and H97.01 opens on Saturday mornings.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

CASES = Path(__file__).parents[1] / "fixtures" / "time"
AROUND = CASES.with_name("around")
AS_OF = dt.date(2026, 10, 31)
AUTHORITY = {"authority_code": "H99"}
OTHER_AUTHORITY = {"authority_code": "H97"}


def read(name: str, folder: Path = CASES) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as handle:
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


def write_around(inbox: Path) -> None:
    """The files of the other authority; what a test expects of a row is left out."""
    for name in ("dossiers", "supplements", "letters"):
        rows = [
            OTHER_AUTHORITY
            | {column: value for column, value in row.items() if column != "why" and "expected" not in column}
            for row in read(f"{name}.csv", AROUND)
        ]
        write(inbox / f"around_{name}.csv", rows)
        if name == "dossiers":
            write(inbox / "around_dossiers_early.csv", [row for row in rows if row["dossier_code"] == "letter_broken"])
    limits = [row for row in read("procedures.csv") if row["procedure_code"] != "changed"]
    named = {"procedure_name": "Thử", "domain_name": "Thử"}
    write(inbox / "around_procedures.csv", [OTHER_AUTHORITY | named | row for row in limits])
    day_off = {"calendar_date": "2026-10-29", "kind_code": "holiday", "is_confirmed": "Có"}
    write(inbox / "around_days_off.csv", [OTHER_AUTHORITY | day_off])
    saturday = {"unit_code": "H97.01", "iso_weekday": "6", "opens_at": "07:30", "closes_at": "11:30"}
    other = {"is_time_limit": "Không", "valid_from_date": "2020-01-01", "is_confirmed": "Có"}
    write(inbox / "around_hours.csv", [OTHER_AUTHORITY | saturday | other])


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
    write_around(inbox)
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
    sql = "select count(*), count(distinct dossier_code) from fct_dossiers where authority_code = 'H99'"
    assert served.execute(sql).fetchone() == (count, count)


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


def test_a_receipt_moved_afterwards_is_told_and_moves_no_limit(served):
    first, moved = dt.datetime(2026, 3, 2, 9), dt.datetime(2026, 3, 9, 9)
    assert served.execute(
        "select received_at, first_received_at, difference_cause_code from fct_dossiers "
        "where dossier_code = 'received_again'"
    ).fetchall() == [(moved, first, "receipt_changed")]
    assert served.execute(
        "select date_kind_code, old_at, new_at, effect_code from fct_dossier_date_changes "
        "where dossier_code = 'received_again'"
    ).fetchall() == [("received", first, moved, "still_met")]


def test_a_limit_that_ends_past_the_known_calendar_has_its_own_cause(served):
    assert served.execute(
        "select limit_value, difference_cause_code from fct_dossiers where dossier_code = 'past_the_calendar'"
    ).fetchall() == [(60, "calendar_unknown")]


def test_what_to_look_at_again_stands_with_the_dossier(served):
    rows = served.execute(
        "select dossier_code, source_code, flagged_row_count from fct_dossier_flags "
        "where reason_code = 'dossiers.received_at_not_after_completed'"
    ).fetchall()
    assert rows == [("finish_before_receipt", "one_stop__dossiers", 1)]


def test_what_to_look_at_again_is_explained(built_cases, cchc):
    told = explained(built_cases, cchc, "finish_before_receipt").stdout
    assert "Điều cần xem lại\n  Danh sách hồ sơ: Không đạt: " in told


def test_stops_that_did_not_count_are_told(served):
    rows = served.execute(
        "select dossier_code, counted_stop_count, uncounted_stop_count from fct_dossiers "
        "where authority_code = 'H99' and counted_stop_count + uncounted_stop_count > 0 order by 1"
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
  03/03/2026 09:00  Tạm dừng tính thời hạn đến 04/03/2026 09:00: cộng 1 ngày làm việc vào hạn
  03/03/2026 09:00  Yêu cầu bổ sung lần 1 (nhận 04/03/2026 09:00): còn 4 ngày làm việc đến hạn
  06/03/2026 09:00  Tạm dừng tính thời hạn đến 09/03/2026 09:00: cộng 1 ngày làm việc vào hạn
  06/03/2026 09:00  Yêu cầu bổ sung lần 2 (nhận 09/03/2026 09:00): còn 2 ngày làm việc đến hạn, vào những ngày cuối
  11/03/2026 09:00  Kết thúc xử lý
Kết luận
  Theo ngày hẹn trả đang ghi (không có): theo ngày không có hạn để so; theo giờ không có hạn để so
  Theo ngày hẹn trả ghi lần đầu (không có): theo ngày không có hạn để so; theo giờ không có hạn để so
  Theo hạn tính lại (11/03/2026 09:00): theo ngày đúng hạn; theo giờ đúng hạn
  Nơi gửi tệp ghi: không ghi
  Cổng Dịch vụ công quốc gia: chưa có bản xuất nào của Cổng nói đến ngày tiếp nhận này
  Kết luận tính lại khác ngày hẹn đang ghi vì tệp không ghi ngày hẹn trả.
  Hạn tính lại theo giờ làm việc, lịch nghỉ và cách cộng thời gian chờ của kho, chưa được văn bản nào xác nhận.
Theo từng định nghĩa
  Đúng hạn / đã giải quyết: không tính: không có ngày hẹn trả
    kỳ có ngày kết thúc; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so theo ngày
  Đúng hạn theo hẹn lần đầu (chưa được xác nhận): không tính: không có ngày hẹn trả
    kỳ có ngày kết thúc; kết thúc 11/03/2026 09:00; không có ngày hẹn trả ghi lần đầu; so theo ngày
  Đúng hạn theo hạn tính lại (chưa được xác nhận): tính là đúng hạn
    kỳ có ngày kết thúc; kết thúc ghi lần đầu 11/03/2026 09:00; hạn tính lại 11/03/2026 09:00; so theo ngày
  Đúng hạn theo giờ phút: không tính: không có ngày hẹn trả
    kỳ có ngày kết thúc; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so đến giờ phút
  Đúng hạn / tiếp nhận: không tính: không có ngày hẹn trả
    kỳ có ngày tiếp nhận; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so theo ngày
  Đúng hạn / đã trả: chưa tính: chưa trả kết quả
    kỳ có ngày trả kết quả; chưa trả kết quả; không có ngày hẹn trả; so đến giờ phút
  Đúng hạn biểu 06a (chưa được xác nhận): tính là đúng hạn, dù không có ngày hẹn trả
    kỳ có ngày kết thúc; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so theo ngày
  Đúng hạn QĐ 766: tính là quá hạn; có yêu cầu bổ sung từ hai lần
    kỳ có ngày tiếp nhận; kết thúc 11/03/2026 09:00; hạn tính lại 11/03/2026 09:00; so theo ngày
  Đúng hạn / phải xử lý: không tính: không có ngày hẹn trả
    mọi kỳ từ tiếp nhận đến kết thúc; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so theo ngày
  Đúng hạn / đến hạn: không tính: không có ngày hẹn trả
    kỳ có ngày hẹn trả; kết thúc 11/03/2026 09:00; không có ngày hẹn trả; so theo ngày
  Đúng hạn theo ô hệ thống ghi: không tính: hệ thống không ghi đúng hay quá hạn
    kỳ có ngày kết thúc; hệ thống ghi «không ghi»; theo ô hệ thống ghi
Điều cần xem lại
  Danh sách hồ sơ: Không đạt: Hồ sơ có ngày hẹn trả"""
    )


def test_a_stop_that_did_not_count_is_explained(built_cases, cchc):
    told = explained(built_cases, cchc, "stop_after_the_limit", "--authority", "H99").stdout
    assert (
        "10/03/2026 09:00  Tạm dừng tính thời hạn đến 13/03/2026 09:00: không được tính, vì khi dừng thời hạn đã hết"
        in told
    )
    assert "Theo hạn tính lại (09/03/2026 09:00): theo ngày quá hạn; theo giờ quá hạn" in told


def test_letters_and_versions_are_explained(built_cases, cchc):
    told = explained(built_cases, cchc, "letter_broken").stdout
    letter = "hẹn lại 13/03/2026 09:00, gửi không kịp trước hạn, cấp phó ký, chậm do đơn vị giải quyết"
    assert f"09/03/2026 09:00  Gửi phiếu xin lỗi 2/PXL: {letter}, không giữ được ngày hẹn mới\n" in told
    dates = "tiếp nhận 02/03/2026 09:00, hẹn trả 09/03/2026 09:00, kết thúc 16/03/2026 10:00, "
    assert f"Tệp «around_dossiers_early.csv» (lần 1) ghi: {dates}" in told
    assert f"Tệp «around_dossiers.csv» (lần 2) ghi: {dates}" in told
    told = explained(built_cases, cchc, "letter_not_sent").stdout
    assert "23/10/2026 08:00  Lập phiếu xin lỗi 5/PXL, chưa gửi: hẹn lại 10/11/2026 09:00\n" in told
    told = explained(built_cases, cchc, "letter_still_open").stdout
    assert "gửi trước hạn, người đứng đầu ký, ngày hẹn mới chưa qua\n" in told
    told = explained(built_cases, cchc, "letter_without_a_day").stdout
    assert "Gửi phiếu xin lỗi 3/PXL: không hẹn lại ngày trả, gửi trước hạn, phiếu không ghi ai ký\n" in told
    told = explained(built_cases, cchc, "asked_when_late").stdout
    assert "Yêu cầu bổ sung lần 1 (nhận 12/03/2026 09:00): hạn đã qua 2 ngày làm việc, vào những ngày cuối\n" in told
    told = explained(built_cases, cchc, "open_no_due_date").stdout
    assert "Yêu cầu bổ sung lần 1 (chưa nhận): không biết còn bao nhiêu ngày đến hạn\n" in told


def test_an_unknown_dossier_is_told(built_cases, cchc):
    done = explained(built_cases, cchc, "restart", "--authority", "H98")
    assert done.returncode == 1 and done.stdout == ""
    assert "không có hồ sơ «restart» của H98" in done.stderr


# --- around the dossier


def flag(text: str) -> bool | None:
    return {"true": True, "false": False, "": None}[text]


def number(text: str) -> int | None:
    return int(text) if text else None


def of_h97(connection, columns: str, table: str, order: str = "dossier_code") -> list[tuple]:
    return connection.execute(
        f"select {columns} from {table} where authority_code = 'H97' order by {order} nulls last"
    ).fetchall()


@pytest.fixture(scope="module")
def attributed(built_cases):
    """What indicators count of each dossier of H97, by dossier code; no published table holds it."""
    with duckdb.connect(str(built_cases.warehouse_file), read_only=True) as connection:
        sql = "select * from intermediate.int_dossiers_attributed where authority_code = 'H97'"
        rows = connection.execute(sql).fetch_arrow_table().to_pylist()
    return {row["dossier_code"]: row for row in rows}


def test_supplement_requests_and_the_days_they_left(served):
    columns = (
        "dossier_code, supplement_code, request_number, working_days_since_received, working_days_left, "
        "due_basis_code, is_asked_on_last_days"
    )
    found = of_h97(served, columns, "fct_dossier_supplements", "dossier_code, supplement_code")
    expected = [
        (
            row["dossier_code"],
            row["supplement_code"],
            int(row["expected_number"]),
            int(row["expected_days_since"]),
            number(row["expected_days_left"]),
            row["expected_basis"] or None,
            flag(row["expected_last_days"]),
        )
        for row in read("supplements.csv", AROUND)
        if row["expected_number"]
    ]
    assert found == sorted(expected)


def test_supplements_of_a_dossier_are_counted(attributed):
    twice = attributed["asked_twice"]
    assert (twice["supplement_request_count"], twice["is_supplemented_twice"]) == (2, True)
    assert twice["second_requested_at"] == dt.datetime(2026, 3, 9, 10)
    assert twice["is_supplemented_on_last_days"] is True
    listed = attributed["asked_says_the_list"]
    assert (listed["supplement_request_count"], listed["is_supplemented_on_last_days"]) == (2, None)
    assert attributed["asked_before_reception"]["supplement_request_count"] == 0
    assert attributed["no_letter"]["is_supplemented_twice"] is False


def test_apology_letters_and_the_dates_they_promise(served):
    found = of_h97(
        served, "dossier_code, is_before_due, is_new_date_kept, is_signed_by_head, has_new_date", "fct_apology_letters"
    )
    expected = [
        (
            row["dossier_code"],
            flag(row["expected_before_due"]),
            flag(row["expected_new_date_kept"]),
            flag(row["expected_by_head"]),
            row["due_at_after"] != "",
        )
        for row in read("letters.csv", AROUND)
    ]
    assert found == sorted(expected)


def test_late_dossiers_have_or_lack_their_letter(attributed):
    names = (
        "has_apology_letter",
        "is_notified_before_due",
        "is_letter_signed_by_head",
        "has_new_date",
        "is_new_date_kept",
    )
    told = {code: tuple(row[name] for name in names) for code, row in attributed.items() if "letter" in code}
    assert told == {
        "letter_kept": (True, True, True, True, True),
        "letter_broken": (True, False, False, True, False),
        "letter_without_a_day": (True, True, None, False, None),
        "letter_of_another": (True, True, True, True, True),
        "letter_not_sent": (False, False, None, False, None),
        "letter_still_open": (True, True, True, True, None),
        "letter_open_and_past": (True, True, True, True, False),
        "no_letter": (False, False, None, False, None),
    }
    # In time, so no letter is due.
    assert attributed["not_handed_over"]["has_apology_letter"] is None


def test_an_authority_that_sends_no_letters_has_no_data_of_them(built_cases):
    with duckdb.connect(str(built_cases.warehouse_file), read_only=True) as connection:
        counts = connection.execute(
            "select count(*), count(has_apology_letter), count(is_waiting_for_hand_over), "
            "count(supplement_request_count), count(is_fee_paid_online), count(is_received_on_opened_day_off) "
            "from intermediate.int_dossiers_attributed where authority_code = 'H99'"
        ).fetchone()
    rows = len(read("cases.csv"))
    # It sends supplements, so none on record is none.
    assert counts == (rows, 0, 0, rows, 0, 0)


OPEN = {
    "letter_not_sent": (-3, "late_1_5", False),
    "letter_open_and_past": (-8, "late_6_10", False),
    "letter_still_open": (-3, "late_1_5", False),
    "open_due_in_1": (1, "due_in_1", False),
    "open_due_in_3": (3, "due_in_2_3", False),
    "open_due_on_a_sunday": (0, "due_today", False),
    "open_late_30": (-30, "late_11_30", False),
    "open_late_31": (-31, "late_over_30", False),
    "open_late_by_own_calendar": (-1, "late_1_5", False),
    "open_late_on_a_saturday": (0, "late_1_5", False),
    "open_later": (4, "later", False),
    "open_next_year": (None, "unknown", False),
    "open_no_due_date": (None, "no_due_date", True),
    "open_recomputed": (0, "late_1_5", False),
    "open_waiting": (None, "late_over_30", True),
}


def test_open_dossiers_by_working_days_left(served):
    found = of_h97(served, "dossier_code, working_days_left, ageing_band_code, is_waiting", "rpt_open_dossiers")
    told = {code: (None if code == "open_waiting" else days, band, waits) for code, days, band, waits in found}
    assert told == OPEN
    assert len(found) == len(OPEN)


def test_the_recomputed_due_date_stands_beside_the_one_on_file(served):
    sql = "recomputed_due_at, recomputed_working_days_left, is_overdue, timeliness_recomputed_by_date_code"
    rows = served.execute(f"select {sql} from rpt_open_dossiers where dossier_code = 'open_recomputed'").fetchall()
    assert rows == [(dt.datetime(2026, 11, 2, 9), 1, True, "open_in_time")]


def test_days_overdue_are_of_the_authoritys_own_calendar(served):
    sql = "select overdue_working_days from fct_dossiers where dossier_code = 'open_late_by_own_calendar'"
    assert served.execute(sql).fetchall() == [(1,)]


def test_bands_add_up_to_the_open_dossiers(served):
    bands = served.execute(
        "select authority_code, unit_code, sum(open_count), sum(waiting_count), count(*) "
        "from rpt_backlog_ages group by 1, 2"
    ).fetchall()
    dossiers = served.execute(
        "select authority_code, unit_code, count(*), count(*) filter (where is_waiting), 10 from ("
        "select authority_code, resolving_unit_code as unit_code, is_waiting from rpt_open_dossiers "
        "union all select authority_code, authority_code, is_waiting from rpt_open_dossiers) group by 1, 2"
    ).fetchall()
    assert sorted(bands) == sorted(dossiers) and len(bands) == 5
    open_in_facts = "select count(*) from fct_dossiers where is_counted and not is_closed"
    assert (
        served.execute(open_in_facts).fetchone() == served.execute("select count(*) from rpt_open_dossiers").fetchone()
    )


def test_what_is_finished_but_not_handed_over(served):
    assert of_h97(served, "dossier_code, waiting_working_days", "rpt_handover_gaps") == [("not_handed_over", 1)]
    found = of_h97(served, "unit_code, gap_count, maximum_waiting_working_days", "rpt_unit_handover_gaps", "unit_code")
    assert found == [("H97", 1, 1), ("H97.01", 0, None), ("H97.02", 1, 1)]
    finished = sum(row["status_code"] in ("9", "10") for row in read("dossiers.csv", AROUND))
    assert of_h97(served, "max(finished_count)", "rpt_unit_handover_gaps", "1") == [(finished,)]
    assert served.execute("select count(*) from rpt_handover_gaps where authority_code = 'H99'").fetchone() == (0,)


def test_payment_return_and_saturdays(attributed):
    def told(code: str, *names: str) -> tuple:
        return tuple(attributed[code][name] for name in names)

    payment = ("is_fee_paid", "is_fee_paid_online")
    assert told("asked_twice", *payment) == (True, True)
    assert told("asked_at_opening", *payment) == (True, False)
    assert told("asked_in_calendar_days", *payment) == (False, None)
    assert told("no_letter", *payment) == (None, None)
    assert told("asked_twice", "is_returned_by_post") == (True,)
    assert told("asked_at_opening", "is_returned_by_post") == (False,)
    assert told("asked_when_late", "is_returned_by_post") == (None,)
    saturday = "is_received_on_opened_day_off"
    assert told("on_an_opened_saturday", saturday) == (True,)
    assert told("asked_twice", saturday) == (False,)
    assert told("on_a_saturday_elsewhere", saturday) == (None,)


def test_officers_late_again_and_again(served):
    columns = (
        "unit_code, late_count, justified_count, first_completed_date, last_completed_date, threshold_count, "
        "threshold_months"
    )
    assert of_h97(served, columns, "rpt_repeat_late_officers", "first_completed_date") == [
        ("H97.02", 3, 0, dt.date(2025, 11, 1), dt.date(2026, 3, 18), 2, 12),
        ("H97.02", 3, 1, dt.date(2026, 3, 13), dt.date(2026, 3, 16), 2, 12),
    ]
    for (key,) in of_h97(served, "officer_key", "rpt_repeat_late_officers", "1"):
        assert re.fullmatch("[0-9a-f]{32}", key)
