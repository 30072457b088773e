"""SpreadsheetML, the XML of Excel 2003, which many programs write under the name .xls.

Does not belong here: HTML (``html_reader``), meanings of columns.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from dagster_project.landing import html_reader, stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import (
    MAX_CELLS,
    MAX_COLUMN,
    GridBuilder,
    GridTable,
    builder_table,
    forget,
    plain_number,
    too_large,
)
from dagster_project.landing.tables import Merge

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
MAX_BYTES = 1024**3
MAX_MERGES = 500_000

_SS = f"{{{NAMESPACE}}}"
_TAGS = (f"{_SS}Worksheet", f"{_SS}Row", f"{_SS}Font", "{*}Date1904")
_FRACTION = re.compile(r"\.0+$")


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so is a workbook in the XML of Excel 2003."""
    text = html_reader.head_text(head)
    return text.lstrip("\ufeff \t\r\n").startswith("<") and NAMESPACE in text and "Workbook" in text


def open_tables(path: Path) -> list[GridTable]:
    """The sheets, in order. LandingError when the file is damaged or too large."""
    if path.stat().st_size > MAX_BYTES:
        raise too_large(f"tệp lớn hơn {MAX_BYTES // 1024**2} MB")
    book = _Book()
    try:
        with path.open("rb") as handle:
            for event, element in etree.iterparse(
                handle, events=("start", "end"), tag=_TAGS, resolve_entities=False, no_network=True
            ):
                book.take(event, element)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable() from error
    facts = {"fonts": frozenset(book.fonts), "is_1904": book.is_1904}
    return [builder_table(sheet.builder, sheet.name, "spreadsheet_xml", sheet.merges, **facts) for sheet in book.sheets]


def _unreadable() -> LandingError:
    return LandingError(
        "không đọc được sổ tính XML, tệp có thể bị hỏng.", advice="Hãy mở bằng Excel, lưu lại dạng XLSX rồi nạp lại."
    )


class _Book:
    """What has been read so far."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self.fonts: set[str] = set()
        self.is_1904 = False
        self.cell_count = 0

    def take(self, event: str, element: etree._Element) -> None:
        """One event of the parser."""
        if event == "start":
            if element.tag == f"{_SS}Worksheet":
                self.sheets.append(_Sheet(element.get(f"{_SS}Name")))
        elif element.tag == f"{_SS}Row" and self.sheets:
            stopping.check()
            self.sheets[-1].add(element)
            forget(element)
        elif element.tag == f"{_SS}Worksheet":
            builder = self.sheets[-1].builder
            self.cell_count += builder.row_count * builder.width
            if self.cell_count > MAX_CELLS:
                raise too_large("các trang có quá nhiều ô")
        elif element.tag == f"{_SS}Font":
            self.fonts.add(element.get(f"{_SS}FontName", ""))
        elif isinstance(element.tag, str) and element.tag.endswith("}Date1904"):
            self.is_1904 = True


class _Sheet:
    """One sheet under construction."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.builder = GridBuilder()
        self.merges: list[Merge] = []

    def add(self, row: etree._Element) -> None:
        """The next row, or the one its index names."""
        number = _number(row, "Index", self.builder.row_count + 1)
        if number <= self.builder.row_count:
            raise _unreadable()
        self.builder.skip_to(number)
        cells: dict[int, str] = {}
        numbers: set[int] = set()
        column = 0
        for cell in row.iterchildren(f"{_SS}Cell"):
            column = _number(cell, "Index", column + 1) - 1
            across, down = _number(cell, "MergeAcross", 0), _number(cell, "MergeDown", 0)
            if not 0 <= column <= column + across < MAX_COLUMN:
                raise too_large(f"có trang trải đến cột thứ {column + across + 1}")
            text, is_number = _cell_text(cell)
            if text:
                cells[column] = text
                numbers.update([column] if is_number else [])
            if across or down:
                self._add_merge(Merge(number, column + 1, number + down, column + across + 1))
            column += 1 + across
        self.builder.add_row(cells, numbers)
        # A row may say that it stands for several blank ones.
        self.builder.skip_to(self.builder.row_count + 1 + _number(row, "Span", 0))

    def _add_merge(self, merge: Merge) -> None:
        self.merges.append(merge)
        if len(self.merges) > MAX_MERGES:
            raise too_large("có quá nhiều ô gộp")


def _number(element: etree._Element, name: str, default: int) -> int:
    text = element.get(f"{_SS}{name}")
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9:
        raise _unreadable()
    return int(text)


def _cell_text(cell: etree._Element) -> tuple[str, bool]:
    data = cell.find(f"{_SS}Data")
    if data is None:
        return "", False
    text, kind = "".join(data.itertext()) if len(data) else data.text or "", data.get(f"{_SS}Type")
    if kind == "Number":
        return plain_number(text), True
    if kind == "DateTime":
        return _FRACTION.sub("", text.replace("T", " ")), False
    if kind == "Boolean":
        return {"1": "true", "0": "false"}.get(text.strip(), text), False
    return text, False
