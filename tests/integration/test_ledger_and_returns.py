"""`cchc deliveries` and `cchc return`: files landed for real, the ledger read, the workbook opened again."""

from __future__ import annotations

import csv
import datetime as dt
import html
import json
import os
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import duckdb
import fastexcel
import pytest
import xlsxwriter

from dagster_project.commands import rejected_rows
from dagster_project.landing import ledger, returns
from dagster_project.landing.deliveries import flags_path, landed_path, record_path, rejected_path, stage_record
from dagster_project.landing.ledger import LedgerQuestionError
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings
from expectations.results import RuleResult
from expectations.runner import check_delivery

HEADER = [
    "STT", "Mã hồ sơ", "Họ và tên", "Mã đơn vị giải quyết", "Tên đơn vị giải quyết", "Ngày tiếp nhận", "Ngày hẹn trả",
    "Ngày kết thúc xử lý", "Trạng thái", "Ghi chú",
]  # fmt: skip
GOOD = [
    "1", "H98.01-261005-0001", "Nguyễn Thị Kín", "H98.01", "Sở Xây dựng", "05/10/2026 08:10:00", "12/10/2026 17:00:00",
    "09/10/2026 15:00:00", "Đã xử lý xong", "gọi 0912345678",
]  # fmt: skip
NAMES = ("Nguyễn Thị Kín", "Trần Văn Giấu", "0912345678")
RED, AMBER = "FFF4B6B6", "FFFFE08A"


def changed(**cells):
    """The good row with other cells, named by their place."""
    return [cells.get(f"c{index}", text) for index, text in enumerate(GOOD)]


ROWS = [
    GOOD,
    changed(c0="2", c1="=1+1", c5="31/02/2026 09:00:00"),
    changed(c0="3", c1="H98.01-261005-0003", c2="Trần Văn Giấu", c5="", c8="Chưa rõ"),
    changed(c0="4", c1="H98.01-261005-0004"),
    changed(c0="5", c1="00123", c7="01/10/2026 15:00:00"),
]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "key.json"))
    return load_settings(tmp_path / "data")


def write_csv(path, rows, header=HEADER):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows([header, *rows])
    return path


def land(path, settings, landed_at=dt.datetime(2026, 11, 1, 8, 30)):
    result = land_file(path, settings, landed_at=landed_at)
    assert result.delivery is not None, result.message
    return result.delivery


def note_flags(settings, delivery, *notes):
    """Flagged rows as the landing writes them: (row, column, reason code, reason)."""
    path = flags_path(settings, delivery.source_code, delivery.delivery_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(
            "create table flags (delivery_id varchar, source_row_number bigint, column_name varchar, "
            "reason_code varchar, reason_text varchar, raw_value varchar)"
        )
        con.executemany("insert into flags values (?, ?, ?, ?, ?, null)", [(delivery.delivery_id, *n) for n in notes])
        con.execute(f"copy flags to '{path}' (format parquet)")


def give_back(settings, wanted, out, **options):
    return returns.return_delivery(settings, wanted, out=out, **options)


def sheet_cells(path, sheet):
    """All cells of a sheet as text, None where empty, from the first row on."""
    table = fastexcel.read_excel(path).load_sheet(sheet, header_row=None, dtypes="string")
    return [list(row.values()) for row in table.to_arrow().to_pylist()]


def text_of(path, sheet=returns.SUMMARY_SHEET):
    return "\n".join(" | ".join(cell for cell in row if cell) for row in sheet_cells(path, sheet))


def fills(path, sheet_number):
    """Cell name → fill colour, of the cells that have one, from the XML itself."""
    with zipfile.ZipFile(path) as book:
        styles = book.read("xl/styles.xml").decode()
        sheet = book.read(f"xl/worksheets/sheet{sheet_number}.xml").decode()
    colours = re.findall(r'<fill><patternFill patternType="\w+">?(?:<fgColor rgb="(\w+)"/>)?', styles)
    formats = re.findall(r"<xf [^>]*fillId=\"(\d+)\"", styles.split("<cellXfs")[1])
    used = {cell: colours[int(formats[int(style)])] for cell, style in re.findall(r'<c r="(\w+)" s="(\d+)"', sheet)}
    return {cell: colour for cell, colour in used.items() if colour}


def everything(path):
    """All text in the workbook's parts."""
    with zipfile.ZipFile(path) as book:
        return "".join(html.unescape(book.read(name).decode("utf-8", "replace")) for name in book.namelist())


@pytest.fixture
def returned(settings, tmp_path):
    """A file with a good row, three rejected ones and two flagged ones, and what goes back."""
    path = write_csv(settings.inbox / "xã A" / "hồ sơ.csv", [*ROWS, changed(c0="6", c3="")])
    delivery = land(path, settings)
    note_flags(
        settings,
        delivery,
        (6, "completed_at", "dossiers_completed_before_received", "Xong trước khi tiếp nhận"),
        (5, None, "dossiers_odd", "Dòng đáng ngờ"),
    )
    return give_back(settings, "hồ sơ.csv", tmp_path / "trả lại.xlsx")


def test_the_units_own_rows_come_back_as_they_were(returned):
    header, *rows = sheet_cells(returned.path, returns.ROWS_SHEET)
    assert header == ["Dòng trong tệp", "Kết quả", "Lý do", *HEADER]
    assert [(row[0], row[1]) for row in rows] == [
        ("3", "Bị loại"),
        ("4", "Bị loại"),
        ("5", "Cần xem lại"),
        ("6", "Cần xem lại"),
        ("7", "Bị loại"),
    ]
    assert returned.row_count == 5 and returned.has_original
    shown = [text for place, text in enumerate(ROWS[1]) if place not in (2, 9)]
    assert [text for place, text in enumerate(rows[0][3:]) if place not in (2, 9)] == shown
    assert rows[3][4] == "00123"
    assert "Ngày tiếp nhận" in rows[0][2]
    assert rows[1][2].count("\n") == 1, "two wrong cells, two reasons"


def test_a_rule_beside_a_row_reads_as_what_is_not_so(settings, tmp_path):
    delivery = land(write_csv(settings.inbox / "a.csv", [GOOD]), settings)
    rule = RuleResult(1, delivery.delivery_id, "r.due", "Hồ sơ có ngày hẹn trả", "flag_row", False, 1, 1, ["dòng 2"])
    record = replace(delivery, rule_results=[rule.to_dict()])
    stage_record(record, tmp_path).replace(record_path(settings, delivery.delivery_id))
    note_flags(settings, delivery, (2, "due_at", "r.due", "Hồ sơ có ngày hẹn trả"))
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    assert sheet_cells(done.path, returns.ROWS_SHEET)[1][2] == "Không đạt: Hồ sơ có ngày hẹn trả"
    assert text_of(done.path).count("Hồ sơ có ngày hẹn trả") == 1, "the rule stands once, with its rows"


def test_wrong_cells_are_red_or_amber_and_nothing_else_is(returned):
    found = {cell: colour for cell, colour in fills(returned.path, 2).items() if not re.fullmatch("[A-Z]+1", cell)}
    red = {"B2", "I2", "B3", "I3", "L3", "B6", "G6"}
    assert {cell for cell, colour in found.items() if colour == RED} >= red
    assert {cell for cell, colour in found.items() if colour == AMBER} == {"A4", "B4", "B5", "K5"}
    assert set(found.values()) == {RED, AMBER}


def test_no_person_stands_in_the_workbook(returned):
    text = everything(returned.path)
    assert not [name for name in NAMES if name in text]
    rows = sheet_cells(returned.path, returns.ROWS_SHEET)[1:]
    assert {row[3 + HEADER.index("Họ và tên")] for row in rows} == {returns.MASK}
    assert {row[3 + HEADER.index("Ghi chú")] for row in rows} == {returns.MASK}
    assert [row[3] for row in rows] == ["2", "3", "4", "5", "6"], "the unit's own numbering stays"
    assert "Họ và tên, Ghi chú" in text_of(returned.path)


def test_nothing_is_a_formula(returned):
    with zipfile.ZipFile(returned.path) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not re.search(r"<f[ >]|<hyperlink", "".join(sheets))
    assert sheet_cells(returned.path, returns.ROWS_SHEET)[1][4] == "=1+1"


def test_the_summary_tells_the_counts_the_reasons_and_what_to_do(returned):
    text = text_of(returned.path)
    done = returned.delivery
    assert (done.rows_read, done.rows_accepted, done.rows_rejected, done.rows_ignored) == (6, 3, 3, 0)
    assert text.splitlines()[0] == returns.TITLE
    assert "Đọc 6 = nhận 3 + loại 3 + bỏ qua 0" in text
    assert "trong đó 2 dòng cần xem lại" in text
    assert "Nạp lúc | 01/11/2026 08:30" in text
    assert "Xong trước khi tiếp nhận | 1 | Cần xem lại | dòng 6 | Xem lại:" in text
    assert "Kết xuất lại toàn bộ tệp" in text


def test_the_sheet_of_rows_is_frozen_and_filtered(returned):
    with zipfile.ZipFile(returned.path) as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
    assert '<pane xSplit="3" ySplit="1" topLeftCell="D2"' in sheet
    assert '<autoFilter ref="A1:M6"/>' in sheet
    columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([0-9.]+)"', sheet)
    assert (columns[0][0], columns[-1][1]) == ("1", "13")
    assert all(9 <= float(width) < 60 for *_, width in columns)


def page_setup(path, sheet_number):
    """Paper, and how many pages wide and long a sheet is printed."""
    with zipfile.ZipFile(path) as book:
        sheet = book.read(f"xl/worksheets/sheet{sheet_number}.xml").decode()
        names = html.unescape(book.read("xl/workbook.xml").decode())
    (setup,) = re.findall("<pageSetup ([^>]*)/>", sheet)
    return dict(re.findall(r'(\w+)="(\w+)"', setup)), names


def test_both_sheets_print_on_a4_across_with_their_header_on_every_page(returned):
    for number in (1, 2):
        setup, names = page_setup(returned.path, number)
        assert (setup["paperSize"], setup["orientation"]) == ("9", "landscape")
        assert (setup.get("fitToWidth", "1"), setup["fitToHeight"]) == ("1", "0")
    assert f"'{returns.ROWS_SHEET}'!$A:$C,'{returns.ROWS_SHEET}'!$1:$1" in names


def test_a_table_too_wide_to_be_read_on_one_page_takes_pages_side_by_side(settings, tmp_path):
    more = [f"Nội dung thêm {number}" for number in range(20)]
    rows = [[*GOOD, *more], [*changed(c5="31/02/2026"), *more]]
    delivery = land(write_csv(settings.inbox / "rộng.csv", rows, [*HEADER, *more]), settings)
    setup, _ = page_setup(give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx").path, 2)
    assert setup["fitToWidth"] == "2"


def test_totals_that_differ_name_their_column_in_vietnamese(settings, tmp_path):
    delivery = land(write_csv(settings.inbox / "a.csv", [GOOD]), settings)
    difference = {"row_number": 9, "label": "Tổng cộng", "column_name": "fee_amount", "declared": 5, "computed": 4}
    stage_record(replace(delivery, total_differences=[difference]), tmp_path).replace(
        record_path(settings, delivery.delivery_id)
    )
    text = text_of(give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx").path)
    assert "Dòng trong tệp | Tên dòng | Cột | Ghi trong tệp | Cộng các dòng" in text
    assert "9 | Tổng cộng | Phí, lệ phí đã thu (đồng) | 5 | 4" in text


def test_a_row_that_a_rule_rejects_says_column_value_and_what_to_do(settings):
    header = ["procedure_code", "sla_value", "sla_unit_code", "valid_from_date", "valid_to_date"]
    rows = [
        ["1.1", "5", "working_day", "01/07/2025", ""],
        ["1.2", "2500,5", "working_day", "01/07/2025", ""],
        ["1.3", "5", "working_day", "01/07/2025", "30/06/2025"],
        # Nine digits could be somebody's number.
        ["1.4", "999999999", "working_day", "01/07/2025", ""],
    ]
    more = {"authority_code": "H98", "procedure_name": "Đăng ký khai sinh", "domain_name": "Hộ tịch"}
    path = write_csv(settings.inbox / "thủ tục.csv", [[*more.values(), *row] for row in rows], [*more, *header])
    assert land_file(path, settings, gate=check_delivery).delivery.rows_accepted == 1
    found = rejected_rows(settings, "thủ tục.csv")[1]
    assert [(row[1], row[2], row[4]) for row in found] == [
        (3, "sla_value", "2500,5"),
        (4, "valid_to_date", "30/06/2025"),
        (5, "sla_value", returns.MASK),
    ]
    assert found[1][3] == f"Không đạt: Ngày hết hiệu lực không trước ngày bắt đầu. {returns.MEND}"


def test_known_words_in_the_wrong_column_are_shown_and_names_are_not(settings, tmp_path):
    words = ("Cá nhân", "TỔ CHỨC", "Không", "Trần Văn Giấu", "Nguyễn Cá Nhân", "0912345678", "Kín")
    rows = [GOOD, *(changed(c1=f"H98.01-261005-{i:04}", c8=word) for i, word in enumerate(words))]
    delivery = land(write_csv(settings.inbox / "lệch.csv", rows), settings)
    shown = [row[-1] for row in rejected_rows(settings, "lệch.csv")[1]]
    assert shown == [*words[:3], *[returns.MASK] * 4]
    (settings.inbox / "lệch.csv").unlink()
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    text = everything(done.path)
    assert all(word in text for word in words[:3]) and not [word for word in words[3:] if word in text]


def test_the_same_delivery_gives_the_same_bytes(returned, settings, tmp_path):
    before = set(tmp_path.iterdir())
    again = give_back(settings, returned.delivery.delivery_id, tmp_path / "lần hai.xlsx")
    assert again.path.read_bytes() == returned.path.read_bytes()
    assert set(tmp_path.iterdir()) == {*before, again.path}, "nothing half written is left"


def test_rows_beyond_one_sheet_go_on_in_the_next(settings, tmp_path):
    wrong = [changed(c1=f"H98.01-261005-{number:04}", c5="31/02/2026") for number in range(7)]
    delivery = land(write_csv(settings.inbox / "dài.csv", wrong), settings)
    done = give_back(settings, delivery.delivery_id[:8], tmp_path / "x.xlsx", max_rows=3)
    names = fastexcel.read_excel(done.path).sheet_names
    assert names == ["Tóm tắt", "Dòng cần sửa", "Dòng cần sửa (2)", "Dòng cần sửa (3)"]
    rows = [row for name in names[1:] for row in sheet_cells(done.path, name)[1:]]
    assert [row[0] for row in rows] == [str(number) for number in range(2, 9)]
    assert all(sheet_cells(done.path, name)[0][2] == "Lý do" for name in names[1:])


def test_a_delivery_without_problems_says_so(settings, tmp_path):
    delivery = land(write_csv(settings.inbox / "tốt.csv", [GOOD]), settings)
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    assert sheet_cells(done.path, returns.ROWS_SHEET) == [["Không có dòng nào cần sửa."]]
    assert "Không có dòng nào cần sửa." in text_of(done.path)
    assert "Không phải sửa gì" in text_of(done.path)
    assert done.row_count == 0


def test_without_the_original_the_landed_cells_come_back_and_it_is_said(settings, tmp_path):
    path = write_csv(settings.inbox / "mất.csv", ROWS)
    delivery = land(path, settings)
    note_flags(settings, delivery, (6, "completed_at", "odd", "Xong trước khi tiếp nhận"))
    path.unlink()
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    assert not done.has_original
    assert "Không tìm thấy tệp gốc" in text_of(done.path)
    header, *rows = sheet_cells(done.path, returns.ROWS_SHEET)
    cells = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert cells["3"]["Thời điểm tiếp nhận"] == "31/02/2026 09:00:00"
    assert cells["3"]["Mã hồ sơ"] is None
    assert (cells["6"]["Mã hồ sơ"], cells["6"]["Thời điểm kết thúc xử lý"]) == ("00123", "01/10/2026 15:00:00")
    assert not [name for name in NAMES if name in everything(done.path)]


def test_the_original_may_be_given_and_must_be_the_landed_file(settings, tmp_path):
    path = write_csv(tmp_path / "nơi khác" / "hồ sơ.csv", ROWS)
    delivery = land(path, settings)
    assert not give_back(settings, delivery.delivery_id, tmp_path / "1.xlsx").has_original
    assert give_back(settings, delivery.delivery_id, tmp_path / "2.xlsx", original=path).has_original
    path.write_text(path.read_text(encoding="utf-8").replace("Xây", "Xay"), encoding="utf-8")
    for wrong in (path, tmp_path / "không có.csv"):
        with pytest.raises(LedgerQuestionError, match=f"{wrong.name}» không phải là tệp đã nạp «hồ sơ.csv»"):
            give_back(settings, delivery.delivery_id, tmp_path / "3.xlsx", original=wrong)
    assert not (tmp_path / "3.xlsx").exists()


def test_a_file_that_came_in_an_archive_is_found_in_it(settings, tmp_path):
    inner = write_csv(tmp_path / "hồ sơ.csv", ROWS)
    archive = settings.inbox / "gói.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("khác.csv", "x" * inner.stat().st_size)
        pack.write(inner, "xã A/hồ sơ.csv")
    other = settings.inbox / "a.zip"
    other.write_bytes(b"PK\x03\x04 no archive at all")
    with zipfile.ZipFile(tmp_path / "một tệp.zip", "w") as pack:
        pack.write(inner, "xã A/hồ sơ.csv")
    delivery = land(tmp_path / "một tệp.zip", settings)
    for name in ("một tệp.zip", "hồ sơ.csv", "xã A/hồ sơ.csv"):
        assert ledger.find_delivery(settings, name) == delivery
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    assert done.has_original
    assert [row[0] for row in sheet_cells(done.path, returns.ROWS_SHEET)[1:]] == ["3", "4"]
    assert "Trong tệp nén | một tệp.zip" in text_of(done.path)


def test_a_broken_row_comes_back_by_its_number_and_reason_alone(settings, tmp_path):
    broken = [*GOOD[:2], "thừa", *GOOD[2:]]
    delivery = land(write_csv(settings.inbox / "lệch.csv", [GOOD, broken, changed(c1="H98.01-261005-0009")]), settings)
    assert delivery.rows_rejected == 1
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    row = sheet_cells(done.path, returns.ROWS_SHEET)[1]
    assert row == ["3", "Bị loại", "Dòng có 11 ô, tiêu đề có 10 cột", *[None] * len(HEADER)]
    assert fills(done.path, 2)["A2"] == RED
    assert not [name for name in NAMES if name in everything(done.path)]


def test_rows_of_a_workbook_keep_their_place_below_its_titles(settings, tmp_path):
    path = settings.inbox / "sổ.xlsx"
    path.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Tháng 10")
        sheet.write(0, 0, "DANH SÁCH HỒ SƠ THÁNG 10")
        for row, cells in enumerate([HEADER, *ROWS], start=3):
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text)
    delivery = land(path, settings)
    done = give_back(settings, "sổ.xlsx", tmp_path / "x.xlsx")
    header, *rows = sheet_cells(done.path, returns.ROWS_SHEET)
    assert header[3:] == HEADER
    assert [row[0] for row in rows] == ["6", "7"]
    assert (rows[0][4], rows[0][8]) == ("=1+1", "31/02/2026 09:00:00")
    assert f"Trang | {delivery.sheet_name}" in text_of(done.path)
    assert not [name for name in NAMES if name in everything(done.path)]


def test_file_names_with_odd_characters_give_a_plain_name_and_open(settings, tmp_path, monkeypatch):
    name = "=cmd & <a> 'b' \"c\"; d.csv"
    delivery = land(write_csv(settings.inbox / name, ROWS), settings)
    monkeypatch.chdir(tmp_path)
    done = returns.return_delivery(settings, name)
    assert done.path.name == f"tra_lai_cmd_a_b_c_d_{delivery.delivery_id[:8]}.xlsx"
    assert f"Tệp | {name}" in text_of(done.path)
    # Under our own name it is made anew; a name that somebody chose is never written over.
    assert returns.return_delivery(settings, name).path == done.path
    with pytest.raises(LedgerQuestionError, match=r"Đã có .* --out"):
        returns.return_delivery(settings, name, out=done.path)


def test_cells_too_long_for_a_workbook_are_cut_and_say_so(settings, tmp_path):
    long = "x" * 40_000
    delivery = land(write_csv(settings.inbox / "dài.csv", [GOOD, changed(c4=long, c5="31/02/2026")]), settings)
    done = give_back(settings, delivery.delivery_id, tmp_path / "x.xlsx")
    cell = sheet_cells(done.path, returns.ROWS_SHEET)[1][3 + 4]
    assert len(cell) == 32_767
    assert cell.endswith("(ô dài 40.000 ký tự, đã cắt bớt)")


def test_the_ledger_lists_what_came_in_the_order_it_came(settings, tmp_path):
    second = land(write_csv(tmp_path / "b.csv", ROWS), settings, dt.datetime(2026, 11, 2, 9, 0))
    first = land(write_csv(tmp_path / "a.csv", [GOOD]), settings, dt.datetime(2026, 11, 1, 8, 30))
    titles, rows = ledger.ledger_rows(settings)
    assert titles == list(ledger.LEDGER_COLUMNS)
    assert [row[0] for row in rows] == [first.delivery_id[:8], second.delivery_id[:8]]
    assert rows[1][1:] == (
        "b.csv", "one_stop__dossiers", "one_stop_dossier_list", "H98", "01/10/2026 – 09/10/2026", "02/11/2026 09:00",
        5, 3, 2, 0, "",
    )  # fmt: skip
    assert [row[1] for row in ledger.ledger_rows(settings, since=dt.date(2026, 11, 2))[1]] == ["b.csv"]
    assert len(ledger.ledger_rows(settings, authority="H98")[1]) == 2
    assert ledger.ledger_rows(settings, authority="H99")[1] == []
    with pytest.raises(LedgerQuestionError, match=r"«survey__answers».*one_stop__dossiers"):
        ledger.ledger_rows(settings, source="survey__answers")


def test_the_commands_print_what_the_functions_give(settings, tmp_path, cchc):
    delivery = land(write_csv(settings.inbox / "hồ sơ.csv", ROWS), settings)

    def run(*words):
        done = subprocess.run(
            [*cchc, *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "CCHC_DATA": str(settings.root)},
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    code, listed, _ = run("deliveries", "--source", "one_stop__dossiers", "--since", "01/11/2026", "--format", "json")
    assert (code, json.loads(listed)[0]["Mã lần nạp"]) == (0, delivery.delivery_id[:8])
    code, listed, _ = run("deliveries", "--gaps", "--format", "csv")
    assert (code, listed.splitlines()[0]) == (0, ",".join(ledger.GAP_COLUMNS))
    code, _, refusal = run("return", "khác.csv")
    assert (code, refusal.splitlines()) == (1, [refusal.strip()])
    code, said, _ = run("return", delivery.delivery_id[:8], "--out", "sổ.xlsx")
    assert (code, said) == (0, "Đã viết sổ.xlsx: 2 dòng cần sửa.\n")
    assert fastexcel.read_excel(tmp_path / "sổ.xlsx").sheet_names == [returns.SUMMARY_SHEET, returns.ROWS_SHEET]


def test_a_delivery_is_found_by_id_by_its_beginning_and_by_file_name(settings, tmp_path):
    one = land(write_csv(tmp_path / "1" / "tháng.csv", [GOOD]), settings, dt.datetime(2026, 11, 1, 8, 30))
    other = land(write_csv(tmp_path / "2" / "tháng.csv", ROWS), settings, dt.datetime(2026, 12, 1, 8, 30))
    assert ledger.find_delivery(settings, one.delivery_id) == one
    assert ledger.find_delivery(settings, other.delivery_id[:6].upper()) == other
    with pytest.raises(LedgerQuestionError) as several:
        ledger.find_delivery(settings, "tháng.csv")
    first, second = one.delivery_id[:8], other.delivery_id[:8]
    assert f"{first} (tháng.csv, nạp 01/11/2026 08:30); {second} (tháng.csv, nạp 01/12/2026 08:30)" in str(
        several.value
    )
    for unknown in ("khác.csv", one.delivery_id[:3]):
        with pytest.raises(LedgerQuestionError, match="Không có lần nạp nào"):
            ledger.find_delivery(settings, unknown)


DAYS_OFF = {dt.date(2026, 8, 31), dt.date(2026, 9, 1), dt.date(2026, 9, 2)}


def dossier_days(first, last, unit, without=()):
    """One dossier of the unit on each working day between two days of 2026, 22/08 (a swap) too."""
    day = first
    while day <= last:
        is_working = day == dt.date(2026, 8, 22) or (day.weekday() < 5 and day not in DAYS_OFF)
        if is_working and day not in without:
            yield changed(
                c1=f"{unit}-{day:%y%m%d}-0001", c3=unit, c4=f"Đơn vị {unit}", c5=f"{day:%d/%m/%Y} 08:00:00", c7=""
            )
        day += dt.timedelta(days=1)


def gaps(settings, **options):
    titles, rows = ledger.gap_rows(settings, **options)
    assert titles == list(ledger.GAP_COLUMNS)
    return [(row[0], row[2], *row[4:7]) for row in rows], [row[7] for row in rows]


def test_gaps_are_working_days_without_intake_over_holidays_and_swaps(settings, tmp_path):
    # Thursday 27/08 and Friday 28/08, then a swapped Monday and two holidays, then Thursday 03/09: one run of three.
    silent = {dt.date(2026, 8, 22), dt.date(2026, 8, 27), dt.date(2026, 8, 28), dt.date(2026, 9, 3)}
    span = (dt.date(2026, 8, 3), dt.date(2026, 9, 30))
    land(write_csv(tmp_path / "a.csv", list(dossier_days(*span, "H98.01", silent))), settings)
    found, remarks = gaps(settings)
    assert found == [
        ("H98", "", "27/08/2026", "03/09/2026", 3),
        ("H98", "", "22/08/2026", "22/08/2026", 1),
        ("H98", "H98.01", "27/08/2026", "03/09/2026", 3),
        ("H98", "H98.01", "22/08/2026", "22/08/2026", 1),
    ]
    assert remarks[0] == "không tiếp nhận hồ sơ nào; có tiếp nhận 37/41 ngày làm việc"
    assert gaps(settings, since=dt.date(2026, 9, 1))[0][0] == ("H98", "", "03/09/2026", "03/09/2026", 1)


def test_a_unit_that_stops_is_seen_and_one_that_seldom_receives_is_not(settings, tmp_path):
    first, last = dt.date(2026, 6, 1), dt.date(2026, 8, 28)
    rows = [
        *dossier_days(first, last, "H98.01"),
        *dossier_days(first, dt.date(2026, 7, 10), "H98.02"),
        *list(dossier_days(first, last, "H98.03"))[::2],
        *dossier_days(dt.date(2026, 8, 20), last, "H98.04", {dt.date(2026, 8, 22), dt.date(2026, 8, 26)}),
    ]
    land(write_csv(tmp_path / "a.csv", rows), settings)
    found, remarks = gaps(settings)
    assert found == [
        ("H98", "", "01/06/2026", "28/08/2026", 0),
        ("H98", "H98.02", "13/07/2026", "28/08/2026", 36),
        ("H98", "H98.04", "20/08/2026", "28/08/2026", 8),
    ]
    assert remarks[0] == "không có ngày làm việc nào không tiếp nhận"
    assert remarks[1].endswith("có tiếp nhận 30/30 ngày làm việc; từ đó đến hết số liệu không còn hồ sơ")
    assert remarks[2] == "không đủ số liệu: có 8 ngày làm việc, cần 20"


def test_days_that_had_not_come_and_years_without_a_calendar_make_no_gaps(settings, tmp_path):
    rows = [
        *dossier_days(dt.date(2026, 6, 1), dt.date(2026, 7, 31), "H98.01"),
        changed(c1="tương lai", c5="01/12/2026 08:00:00", c7=""),
    ]
    land(write_csv(tmp_path / "a.csv", rows), settings)
    assert gaps(settings)[0] == [("H98", "", "01/06/2026", "31/07/2026", 0)]
    land(write_csv(tmp_path / "b.csv", [changed(c3="H97.01", c5="05/10/2010 08:00:00", c7="")]), settings)
    found, remarks = gaps(settings, authority="H97")
    assert found == [("H97", "", "05/10/2010", "05/10/2010", 0)]
    assert remarks[0] == "không đủ số liệu: có 0 ngày làm việc, cần 20; lịch nghỉ chỉ có các năm 2019–2026"


def test_gaps_that_cannot_be_told_are_refused_in_a_sentence(settings, tmp_path):
    with pytest.raises(LedgerQuestionError, match="Chưa nạp danh sách hồ sơ nào"):
        ledger.gap_rows(settings)
    land(write_csv(tmp_path / "a.csv", [GOOD]), settings)
    with pytest.raises(LedgerQuestionError, match="«survey__answers»"):
        ledger.gap_rows(settings, source="survey__answers")
    with pytest.raises(LedgerQuestionError, match="«H01»"):
        ledger.gap_rows(settings, authority="H01")


def test_reading_and_returning_change_nothing_that_landed(returned, settings):
    kept = [
        landed_path(settings, returned.delivery.source_code, returned.delivery.delivery_id),
        rejected_path(settings, returned.delivery.source_code, returned.delivery.delivery_id),
    ]
    before = {path: path.read_bytes() for path in Path(settings.root).rglob("*") if path.is_file()}
    ledger.ledger_rows(settings)
    ledger.gap_rows(settings)
    assert {path: path.read_bytes() for path in Path(settings.root).rglob("*") if path.is_file()} == before
    assert all(path in before for path in kept)
