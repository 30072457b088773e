"""Workbooks: real XLS and XLSX, hand-made ODS, and damaged ones. Every cell is text and stands where it stood."""

from __future__ import annotations

import csv
import datetime as dt
import random
import struct
import unicodedata
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from dagster_project.landing import ods_reader, workbook_reader, xlsx_reader
from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import EXCEL_ERRORS, Extent, Merge

pytestmark = pytest.mark.integration

FIXTURES = Path(__file__).parents[1] / "fixtures"
BOOKS = FIXTURES / "workbooks"
MOF_2003 = BOOKS / "MOF_du_toan_2003_TCVN3.xls"
PAIRS = FIXTURES / "encodings" / "tcvn3_unicode_pairs.csv"


def cells(table):
    """(row, column) → text, both 1-based."""
    rows = zip(*(column.to_pylist() for column in table.grid().columns), strict=True)
    return {
        (number, place): text
        for number, row in enumerate(rows, start=1)
        for place, text in enumerate(row, start=1)
        if text is not None
    }


# --- real workbooks


def test_the_sheet_in_old_fonts_equals_the_unicode_one_in_every_cell():
    old, new = workbook_reader.open_tables(MOF_2003)
    assert (old.encoding, new.encoding) == ("tcvn3", "unicode")
    before, after, truth = old.load(), cells(old), cells(new)
    texts = {place for place, text in truth.items() if not text.startswith("#")}
    assert after.keys() == truth.keys() and before.num_rows == 85
    assert [place for place in texts if after[place].lower() != truth[place].lower()] == []
    with PAIRS.open(encoding="utf-8", newline="") as handle:
        pairs = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    known = {pair["unicode"].lower() for pair in pairs}
    raw = {pair["tcvn3"] for pair in pairs}
    from_old_fonts = [
        place
        for place in texts
        if before.column(place[1] - 1)[place[0] - 1].as_py() in raw and truth[place].lower() in known
    ]
    assert len(from_old_fonts) == 108


def test_failed_formulas_of_an_xls_are_errors_and_no_numbers():
    for table in workbook_reader.open_tables(MOF_2003):
        errors = [text for text in cells(table).values() if text.startswith("#")]
        assert len(errors) == 68 and set(errors) <= set(EXCEL_ERRORS)


def test_merged_cells_and_fonts_of_an_xls():
    table = workbook_reader.open_tables(BOOKS / "MOF_quyet_toan_2006.xls")[0]
    assert table.container == "xls" and not table.is_1904
    assert len(table.merges()) == 18
    assert Merge(11, 6, 11, 8) in table.merges()
    assert cells(table)[(11, 6)] == "BỔ SUNG TỪ NSTW CHO NSĐP" and (11, 7) not in cells(table)
    assert ".VnArialH" in workbook_reader.open_tables(MOF_2003)[0].fonts


def test_codes_keep_their_zeros_where_the_file_header_is_damaged():
    table = workbook_reader.open_tables(BOOKS / "GSO_dvhc_lao_cai.xls")[0]
    assert cells(table)[(2, 4)] == "080" and cells(table)[(2, 6)] == "02635"
    assert table.grid().num_rows == 153 and table.encoding == "unicode"


def test_hidden_sheets_are_read_and_heads_are_nfc_where_cells_are_not():
    tables = xlsx_reader.open_tables(BOOKS / "PCI_2013_VCCI.xlsx")
    assert len(tables) == 12 and tables[1].sheet_name == "Summary"
    assert {table.encoding for table in tables} == {"unicode"}
    heads = [cell for table in tables for row in table.heads()[0] for cell in row.cells if cell]
    written = [text for table in tables for text in cells(table).values()]
    assert sum(not unicodedata.is_normalized("NFC", text) for text in written) == 587
    assert all(unicodedata.is_normalized("NFC", text) for text in heads)


# --- XLSX


def test_merged_cells_fonts_and_the_calendar_of_an_xlsx(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("Số & liệu")
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": ["Số & liệu", 3, 1, 3, 1]})
        book.add_chartsheet("Biểu đồ").set_chart(chart)
        sheet.merge_range(0, 0, 0, 3, "TIÊU ĐỀ", book.add_format({"font_name": ".VnTime"}))
        sheet.merge_range(1, 1, 2, 1, "Lĩnh vực")
        sheet.write_datetime(3, 0, dt.datetime(2026, 1, 5, 8, 30), book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write(3, 1, 44200)
        book.add_worksheet("Trống")
    table = next(table for table in xlsx_reader.open_tables(path) if table.sheet_name == "Số & liệu")
    assert table.merges() == (Merge(1, 1, 1, 4), Merge(2, 2, 3, 2))
    assert table.is_1904 and ".VnTime" in table.fonts
    # Date cells are moments already; a plain number is left for whoever knows that it is a day.
    assert cells(table)[(4, 1)] == "2026-01-05 08:30:00" and cells(table)[(4, 2)] == "44200"
    assert xlsx_reader.looks_like(path) and not ods_reader.looks_like(path)


def test_empty_columns_on_the_left_stay_so_that_merged_cells_fit(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(2, 2, 2, 4, "Tiếp nhận")
        sheet.write_row(3, 2, ["Tổng", 1.234, "x"])
        # Cells that hold only a format: to the library they are none.
        edge = book.add_worksheet("Viền")
        edge.write_blank(0, 0, None, book.add_format({"bold": True}))
        edge.write(1, 1, "x")
    first, second = xlsx_reader.open_tables(path)
    assert first.merges() == (Merge(3, 3, 3, 5),)
    assert cells(first) == {(3, 3): "Tiếp nhận", (4, 3): "Tổng", (4, 4): "1.234", (4, 5): "x"}
    raw = first.read(None, tmp_path, 0, Extent(3, 5), [2, 3, 4])
    assert raw.cell_kinds == {3: "number"}
    assert cells(second) == {(2, 2): "x"}


def test_a_cell_without_content_at_the_left_edge_moves_nothing(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet().write(1, 1, 5)
    with zipfile.ZipFile(tmp_path / "b.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<c r="B2"', b'<c r="A2"></c><c r="B2"'))
    (table,) = xlsx_reader.open_tables(path)
    assert cells(table) == {(2, 2): "5"}


def test_ten_thousand_columns_are_a_table(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, [f"c{index}" for index in range(10_000)])
    (table,) = xlsx_reader.open_tables(path)
    assert len(table.heads()[0][0].cells) == 10_000 and table.breaks() == []


# --- XLS made by hand


def record(kind, content):
    return struct.pack("<HH", kind, len(content)) + content


def text16(text):
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def xls(path, body, extra=b""):
    """A workbook of one BIFF8 sheet whose records are ``body``; ``extra`` records describe the book."""
    bof = lambda kind: record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))  # noqa: E731
    name = struct.pack("<BB", 2, 0) + b"S1"
    start = len(bof(5)) + len(extra) + 4 + 6 + len(name) + 4
    book = bof(5) + extra + record(0x85, struct.pack("<IH", start, 0) + name) + record(0x0A, b"")
    path.write_bytes(workbook_reader.compound_file(book + bof(0x10) + body + record(0x0A, b"")))
    return path


def number(row, column, value):
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def test_an_xls_that_begins_further_down_keeps_its_rows(tmp_path):
    label = record(0x0204, struct.pack("<HHH", 4, 2, 0) + text16("Đơn vị"))
    merged = record(0xE5, struct.pack("<HHHHH", 1, 4, 5, 2, 3))
    path = xls(tmp_path / "a.xls", label + number(6, 2, 0.1 + 0.2) + number(6, 3, 12.0) + merged,
               record(0x22, struct.pack("<H", 1)))  # fmt: skip
    (table,) = workbook_reader.open_tables(path)
    assert cells(table) == {(5, 3): "Đơn vị", (7, 3): "0.3", (7, 4): "12"}
    assert table.is_1904 and table.merges() == (Merge(5, 3, 6, 4),)


@pytest.mark.parametrize("size", [10, 5_000, 70_000, 8_000_000])
def test_the_wrapping_of_a_stream_can_be_unwrapped(size):
    stream = random.Random(size).randbytes(size)
    wrapped = workbook_reader.compound_file(stream)
    assert workbook_reader.workbook_stream(wrapped)[:size] == stream


@pytest.mark.parametrize(
    ("body", "extra", "message"),
    [
        (number(65535, 65535, 1.0), b"", "không mở được sổ tính XLS"),
        (record(0x0200, struct.pack("<IIHHH", 0, 2**32 - 1, 0, 65535, 0)), b"", "không mở được sổ tính XLS"),
        (b"", record(0xFC, struct.pack("<II", 1, 2**31 - 1)), "không mở được sổ tính XLS"),
        (b"", record(0x2F, bytes(54)), "đặt mật khẩu"),
    ],
    ids=["far cell", "far extent", "too many texts", "password"],
)
def test_an_xls_that_would_burst_memory_or_is_protected_is_refused(tmp_path, body, extra, message):
    with pytest.raises(LandingError, match=message):
        workbook_reader.open_tables(xls(tmp_path / "a.xls", body, extra))


def test_many_sheets_may_not_span_more_together_than_one(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_reader, "MAX_CELLS", 1000)
    with pytest.raises(LandingError, match="quá lớn"):
        workbook_reader.open_tables(xls(tmp_path / "a.xls", number(100, 100, 1.0)))


@pytest.mark.parametrize(
    ("name", "message"), [("WordDocu", "không phải sổ tính Excel"), ("EncryptedPackage", "đặt mật khẩu")]
)
def test_another_old_office_file_is_named(tmp_path, monkeypatch, name, message):
    monkeypatch.setattr(workbook_reader, "STREAM_NAME", name)
    path = tmp_path / "a.doc"
    path.write_bytes(workbook_reader.compound_file(b"x"))
    assert workbook_reader.looks_like(path.read_bytes())
    with pytest.raises(LandingError, match=message):
        workbook_reader.open_tables(path)


# --- ODS made by hand

ODS_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
)


def ods(path, sheets, head="", **parts):
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_NAMES}>{head}<office:body>'
        f"<office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ods_reader.MIME_TYPE)
        archive.writestr("content.xml", content)
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return path


def sheet(rows, name="Trang 1"):
    return f'<table:table table:name="{name}">{rows}</table:table>'


def typed(kind, value, shown="?"):
    key = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    return (
        f'<table:table-cell office:value-type="{kind}" office:{key}="{value}"><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


def plain(text, **numbers):
    attributes = " ".join(f'table:number-{name.replace("_", "-")}="{value}"' for name, value in numbers.items())
    return f'<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>'


ROW, END = "<table:table-row>", "</table:table-row>"


def test_cells_of_an_ods_are_text_and_stand_where_they_stood(tmp_path):
    rows = (
        f"{ROW}{plain('TIÊU ĐỀ', columns_spanned=3)}<table:covered-table-cell/>{END}"
        f'<table:table-row table:number-rows-repeated="2"><table:table-cell/>{END}'
        f'{ROW}<table:table-cell table:number-columns-repeated="2"/>{plain("00123")}'
        f"{typed('float', '0.30000000000000004', '0,3')}{typed('percentage', '0.985', '98,5%')}"
        f"{typed('date', '2026-01-05', '05/01/26')}{typed('date', '2026-01-05T08:30:00')}"
        f"{typed('time', 'PT08H30M00S')}{typed('boolean', 'true', 'ĐÚNG')}"
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="">'
        f"<text:p>#DIV/0!</text:p></table:table-cell>{END}"
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        f'table:number-columns-repeated="16384"/>{END}'
    )
    path = ods(tmp_path / "a.ods", sheet(rows) + sheet("", "Trống"))
    first, second = ods_reader.open_tables(path)
    assert cells(first) == {
        (1, 1): "TIÊU ĐỀ",
        (4, 3): "00123",
        (4, 4): "0.3",
        (4, 5): "0.985",
        (4, 6): "2026-01-05 00:00:00",
        (4, 7): "2026-01-05 08:30:00",
        (4, 8): "08:30:00",
        (4, 9): "true",
        (4, 10): "#DIV/0!",
    }
    assert first.merges() == (Merge(1, 1, 1, 3),) and first.container == "ods"
    assert (second.sheet_name, second.heads()) == ("Trống", [[]])
    assert ods_reader.looks_like(path) and not xlsx_reader.looks_like(path)


def test_text_of_an_ods_cell_keeps_words_apart_and_leaves_notes_out(tmp_path):
    text = 'a<text:s text:c="2"/>b<text:line-break/><text:span>c</text:span>d'
    note = "<office:annotation><text:p>ghi chú</text:p></office:annotation>"
    row = f"{ROW}<table:table-cell>{note}<text:p>{text}</text:p><text:p>e</text:p></table:table-cell>{END}"
    (table,) = ods_reader.open_tables(ods(tmp_path / "a.ods", sheet(row)))
    assert cells(table) == {(1, 1): "a  b\ncd\ne"}


def test_repeated_cells_are_repeated_and_the_calendar_is_found(tmp_path):
    row = f'<table:table-row table:number-rows-repeated="2">{plain("x", columns_repeated=2)}{END}'
    head = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    (table,) = ods_reader.open_tables(ods(tmp_path / "a.ods", head + sheet(row)))
    assert cells(table) == {(1, 1): "x", (1, 2): "x", (2, 1): "x", (2, 2): "x"} and table.is_1904


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (f'<table:table-row table:number-rows-repeated="100000000">{plain("x")}{END}', "quá lớn"),
        (f"{ROW}{plain('x', columns_repeated=999999999)}{END}", "quá lớn"),
        (
            f'<table:table-row table:number-rows-repeated="9000">{plain("x", columns_repeated=9000)}{END}',
            "quá lớn",
        ),
        (f'<table:table-row table:number-rows-repeated="-1">{plain("x")}{END}', "không mở được sổ tính ODS"),
        (ROW, "không mở được sổ tính ODS"),
    ],
)
def test_an_ods_that_would_burst_or_is_no_xml_is_refused(tmp_path, rows, message):
    with pytest.raises(LandingError, match=message):
        ods_reader.open_tables(ods(tmp_path / "a.ods", sheet(rows)))


def test_protected_and_incomplete_ods_are_refused(tmp_path):
    manifest = {"META-INF__manifest": "<manifest><encryption-data/></manifest>"}
    with pytest.raises(LandingError, match="mật khẩu"):
        ods_reader.open_tables(ods(tmp_path / "a.ods", sheet(""), **manifest))
    path = tmp_path / "b.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ods_reader.MIME_TYPE)
    with pytest.raises(LandingError, match="không mở được sổ tính ODS"):
        ods_reader.open_tables(path)


# --- damage


def read_all(reader, path):
    for table in reader.open_tables(path):
        table.heads()
        table.breaks()


@pytest.fixture(params=["xls", "xlsx", "ods"])
def sound(request, tmp_path):
    if request.param == "xls":
        return workbook_reader, MOF_2003.read_bytes()
    if request.param == "xlsx":
        return xlsx_reader, (BOOKS / "PCI_2013_VCCI.xlsx").read_bytes()
    row = ROW + plain("Đơn vị") + typed("float", "1.5") + END
    return ods_reader, ods(tmp_path / "sound.ods", sheet(row * 50)).read_bytes()


def test_damaged_workbooks_are_read_or_refused(sound, tmp_path):
    reader, content = sound
    chance = random.Random(3)
    damaged = [content[: len(content) * step // 20] for step in range(20)]
    for _ in range(40):
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 3, 30))):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        damaged.append(bytes(flipped))
    path = tmp_path / "damaged"
    refused = 0
    for broken in damaged:
        path.write_bytes(broken)
        try:
            read_all(reader, path)
        except LandingError as error:
            refused += 1
            assert error.advice
    assert 15 <= refused <= len(damaged)
