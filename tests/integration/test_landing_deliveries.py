"""Deliveries: real files, the ledger, the gate, and what a killed or waiting process leaves behind."""

import csv
import datetime as dt
import fcntl
import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.commands import load_files
from dagster_project.console import Console
from dagster_project.landing import deliveries
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings
from expectations.results import RuleResult
from expectations.runner import GateReport

pytestmark = pytest.mark.integration

REAL = Path(__file__).parents[1] / "fixtures" / "real"
HOME = dt.timezone(dt.timedelta(hours=7))
EVENTS = """authority_code,dossier_code,event_code,activity_name,occurred_at
H99,D1,1,Tiếp nhận,2026-01-05 08:00:00
H99,D1,2,Thẩm định,2026-01-06 08:00:00
H98,D2,1,Tiếp nhận,2030-01-01 08:00:00
H98,D2,2,Thẩm định,không rõ
"""


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path / "data")


@pytest.fixture
def events_file(tmp_path):
    path = tmp_path / "nhật ký.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return path


def landed(settings, delivery, columns="*"):
    path = deliveries.landed_path(settings, delivery.source_code, delivery.delivery_id)
    return duckdb.sql(f"select {columns} from '{path}' order by source_row_number").fetchall()


def home_time(text):
    """The same instant computed by Python alone."""
    return dt.datetime.fromisoformat(text).astimezone(HOME).replace(tzinfo=None) if text else None


def files_under(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_phu_tho_lands_whole_with_its_published_totals_and_its_period(settings):
    done = land_file(REAL / "qd766_phutho_ontime_2026.csv", settings).delivery
    assert (done.layout_code, done.rows_read, done.rows_accepted) == ("qd766_on_time_table", 163, 163)
    rows = landed(settings, done, "denominator_count, numerator_count, overdue_count")
    assert [sum(values) for values in zip(*rows, strict=True)] == [597918, 528684, 69234]
    period = "distinct authority_code, period_start_date, period_end_date, definition_code, publisher_name"
    path = deliveries.landed_path(settings, done.source_code, done.delivery_id)
    assert duckdb.sql(f"select {period} from '{path}'").fetchall() == [
        ("H44", dt.date(2026, 1, 1), dt.date(2026, 9, 26), "qd766", "Cổng Dịch vụ công quốc gia")
    ]
    first = landed(settings, done, "source_row_number, unit_code, unit_bloc_code, declared_percent")[0]
    assert first == (7, "H44.01", "department", Decimal("96.89"))


def test_a_preamble_without_the_period_is_refused(settings, tmp_path):
    text = (REAL / "qd766_phutho_ontime_2026.csv").read_text(encoding="utf-8")
    path = tmp_path / "cắt.csv"
    path.write_text("".join(line for line in text.splitlines(True) if line[0] != "#"), encoding="utf-8")
    error = str(land_file(path, settings).error)
    assert 'không tìm thấy "Ngày đầu kỳ số liệu" (mã chuẩn period_start_date)' in error


def test_wabo_cases_keep_every_instant(settings):
    done = land_file(REAL / "wabo_receipt_cases.csv", settings).delivery
    assert done.rows_accepted == 1434
    assert done.withheld_columns == ["responsible"]
    assert done.authority_codes == ["NL-WABO"]
    with (REAL / "wabo_receipt_cases.csv").open(encoding="utf-8", newline="") as handle:
        expected = [
            (row["case_id"], *(home_time(row[name]) for name in ("startdate", "deadline", "enddate")))
            for row in csv.DictReader(handle)
        ]
    assert landed(settings, done, "dossier_code, received_at, due_at, completed_at") == expected
    late = sum(1 for _, _, due, end in expected if end and end > due)
    on_time = sum(1 for _, _, due, end in expected if end and end <= due)
    assert (on_time, late) == (952, 377)


def test_wabo_events_keep_every_instant_and_their_blank_groups(settings):
    done = land_file(REAL / "wabo_receipt_phase.csv", settings).delivery
    assert (done.rows_read, done.rows_accepted) == (8577, 8577)
    assert done.withheld_columns == ["org:resource", "case:responsible"]
    with (REAL / "wabo_receipt_phase.csv").open(encoding="utf-8", newline="") as handle:
        expected = [
            (
                row["case:concept:name"],
                row["concept:instance"],
                home_time(row["time:timestamp"]),
                None if row["org:group"] == "EMPTY" else row["org:group"],
            )
            for row in csv.DictReader(handle)
        ]
    assert landed(settings, done, "dossier_code, event_code, occurred_at, section_code") == expected


def test_cao_bang_keeps_its_two_definitions_apart(settings):
    done = land_file(REAL / "declared_cao_bang_2021.csv", settings).delivery
    assert landed(settings, done, "definition_code, numerator_count, denominator_count, declared_percent") == [
        ("resolved", 5401, 5535, Decimal("97.58")),
        ("received", 516, 526, Decimal("98")),
    ]


def test_the_record_says_what_landed(settings, events_file):
    moment = dt.datetime(2026, 3, 1, 9, 30)
    done = land_file(events_file, settings, landed_at=moment).delivery
    content = events_file.read_bytes()
    parquet = deliveries.landed_path(settings, "one_stop__dossier_events", done.delivery_id)
    record = json.loads(deliveries.record_path(settings, done.delivery_id).read_text(encoding="utf-8"))
    assert record["file_sha256"] == hashlib.sha256(content).hexdigest()
    assert record["delivery_id"] == record["file_sha256"][:16]
    assert record["landed_parquet_sha256"] == hashlib.sha256(parquet.read_bytes()).hexdigest()
    assert (record["file_name"], record["file_size"]) == ("nhật ký.csv", len(content))
    assert record["landed_at"] == "2026-03-01T09:30:00.000000+07:00"
    assert record["authority_codes"] == ["H98", "H99"]
    # The moment in 2030 has not happened when the file lands: it does not date the delivery.
    assert (record["data_from_date"], record["data_until_date"]) == ("2026-01-05", "2026-01-06")
    counts = [record[f"rows_{kind}"] for kind in ("read", "accepted", "rejected", "ignored")]
    assert counts == [4, 3, 1, 0]
    assert deliveries.list_deliveries(settings) == [done]


def test_a_record_that_loses_a_row_cannot_be_made(settings, events_file):
    done = land_file(events_file, settings).delivery
    with pytest.raises(ValueError, match="rows are not conserved"):
        replace(done, rows_rejected=0)


def test_the_same_content_lands_once_whatever_its_name(settings, events_file, tmp_path):
    first = land_file(events_file, settings)
    before = files_under(settings.landing)
    copy = tmp_path / "bản sao.csv"
    copy.write_bytes(events_file.read_bytes())
    again = land_file(copy, settings)
    assert (again.status, again.delivery) == ("already_landed", first.delivery)
    assert files_under(settings.landing) == before


def test_the_same_file_gives_the_same_parquet_bytes(events_file, tmp_path):
    moment = dt.datetime(2026, 3, 1)
    one = load_settings(tmp_path / "một")
    two = load_settings(tmp_path / "hai")
    land_file(events_file, one, landed_at=moment)
    land_file(events_file, two, landed_at=moment)
    assert files_under(one.landing) == files_under(two.landing)


def outdated(settings, delivery):
    """Make the ledger look as if an older version of the layout had landed this file."""
    path = deliveries.record_path(settings, delivery.delivery_id)
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "layout_hash": "older"}), encoding="utf-8")


def test_a_changed_layout_lands_the_file_anew(settings, events_file):
    first = land_file(events_file, settings).delivery
    outdated(settings, first)
    again = land_file(events_file, settings)
    assert again.status == "landed"
    assert again.delivery.layout_hash == first.layout_hash
    assert len(deliveries.list_deliveries(settings)) == 1


def rule(effect, is_passed):
    return RuleResult(
        gate_code=1,
        subject_name="x",
        rule_code="r1",
        rule_text="Mã hồ sơ không trùng",
        effect_code=effect,
        is_passed=is_passed,
        checked_count=3,
        failed_count=0 if is_passed else 2,
        sample=[] if is_passed else ["D1", "D2"],
    )


def report(*results):
    nothing = {name: pa.array([], pa.string()) for name in ("rule_code", "effect_code", "rule_text", "column_name")}
    return GateReport(list(results), pa.table({**nothing, "source_row_number": pa.array([], pa.int64())}))


def test_the_gate_sees_the_typed_rows_before_anybody_else(settings, events_file):
    seen = []

    def gate(source, parquet, delivery_id, _landed_date):
        count = duckdb.sql(f"select count(*) from '{parquet}'").fetchone()
        seen.append((source, delivery_id, count, deliveries.list_deliveries(settings)))
        return report(rule("refuse_file", True), rule("report", False))

    done = land_file(events_file, settings, gate=gate).delivery
    assert seen == [("one_stop__dossier_events", done.delivery_id, (3,), [])]
    assert [result["is_passed"] for result in done.rule_results] == [True, False]
    assert deliveries.read_delivery(settings, done.delivery_id) == done


def test_a_failed_gate_refuses_the_file_and_leaves_an_earlier_landing_alone(settings, events_file):
    done = land_file(events_file, settings).delivery
    outdated(settings, done)
    before = files_under(settings.root)
    result = land_file(events_file, settings, gate=lambda *_: report(rule("refuse_file", False)))
    assert str(result.error) == (
        'Tệp "nhật ký.csv": không đạt kiểm tra đầu vào: Mã hồ sơ không trùng (2 trên 3 sai, ví dụ D1, D2). '
        "Hãy sửa trong tệp rồi nạp lại."
    )
    assert files_under(settings.root) == before


def test_what_a_system_exported_is_mended_there(settings):
    result = land_file(
        REAL / "qd766_phutho_ontime_2026.csv", settings, gate=lambda *_: report(rule("refuse_file", False))
    )
    assert str(result.error).endswith("Hãy sửa ở hệ thống nguồn rồi xuất và nạp lại.")


def test_a_crash_inside_the_gate_leaves_nothing(settings, events_file):
    def gate(*_):
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        land_file(events_file, settings, gate=gate)
    assert files_under(settings.root) == {}


LAND = """
import os, signal, sys
from pathlib import Path
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings

root, path, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
changes = 0

def hook(event, args):
    # Every change of a name under the data root, just before it happens.
    global changes
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir") and str(args[0]).startswith(root):
        if changes == last:
            os.kill(os.getpid(), signal.SIGKILL)
        changes += 1

sys.addaudithook(hook)
print(land_file(Path(path), load_settings(root)).status)
"""


GROW = """
import sys
from pathlib import Path
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings

root, path = sys.argv[1], Path(sys.argv[2])
lengthened = False

def hook(event, args):
    # The work folder is made between hashing the file and reading its rows.
    global lengthened
    if event == "os.mkdir" and str(args[0]).endswith(".work") and not lengthened:
        lengthened = True
        with path.open("a", encoding="utf-8") as handle:
            handle.write("H99,D3,1,Tiếp nhận,2026-01-05 08:00:00\\n")

sys.addaudithook(hook)
print(land_file(path, load_settings(root)).error)
"""


def run_land(settings, path, last):
    command = [sys.executable, "-c", LAND, str(settings.root), str(path), str(last)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_whole(settings, expected_rejects=1):
    """Everything the ledger shows is there in full; gives the number of deliveries shown."""
    shown = deliveries.list_deliveries(settings)
    for delivery in shown:
        path = deliveries.landed_path(settings, delivery.source_code, delivery.delivery_id)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == delivery.landed_parquet_sha256
        assert len(landed(settings, delivery)) == delivery.rows_accepted
        rejected = deliveries.rejected_path(settings, delivery.source_code, delivery.delivery_id)
        count = duckdb.sql(f"select count(distinct source_row_number) from '{rejected}'").fetchone()
        assert count == (delivery.rows_rejected,) == (expected_rejects,)
    return len(shown)


def test_killed_at_any_change_of_a_file_all_or_nothing_shows_and_the_next_load_heals(events_file, tmp_path):
    """A delivery is landed anew, which takes every step of a first landing and the removal of the old."""
    shown_after_kill = set()
    last, killed = 0, True
    while killed:
        trial = load_settings(tmp_path / f"data{last}")
        outdated(trial, land_file(events_file, trial).delivery)
        done = run_land(trial, events_file, last)
        killed = done.returncode == -9
        shown_after_kill.add(assert_whole(trial))
        healed = land_file(events_file, trial)
        assert healed.status in ("landed", "already_landed")
        assert assert_whole(trial) == 1
        delivery_id = healed.delivery.delivery_id
        beside = set(files_under(trial.landing)) - {
            f"_deliveries/{delivery_id}.json",
            f"_rejected/one_stop__dossier_events/{delivery_id}.parquet",
            f"one_stop__dossier_events/{delivery_id}.parquet",
        }
        # Killed after the record: the file is not loaded again, so the work folder waits for the next load.
        allowed = ".work/" if healed.status == "already_landed" else "nothing"
        assert all(name.startswith(allowed) for name in beside)
        last += 1
    assert done.stdout == "landed\n" and done.stderr == ""
    assert last > 6
    assert shown_after_kill == {0, 1}


def test_a_file_that_changes_while_it_is_loaded_is_refused(settings, events_file):
    command = [sys.executable, "-c", GROW, str(settings.root), str(events_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "tệp bị thay đổi trong lúc nạp. Hãy chờ chép xong rồi nạp lại." in done.stdout
    assert deliveries.list_deliveries(settings) == []


def test_leftovers_of_a_killed_run_are_cleared_by_the_next_load_of_anything(settings, events_file):
    orphan = deliveries.landed_path(settings, "survey__answers", "0123456789abcdef")
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"never recorded")
    work = settings.landing / ".work" / "dead"
    work.mkdir(parents=True)
    (work / "raw.parquet").write_bytes(b"half")
    land_file(events_file, settings)
    assert not orphan.exists()
    assert not (settings.landing / ".work").exists()


def test_a_second_load_waits_for_the_first(settings, events_file):
    settings.landing.mkdir(parents=True)
    command = [sys.executable, "-c", LAND, str(settings.root), str(events_file), "1000"]
    with (settings.landing / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
            time.sleep(2)
            assert waiting.poll() is None
            assert deliveries.list_deliveries(settings) == []
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert waiting.communicate(timeout=60)[0] == "landed\n"
    assert land_file(events_file, settings).status == "already_landed"


def test_a_delivery_judged_by_other_rules_is_landed_and_judged_anew(settings, events_file):
    judged = []

    def gate(source, *_):
        judged.append(source)
        return report(rule("report", True))

    def land(version):
        return land_file(events_file, settings, gate=gate, rules_version=lambda source: f"{source}-{version}").status

    assert [land(1), land(1), land(2), land(2)] == ["landed", "already_landed", "landed", "already_landed"]
    assert judged == ["one_stop__dossier_events"] * 2
    (done,) = deliveries.list_deliveries(settings)
    assert done.rules_hash == "one_stop__dossier_events-2"


def test_of_many_files_each_one_with_rejected_rows_is_told(settings, tmp_path, capsys):
    for number in range(12):
        day = "không rõ" if number == 6 else "2026-01-06 08:00:00"
        text = EVENTS.replace("không rõ", day).replace("D1", f"D{number}").replace("2030", "2026")
        (tmp_path / f"tệp {number:02}.csv").write_text(text, encoding="utf-8")
    load_files([*sorted(tmp_path.glob("*.csv"))], settings, Console())
    told = capsys.readouterr().err
    assert 'Đã nạp: tệp "tệp 06.csv"' in told and "nhận 3, loại 1" in told
    assert 'tệp "tệp 01.csv"' in told, "every tenth part"
    assert 'tệp "tệp 00.csv"' not in told
