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
import pyarrow.parquet as pq

from dagster_project.landing.errors import LandingError
from dagster_project.landing.tables import HEAD_ROWS, HeadRow, RawTable

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
            sheet = self.book.load_sheet(self.sheet_name, header_row=None, skip_rows=0, dtypes="string")
            batch, errors = sheet.to_arrow_with_errors()
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
            has_text = pa.compute.fill_null(
                pa.compute.not_equal(pa.compute.utf8_trim_whitespace(column), ""), False
            )
            filled = pa.compute.or_(filled, has_text)
        columns = {f"c{position}": body.column(position) for position in positions}
        path = work / "raw.parquet"
        pq.write_table(pa.table({**columns, "is_filled": filled}), path, compression="snappy")
        return RawTable(
            parquet=path,
            row_number_sql=f"file_row_number + {header.row_number + 1}",
            row_count=body.num_rows,
        )


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
        raise LandingError(
            "tệp nén bị hỏng hoặc thiếu phần cuối.", advice="Hãy xuất hoặc tải lại tệp."
        ) from error
    if not is_workbook:
        raise LandingError(
            "là tệp nén nhưng không phải sổ tính XLSX.", advice="Hãy giải nén rồi nạp từng tệp bên trong."
        )
    try:
        book = fastexcel.read_excel(path)
        return [XlsxTable(book=book, sheet_name=name) for name in book.sheet_names]
    except fastexcel.FastExcelError as error:
        raise LandingError(
            "không mở được sổ tính XLSX, tệp có thể bị hỏng hoặc có mật khẩu.",
            advice="Hãy mở bằng Excel, lưu lại rồi nạp lại.",
        ) from error
