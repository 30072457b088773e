"""An empty workbook per source that a unit fills and sends back: comments, formats, lists to choose from.

The data sheet has the Vietnamese headings in row 1 and the canonical names, grey, in row 2. Row 2 is what the generic
layout recognises, so the filled workbook lands without a layout of its own. The other sheets only help to fill it:
whoever reads the workbook knows them again (``is_help_sheet``) and does not name them as left unread.
Does not belong here: words about columns (``contract_docs``), codes of scoring (``template_codes``), reading
(``xlsx_reader``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dagster_project.landing.contract_docs import TYPE_NAMES, row_meaning, way_to_fill
from dagster_project.landing.contracts import Column, SourceContract
from dagster_project.landing.template_codes import CodeTable, code_tables

GUIDE_SHEET = "Hướng dẫn"
DATA_SHEET = "Số liệu"
LISTS_SHEET = "Danh mục"
CODES_SHEET = "Mã và cách điền"
YES_NO = ("Có", "Không")
# Rows that get lists and checks. Rows below still land; they only lack the help.
HELPED_ROWS = 10_000

_HEADING_ROW, _NAME_ROW, _FIRST_ROW = 0, 1, 2
_NUMBER_FORMATS = {
    "code": "@",
    "text": "@",
    "boolean": "@",
    "integer": "0",
    "decimal": "General",
    "timestamp": "dd/mm/yyyy hh:mm:ss",
    "date": "dd/mm/yyyy",
}
_FIRST_DAY = dt.date(1900, 1, 1)
_LAST_DAY = dt.date(9999, 12, 31)
_LARGEST = 999_999_999_999
# Fixed, so that the same contract gives the same bytes.
_CREATED = dt.datetime(2026, 1, 1)
_FONT = "Arial"
# Of the guide's columns, in letters; and of a line, in points. Not every program finds the height of wrapped text.
_GUIDE_WIDTHS = (34, 12, 44, 44, 44, 30)
_CODES_WIDTHS = (38, 70, 60)
_CODES_TITLE = "Mã dùng để điền mẫu, và mỗi lựa chọn cần những cột nào"
_LINE_HEIGHT = 14


def write_template(contract: SourceContract, out: Path) -> Path:
    """Write the empty template of one source to ``out`` (XLSX), replacing what is there; returns ``out``."""
    import xlsxwriter

    out.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(out)) as book:
        book.set_properties({"title": f"Mẫu: {contract.title}", "created": _CREATED})
        styles = _styles(book)
        guide = book.add_worksheet(GUIDE_SHEET)
        data = book.add_worksheet(DATA_SHEET)
        lists = book.add_worksheet(LISTS_SHEET)
        _fill_guide(guide, contract, styles)
        ranges = _fill_lists(lists, contract, styles)
        suggested = {}
        if tables := code_tables(contract):
            suggested = _fill_codes(book.add_worksheet(CODES_SHEET), tables, styles)
        _fill_data(data, contract, styles, ranges, suggested)
    return out


def is_help_sheet(contract: SourceContract, name: str | None, first_row: Sequence[str]) -> bool:
    """Whether a sheet is one of the template's own, by its name and its first row: a sender's may be called alike."""
    own = {
        GUIDE_SHEET: {contract.title},
        LISTS_SHEET: {item.heading for item in contract.columns if _choices(item)},
        CODES_SHEET: {_CODES_TITLE},
    }
    filled = {cell for cell in first_row if cell}
    return bool(filled) and filled <= own.get(name or "", set())


def _styles(book: Any) -> dict[str, Any]:
    shapes = {
        "title": {"bold": True, "font_size": 14},
        "bold": {"bold": True},
        "plain": {"text_wrap": True, "valign": "top"},
        "head": {"bold": True, "bg_color": "#DDE6F0", "text_wrap": True, "valign": "vcenter", "border": 1},
        "required": {"bold": True, "bg_color": "#F5D9A8", "text_wrap": True, "valign": "vcenter", "border": 1},
        "name": {"font_color": "#8A94A3", "font_size": 8, "bottom": 1},
    }
    shapes |= {f"cells_{kind}": {"num_format": shape} for kind, shape in _NUMBER_FORMATS.items()}
    return {name: book.add_format({"font_name": _FONT} | shape) for name, shape in shapes.items()}


def _fill_guide(sheet: Any, contract: SourceContract, styles: dict[str, Any]) -> None:
    for column, width in enumerate(_GUIDE_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, contract.title, styles["title"])
    steps = (
        f"Nguồn {contract.source}: {row_meaning(contract)}.",
        f"1. Điền ở trang «{DATA_SHEET}», từ dòng {_FIRST_ROW + 1}. Không sửa, không xóa hai dòng đầu.",
        "2. Cột tô màu cam là bắt buộc. Cột khác được để trống: ô trống không phải là số 0.",
        "3. Cột có danh sách thì chọn trong danh sách. Rê chuột lên tiêu đề để xem chú thích.",
        "4. Lưu dạng .xlsx rồi gửi lại. Không ghi dòng tổng, không gộp ô.",
    )
    if code_tables(contract):
        steps += (f"5. Mã khối, loại kỳ, chỉ số và cột phải điền theo từng cách chấm: xem trang «{CODES_SHEET}».",)
    head = len(steps) + 2
    for row, text in enumerate(steps, start=1):
        sheet.write_string(row, 0, text)
    for column, text in enumerate(("Tiêu đề", "Kiểu", "Ý nghĩa", "Cách ghi", "Khi trống", "Ví dụ")):
        sheet.write_string(head, column, text, styles["head"])
    for row, item in enumerate(contract.columns, start=head + 1):
        cells = (
            item.heading,
            TYPE_NAMES[item.type],
            item.definition,
            way_to_fill(item),
            item.null_rule,
            item.shown_example,
        )
        lines = max(-(-len(text) // width) for text, width in zip(cells, _GUIDE_WIDTHS, strict=True))
        sheet.set_row(row, _LINE_HEIGHT * max(lines, 1) + 2)
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, styles["plain"])


def _fill_lists(sheet: Any, contract: SourceContract, styles: dict[str, Any]) -> dict[str, str]:
    """One column of choices per coded column; returns the formula of each range by canonical name."""
    ranges = {}
    for item in contract.columns:
        choices = _choices(item)
        if not choices:
            continue
        column = len(ranges)
        sheet.set_column(column, column, 30)
        sheet.write_string(0, column, item.heading, styles["head"])
        for row, choice in enumerate(choices, start=1):
            sheet.write_string(row, column, choice)
        letter = _letters(column)
        ranges[item.name] = f"='{LISTS_SHEET}'!${letter}$2:${letter}${len(choices) + 1}"
    return ranges


def _choices(column: Column) -> tuple[str, ...]:
    """The words a cell of the column may hold; empty when it may hold anything."""
    return column.labels or (YES_NO if column.type == "boolean" else ())


def _fill_codes(sheet: Any, tables: Sequence[CodeTable], styles: dict[str, Any]) -> dict[str, str]:
    """The tables one below the other; returns the formula of the codes to choose from by canonical name."""
    for column, width in enumerate(_CODES_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, _CODES_TITLE, styles["title"])
    suggested, row = {}, 2
    for table in tables:
        sheet.write_string(row, 0, table.title, styles["bold"])
        for column, text in enumerate(table.head):
            sheet.write_string(row + 1, column, text, styles["head"])
        first = row + 2
        for number, cells in enumerate(table.rows, start=first):
            lines = max(-(-len(text) // width) for text, width in zip(cells, _CODES_WIDTHS, strict=False))
            sheet.set_row(number, _LINE_HEIGHT * lines + 2)
            for column, text in enumerate(cells):
                sheet.write_string(number, column, text, styles["plain"])
        row = first + len(table.rows)
        # Rows of a formula count from 1.
        suggested |= dict.fromkeys(table.columns, f"='{CODES_SHEET}'!$A${first + 1}:$A${row}")
        row += 1
    return suggested


def _fill_data(
    sheet: Any, contract: SourceContract, styles: dict[str, Any], ranges: dict[str, str], suggested: dict[str, str]
) -> None:
    sheet.set_row(_HEADING_ROW, 48)
    sheet.freeze_panes(_FIRST_ROW, 0)
    for position, item in enumerate(contract.columns):
        sheet.set_column(position, position, _width(item), styles[f"cells_{item.type}"])
        sheet.write_string(_HEADING_ROW, position, item.heading, styles["required" if item.required else "head"])
        sheet.write_comment(_HEADING_ROW, position, _comment(item), {"width": 320, "height": 140, "author": "cchc"})
        sheet.write_string(_NAME_ROW, position, item.name, styles["name"])
        check = _check(item, ranges.get(item.name))
        if item.name in suggested:
            # Several codes may stand in one cell, or one that is in no list: nothing typed is stopped.
            check = {"validate": "list", "source": suggested[item.name], "show_error": False}
        if check is not None:
            sheet.data_validation(_FIRST_ROW, position, _FIRST_ROW + HELPED_ROWS - 1, position, check)
    sheet.activate()


def _comment(column: Column) -> str:
    lines = [column.definition, f"Cách ghi: {way_to_fill(column)}", f"Khi trống: {column.null_rule}"]
    if column.example:
        lines.append(f"Ví dụ: {column.shown_example}")
    return "\n".join(lines)


def _check(column: Column, choices: str | None) -> dict[str, Any] | None:
    """What the spreadsheet lets in; text that is not what the column holds is stopped while it is typed."""
    rules: dict[str, dict[str, Any]] = {
        "integer": {"validate": "integer", "criteria": "between", "minimum": -_LARGEST, "maximum": _LARGEST},
        "decimal": {"validate": "decimal", "criteria": "between", "minimum": -_LARGEST, "maximum": _LARGEST},
        "date": {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY},
        "timestamp": {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY},
    }
    rule = {"validate": "list", "source": choices} if choices else rules.get(column.type)
    if rule is None:
        return None
    wanted = "Hãy chọn trong danh sách." if choices else f"Cần {way_to_fill(column)}."
    return rule | {"error_title": "Giá trị không hợp lệ", "error_message": wanted}


def _width(column: Column) -> int:
    return max(14, min(36, max(len(column.heading) // 2, len(column.shown_example)) + 4))


def _letters(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return xl_col_to_name(column)
