"""XLSX through fastexcel, every cell as text.

Typed reading is not used: it silently turns text into null in a column that looks numeric at first. A failed
formula also comes back as null, so its place is asked for and the error text put back. Date cells arrive as
``yyyy-MM-dd HH:mm:ss`` whatever their display format.
Does not belong here: other spreadsheet containers, meanings of columns.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import HEAD_ROWS, NUMBER_CELLS, UNDECIDED_CELLS, HeadRow, RawTable

ZIP_MAGIC = b"PK\x03\x04"
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
    except zipfile.BadZipFile as error:
        raise LandingError("tệp nén bị hỏng hoặc thiếu phần cuối.", advice="Hãy xuất hoặc tải lại tệp.") from error
    if not is_workbook:
        raise LandingError(
            "là tệp nén nhưng không phải sổ tính XLSX.", advice="Hãy giải nén rồi nạp từng tệp bên trong."
        )
    try:
        book = fastexcel.read_excel(path)
        return [XlsxTable(book=book, sheet_name=name) for name in book.sheet_names]
    except fastexcel.FastExcelError as error:
        raise _unreadable() from error


def _unreadable() -> LandingError:
    return LandingError(
        "không mở được sổ tính XLSX, tệp có thể bị hỏng.", advice="Hãy mở bằng Excel, lưu lại rồi nạp lại."
    )
