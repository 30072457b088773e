"""The ranking as CSV and XLSX files, each carrying title, definition, as-of date and build id.

Both are deterministic: the same build gives the same bytes. Does not belong here: queries, drawing.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from dashboards import labels

HEADERS = (
    "Hạng",
    "Đồng hạng",
    "Mã đơn vị",
    "Đơn vị",
    "Giá trị",
    "Tử số",
    "Mẫu số",
    "Khoảng tin cậy 95%: dưới",
    "Khoảng tin cậy 95%: trên",
    "Trung vị của nhóm",
    "Hạng kỳ trước",
    "Lý do không xếp hạng",
)
_VALUE_COLUMNS = (4, 7, 8, 9)


@dataclass(frozen=True)
class RankingFile:
    """Everything a downloaded ranking says: head lines (label, text) and rows of data_access.ranking."""

    title: str
    head: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    as_of_date: dt.date


def _cells(row: Mapping[str, Any]) -> list[Any]:
    """One data row in the order of HEADERS; rates as percent, rounded to two decimals."""
    unit = row["unit_of_measure_code"]
    return [
        row["unit_rank"],
        "có" if row["is_tied"] else "",
        row["unit_code"],
        row["unit_name"],
        _number(row["value"], unit),
        row["numerator"],
        row["denominator"],
        _number(row["interval_low"], unit),
        _number(row["interval_high"], unit),
        _number(row["peer_group_median"], unit),
        row["previous_unit_rank"],
        labels.status_text(row),
    ]


def _number(value: Any, unit_of_measure_code: str) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value)) * (100 if unit_of_measure_code == "rate" else 1)
    return number.quantize(Decimal("0.01"))


def _csv_cell(value: Any) -> str:
    """A cell as a Vietnamese Excel reads it: decimal comma, no thousands mark, never a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def ranking_csv(file: RankingFile) -> bytes:
    """UTF-8 with BOM, semicolons and decimal commas: opens by double click in a Vietnamese Excel."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([_csv_cell(file.title)])
    writer.writerows([_csv_cell(label), _csv_cell(text)] for label, text in file.head)
    writer.writerow([])
    writer.writerow(HEADERS)
    writer.writerows([_csv_cell(cell) for cell in _cells(row)] for row in file.rows)
    return buffer.getvalue().encode("utf-8-sig")


def ranking_xlsx(file: RankingFile) -> bytes:
    """One sheet: title, head lines, then the table with real numbers and a frozen header row."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": file.title, "created": dt.datetime.combine(file.as_of_date, dt.time())})
    sheet = book.add_worksheet("Xếp hạng")
    bold = book.add_format({"bold": True})
    title = book.add_format({"bold": True, "font_size": 14})
    header = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E6EEF5", "valign": "top"})
    count, value = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "#,##0.00"})
    sheet.write_string(0, 0, file.title, title)
    for line, (label, text) in enumerate(file.head, start=1):
        sheet.write_string(line, 0, label, bold)
        sheet.write_string(line, 3, text)
    top = len(file.head) + 2
    sheet.write_row(top, 0, HEADERS, header)
    for line, row in enumerate(file.rows, start=top + 1):
        for column, cell in enumerate(_cells(row)):
            if isinstance(cell, Decimal | int):
                sheet.write_number(line, column, float(cell), value if column in _VALUE_COLUMNS else count)
            elif cell:
                sheet.write_string(line, column, cell)
    sheet.set_column(0, 2, 12)
    sheet.set_column(3, 3, 42)
    sheet.set_column(4, len(HEADERS) - 2, 13)
    sheet.set_column(len(HEADERS) - 1, len(HEADERS) - 1, 36)
    sheet.freeze_panes(top + 1, 4)
    book.close()
    return buffer.getvalue()
