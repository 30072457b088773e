"""Landing against hostile input: odd names, damaged storage, bombs, full disks, Ctrl-C. Nothing lands wrongly."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import xlsxwriter

from dagster_project.landing import deliveries, failures, xlsx_reader
from dagster_project.landing.errors import LandingError
from dagster_project.landing.load import STOPPED, land_file, land_paths
from dagster_project.settings import load_settings
from expectations.results import RuleResult
from expectations.runner import GateReport

pytestmark = pytest.mark.integration

HEADER = "authority_code,dossier_code,event_code,activity_name,occurred_at"
COLUMNS = HEADER.split(",")


def csv_text(*codes):
    return "\n".join([HEADER, *(f"H99,{code},1,Bước,2026-01-05 08:00:00" for code in codes)]) + "\n"


def codes(settings, result):
    path = deliveries.landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    rows = duckdb.execute("select dossier_code from read_parquet(?) order by source_row_number", [str(path)])
    return [code for (code,) in rows.fetchall()]


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path / "data")


@pytest.fixture
def land(tmp_path, settings):
    def run(content, name="tệp.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return land_file(path, settings, **options)

    return run


@pytest.mark.parametrize(
    "name",
    [
        os.fsdecode(b"\xff\xfe.csv"),
        "thang[1].csv",
        "thang*.csv",
        "thang?.csv",
        "-x.csv",
        "a\nb.csv",
        "x.csv.gz",
        "x.csv.zst",
        "it's.csv",
    ],
)
def test_exactly_the_named_file_is_read_whatever_its_name(land, settings, tmp_path, name):
    (tmp_path / "thang1.csv").write_text(csv_text("SAI"), encoding="utf-8")
    result = land(csv_text("A", "B"), name=name)
    assert codes(settings, result) == ["A", "B"]
    assert "\n" not in result.message
    result.message.encode("utf-8")
    assert deliveries.read_delivery(settings, result.delivery.delivery_id) == result.delivery


def test_a_workbook_is_one_whatever_its_name(settings, tmp_path):
    for name in ("sổ[1].xls", os.fsdecode(b"\xff.csv")):
        with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, COLUMNS)
            sheet.write_row(1, 0, ["H99", name[:1].encode("utf-8", "replace").decode(), "1", "B", "2026-01-05"])
        target = tmp_path / name
        (tmp_path / "x.xlsx").rename(target)
        assert land_file(target, settings).status == "landed"


@pytest.mark.parametrize("kind", ["landed", "rejected"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x" * path.stat().st_size)])
def test_loading_again_repairs_what_is_lost_or_damaged(land, settings, kind, damage):
    text = csv_text("A") + "H99,,,,\n"
    first = land(text).delivery
    find = deliveries.landed_path if kind == "landed" else deliveries.rejected_path
    path = find(settings, first.source_code, first.delivery_id)
    before = path.read_bytes()
    assert land(text).status == "already_landed"
    damage(path)
    again = land(text)
    assert again.status == "landed"
    assert path.read_bytes() == before
    # The place among the deliveries, and so what supersedes what, is not changed by a repair.
    assert again.delivery == first


def test_a_hundred_landed_files_are_known_again_within_a_second(settings, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(100):
        (inbox / f"{number}.csv").write_text(csv_text(f"D{number}"), encoding="utf-8")
    land_paths([inbox], settings)
    began = time.process_time()
    assert {result.status for result in land_paths([inbox], settings)} == {"already_landed"}
    assert time.process_time() - began < 1


def test_lines_that_end_in_a_carriage_return_alone(land, settings):
    result = land(csv_text("A", "B").replace("\n", "\r"))
    assert codes(settings, result) == ["A", "B"]
    inside = land('tiêu đề\rphụ,"x\n' + csv_text("C"), name="khác.csv")
    assert codes(settings, inside) == ["C"]


def workbook(path, change):
    """A workbook of one row whose sheet XML goes through ``change``."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, ["H99", "A", "1", "B", "2026-01-05"])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_last_row(row):
    return lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>")


CELL = b"<c><v>1</v></c>"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_last_row(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "dòng 1048576, cột thứ 16384"),
        (with_last_row(b"<row>" + CELL * 16384 + b'</row><row r="1048576">' + CELL + b"</row>"), "nằm ngoài giới hạn"),
        (with_last_row(b"<row>" + CELL * 9000 + b'</row><row r="9000">' + CELL + b"</row>"), "sổ tính quá lớn"),
        (with_last_row(b'<row r="9"><c x=">" r="XFD1048576"><v>1</v></c></row>'), "không mở được"),
        (with_last_row(b'<row r="9"><x:c r="XFD1048576" xmlns:x="x"><v>1</v></x:c></row>'), "quá lớn"),
        (with_last_row(b'<row r="9"><c r="ZZZ9"><v>1</v></c></row>'), "nằm ngoài giới hạn của trang tính"),
        (lambda xml: xml.replace(b'r="B2"', b'r="ZZZZZZZZ99999999999"'), 'không hợp lệ ("ZZZZZZZZ99999999999")'),
        (lambda xml: xml.replace(b'r="B2"', b'r=""'), 'địa chỉ ô không hợp lệ ("")'),
        (lambda xml: xml[:600], "Hãy"),
        (lambda _: b"\0" * 100, "Hãy"),
    ],
)
def test_a_workbook_that_would_burst_or_crash_is_refused_before_it_is_read(settings, tmp_path, change, message):
    result = land_file(workbook(tmp_path / "x.xlsx", change), settings)
    assert result.status == "refused"
    assert message in str(result.error)
    assert not settings.landing.exists()


def test_far_cells_that_hold_only_a_format_and_cells_without_reference_do_no_harm(settings, tmp_path):
    blank = with_last_row(b'<row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert land_file(workbook(tmp_path / "x.xlsx", blank), settings).delivery.rows_accepted == 1
    unplaced = workbook(tmp_path / "y.xlsx", lambda xml: re.sub(rb'<(c|row) r="\w+"', rb"<\1", xml))
    assert codes(settings, land_file(unplaced, settings)) == ["A"]


def test_a_workbook_that_unpacks_too_large_is_refused(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_reader, "MAX_UNPACKED_BYTES", 20 * 1024**2)
    path = workbook(tmp_path / "x.xlsx", lambda xml: xml + b" " * 21 * 1024**2)
    assert path.stat().st_size < 100_000
    assert "khi giải nén lớn hơn 20 MB" in str(land_file(path, settings).error)


LIMITED = """
import resource, sys
from pathlib import Path
from dagster_project.landing.load import land_paths
from dagster_project.settings import load_settings

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
for result in land_paths([Path(sys.argv[2])], load_settings(sys.argv[1])):
    print(result.status, result.message)
"""


def test_a_disk_that_takes_no_more_refuses_the_file_and_the_next_one_lands(settings, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text(csv_text(*(os.urandom(16).hex() for _ in range(5000))), encoding="utf-8")
    (inbox / "b.csv").write_text(csv_text("B"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(settings.root), str(inbox)], capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert first.startswith('refused Từ chối. Tệp "a.csv"') and "Hãy" in first
    assert second.startswith("landed")
    assert len(deliveries.list_deliveries(settings)) == 1


def failure(act):
    try:
        act()
    except BaseException as error:
        return failures.as_refusal(error)
    raise AssertionError("nothing failed")


def fill_python():
    with Path("/dev/full").open("w") as handle:
        handle.write("x")


def fill_duckdb():
    duckdb.execute("copy (select range from range(1000000)) to '/dev/full' (format csv)")


@pytest.mark.parametrize("act", [fill_python, fill_duckdb])
def test_a_full_disk_is_called_one(act):
    assert str(failure(act)) == "đĩa đã đầy, chưa có gì thay đổi. Hãy giải phóng chỗ trên đĩa rồi nạp lại."


def test_what_else_fails_is_a_refusal_and_ctrl_c_is_not(tmp_path):
    class PanicException(BaseException):
        """As the one of libraries in Rust."""

    assert "không còn ở đó" in str(failure((tmp_path / "x").stat))
    assert "không đọc hoặc ghi được" in str(failure(lambda: tmp_path.read_bytes()))
    assert "không đủ bộ nhớ" in str(failures.as_refusal(MemoryError()))
    assert "(PanicException: tràn số)" in str(failures.as_refusal(PanicException("tràn số\ndòng hai")))
    own = LandingError("x")
    assert failures.as_refusal(own) is own
    assert failures.as_refusal(KeyboardInterrupt()) is None
    assert failures.as_refusal(SystemExit(1)) is None


def test_files_of_the_build_plan_are_left_alone(land, settings):
    planned = settings.landing / "survey__answers" / "_empty.parquet"
    planned.parent.mkdir(parents=True)
    planned.write_bytes(b"x")
    assert land(csv_text("A")).status == "landed"
    assert planned.exists()


@pytest.mark.parametrize("junk", ["{", "[]", "{}", "\udcff", '{"delivery_id": "x"}'])
def test_a_foreign_record_is_named(land, settings, junk):
    land(csv_text("A"))
    path = deliveries.record_path(settings, "x")
    path.write_bytes(os.fsencode(junk))
    with pytest.raises(deliveries.LedgerError, match=re.escape(f"không đọc được: {path}. Hãy chuyển tệp này")):
        deliveries.list_deliveries(settings)


def test_a_damaged_or_copied_record_is_named(land, settings):
    done = land(csv_text("A")).delivery
    path = deliveries.record_path(settings, done.delivery_id)
    copy = deliveries.record_path(settings, "copy")
    copy.write_bytes(path.read_bytes())
    with pytest.raises(deliveries.LedgerError, match=r"copy\.json"):
        deliveries.list_deliveries(settings)
    copy.unlink()
    path.write_text(path.read_text("utf-8").replace('"file_size": ', '"file_size": null, "x": '), "utf-8")
    assert str(path) in str(land(csv_text("A")).error)


def test_open_quotes_in_every_other_line_cost_no_more_than_their_lines(land, settings):
    lines = [HEADER]
    for number in range(6000):
        name = '"mở' if number % 3 == 0 else 'b"c' if number % 3 == 1 else '"d, ""e"""'
        lines.append(f"H99,D{number},1,{name},2026-01-05")
    began = time.process_time()
    done = land("\n".join(lines)).delivery
    assert (done.rows_accepted, done.rows_rejected) == (4000, 2000)
    assert time.process_time() - began < 5


INVISIBLE = [0x00AD, 0x034F, 0x061C, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x202E, 0x2060]
INVISIBLE += [0x2064, 0x2066, 0x2069, 0x3164, 0xFE0F, 0xFEFF, 0xFFF9, 0xE0001, 0xE0100, 0x01, 0x1F, 0x7F, 0x80]


@pytest.mark.parametrize("place", ["{}D1", "D{}1", "D1{}", "{0}D{0}{0}1{0}"])
def test_invisible_characters_make_no_second_dossier(land, settings, place):
    written = [place.format(chr(mark)) for mark in INVISIBLE]
    result = land(csv_text(*written).replace("2026", f"{chr(0x200E)}2026"))
    assert codes(settings, result) == ["D1"] * len(INVISIBLE)


def test_visible_letters_and_spaces_stay(land, settings):
    written = ["HĐ-01/Ư", "D 1", "D\u00a01", "D\t1", "ệ\u200d1", "e\u200b\u0302\u0323"]
    assert codes(settings, land(csv_text(*written))) == ["HĐ-01/Ư", "D 1", "D 1", "D 1", "ệ1", "ệ"]


def rule(number, is_passed=False):
    return RuleResult(1, "x", f"r{number}", f"Luật {number}", "report", is_passed, 1000, 0 if is_passed else 1200, [])


def report(*results):
    nothing = {name: pa.array([], pa.string()) for name in ("rule_code", "effect_code", "rule_text", "column_name")}
    return GateReport(list(results), pa.table({**nothing, "source_row_number": pa.array([], pa.int64())}))


def test_the_message_names_what_the_gate_reports(land):
    result = land(csv_text("A"), gate=lambda *_: report(rule(1), rule(2, is_passed=True), rule(3)))
    assert result.message.endswith(
        "bỏ qua 0; 2 điều cần xem: Luật 1 (có 1.200 chỗ không đúng); Luật 3 (có 1.200 chỗ không đúng)."
    )
    many = land(csv_text("B"), gate=lambda *_: report(*(rule(number) for number in range(5))))
    assert "5 điều cần xem" in many.message and many.message.endswith("; ….")
    assert "cần xem" not in land(csv_text("C"), gate=lambda *_: report(rule(1, is_passed=True))).message


def test_what_is_no_file_in_a_folder_is_named(settings, tmp_path):
    inbox = tmp_path / "thư mục"
    (inbox / "trống").mkdir(parents=True)
    (inbox / "a.csv").symlink_to(tmp_path / "không có")
    os.mkfifo(inbox / "b.csv")
    (inbox / "c.csv").write_text(csv_text("C"), encoding="utf-8")
    (inbox / "d").symlink_to(tmp_path)
    results = {result.path.name: result for result in land_paths([inbox], settings)}
    assert {name: result.status for name, result in results.items()} == {
        "a.csv": "refused",
        "b.csv": "refused",
        "c.csv": "landed",
        "d": "refused",
    }
    assert "là liên kết hỏng" in results["a.csv"].message
    assert "không phải là tệp thường" in results["b.csv"].message


def test_an_empty_folder_is_told_but_an_empty_inbox_is_none(settings, tmp_path):
    empty = tmp_path / "trống"
    empty.mkdir()
    (told,) = land_paths([empty], settings)
    assert str(told.error) == (
        'Tệp "trống": là thư mục không có tệp số liệu nào. Hãy chép tệp vào thư mục rồi nạp lại.'
    )
    settings.inbox.mkdir(parents=True)
    assert land_paths([settings.inbox], settings) == []


LONG = """
import signal
import sys
from pathlib import Path
from dagster_project.landing.load import land_paths
from dagster_project.settings import load_settings

# A shell that starts the tests in the background lets its children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    land_paths([Path(sys.argv[2])], load_settings(sys.argv[1]))
except KeyboardInterrupt as stopped:
    sys.exit(str(stopped))
"""


@pytest.mark.parametrize("is_regular", [True, False])
def test_ctrl_c_ends_a_long_load_soon_with_a_sentence(settings, tmp_path, is_regular):
    path = tmp_path / "dài.csv"
    body = "".join(f"H99,D{number},1,Bước,05/01/2026 08:00:00\n" for number in range(100_000))
    with path.open("w", encoding="utf-8") as handle:
        handle.write(HEADER + "\n" + ("" if is_regular else "hỏng\n"))
        for _ in range(20):
            handle.write(body)
    command = [sys.executable, "-c", LONG, str(settings.root), str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loading:
        while not (settings.landing / ".work").exists():
            assert loading.poll() is None
            time.sleep(0.01)
        time.sleep(0.5)
        began = time.monotonic()
        loading.send_signal(signal.SIGINT)
        told = loading.communicate(timeout=60)[1]
    assert time.monotonic() - began < 3
    assert (loading.returncode, told.strip()) == (1, STOPPED)
    assert not (settings.landing / ".work").exists()
    assert deliveries.list_deliveries(settings) == []
