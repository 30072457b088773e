"""The downloaded ranking: readable by a Vietnamese Excel, complete, and the same bytes each time."""

import csv
import datetime as dt
import io
import zipfile
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import fastexcel
import pytest

from dagster_project.landing.layouts import load_layouts
from dagster_project.landing.sniffing import sniff_file
from dashboards import downloads, labels

pytestmark = pytest.mark.unit


def _row(code, name, rank, value, counts, status="ok", tied=False):
    return {
        "unit_rank": rank,
        "is_tied": tied,
        "unit_code": code,
        "unit_name": name,
        "value": value,
        "value_status": status,
        "numerator": counts[0],
        "denominator": counts[1],
        "interval_low": None if value is None else Decimal("0.901234"),
        "interval_high": None if value is None else Decimal("0.987654"),
        "peer_group_median": Decimal("0.95"),
        "previous_unit_rank": 3 if rank else None,
        "rank_low": 1 if rank else None,
        "rank_high": 2 if rank else None,
        "unit_of_measure_code": "rate",
        "minimum_denominator": 30,
        "family_code": "timeliness",
    }


@pytest.fixture
def file():
    rows = [
        _row("H99.01", "Sở Xây dựng", 1, Decimal("0.975790"), (5401, 5535), tied=True),
        _row("H99.02", "=HYPERLINK(1)", 1, Decimal("0.975790"), (5401, 5535), tied=True),
        _row("H99.03", "Xã Đồng Nổ", None, None, (0, 0), status="no_activity"),
    ]
    head = [("Mẫu số", "Hồ sơ đã giải quyết; có hạn"), ("Bản dựng", "abc123")]
    return downloads.RankingFile("Xếp hạng đơn vị: Đúng hạn", head, rows, dt.date(2026, 9, 26))


def test_csv_opens_in_a_vietnamese_excel(file):
    data = downloads.ranking_csv(file)
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Xếp hạng đơn vị: Đúng hạn"]
    assert lines[1] == ["Mẫu số", "Hồ sơ đã giải quyết; có hạn"]
    assert lines[2] == ["Bản dựng", "abc123"]
    assert tuple(lines[4]) == downloads.HEADERS
    assert lines[5][:7] == ["1", "có", "H99.01", "Sở Xây dựng", "97,58", "5401", "5535"]
    assert lines[5][7:13] == ["90,12", "98,77", "95,00", "3", "1", "2"]


def test_csv_text_is_never_a_formula(file):
    lines = downloads.ranking_csv(file).decode("utf-8-sig").splitlines()
    assert ";'=HYPERLINK(1);" in lines[6]


def test_a_unit_without_data_has_a_reason_and_no_number(file):
    lines = list(csv.reader(io.StringIO(downloads.ranking_csv(file).decode("utf-8-sig")), delimiter=";"))
    assert lines[7][0] == "" and lines[7][4] == ""
    assert lines[7][-1] == "không có hồ sơ nào để tính trong kỳ"


def test_xlsx_holds_numbers_and_text(file):
    sheet = fastexcel.read_excel(downloads.ranking_xlsx(file)).load_sheet(0, header_row=None)
    cells = sheet.to_polars().rows()
    assert cells[0][0] == "Xếp hạng đơn vị: Đúng hạn"
    table = fastexcel.read_excel(downloads.ranking_xlsx(file)).load_sheet(0, header_row=4).to_polars()
    assert tuple(table.columns) == downloads.HEADERS
    assert table["Giá trị"].to_list() == [97.58, 97.58, None]
    assert table["Mẫu số"].to_list() == [5535, 5535, 0]
    assert table["Đơn vị"].to_list()[1] == "=HYPERLINK(1)"
    assert table["Lý do không xếp hạng"].to_list()[2] == "không có hồ sơ nào để tính trong kỳ"


def test_the_same_ranking_gives_the_same_bytes(file):
    assert downloads.ranking_csv(file) == downloads.ranking_csv(file)
    assert downloads.ranking_xlsx(file) == downloads.ranking_xlsx(file)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_head_or_title_begins_a_formula(first):
    text = f"{first}1+1"
    sheet = downloads.Sheet(text, "Tệp", [(text, text)], [text], [[text]], [40], dt.date(2026, 9, 26))
    told = downloads.table_csv(sheet).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(told, newline=""), delimiter=";") for cell in line]
    assert cells == [f"'{text}"] * 5


def test_any_table_keeps_numbers_as_numbers_and_formulas_as_text():
    rows = [["=1+1", -1204, Decimal("-97.50"), None], ["-141", 0, None, "có"]]
    head = [("Bản dựng", "abc123")]
    sheet = downloads.Sheet("Tệp", "Tệp", head, ["Tên", "Dòng", "%", "Ghi"], rows, [40, 9, 9, 9], dt.date(2026, 9, 26))
    lines = list(csv.reader(io.StringIO(downloads.table_csv(sheet).decode("utf-8-sig")), delimiter=";"))
    assert lines[-2:] == [["'=1+1", "-1204", "-97,50", ""], ["'-141", "0", "", "có"]]
    data = downloads.table_xlsx(sheet)
    assert data == downloads.table_xlsx(sheet)
    shown = fastexcel.read_excel(data).load_sheet("Tệp", header_row=None, dtypes="string").to_polars().rows()
    assert shown[-2:] == [("=1+1", "-1204", "-97.5", None), ("-141", "0", None, "có")]
    assert shown[1][:2] == ("Bản dựng", "abc123")


def test_a_workbook_prints_one_page_across_with_its_heads_in_full():
    head = [("Số liệu chốt đến ngày", "31/10/2026")]
    headers = ["Mã câu", "Câu hỏi", "Khoảng tin cậy 95%: dưới (%)"]
    sheet = downloads.Sheet("Tệp", "Tệp", head, headers, [["F1", "Câu", None]], [9, 40, 11], dt.date(2026, 9, 26))
    with zipfile.ZipFile(io.BytesIO(downloads.table_xlsx(sheet))) as book:
        page = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        names = ElementTree.fromstring(book.read("xl/workbook.xml"))
    setup = page.find("{*}pageSetup").attrib
    assert (setup["orientation"], setup["paperSize"], setup["fitToHeight"]) == ("landscape", "9", "0")
    assert page.find("{*}sheetPr/{*}pageSetUpPr").get("fitToPage") == "1"
    assert names.find("{*}definedNames/{*}definedName[@name='_xlnm.Print_Titles']").text == "Tệp!$4:$4"
    assert float(page.find("{*}cols/{*}col[@min='1']").get("width")) > len("Số liệu chốt đến ngày")
    assert downloads._with_room_for_labels(replace(sheet, widths=[12, 12, 42])) == [
        12,
        12,
        42,
    ]  # the text is in the third
    # «Khoảng tin / cậy 95%: / dưới (%)» in a column of eleven characters.
    assert float(page.find("{*}sheetData/{*}row[@r='4']").get("ht")) == 3 * downloads.LINE_POINTS


def test_a_rebuilt_form_06a_adds_up_and_is_not_taken_for_a_claim(tmp_path):
    """Loaded back, it would stand as the unit's own report."""
    line = {"line_name": "Đất đai", **dict.fromkeys(labels.FORM_HIDDEN, 0)}
    line |= {name: number for number, name in enumerate(labels.FORM_COLUMNS, start=1)}
    sheet = downloads.Sheet("Biểu II.06a", "Biểu", [("Đơn vị", "Sở Em")], ["Lĩnh vực"], [], [42], dt.date(2026, 9, 26))
    data = downloads.form_06a_xlsx(sheet, [line, {**line, "line_name": "Tổng số", "withdrawn_count": 7}])
    assert data == downloads.form_06a_xlsx(sheet, [line, {**line, "line_name": "Tổng số", "withdrawn_count": 7}])
    rows = fastexcel.read_excel(data).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
    (total,) = [row for row in rows if row[1] == "Tổng số"]
    assert [int(float(cell)) for cell in total[2:13]] == list(range(1, 12))
    (hidden,) = [row for row in rows if row[1] == labels.FORM_HIDDEN["withdrawn_count"][0]]
    assert (float(hidden[2]), hidden[3]) == (7, "trong cột 9, như đúng hạn")
    path = tmp_path / "bieu.xlsx"
    path.write_bytes(data)
    assert [table.layout for table in sniff_file(path, list(load_layouts().values()))] == [None]
