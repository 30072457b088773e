"""The files of the landing bench: dossiers of 25 columns as CSV and XLSX, and workbooks of form II.06a.

Everything is worked out from the row number, so the same size gives the same file.
Does not belong here: reading them (``landing``), the demo province.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import xlsxwriter

FORM_LINES = 30
FORM_SHEET = "Biểu II.06a"
_GROUP_EVERY = 10
_DOMAINS = ("Hộ tịch", "Đất đai", "Đường bộ", "Lao động, tiền lương", "Bảo trợ xã hội", "Thành lập doanh nghiệp")

_SHAPE = "'%d/%m/%Y %H:%M:%S'"
_RECEIVED = "timestamp '2026-01-05 07:30:00' + to_seconds(i * 7919 % 15552000)"
_DOSSIER_COLUMNS = {
    "Mã đơn vị giải quyết": "printf('H99.%02d', 1 + i % 40)",
    "Mã hồ sơ": "printf('H99.%02d-26%02d%02d-%07d', 1 + i % 40, 1 + i % 12, 1 + i % 28, i)",
    "Mã TTHC": "printf('1.%06d.000.00.00.H99', i % 1700)",
    "Tên TTHC": "'Thủ tục đăng ký, cấp giấy xác nhận số ' || i % 1700",
    "Lĩnh vực": f"list_value({', '.join(map(repr, _DOMAINS))})[1 + i % {len(_DOMAINS)}]",
    "Mã đơn vị tiếp nhận": "printf('H99.%02d', 1 + i % 40)",
    "Tên đơn vị giải quyết": "'Ủy ban nhân dân xã số ' || 1 + i % 40",
    "Mã phòng chuyên môn": "printf('P%02d', i % 9)",
    "Kênh nộp": "list_value('Trực tiếp', 'Trực tuyến', 'Bưu chính công ích')[1 + i % 3]",
    "Ngày nộp": f"strftime(received_at - interval 3 hour, {_SHAPE})",
    "Ngày tiếp nhận": f"strftime(received_at, {_SHAPE})",
    "Ngày hẹn trả": f"case when i % 50 > 0 then strftime(received_at + interval 7 day, {_SHAPE}) end",
    "Ngày kết thúc xử lý": f"case when i % 10 > 0 then strftime(received_at + to_hours(i % 240), {_SHAPE}) end",
    "Ngày trả kết quả": f"case when i % 10 > 1 then strftime(received_at + to_hours(i % 240 + 5), {_SHAPE}) end",
    "Trạng thái": "list_value('Đang xử lý', 'Đã xử lý xong', 'Đã trả kết quả')[least(1 + i % 10, 3)]",
    "Đối tượng": "list_value('Công dân', 'Công dân', 'Doanh nghiệp')[1 + i % 3]",
    "Mức độ DVC": "list_value('Một phần', 'Toàn trình')[1 + i % 2]",
}
_MORE_COLUMNS = {
    "Phí, lệ phí đã thu": "i % 20 * 5000",
    "Thanh toán trực tuyến": "case when i % 3 = 0 then 'Có' else 'Không' end",
    "Số hóa": "case when i % 2 = 0 then 'Có' else 'Không' end",
    "Số lần bổ sung": "i % 4",
    "Số bộ hồ sơ": "1 + i % 3",
    "Số trang": "1 + i % 90",
    "Nơi lưu": "printf('Kho %02d, giá %03d', i % 12, i % 400)",
    "Ghi chú": "case when i % 20 = 0 then 'Đã hướng dẫn, bổ sung đủ giấy tờ' end",
}
_IDENTITY_COLUMNS = {
    "Họ và tên": "'Người nộp thứ ' || i % 300000",
    "Số CCCD": "printf('0990%08d', i % 300000)",
    "Điện thoại": "printf('09%08d', i % 300000)",
    "Email": "printf('nguoi%d@example.vn', i % 300000)",
    "Địa chỉ": "'Thôn ' || i % 200 || ', xã số ' || 1 + i % 40",
    "Chủ hồ sơ": "'Chủ hồ sơ thứ ' || i % 300000",
    "Điện thoại chủ hồ sơ": "printf('03%08d', i % 300000)",
    "Người tiếp nhận": "'Cán bộ số ' || i % 90",
}


def write_dossiers_csv(path: Path, rows: int, *, has_identities: bool = False) -> None:
    """Dossiers of 25 columns; 8 of them identities instead of figures and notes when asked for."""
    with duckdb.connect() as con:
        con.execute(f"copy ({_dossiers_sql(rows, has_identities)}) to '{path}' (format csv, header true)")


def write_dossiers_xlsx(path: Path, rows: int) -> None:
    """The same dossiers as a workbook: text and number cells, shared strings, as Excel itself writes it."""
    with duckdb.connect() as con, xlsxwriter.Workbook(path) as book:
        found = con.execute(_dossiers_sql(rows, has_identities=False))
        sheet = book.add_worksheet("Danh sách")
        sheet.write_row(0, 0, [column[0] for column in found.description or ()])
        for row in range(1, rows + 1):
            sheet.write_row(row, 0, found.fetchone() or ())


def _dossiers_sql(rows: int, has_identities: bool) -> str:
    columns = _DOSSIER_COLUMNS | (_IDENTITY_COLUMNS if has_identities else _MORE_COLUMNS)
    listed = ", ".join(f'{expression} as "{title}"' for title, expression in columns.items())
    return f"select {listed} from (select i, {_RECEIVED} as received_at from range({rows}) as numbers(i)) order by i"


def write_forms(folder: Path, count: int) -> None:
    """``count`` workbooks of form II.06a, one per unit and month."""
    folder.mkdir(parents=True)
    for number in range(count):
        _write_form(folder / f"bieu_06a_{number:04d}.xlsx", number)


def _write_form(path: Path, number: int) -> None:
    """Titles, three header rows with merged titles, a row of numbers, groups, lines, a total, a signature."""
    unit, month = number // 12, number % 12 + 1
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(FORM_SHEET)
        sheet.write(0, 0, f"Đơn vị báo cáo: Ủy ban nhân dân xã số {unit}")
        sheet.write(1, 0, f"Mã đơn vị: H99.{unit:03d}")
        sheet.write(2, 0, f"Kỳ báo cáo: Từ ngày 01/{month:02d}/2025 đến ngày 28/{month:02d}/2025")
        _write_heading(sheet)
        row, sums = 8, [0] * 11
        for line in range(FORM_LINES):
            if line % _GROUP_EVERY == 0:
                sheet.write_row(row, 0, ["I" * (line // _GROUP_EVERY + 1), f"Thủ tục cấp {line // _GROUP_EVERY + 1}"])
                row += 1
            counts = _counts(number, line)
            sums = [before + count for before, count in zip(sums, counts, strict=True)]
            sheet.write_row(row, 0, [line + 1, f"{_DOMAINS[line % len(_DOMAINS)]} {line}", *counts])
            row += 1
        sheet.write_row(row, 0, ["", "Tổng số", *sums])
        sheet.write(row + 2, 8, f"Ngày 28 tháng {month} năm 2025")
        sheet.write(row + 3, 8, "Người lập biểu")


def _write_heading(sheet: xlsxwriter.worksheet.Worksheet) -> None:
    for area, title in {
        (4, 0, 6, 0): "TT",
        (4, 1, 6, 1): "Lĩnh vực, công việc giải quyết theo cấp",
        (4, 2, 4, 5): "Số lượng hồ sơ tiếp nhận",
        (4, 6, 4, 9): "Số lượng hồ sơ đã giải quyết",
        (4, 10, 4, 12): "Số lượng hồ sơ đang giải quyết",
        (5, 2, 6, 2): "Tổng số",
        (5, 3, 5, 4): "Trong kỳ",
        (5, 5, 6, 5): "Từ kỳ trước",
        (5, 6, 6, 6): "Tổng số",
        (5, 7, 6, 7): "Trước hạn",
        (5, 8, 6, 8): "Đúng hạn",
        (5, 9, 6, 9): "Quá hạn",
        (5, 10, 6, 10): "Tổng số",
        (5, 11, 6, 11): "Trong hạn",
        (5, 12, 6, 12): "Quá hạn",
    }.items():
        sheet.merge_range(*area, title)
    sheet.write_row(6, 3, ["Trực tuyến", "Trực tiếp, dịch vụ bưu chính"])
    sheet.write_row(7, 0, [f"({place})" for place in range(1, 14)])


def _counts(number: int, line: int) -> list[int]:
    """The 11 figures of a line, with 3=4+5+6, 7=8+9+10, 11=12+13 and 3=7+11."""
    early, on_time, late = 20 + (number + line) % 31, 10 + line % 7, number % 4
    waiting, overdue = 5 + line % 5, (number + line) % 3
    resolved, still_open = early + on_time + late, waiting + overdue
    received = resolved + still_open
    online, carried = received // 2, received // 10
    return [
        *(received, online, received - online - carried, carried),
        *(resolved, early, on_time, late),
        *(still_open, waiting, overdue),
    ]
