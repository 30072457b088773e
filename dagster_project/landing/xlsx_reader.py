"""XLSX through fastexcel, every cell as text.

Typed reading is not used: it silently turns text into null in a column that looks numeric at first. A failed
formula also comes back as null, so its place is asked for and the error text put back. Date cells arrive as
``yyyy-MM-dd HH:mm:ss`` whatever their display format.
What the library cannot tell (merged cells, fonts, the calendar) is found in the pass that checks the size.
Does not belong here: other containers (``workbook_reader`` uses the same library for XLS), meanings of columns.
"""

from __future__ import annotations

import html
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import pyarrow as pa
import python_calamine

from dagster_project.landing import stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import MAX_CELLS, MAX_COLUMN, MAX_ROW, GridTable
from dagster_project.landing.tables import Extent, Merge

ZIP_MAGIC = b"PK\x03\x04"
# A workbook is held in memory whole; its parts may unpack to this size.
MAX_UNPACKED_BYTES = 1024**3
MAX_MERGES = 500_000
CHUNK_BYTES = 1024 * 1024
# Not read as sheets: pictures, and the order of calculation, which names cells too.
_NO_SHEETS = re.compile(r"xl/media/|xl/calcChain")
# As nearly every program writes cells, with content and without; looked for first, because it is fast.
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3}[1-9][0-9]{0,6})"(?! s="[0-9]+"/>)')
_PLAIN_BLANK = re.compile(rb'<c r="[A-Z]{1,3}[1-9][0-9]{0,6}" s="[0-9]+"/>')
_OTHER_CELLS = (b":c", b"<c>", b"<c/", b"<c\t", b"<c\n", b"<c\r")
# Cells without content (only a format) are passed over, as the library does.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*(?<!/)>")
# Cells and rows need not say where they are: then they follow the one before.
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?:\s[^<>]*)?(?<!/)>")
_ANY_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?r\s*=\s*[\"']([0-9]{1,9})[\"']")
# Allowed in XML, written by no spreadsheet: it would hide the rest of the tag from the patterns above.
_BRACKET_IN_TAG = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<>]*>[^<]*[\"']")
_GOOD_REFERENCES = re.compile(rb"(?:[A-Z]{1,3}[1-9][0-9]{0,6} )*")
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s+ref=[\"']\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}):\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})[\"']"
)
_FONT = re.compile(rb"<(?:\w+:)?name\s+val=\"([^\"<>]*)\"")
_DATE_1904 = re.compile(rb"<(?:\w+:)?workbookPr\s[^<>]*date1904=[\"'](?:1|true)[\"']")
_ATTRIBUTE = re.compile(rb"(?:\w+:)?(\w+)\s*=\s*[\"']([^\"'<>]*)[\"']")
_SMALL_PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
# A name in the list of parts may be in a code page it does not fit, an encrypted part is a RuntimeError.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
)
_SAVE_AGAIN = "Hãy mở bằng Excel, lưu lại rồi nạp lại."
# The longest address of a cell is XFD1048576.
_MAX_LETTERS, _MAX_DIGITS = 3, 7
_LOOK_AHEAD = 32
_DIGITS, _LETTERS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ERROR_TEXTS = {
    "Div0": "#DIV/0!",
    "GettingData": "#GETTING_DATA",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}


@dataclass(frozen=True)
class SheetFacts:
    """Of one sheet: its merged cells, and the first and last column (1-based) that seem to hold anything."""

    merges: tuple[Merge, ...] = ()
    columns: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class BookFacts:
    """What the library does not tell: facts by sheet name, fonts named anywhere, how days are counted."""

    sheets: Mapping[str, SheetFacts] = field(default_factory=dict)
    fonts: frozenset[str] = frozenset()
    is_1904: bool = False


def sheet_tables(
    content: Path | bytes, book: fastexcel.ExcelReader, container: str, facts: BookFacts
) -> list[GridTable]:
    """One table per sheet of an open workbook, in order; cells are loaded at the first look."""
    tables = []
    for name in book.sheet_names:
        known = facts.sheets.get(name, SheetFacts())
        sheet = _Sheet(content, book, name, container, known.columns)
        tables.append(
            GridTable(
                sheet_name=name,
                container=container,
                load=sheet.load,
                numeric=sheet.numeric,
                merged=known.merges,
                is_1904=facts.is_1904,
                fonts=facts.fonts,
            )
        )
    return tables


@contextmanager
def library_errors(container: str) -> Iterator[None]:
    """What the library cannot read is a damaged file, also where the library fails by its own fault."""
    try:
        yield
    except (fastexcel.FastExcelError, python_calamine.CalamineError) as error:
        raise unreadable(container, str(error)) from error
    except BaseException as error:
        # A Rust panic comes as an exception that is none of Exception; the library has no name for it.
        if type(error).__name__ != "PanicException":
            raise
        raise unreadable(container) from error


@dataclass
class _Sheet:
    """One sheet in the library, whose rows begin at row 1 but whose columns at the first one that holds anything."""

    content: Path | bytes
    book: fastexcel.ExcelReader
    name: str
    container: str
    columns: tuple[int, int]
    # Empty columns before the library's first one.
    skipped: int = 0

    def load(self) -> pa.Table:
        """All cells as text from row 1 and column 1; error cells hold what the spreadsheet shows."""
        with library_errors(self.container):
            sheet = self.book.load_sheet(self.name, header_row=None, skip_rows=0, dtypes="string")
            batch, errors = sheet.to_arrow_with_errors()
        table = _with_error_texts(pa.Table.from_batches([batch]), errors.errors if errors else [])
        self.skipped = self._skipped(table.num_columns)
        nothing = pa.nulls(table.num_rows, pa.string())
        columns = [nothing] * self.skipped + table.columns
        return pa.table(columns, names=[str(index) for index in range(len(columns))])

    def _skipped(self, width: int) -> int:
        first, last = self.columns
        if not width or last - first + 1 == width:
            return max(first - 1, 0)
        # Cells without content at the edges: another library knows where the filled ones begin.
        with library_errors(self.container):
            source = self.content if isinstance(self.content, Path) else BytesIO(self.content)
            start = python_calamine.load_workbook(source).get_sheet_by_name(self.name).start
        return start[1] if start else 0

    def numeric(self, positions: Sequence[int], extent: Extent) -> set[int]:
        """The library's own guess over all rows of the extent."""
        row_count = None if extent.last_row is None else max(extent.last_row - extent.header_row, 0)
        with library_errors(self.container):
            sheet = self.book.load_sheet(
                self.name, header_row=extent.header_row - 1, n_rows=row_count, schema_sample_rows=None
            )
            guessed = sheet.available_columns()
        found = {column.index + self.skipped for column in guessed if column.dtype in ("int", "float")}
        return found.intersection(positions)


def _with_error_texts(table: pa.Table, errors: list[Any]) -> pa.Table:
    by_column: dict[int, dict[int, str]] = {}
    for error in errors:
        row, column = error.offset_position
        name = error.detail.partition("Error(")[2].partition(")")[0]
        by_column.setdefault(column, {})[row] = _ERROR_TEXTS.get(name, "#VALUE!")
    for column, texts in by_column.items():
        values = table.column(column).to_pylist()
        for row, text in texts.items():
            values[row] = text
        table = table.set_column(column, table.field(column), pa.array(values, pa.string()))
    return table


def looks_like(path: Path) -> bool:
    """Whether the file is a ZIP that holds the parts of an XLSX."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except ZIP_ERRORS:
        return False


def open_tables(path: Path) -> list[GridTable]:
    """The sheets of a workbook, in order. LandingError when the zip is not a readable XLSX."""
    try:
        with zipfile.ZipFile(path) as archive:
            is_workbook = any(name.startswith("xl/") for name in archive.namelist())
            facts = _read_facts(archive) if is_workbook else BookFacts()
    except ZIP_ERRORS as error:
        raise LandingError("tệp nén bị hỏng hoặc thiếu phần cuối.", advice="Hãy xuất hoặc tải lại tệp.") from error
    if not is_workbook:
        raise LandingError(
            "là tệp nén nhưng không phải sổ tính XLSX.", advice="Hãy giải nén rồi nạp từng tệp bên trong."
        )
    with library_errors("xlsx"), tempfile.TemporaryDirectory() as folder:
        # The library goes by the ending of the name; the file stays open when the link is gone.
        link = Path(folder) / "book.xlsx"
        link.symlink_to(path.absolute())
        book = fastexcel.read_excel(link)
    return sheet_tables(path.absolute(), book, "xlsx", facts)


def _read_facts(archive: zipfile.ZipFile) -> BookFacts:
    """One pass over all parts. LandingError when the workbook would need more memory than it may."""
    unpacked = merge_count = 0
    merges: dict[str, list[Merge]] = {}
    columns: dict[str, tuple[int, int]] = {}
    small: dict[str, bytes] = {}
    for part in archive.infolist():
        extent = _Extent()
        for chunk in _tag_chunks(archive, part):
            stopping.check()
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED_BYTES:
                raise _too_large(f"khi giải nén lớn hơn {MAX_UNPACKED_BYTES // 1024**2} MB")
            if _NO_SHEETS.match(part.filename):
                continue
            extent.add(chunk)
            found = _MERGE.findall(chunk) if b"mergeCell" in chunk else []
            merge_count += len(found)
            if merge_count > MAX_MERGES:
                raise _too_large(f"có hơn {MAX_MERGES} vùng ô gộp")
            merges.setdefault(part.filename, []).extend(map(_merge, found))
            if part.filename in _SMALL_PARTS:
                small[part.filename] = small.get(part.filename, b"")[:CHUNK_BYTES] + chunk
        columns[part.filename] = (extent.first_column, extent.last_column)
    workbook = small.get("xl/workbook.xml", b"")
    parts = _sheet_parts(workbook, small.get("xl/_rels/workbook.xml.rels", b""))
    return BookFacts(
        sheets={
            name: SheetFacts(tuple(sorted(merges.get(part, ()), key=_place)), columns.get(part, (0, 0)))
            for name, part in parts.items()
        },
        fonts=frozenset(map(_attribute, _FONT.findall(small.get("xl/styles.xml", b"")))),
        is_1904=_DATE_1904.search(workbook) is not None,
    )


def _sheet_parts(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Name of each sheet → the part of the archive that holds it."""
    targets = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*>", relations):
        found = dict(_ATTRIBUTE.findall(tag))
        targets[found.get(b"Id")] = _attribute(found.get(b"Target", b""))
    parts = {}
    for tag in re.findall(rb"<(?:\w+:)?sheet\s[^<>]*>", workbook):
        found = dict(_ATTRIBUTE.findall(tag))
        target = targets.get(found.get(b"id"), "")
        parts[_attribute(found.get(b"name", b""))] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return parts


def _attribute(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace"))


def _merge(found: tuple[bytes, bytes, bytes, bytes]) -> Merge:
    left, top, right, bottom = found
    return Merge(int(top), _column_number(left), int(bottom), _column_number(right))


def _place(merge: Merge) -> tuple[int, int, int, int]:
    return merge.first_row, merge.first_column, merge.last_row, merge.last_column


def _tag_chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """One part of the archive, unpacked, in pieces that do not cut a tag in two."""
    rest = b""
    with archive.open(part) as handle:
        while piece := handle.read(CHUNK_BYTES):
            piece = rest + piece
            cut = piece.rfind(b"<")
            # What is so long without a tag holds no cells.
            if cut < 0 or len(piece) - cut > CHUNK_BYTES:
                cut = len(piece)
            yield piece[:cut]
            rest = piece[cut:]
    yield rest


class _Extent:
    """The cells of one part: how many, and at most how far to the right and down."""

    def __init__(self) -> None:
        self.count = self.last_row = self.first_column = self.last_column = 0
        self.unplaced_rows = self.unplaced_cells = self.unplaced_in_open_row = 0

    def add(self, chunk: bytes) -> None:
        """LandingError when a reference is none, or when the part now spans too many cells."""
        plain = _plain_bounds(chunk)
        if plain is not None:
            self._add_bounds(*plain)
        else:
            references = _PLAIN_CELL.findall(chunk)
            if _is_plain(chunk, len(references)):
                self.count += len(references)
            else:
                references = _good_references(self._add_unusual(chunk))
            self._add_references(references)
        last_row, last_column = self.last_row + self.unplaced_rows, self.last_column + self.unplaced_cells
        if last_row > MAX_ROW or last_column > MAX_COLUMN:
            raise LandingError("có ô nằm ngoài giới hạn của trang tính.", advice=_SAVE_AGAIN)
        if max(last_row * last_column, self.count) > MAX_CELLS:
            raise _too_large(f"có trang trải đến dòng {last_row}, cột thứ {last_column}")

    def _add_unusual(self, chunk: bytes) -> list[bytes]:
        """Count cells however they are written; gives the references that there are."""
        if _BRACKET_IN_TAG.search(chunk):
            raise unreadable("xlsx")
        references = _CELL.findall(chunk)
        cell_count = len(_ANY_CELL.findall(chunk))
        self.count += cell_count
        if cell_count != len(references):
            self._add_rows(chunk)
            self._add_unplaced(chunk)
        return references

    def _add_references(self, references: list[bytes]) -> None:
        joined = b" ".join(references)
        rows = {int(text) for text in set(joined.translate(None, _LETTERS).split())}
        columns = {_column_number(text) for text in set(joined.translate(None, _DIGITS).split())}
        if columns:
            self._add_bounds(0, max(rows), min(columns), max(columns))

    def _add_bounds(self, count: int, last_row: int, first_column: int, last_column: int) -> None:
        """Cells that span so far; none at all when there is no last column."""
        self.count += count
        self.last_row = max(self.last_row, last_row)
        self.last_column = max(self.last_column, last_column)
        if last_column:
            self.first_column = min(self.first_column or first_column, first_column)

    def _add_rows(self, chunk: bytes) -> None:
        placed = _ROW.findall(chunk)
        self.unplaced_rows += len(_ANY_ROW.findall(chunk)) - len(placed)
        self.last_row = max(self.last_row, *map(int, placed), 0)

    def _add_unplaced(self, chunk: bytes) -> None:
        """The longest run of cells in one row that do not say where they are."""
        runs = [len(_ANY_CELL.findall(row)) - len(_CELL.findall(row)) for row in _ANY_ROW.split(chunk)]
        runs[0] += self.unplaced_in_open_row
        self.unplaced_in_open_row = runs[-1]
        self.unplaced_cells = max(self.unplaced_cells, *runs)


def _good_references(references: list[bytes]) -> list[bytes]:
    """The same; LandingError when one of them is no address of a cell."""
    if not _GOOD_REFERENCES.fullmatch(b" ".join(references) + b" " if references else b""):
        wrong = next(item for item in references if not _GOOD_REFERENCES.fullmatch(item + b" "))
        shown = wrong[:20].decode("utf-8", "backslashreplace")
        raise LandingError(f'có địa chỉ ô không hợp lệ ("{shown}").', advice=_SAVE_AGAIN)
    return references


def _plain_bounds(chunk: bytes) -> tuple[int, int, int, int] | None:
    """Count, last row, first and last column of cells; None when a cell is not plainly ``<c r="AB12"``, or is blank.

    The same answer as the patterns give, for nearly every piece of a sheet, without an object for each cell.
    """
    if b'"/>' in chunk:
        return None
    # Room behind the last tag, so that looking ahead never leaves the piece.
    text = np.frombuffer(chunk + bytes(_LOOK_AHEAD), dtype=np.uint8)
    followed_by_c = text[1:] == ord("c")
    if ((text[:-1] == ord(":")) & followed_by_c).any():
        return None
    cells = np.flatnonzero((text[:-1] == ord("<")) & followed_by_c)
    if not len(cells):
        return 0, 0, 0, 0
    mark = b'<c r="'
    if any((text[cells + place] != letter).any() for place, letter in enumerate(mark)):
        return None
    digits_from = cells + len(mark)
    columns = np.zeros(len(cells), dtype=np.int32)
    is_letter = np.ones(len(cells), dtype=bool)
    for _ in range(_MAX_LETTERS):
        letters = text[digits_from]
        is_letter &= (letters >= ord("A")) & (letters <= ord("Z"))
        columns = np.where(is_letter, columns * 26 + (letters - (ord("A") - 1)), columns)
        digits_from += is_letter
    rows = np.zeros(len(cells), dtype=np.int32)
    end = digits_from.copy()
    is_digit = text[end] != ord("0")
    for _ in range(_MAX_DIGITS):
        digits = text[end]
        is_digit &= (digits >= ord("0")) & (digits <= ord("9"))
        rows = np.where(is_digit, rows * 10 + (digits - ord("0")), rows)
        end += is_digit
    is_whole = (columns > 0) & (rows > 0) & (text[end] == ord('"'))
    if not is_whole.all():
        return None
    return len(cells), int(rows.max()), int(columns.min()), int(columns.max())


def _is_plain(chunk: bytes, plain_count: int) -> bool:
    """Whether ``plain_count`` cells of plain form and blanks of plain form are all that the chunk holds."""
    # Nearly every piece of a sheet: no tag begins with c but these cells.
    if chunk.count(b"<c") == plain_count and b":c" not in chunk:
        return True
    if any(mark in chunk for mark in _OTHER_CELLS):
        return False
    total = chunk.count(b"<c ")
    return total == plain_count or total == plain_count + len(_PLAIN_BLANK.findall(chunk))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large(how: str) -> LandingError:
    return LandingError(
        f"sổ tính quá lớn để đọc an toàn: {how}.",
        advice="Hãy xóa các ô lạc ở xa bảng số liệu, hoặc lưu trang cần nạp thành CSV UTF-8.",
    )


def unreadable(container: str, why: str = "") -> LandingError:
    """The refusal of a workbook the library cannot open."""
    if "password" in why.lower() or "encrypted" in why.lower():
        return protected()
    return LandingError(f"không mở được sổ tính {container.upper()}, tệp có thể bị hỏng.", advice=_SAVE_AGAIN)


def protected() -> LandingError:
    """The refusal of a workbook that asks for a password."""
    return LandingError("sổ tính đặt mật khẩu, không đọc được.", advice="Hãy bỏ mật khẩu, lưu lại rồi nạp lại.")
