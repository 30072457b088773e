"""XLSX: typed cells, sheets, titles and failed formulas, through the whole of land_file."""

import datetime as dt
import zipfile
from decimal import Decimal

import duckdb
import pytest
import xlsxwriter

from dagster_project.landing.deliveries import landed_path, list_deliveries, rejected_path
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings

pytestmark = pytest.mark.integration

HEADER = [
    "Mã hồ sơ",
    "Mã đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Phí, lệ phí đã thu",
    "Số lần bổ sung",
]
DAY = "dd/mm/yyyy hh:mm:ss"
RECEIVED = dt.datetime(2026, 1, 5, 8, 12, 13)


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path / "data")


@pytest.fixture
def book(tmp_path):
    """An open workbook at hồ sơ.xlsx; close it before landing."""
    return xlsxwriter.Workbook(tmp_path / "hồ sơ.xlsx")


def write_header(sheet, row=0, column=0):
    for index, text in enumerate(HEADER):
        sheet.write(row, column + index, text)


def write_dossier(book, sheet, row, code, column=0):
    sheet.write_string(row, column, code)
    sheet.write_string(row, column + 1, "H99.01")
    sheet.write_datetime(row, column + 2, RECEIVED, book.add_format({"num_format": DAY}))
    sheet.write_string(row, column + 3, "12/01/2026 17:00:00")
    sheet.write_string(row, column + 5, "Đang xử lý")
    sheet.write_number(row, column + 6, 50000.5)
    sheet.write_number(row, column + 7, 2)


def landed_rows(settings, result, columns):
    path = landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    return duckdb.sql(f"select {columns} from '{path}' order by source_row_number").fetchall()


def test_date_cells_number_cells_and_leading_zeros(settings, tmp_path, book):
    sheet = book.add_worksheet("Hồ sơ")
    write_header(sheet)
    write_dossier(book, sheet, 1, "000123")
    book.close()
    result = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert result.message == (
        'Đã nạp: tệp "hồ sơ.xlsx", bố cục one_stop_dossier_list: đọc 1 dòng, nhận 1, loại 0, bỏ qua 0.'
    )
    columns = "authority_code, dossier_code, received_at, due_at, completed_at, status_code, fee_amount"
    assert landed_rows(settings, result, columns + ", supplement_count") == [
        ("H99", "000123", RECEIVED, dt.datetime(2026, 1, 12, 17), None, "4", Decimal("50000.5"), 2)
    ]


def test_row_numbers_are_those_of_the_sheet_and_the_first_fitting_sheet_is_taken(settings, tmp_path, book):
    book.add_worksheet("Trống")
    book.add_worksheet("Bìa").write(0, 0, "Bìa báo cáo")
    sheet = book.add_worksheet("Dữ liệu")
    sheet.write(2, 1, "DANH SÁCH HỒ SƠ")
    write_header(sheet, 4, 1)
    write_dossier(book, sheet, 5, "A", 1)
    write_dossier(book, sheet, 7, "B", 1)
    book.close()
    result = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert result.delivery.sheet_name == "Dữ liệu"
    assert landed_rows(settings, result, "source_row_number, dossier_code") == [(6, "A"), (8, "B")]
    assert (result.delivery.rows_read, result.delivery.rows_ignored) == (3, 1)


def test_a_failed_formula_is_rejected_and_not_taken_for_an_empty_cell(settings, tmp_path, book):
    sheet = book.add_worksheet("S")
    write_header(sheet)
    write_dossier(book, sheet, 1, "A")
    write_dossier(book, sheet, 2, "B")
    sheet.write_formula(2, 6, "=1/0", None, "#DIV/0!")
    write_dossier(book, sheet, 3, "C")
    sheet.write_formula(3, 4, "=NA()", None, "#N/A")
    book.close()
    result = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert (result.delivery.rows_accepted, result.delivery.rows_rejected) == (1, 2)
    path = rejected_path(settings, "one_stop__dossiers", result.delivery.delivery_id)
    found = duckdb.sql(f"select source_row_number, column_name, reason_code, raw_value from '{path}'").fetchall()
    assert found == [
        (3, "fee_amount", "excel_error", "#DIV/0!"),
        (4, "completed_at", "excel_error", "#N/A"),
    ]


@pytest.mark.parametrize(
    ("cells", "fees"),
    [
        (["50.000", "1.234"], [50000, 1234]),
        ([50.25, 1.234], [Decimal("50.25"), Decimal("1.234")]),
        ([50000, "1.234"], [50000, 1234]),
        ([50.25, "1.234", "7,5"], [Decimal("50.25"), Decimal("7.5")]),
    ],
    ids=["text cells", "number cells", "text and whole numbers", "text and fractions: undecided"],
)
def test_a_point_before_three_digits_is_read_by_the_cells_of_its_column(settings, tmp_path, book, cells, fees):
    sheet = book.add_worksheet("S")
    sheet.write(0, 1, "Tiêu đề")
    write_header(sheet, 2, 1)
    for index, cell in enumerate(cells):
        write_dossier(book, sheet, 3 + index, f"D{index}", 1)
        sheet.write(3 + index, 7, cell)
    book.close()
    result = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert [fee for (fee,) in landed_rows(settings, result, "fee_amount")] == fees
    assert result.delivery.rows_rejected == len(cells) - len(fees)


def test_refusals_name_file_sheet_and_column(settings, tmp_path, book):
    sheet = book.add_worksheet("Sheet1")
    write_header(sheet)
    sheet.write(0, 0, "Mã khác")
    book.close()
    result = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert str(result.error) == (
        'Tệp "hồ sơ.xlsx", trang "Sheet1", dòng 1: không tìm thấy cột bắt buộc "Mã hồ sơ" (mã chuẩn '
        "dossier_code) của bố cục one_stop_dossier_list. Hãy kiểm tra dòng tiêu đề hoặc chọn bố cục khác "
        "bằng --layout."
    )
    assert not settings.landing.exists()


def test_empty_sheets_other_zips_and_damaged_workbooks_are_refused(settings, tmp_path, book):
    book.add_worksheet("Một")
    book.add_worksheet("Hai")
    book.close()
    empty = land_file(tmp_path / "hồ sơ.xlsx", settings)
    assert 'Tệp "hồ sơ.xlsx", trang "Một, Hai": trống, không có dòng tiêu đề nào.' in str(empty.error)
    other = tmp_path / "gói.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.csv", "x")
    assert '"gói.xlsx › a.csv"' in str(land_file(other, settings).error)
    assert list_deliveries(settings) == []
    half = tmp_path / "nửa.xlsx"
    half.write_bytes((tmp_path / "hồ sơ.xlsx").read_bytes()[:2000])
    assert "tệp nén bị hỏng" in str(land_file(half, settings).error)
    fake = tmp_path / "giả.xlsx"
    with zipfile.ZipFile(fake, "w") as archive:
        archive.writestr("xl/workbook.xml", "<a")
    assert "không mở được sổ tính XLSX" in str(land_file(fake, settings).error)
