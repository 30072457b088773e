"""What every reader hands on: where the header is, and the raw text of the data rows.

A container (CSV, XLSX, later others) is a module with ``open_tables(path) -> list[Table]``; it knows bytes,
never meanings.
Does not belong here: layouts, types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

# Rows at the top of a table among which the header is looked for.
HEAD_ROWS = 40
# What a spreadsheet shows in a cell whose formula failed. Never data.
EXCEL_ERRORS = (
    "#DIV/0!",
    "#GETTING_DATA",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#SPILL!",
    "#VALUE!",
)

# The first columns of the workbook that goes back to a unit (``returns``): it is not an export to be landed.
RETURNED_COLUMNS = ("Dòng trong tệp", "Kết quả", "Lý do")

BROKEN_REASONS = {
    "wrong_field_count": "Dòng có {found} ô, tiêu đề có {expected} cột",
    "broken_quote": "Dấu ngoặc kép mở mà không đóng, hoặc đóng sai chỗ",
    "bad_encoding": "Dòng có ký tự không đúng bảng mã UTF-8",
    "nul_byte": "Dòng có ký tự rỗng (NUL), tệp có thể đã hỏng",
    "line_too_long": "Dòng dài quá mức đọc được",
    "bad_json": "Dòng không phải một đối tượng JSON đọc được",
}


@dataclass(frozen=True)
class HeadRow:
    """One of the first rows of a table: its 1-based row in the file or sheet, and its cells as text."""

    row_number: int
    cells: tuple[str | None, ...]
    text: str

    @property
    def is_empty(self) -> bool:
        """No cell says anything."""
        return not any((cell or "").strip() for cell in self.cells)


@dataclass(frozen=True)
class BrokenRow:
    """A record whose structure cannot be read at all: its row, a key of BROKEN_REASONS, a sentence."""

    row_number: int
    reason_code: str
    reason_text: str


@dataclass(frozen=True)
class Extent:
    """Which rows of a table are data: those below ``header_row`` (its last row, 1-based) down to ``last_row``.

    ``last_row`` None is the end of the table. ``width`` is how many cells the header has.
    """

    header_row: int
    width: int
    last_row: int | None = None


@dataclass(frozen=True)
class Merge:
    """Merged cells, all 1-based and inclusive; only the first cell (top left) holds the text."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


# Containers whose cells are text as a person reads it; in the others a number cell has a decimal point.
TEXT_CONTAINERS = ("csv", "html", "json")
# How "1.234" is meant in a column of a spreadsheet: by the cells around it, never cell by cell.
NUMBER_CELLS = "number"
TEXT_CELLS = "text"
UNDECIDED_CELLS = "undecided"


@dataclass(frozen=True)
class RawTable:
    """Raw text of all data rows, on disk, one Parquet row per record, in file order.

    Columns ``c<position>`` (VARCHAR) for the positions asked for and ``is_filled`` (any cell at all has a
    value). ``row_number_sql`` gives the row in the file, over ``read_parquet(..., file_row_number=true)``.
    ``row_count`` records are in the Parquet; ``broken`` and ``ignored_count`` (blank, comments) are not.
    ``cell_kinds`` says of a position what its cells are, where a container knows; TEXT_CELLS otherwise.
    """

    parquet: Path
    row_number_sql: str
    row_count: int
    broken: tuple[BrokenRow, ...] = ()
    ignored_count: int = 0
    cell_kinds: Mapping[int, str] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Everything below the header, blank rows too."""
        return self.row_count + len(self.broken) + self.ignored_count


class Table(Protocol):
    """One table of a file: a whole CSV, or one sheet (which may hold several tables below each other).

    ``encoding`` is what its text was in before it became Unicode (a character set, or the name of an old Vietnamese
    font code). ``is_1904``: serial day numbers count from 1904, as on old Macintoshes.
    """

    sheet_name: str | None
    container: str
    encoding: str
    is_1904: bool

    def heads(self, first_row: int = 1) -> list[list[HeadRow]]:
        """HEAD_ROWS rows from ``first_row`` on, once per way of reading them (a CSV may be split by several
        delimiters)."""

    def merges(self) -> tuple[Merge, ...]:
        """Merged cells, where a container knows of them."""

    def breaks(self) -> list[int]:
        """Rows after a blank row, at which another table may begin; none in a container that holds just one."""

    def read(
        self, con: duckdb.DuckDBPyConnection, work: Path, reading: int, extent: Extent, positions: list[int]
    ) -> RawTable:
        """Put the rows of ``extent`` as raw text under ``work``; ``reading`` indexes :meth:`heads`."""
