"""ODS (OpenDocument spreadsheets), every cell as text, read from its content part.

Rows and cells may say how often they repeat: up to a million times in a few bytes, so nothing is built before it is
counted. Empty repetitions at the end of a row or of a sheet are only a format and are left out.
Does not belong here: other spreadsheet containers, meanings of columns.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from lxml import etree

from dagster_project.landing import stopping, xlsx_reader
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

MIME_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
MAX_UNPACKED_BYTES = 1024**3

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TAGS = (f"{_TABLE}table", f"{_TABLE}table-row", f"{_TABLE}null-date", "{*}font-face")
_SKIPPED = {f"{_OFFICE}annotation", "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}frame"}
_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_NUMBERS = ("float", "percentage", "currency")
# As spreadsheets show a formula that failed; the program at hand may write its own number instead.
_ERROR = re.compile(r"#[A-Z/0!?]+[!?A]?|(?:Err|Lỗi):\d{3}")


def looks_like(path: Path) -> bool:
    """Whether the file is a ZIP that says it is an OpenDocument spreadsheet."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mimetype") as handle:
            return handle.read(len(MIME_TYPE) + 10).startswith(MIME_TYPE)
    except (KeyError, *xlsx_reader.ZIP_ERRORS):
        return False


def open_tables(path: Path) -> list[GridTable]:
    """The sheets, in order. LandingError when the file is damaged, protected or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            if b"encryption-data" in _small_part(archive, "META-INF/manifest.xml"):
                raise xlsx_reader.protected()
            if archive.getinfo("content.xml").file_size > MAX_UNPACKED_BYTES:
                raise too_large(f"khi giải nén lớn hơn {MAX_UNPACKED_BYTES // 1024**2} MB")
            with archive.open("content.xml") as content:
                return _Reader().read(content)
    except (KeyError, etree.XMLSyntaxError, *xlsx_reader.ZIP_ERRORS) as error:
        raise xlsx_reader.unreadable("ods") from error


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as handle:
            return handle.read(xlsx_reader.CHUNK_BYTES)
    except KeyError:
        return b""


class _Reader:
    """Walks through the content part and builds one grid per sheet."""

    def __init__(self) -> None:
        self.tables: list[GridTable] = []
        self.fonts: set[str] = set()
        self.is_1904 = False
        self.cell_count = 0
        self.depth = 0

    def read(self, content: zipfile.ZipExtFile) -> list[GridTable]:
        """The sheets; tables inside cells and tracked changes are none."""
        events = etree.iterparse(content, events=("start", "end"), tag=_TAGS, resolve_entities=False, no_network=True)
        for event, element in events:
            if element.tag == f"{_TABLE}table":
                self._at_table(event, element)
            elif event == "end":
                self._at_end(element)
        return self.tables

    def _at_table(self, event: str, element: etree._Element) -> None:
        self.depth += 1 if event == "start" else -1
        if event == "start" and self.depth == 1:
            self.sheet = _Sheet()
        elif event == "end" and self.depth == 0:
            name = element.get(f"{_TABLE}name")
            builder, merges = self.sheet.builder, self.sheet.merges
            self.cell_count += builder.row_count * builder.width
            if self.cell_count > MAX_CELLS:
                raise too_large("các trang có quá nhiều ô")
            self.tables.append(builder_table(builder, name, "ods", merges, fonts=self.fonts, is_1904=self.is_1904))
            element.clear()

    def _at_end(self, element: etree._Element) -> None:
        if element.tag == f"{_TABLE}table-row" and self.depth == 1:
            stopping.check()
            self.sheet.add(element)
            forget(element)
        elif element.tag == f"{_TABLE}null-date":
            self.is_1904 = element.get(f"{_TABLE}date-value", "").startswith("1904")
        elif element.tag.endswith("}font-face"):
            self.fonts.update(value.strip("'\"") for key, value in element.items() if key.endswith("font-family"))


class _Sheet:
    """One sheet under construction. Blank rows wait until a filled one follows."""

    def __init__(self) -> None:
        self.builder = GridBuilder()
        self.merges: list[Merge] = []
        self.blank_rows = 0

    def add(self, row: etree._Element) -> None:
        repeats = _count(row, "number-rows-repeated")
        cells, numbers = self._cells(row)
        if not cells:
            self.blank_rows += repeats
            return
        self.builder.skip_to(self.builder.row_count + self.blank_rows + 1)
        self.blank_rows = 0
        self.builder.check(self.builder.row_count + repeats, max(self.builder.width, max(cells) + 1))
        for _ in range(repeats):
            self.builder.add_row(cells, numbers)

    def _cells(self, row: etree._Element) -> tuple[dict[int, str], set[int]]:
        cells: dict[int, str] = {}
        numbers: set[int] = set()
        column = 0
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeats = _count(cell, "number-columns-repeated")
            text, is_number = _cell_text(cell)
            if text:
                if column + repeats > MAX_COLUMN:
                    raise too_large(f"có trang trải đến cột thứ {column + repeats}")
                places = range(column, column + repeats)
                cells.update(dict.fromkeys(places, text))
                numbers.update(places if is_number else ())
            self._add_merge(cell, column)
            column += repeats
        return cells, numbers

    def _add_merge(self, cell: etree._Element, column: int) -> None:
        rows, columns = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
        if rows > 1 or columns > 1:
            top = self.builder.row_count + self.blank_rows + 1
            self.merges.append(Merge(top, column + 1, top + rows - 1, column + columns))


def _count(element: etree._Element, name: str) -> int:
    text = element.get(_TABLE + name)
    if text is None:
        return 1
    if not text.isdecimal() or len(text) > 9:
        raise xlsx_reader.unreadable("ods")
    return max(int(text), 1)


def _cell_text(cell: etree._Element) -> tuple[str, bool]:
    """What the cell holds, and whether it is a number cell."""
    kind = cell.get(f"{_OFFICE}value-type")
    shown = _shown(cell)
    if _ERROR.fullmatch(shown) and cell.get(f"{_TABLE}formula"):
        return (shown if shown.startswith("#") else "#VALUE!"), False
    if kind in _NUMBERS:
        return plain_number(cell.get(f"{_OFFICE}value", shown)), True
    if kind == "date":
        return _moment(cell.get(f"{_OFFICE}date-value", shown)), False
    if kind == "time":
        return _time(cell.get(f"{_OFFICE}time-value", shown)), False
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value", shown).lower(), False
    return cell.get(f"{_OFFICE}string-value") or shown, False


def _shown(cell: etree._Element) -> str:
    """The paragraphs of a cell, one line each; notes and pictures are not its text."""
    return "\n".join(_inner(part) for part in cell if part.tag in (f"{_TEXT}p", f"{_TEXT}h"))


def _inner(element: etree._Element) -> str:
    if not len(element):
        return element.text or ""
    pieces = [element.text or ""]
    for part in element:
        if part.tag == f"{_TEXT}s":
            pieces.append(" " * min(_spaces(part), 1000))
        elif part.tag == f"{_TEXT}tab":
            pieces.append("\t")
        elif part.tag == f"{_TEXT}line-break":
            pieces.append("\n")
        elif isinstance(part.tag, str) and part.tag not in _SKIPPED:
            pieces.append(_inner(part))
        pieces.append(part.tail or "")
    return "".join(pieces)


def _spaces(element: etree._Element) -> int:
    text = element.get(f"{_TEXT}c", "1")
    return int(text) if text.isdecimal() and len(text) < 5 else 1


def _moment(text: str) -> str:
    """As other spreadsheets are read: ``yyyy-MM-dd HH:mm:ss``."""
    moment = text.replace("T", " ")
    return moment if " " in moment else f"{moment} 00:00:00"


def _time(text: str) -> str:
    """``HH:mm:ss`` of a duration such as PT08H30M00S."""
    found = _DURATION.fullmatch(text)
    if not found:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f"{days * 24 + hours:02d}:{minutes:02d}:{seconds:02d}"
