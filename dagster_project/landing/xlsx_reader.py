"""XLSX through fastexcel, every cell as text.

Typed reading is not used: it silently turns text into null in a column that looks numeric at first. A failed
formula also comes back as null, so its place is asked for and the error text put back. Date cells arrive as
``yyyy-MM-dd HH:mm:ss`` whatever their display format.
Does not belong here: other spreadsheet containers, meanings of columns.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.landing import stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import HEAD_ROWS, NUMBER_CELLS, UNDECIDED_CELLS, HeadRow, RawTable

ZIP_MAGIC = b"PK\x03\x04"
# A workbook is held in memory whole. Its sheets may hold as many cells as a million rows of 25 columns, between the
# first cell and the last also counting empty ones; the parts of the file may unpack to this size.
MAX_CELLS = 25 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024**3
MAX_ROW = 1024 * 1024
MAX_COLUMN = 16384
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
_SAVE_AGAIN = "Hãy mở bằng Excel, lưu lại rồi nạp lại."
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


@dataclass
class XlsxTable:
    """One sheet. The grid is read once, at the first look, and starts at the sheet's row 1."""

    book: Any
    sheet_name: str | None
    container: str = "xlsx"
    _grid: pa.Table | None = None

    def heads(self) -> list[list[HeadRow]]:
        """First rows of the sheet."""
        head = self.grid().slice(0, HEAD_ROWS)
        rows = zip(*(column.to_pylist() for column in head.columns), strict=True)
        return [
            [
                HeadRow(index + 1, tuple(cells), " ".join(cell for cell in cells if cell))
                for index, cells in enumerate(rows)
            ]
        ]

    def grid(self) -> pa.Table:
        """All cells as text, row by row from row 1; error cells hold what the spreadsheet shows."""
        if self._grid is None:
            try:
                sheet = self.book.load_sheet(self.sheet_name, header_row=None, skip_rows=0, dtypes="string")
                batch, errors = sheet.to_arrow_with_errors()
            except fastexcel.FastExcelError as error:
                raise _unreadable() from error
            table = pa.Table.from_batches([batch])
            self._grid = _with_error_texts(table, errors.errors if errors else [])
        return self._grid

    def read(
        self, con: duckdb.DuckDBPyConnection, work: Path, reading: int, header: HeadRow, positions: list[int]
    ) -> RawTable:
        """Raw rows below ``header``; blank rows stay in as unfilled ones."""
        body = self.grid().slice(header.row_number)
        filled = pa.array([False] * body.num_rows, pa.bool_())
        for column in body.columns:
            has_text = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False)
            filled = pc.or_(filled, has_text)
        columns = {f"c{position}": body.column(position) for position in positions}
        path = work / "raw.parquet"
        pq.write_table(pa.table({**columns, "is_filled": filled}), path, compression="snappy")
        return RawTable(
            parquet=path,
            row_number_sql=f"file_row_number + {header.row_number + 1}",
            row_count=body.num_rows,
            cell_kinds=self._cell_kinds(body, header, positions),
        )

    def _cell_kinds(self, body: pa.Table, header: HeadRow, positions: list[int]) -> dict[int, str]:
        """What the cells are in each column where "1.234" occurs: a number with three decimals, or 1234.

        A column of number cells only has decimals. A column with text cells has thousands marks, unless other
        cells of it prove that it also holds numbers with decimals: then nobody can tell.
        """
        doubtful = [p for p in positions if _any_match(body.column(p), r"^\s*[+-]?\d{1,3}\.\d{3}\s*$")]
        if not doubtful:
            return {}
        guessed = self.book.load_sheet(
            self.sheet_name, header_row=header.row_number - 1, schema_sample_rows=None
        ).available_columns()
        numeric = {column.index for column in guessed if column.dtype in ("int", "float")}
        kinds = {}
        for position in doubtful:
            if position in numeric:
                kinds[position] = NUMBER_CELLS
            elif _any_match(body.column(position), r"^\s*[+-]?\d+\.(\d{1,2}|\d{4,})\s*$"):
                kinds[position] = UNDECIDED_CELLS
        return kinds


def _any_match(column: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


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


def open_tables(path: Path) -> list[XlsxTable]:
    """The sheets of a workbook, in order. LandingError when the zip is not a readable XLSX."""
    try:
        with zipfile.ZipFile(path) as archive:
            is_workbook = any(name.startswith("xl/") for name in archive.namelist())
            if is_workbook:
                _check_size(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise LandingError("tệp nén bị hỏng hoặc thiếu phần cuối.", advice="Hãy xuất hoặc tải lại tệp.") from error
    if not is_workbook:
        raise LandingError(
            "là tệp nén nhưng không phải sổ tính XLSX.", advice="Hãy giải nén rồi nạp từng tệp bên trong."
        )
    try:
        with tempfile.TemporaryDirectory() as folder:
            # The library goes by the ending of the name; the file stays open when the link is gone.
            link = Path(folder) / "book.xlsx"
            link.symlink_to(path.absolute())
            book = fastexcel.read_excel(link)
        return [XlsxTable(book=book, sheet_name=name) for name in book.sheet_names]
    except fastexcel.FastExcelError as error:
        raise _unreadable() from error


def _check_size(archive: zipfile.ZipFile) -> None:
    """LandingError when the workbook would need more memory than it may, found out without building it up."""
    unpacked = 0
    for part in archive.infolist():
        extent = _Extent()
        for chunk in _tag_chunks(archive, part):
            stopping.check()
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED_BYTES:
                raise _too_large(f"khi giải nén lớn hơn {MAX_UNPACKED_BYTES // 1024**2} MB")
            if not _NO_SHEETS.match(part.filename):
                extent.add(chunk)


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
        self.count = self.last_row = self.last_column = 0
        self.unplaced_rows = self.unplaced_cells = self.unplaced_in_open_row = 0

    def add(self, chunk: bytes) -> None:
        """LandingError when a reference is none, or when the part now spans too many cells."""
        references = _PLAIN_CELL.findall(chunk)
        if _is_plain(chunk, len(references)):
            self.count += len(references)
        else:
            references = self._add_unusual(chunk)
        self._add_references(references)
        last_row, last_column = self.last_row + self.unplaced_rows, self.last_column + self.unplaced_cells
        if last_row > MAX_ROW or last_column > MAX_COLUMN:
            raise LandingError("có ô nằm ngoài giới hạn của trang tính.", advice=_SAVE_AGAIN)
        if max(last_row * last_column, self.count) > MAX_CELLS:
            raise _too_large(f"có trang trải đến dòng {last_row}, cột thứ {last_column}")

    def _add_unusual(self, chunk: bytes) -> list[bytes]:
        """Count cells however they are written; gives the references that there are."""
        if _BRACKET_IN_TAG.search(chunk):
            raise _unreadable()
        references = _CELL.findall(chunk)
        cell_count = len(_ANY_CELL.findall(chunk))
        self.count += cell_count
        if cell_count != len(references):
            self._add_rows(chunk)
            self._add_unplaced(chunk)
        return references

    def _add_references(self, references: list[bytes]) -> None:
        joined = b" ".join(references) + b" " if references else b""
        if not _GOOD_REFERENCES.fullmatch(joined):
            wrong = next(item for item in references if not _GOOD_REFERENCES.fullmatch(item + b" "))
            shown = wrong[:20].decode("utf-8", "backslashreplace")
            raise LandingError(f'có địa chỉ ô không hợp lệ ("{shown}").', advice=_SAVE_AGAIN)
        rows = {int(text) for text in set(joined.translate(None, _LETTERS).split())}
        columns = {_column_number(text) for text in set(joined.translate(None, _DIGITS).split())}
        self.last_row = max(self.last_row, *rows, 0)
        self.last_column = max(self.last_column, *columns, 0)

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


def _is_plain(chunk: bytes, plain_count: int) -> bool:
    """Whether ``plain_count`` cells of plain form and blanks of plain form are all that the chunk holds."""
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


def _unreadable() -> LandingError:
    return LandingError("không mở được sổ tính XLSX, tệp có thể bị hỏng.", advice=_SAVE_AGAIN)
