"""Tables as CSV and XLSX files, each carrying title, definition, as-of date and build id.

Both are deterministic: the same build gives the same bytes. Does not belong here: queries, drawing.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from dashboards import labels


@dataclass(frozen=True)
class Sheet:
    """One table to download: head lines (label, text) above, then headers and rows.

    Cells are text, int, Decimal (a workbook shows two decimals of it) or None. ``widths`` are characters per column;
    the texts of the head lines stand in the first column that is wide enough for them.
    """

    title: str
    name: str
    head: Sequence[tuple[str, str]]
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int]
    as_of_date: dt.date

    @property
    def text_column(self) -> int:
        """The first column after the labels that holds a sentence."""
        return next((place for place, width in enumerate(self.widths) if place and width >= 30), 1)


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
    "Hạng tốt nhất còn có thể",
    "Hạng kém nhất còn có thể",
    "Lý do không xếp hạng",
)
_WIDTHS = (12, 12, 12, 42, 13, 13, 13, 13, 13, 13, 13, 13, 13, 36)


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
        row["rank_low"],
        row["rank_high"],
        labels.status_text(row),
    ]


def _number(value: Any, unit_of_measure_code: str) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value)) * (100 if unit_of_measure_code == "rate" else 1)
    return number.quantize(Decimal("0.01"))


def percent_number(rate: Any) -> Decimal | None:
    """A rate 0–1 as a percent number with two decimals; None stays None."""
    return _number(rate, "rate")


def rounded(number: Any) -> Decimal | None:
    """A number with two decimals; None stays None."""
    return _number(number, "count")


def published(number: Any) -> Decimal | None:
    """A number of others with all the digits that they gave, two at least; None stays None."""
    if number is None:
        return None
    given = Decimal(str(number)).normalize()
    return given.quantize(Decimal(1).scaleb(min(given.as_tuple().exponent, -2)))


def _ranking_sheet(file: RankingFile) -> Sheet:
    cells = [_cells(row) for row in file.rows]
    return Sheet(file.title, "Xếp hạng", file.head, HEADERS, cells, _WIDTHS, file.as_of_date)


def ranking_csv(file: RankingFile) -> bytes:
    """A ranking as :func:`table_csv` writes it."""
    return table_csv(_ranking_sheet(file))


def ranking_xlsx(file: RankingFile) -> bytes:
    """A ranking as :func:`table_xlsx` writes it."""
    return table_xlsx(_ranking_sheet(file))


def _csv_cell(value: Any) -> str:
    """A cell as a Vietnamese Excel reads it: decimal comma, no thousands mark, text never a formula."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def table_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM, semicolons and decimal commas: opens by double click in a Vietnamese Excel."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([_csv_cell(sheet.title)])
    writer.writerows([_csv_cell(label), _csv_cell(text)] for label, text in sheet.head)
    writer.writerow([])
    writer.writerow([_csv_cell(name) for name in sheet.headers])
    writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
    return buffer.getvalue().encode("utf-8-sig")


def table_xlsx(sheet: Sheet) -> bytes:
    """One sheet, printed one page across: title, head lines, the table with real numbers and a frozen header row."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": sheet.title, "created": dt.datetime.combine(sheet.as_of_date, dt.time())})
    page = book.add_worksheet(sheet.name)
    _print_across(page)
    bold = book.add_format({"bold": True})
    title = book.add_format({"bold": True, "font_size": 14})
    header = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E6EEF5", "valign": "top"})
    count, value = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "#,##0.00"})
    page.write_string(0, 0, sheet.title, title)
    for line, (label, text) in enumerate(sheet.head, start=1):
        page.write_string(line, 0, label, bold)
        page.write_string(line, sheet.text_column, text)
    widths = _with_room_for_labels(sheet)
    top = len(sheet.head) + 2
    page.write_row(top, 0, sheet.headers, header)
    page.repeat_rows(top)
    # Not every program makes a row as high as its wrapped words.
    lines = max(len(wrap(name, width - 1)) for name, width in zip(sheet.headers, widths, strict=True))
    page.set_row(top, LINE_POINTS * lines)
    for line, row in enumerate(sheet.rows, start=top + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, Decimal | int):
                page.write_number(line, column, float(cell), value if isinstance(cell, Decimal) else count)
            elif cell:
                page.write_string(line, column, cell)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.freeze_panes(top + 1, sheet.text_column + 1)
    book.close()
    return buffer.getvalue()


LINE_POINTS = 15


def _with_room_for_labels(sheet: Sheet) -> list[int]:
    """The widths of the columns, the first wide enough that no label of a head line runs into its text."""
    longest = max((len(label) + 2 for label, _ in sheet.head), default=0)
    return [max(sheet.widths[0], longest - sum(sheet.widths[1 : sheet.text_column])), *sheet.widths[1:]]


def _print_across(page: Worksheet) -> None:
    """All columns on one sheet of A4, laid flat; a wide table would else print as strips."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


# The three groups of columns of form II.06a, by the first word of their names.
_FORM_GROUPS = {"received": "Tiếp nhận", "resolved": "Đã giải quyết", "open": "Đang giải quyết"}


def form_06a_xlsx(sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Form II.06a on one page across, with its groups of columns, and below it what it does not show.

    ``rows`` are rows of fct_form_06a, the total last; of ``sheet`` the title, head and date are taken. The heads say
    «Cột 8: trước hạn», so that landing does not take the file for a form that a unit has sent.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": sheet.title, "created": dt.datetime.combine(sheet.as_of_date, dt.time())})
    page = book.add_worksheet(sheet.name)
    _print_across(page)
    bold, title = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 14})
    centred = {
        "bold": True,
        "text_wrap": True,
        "border": 1,
        "bg_color": "#E6EEF5",
        "align": "center",
        "valign": "vcenter",
    }
    header = book.add_format(centred)
    cell = {
        name: book.add_format({"border": 1, "num_format": "#,##0", "bold": name == "total"})
        for name in ("line", "total")
    }
    page.write_string(0, 0, sheet.title, title)
    for line, (label, text) in enumerate(sheet.head, start=1):
        page.write_string(line, 0, label, bold)
        page.write_string(line, 2, text)
    top = len(sheet.head) + 2
    page.merge_range(top, 0, top + 1, 0, "TT", header)
    page.merge_range(top, 1, top + 1, 1, "Lĩnh vực", header)
    for group, name in _FORM_GROUPS.items():
        places = [place for place, code in enumerate(labels.FORM_COLUMNS, start=2) if code.startswith(group)]
        page.merge_range(top, places[0], top, places[-1], name, header)
        prefix = f"{name}: "
        for place in places:
            number, text, parts = list(labels.FORM_COLUMNS.values())[place - 2]
            sums = f"\n= {parts}" if parts else ""
            page.write_string(top + 1, place, f"Cột {number}:\n{text.removeprefix(prefix).lower()}{sums}", header)
    page.set_row(top + 1, 62)
    for line, row in enumerate(rows, start=1):
        style = cell["total" if row is rows[-1] else "line"]
        page.write(top + 1 + line, 0, "" if row is rows[-1] else line, style)
        page.write_string(top + 1 + line, 1, row["line_name"], style)
        for place, code in enumerate(labels.FORM_COLUMNS, start=2):
            page.write_number(top + 1 + line, place, row[code], style)
    below = top + len(rows) + 3
    page.write_string(below, 1, "Phần biểu không cho thấy (của dòng tổng số)", bold)
    for line, (code, (name, where)) in enumerate(labels.FORM_HIDDEN.items(), start=1):
        page.write_string(below + line, 1, name)
        page.write_number(below + line, 2, rows[-1][code], cell["line"])
        page.write_string(below + line, 3, where)
    page.set_column(0, 0, 7)
    page.set_column(1, 1, 44)
    page.set_column(2, 12, 12)
    page.freeze_panes(top + 2, 2)
    book.close()
    return buffer.getvalue()
