"""A table whose cells are all in memory: rows and columns of text, row 1 of the grid is row 1 of the sheet.

:class:`GridTable` is the Table of every container but CSV; :class:`GridBuilder` makes a grid row by row within bounds.
Does not belong here: containers, meanings of columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.landing import legacy_text, stopping
from dagster_project.landing.errors import LandingError
from dagster_project.landing.headings import Heading, normalise_header
from dagster_project.landing.tables import (
    HEAD_ROWS,
    NUMBER_CELLS,
    UNDECIDED_CELLS,
    BrokenRow,
    Extent,
    HeadRow,
    Merge,
    RawTable,
)

# As many cells as a million rows of 25 columns, between the first cell and the last also counting empty ones.
MAX_CELLS = 25 * 1024 * 1024
MAX_ROW = 1024 * 1024
MAX_COLUMN = 16384
MAX_BREAKS = 2000
# A row of so few cells may be the title of another table.
TITLE_CELLS = 2
FIRST_BREAK_ROW = 4
# Typing takes one processor thread per group; in one large group it would take one in all.
ROW_GROUP_ROWS = 32_768
# Rows of a grid under construction that are kept as Python objects.
BUILD_ROWS = 4096

MAX_EXPONENT = 400
_FIFTEEN_DIGITS = Context(prec=15)
_THREE_AFTER_POINT = r"^\s*[+-]?\d{1,3}\.\d{3}\s*$"
_OTHER_DECIMALS = r"^\s*[+-]?\d+\.(\d{1,2}|\d{4,})\s*$"


def no_numbers(positions: Sequence[int], extent: Extent) -> set[int]:
    """For containers in which every cell is text."""
    return set()


@dataclass
class GridTable:
    """One sheet. ``load`` gives its cells as text columns, from row 1 and column 1; called once, at the first look.

    ``numeric`` says which of some positions hold number cells only within an extent. ``fonts`` are the fonts the file
    names, ``charset`` the character set it was read in. ``broken`` rows stand in the grid as blank ones and are
    handed on as what they are.
    """

    sheet_name: str | None
    container: str
    load: Callable[[], pa.Table]
    numeric: Callable[[Sequence[int], Extent], set[int]] = no_numbers
    merged: tuple[Merge, ...] = ()
    is_1904: bool = False
    fonts: frozenset[str] = frozenset()
    charset: str = legacy_text.UNICODE
    broken: tuple[BrokenRow, ...] = field(default=())

    @cached_property
    def _decoded(self) -> tuple[pa.Table, str]:
        return legacy_text.to_unicode(self.load(), self.fonts)

    @property
    def encoding(self) -> str:
        """The old font code the text was in, else the character set of the file (``unicode`` where none is said)."""
        found = self._decoded[1]
        return self.charset if found == legacy_text.UNICODE else found

    def grid(self) -> pa.Table:
        """All cells as Unicode text, row by row from row 1."""
        return self._decoded[0]

    @cached_property
    def _filled_counts(self) -> np.ndarray:
        """Of each row how many cells say something."""
        counts = np.zeros(self.grid().num_rows, dtype=np.int32)
        for column in self.grid().columns:
            has_text = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False)
            counts += has_text.to_numpy()
        return counts

    def heads(self, first_row: int = 1) -> list[list[HeadRow]]:
        """HEAD_ROWS rows from ``first_row``, in NFC."""
        head = self.grid().slice(first_row - 1, HEAD_ROWS)
        rows = zip(*(column.to_pylist() for column in head.columns), strict=True)
        return [[_head_row(first_row + index, cells) for index, cells in enumerate(rows)]]

    def merges(self) -> tuple[Merge, ...]:
        """Merged cells, top to bottom."""
        return self.merged

    def breaks(self) -> list[int]:
        """Filled rows after a blank row, or after a row that may be a title; at most MAX_BREAKS."""
        counts = self._filled_counts
        numbers = np.arange(2, len(counts) + 1)
        after_blank = counts[:-1] == 0
        after_title = (counts[:-1] <= TITLE_CELLS) & (numbers >= FIRST_BREAK_ROW)
        return numbers[(counts[1:] > 0) & (after_blank | after_title)][:MAX_BREAKS].tolist()

    def read(
        self, con: duckdb.DuckDBPyConnection, work: Path, reading: int, extent: Extent, positions: list[int]
    ) -> RawTable:
        """Raw rows of ``extent``; blank rows stay in as unfilled ones. A position beyond the grid is all empty."""
        start, end = extent.header_row, extent.last_row or self.grid().num_rows
        body = self.grid().slice(start, max(end - start, 0))
        counts = self._filled_counts[start : start + body.num_rows]
        columns = {f"c{position}": _column(body, position) for position in positions}
        written = pa.table({**columns, "is_filled": pa.array(counts > 0)})
        broken = tuple(row for row in self.broken if start < row.row_number <= start + body.num_rows)
        row_number_sql = f"file_row_number + {start + 1}"
        if broken:
            numbers = np.arange(start + 1, start + body.num_rows + 1)
            is_sound = ~np.isin(numbers, [row.row_number for row in broken])
            written = written.append_column("row_number", pa.array(numbers)).filter(pa.array(is_sound))
            row_number_sql = "row_number"
        path = work / "raw.parquet"
        pq.write_table(written, path, compression="snappy", row_group_size=ROW_GROUP_ROWS)
        return RawTable(
            parquet=path,
            row_number_sql=row_number_sql,
            row_count=written.num_rows,
            broken=broken,
            cell_kinds=self._cell_kinds(body, extent, positions),
        )

    def _cell_kinds(self, body: pa.Table, extent: Extent, positions: list[int]) -> dict[int, str]:
        """What the cells are in each column where "1.234" occurs: a number with three decimals, or 1234.

        A column of number cells only has decimals. A column with text cells has thousands marks, unless other
        cells of it prove that it also holds numbers with decimals: then nobody can tell.
        """
        inside = [position for position in positions if position < body.num_columns]
        doubtful = [position for position in inside if _any_match(body.column(position), _THREE_AFTER_POINT)]
        numeric = self.numeric(doubtful, extent) if doubtful else set()
        kinds = {}
        for position in doubtful:
            if position in numeric:
                kinds[position] = NUMBER_CELLS
            elif _any_match(body.column(position), _OTHER_DECIMALS):
                kinds[position] = UNDECIDED_CELLS
        return kinds


def _head_row(row_number: int, cells: tuple[str | None, ...]) -> HeadRow:
    cells = tuple(unicodedata.normalize("NFC", cell) if cell else cell for cell in cells)
    return HeadRow(row_number, cells, " ".join(cell for cell in cells if cell))


def _column(body: pa.Table, position: int) -> pa.ChunkedArray | pa.Array:
    return body.column(position) if position < body.num_columns else pa.nulls(body.num_rows, pa.string())


def _any_match(column: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def carry_down(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    merges: Iterable[Merge],
    extent: Extent,
    heading: Heading,
    texts: Collection[int],
    numbers: Collection[int],
) -> dict[int, list[int]]:
    """Rewrite the raw rows so that a cell merged over several of them says in each what the sheet shows there.

    ``texts`` and ``numbers`` are positions. One number for several records cannot be parted among them, and said of
    each it would be added up several times: it stays in the first row, and the rows under such cells are the result
    (position → row numbers). Rows with nothing of their own stay blank: they are the height of a record, no record.
    """
    areas = _areas_over_rows(merges, extent, {*texts, *numbers})
    if not areas:
        return {}
    rows = pq.read_table(raw.parquet)
    is_filled = rows["is_filled"].to_numpy()
    numbered = f"select {raw.row_number_sql} as number from read_parquet(?, file_row_number=true)"
    row_numbers = con.execute(numbered, [str(raw.parquet)]).fetchnumpy()["number"]
    shared: dict[int, list[int]] = {}
    for position, spans in areas.items():
        stopping.check()
        name = f"c{position}"
        column = rows[name].combine_chunks()
        titles = {normalise_header(title) for title in heading.titles[position]}
        source = np.arange(rows.num_rows)
        for first, end in np.searchsorted(row_numbers, spans).tolist():
            inside = first + np.flatnonzero(is_filled[first:end])
            # A title of a header that is repeated below says nothing of records.
            if len(inside) < 2 or normalise_header(column[first].as_py()) in {"", *titles}:
                continue
            source[inside[1:]] = -1 if position in numbers else first
            if position in numbers:
                shared.setdefault(position, []).extend(row_numbers[inside].tolist())
        carried = column.take(pa.array(source, mask=source < 0))
        rows = rows.set_column(rows.schema.get_field_index(name), name, carried)
    pq.write_table(rows, raw.parquet, compression="snappy", row_group_size=ROW_GROUP_ROWS)
    return shared


def _areas_over_rows(
    merges: Iterable[Merge], extent: Extent, positions: Collection[int]
) -> dict[int, list[tuple[int, int]]]:
    """Position of the text → row numbers (first, last + 1) of the areas over several data rows, each row once."""
    areas: dict[int, list[tuple[int, int]]] = {}
    for merge in sorted(merges, key=lambda merge: merge.first_row):
        end = min(merge.last_row, extent.last_row or MAX_ROW) + 1
        position = merge.first_column - 1
        if position not in positions or merge.first_row <= extent.header_row or end - merge.first_row < 2:
            continue
        before = areas.setdefault(position, [])
        if not before or before[-1][1] <= merge.first_row:
            before.append((merge.first_row, end))
    return areas


def too_large(how: str) -> LandingError:
    """The refusal of a table that would need more memory than it may."""
    return LandingError(
        f"bảng quá lớn để đọc an toàn: {how}.",
        advice="Hãy chia tệp thành nhiều tệp nhỏ hơn, hoặc lưu thành CSV UTF-8.",
    )


def half_character() -> LandingError:
    """The refusal of text with half of a surrogate pair, which no encoding can write down."""
    return LandingError("có ký tự hỏng (mã chỉ có một nửa).", advice="Hãy xuất lại tệp.")


def plain_number(text: str) -> str:
    """A number as the file holds it → digits without exponent and needless zeros; fractions of 15 digits, the rest is
    noise."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > MAX_EXPONENT:
        return text
    digits = f"{number if number == number.to_integral_value() else _FIFTEEN_DIGITS.plus(number):f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits == "-0" else digits


class GridBuilder:
    """A grid put together row by row, in order. LandingError when it would grow too large."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.row_count = self.width = 0
        self._rows: list[dict[int, str]] = []
        self._numbers: list[frozenset[int]] = []
        self._chunks: list[pa.Table] = []
        self._number_chunks: list[pa.Table] = []

    def skip_to(self, row_number: int) -> None:
        """Blank rows until the next row is ``row_number`` (1-based); no further back than the grid already is."""
        self.check(row_number - 1, self.width)
        while self.row_count < row_number - 1:
            self.add_row({})

    def add_row(self, cells: dict[int, str], number_positions: Iterable[int] = ()) -> None:
        """The next row: text by 0-based column; ``number_positions`` are cells that are numbers, not text."""
        self.row_count += 1
        self.width = max(self.width, *(position + 1 for position in cells), 0)
        self.check(self.row_count, self.width)
        self._rows.append(cells)
        self._numbers.append(frozenset(number_positions))
        if len(self._rows) >= BUILD_ROWS or len(self._rows) * self.width >= MAX_CELLS // 16:
            self._flush()

    def check(self, rows: int, width: int) -> None:
        """LandingError when a grid of so many rows and columns would be too large."""
        if rows > MAX_ROW or width > MAX_COLUMN or rows * width > MAX_CELLS:
            raise too_large(f"trải đến dòng {rows}, cột thứ {width}")

    def _flush(self) -> None:
        stopping.check()
        names = [str(position) for position in range(self.width)]
        try:
            texts = {
                name: pa.array([row.get(index) for row in self._rows], pa.string()) for index, name in enumerate(names)
            }
        except UnicodeEncodeError as error:
            raise half_character() from error
        numbers = {name: pa.array([index in row for row in self._numbers]) for index, name in enumerate(names)}
        if names:
            self._chunks.append(pa.table(texts))
            self._number_chunks.append(pa.table(numbers))
        else:
            # A table without columns has no rows: the blank rows so far get one empty column.
            self._chunks.append(pa.table({"0": pa.nulls(len(self._rows), pa.string())}))
            self._number_chunks.append(pa.table({"0": pa.array([False] * len(self._rows), pa.bool_())}))
        self._rows, self._numbers = [], []

    def finish(
        self, header: Sequence[str] | None = None
    ) -> tuple[pa.Table, Callable[[Sequence[int], Extent], set[int]]]:
        """The text columns, and the ``numeric`` of a :class:`GridTable`. ``header`` becomes the first row."""
        if self._rows or not self._chunks:
            self._flush()
        if header is not None:
            self.check(self.row_count + 1, len(header))
            self._chunks.insert(0, pa.table({str(index): [text] for index, text in enumerate(header)}))
            self._number_chunks.insert(0, pa.table({str(index): [False] for index in range(len(header))}))
        grid, numbers = _stacked(self._chunks), _stacked(self._number_chunks)
        self._chunks, self._number_chunks = [], []

        def numeric(positions: Sequence[int], extent: Extent) -> set[int]:
            end = extent.last_row or grid.num_rows
            return {
                position
                for position in positions
                if _all_numbers(grid, numbers, position, extent.header_row, end - extent.header_row)
            }

        return grid, numeric


def _stacked(chunks: list[pa.Table]) -> pa.Table:
    """The chunks below each other; narrower ones are filled up with nothing."""
    return pa.concat_tables(chunks, promote_options="default")


def _all_numbers(grid: pa.Table, numbers: pa.Table, position: int, start: int, length: int) -> bool:
    """Every cell of the column that holds anything is a number cell."""
    texts = grid.column(position).slice(start, length)
    is_number = pc.fill_null(numbers.column(position).slice(start, length), False)
    return not pc.any(pc.and_(pc.is_valid(texts), pc.invert(is_number))).as_py()


def builder_table(
    builder: GridBuilder,
    sheet_name: str | None,
    container: str,
    merged: Iterable[Merge] = (),
    header: Sequence[str] | None = None,
    **facts: Any,
) -> GridTable:
    """A :class:`GridTable` of what was built, below ``header`` where there is one; ``facts`` are fields of it."""
    grid, numeric = builder.finish(header)
    return GridTable(sheet_name, container, lambda: grid, numeric, tuple(merged), **facts)


def forget(element: Any) -> None:
    """Let go of an XML element that has been read and of those before it, so that memory stays flat."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
