"""Which container a file is (by its bytes, never its name), and where its header row is.

Does not belong here: how a container is read (one module each).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dagster_project.landing import csv_reader, layouts, xlsx_reader
from dagster_project.landing.errors import LandingError
from dagster_project.landing.layouts import HeaderMatch, Layout
from dagster_project.landing.tables import HeadRow, Table


@dataclass(frozen=True)
class Plan:
    """How one file will be read: the table, the header row, the layout that fits it."""

    table: Table
    reading: int
    header: HeadRow
    match: HeaderMatch
    preamble: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """The chosen layout."""
        return self.match.layout

    def literal(self, name: str) -> str | None:
        """Value of a column that is not read from cells: its constant, or its template over the preamble.

        LandingError when the lines above the header do not hold what the layout looks for.
        """
        spec = self.layout.columns[name]
        if spec.constant is not None or spec.preamble is None:
            return spec.constant
        for line in self.preamble:
            found = re.search(spec.preamble, line)
            if found:
                return _filled_in(spec.template or "", found)
        meaning = self.layout.contract.column(name).meaning
        raise LandingError(
            f'không tìm thấy "{meaning}" (mã chuẩn {name}) ở các dòng phía trên tiêu đề, '
            f"bố cục {self.layout.layout} cần dòng dạng «{spec.preamble}».",
            advice="Hãy giữ nguyên các dòng ghi chú đầu tệp như khi xuất.",
        )


def _filled_in(template: str, found: re.Match[str]) -> str:
    """``template`` with {1}, {2} … replaced by the groups of ``found``."""
    return re.sub(r"\{(\d+)\}", lambda mark: found.group(int(mark.group(1))), template)


def open_tables(path: Path) -> list[Table]:
    """The tables of a file. LandingError when its content is not a container we read."""
    with path.open("rb") as handle:
        magic = handle.read(8)
    if not magic:
        raise LandingError("tệp trống, không có dữ liệu.", advice="Hãy xuất lại tệp.")
    if magic.startswith(xlsx_reader.ZIP_MAGIC):
        return list(xlsx_reader.open_tables(path))
    return list(csv_reader.open_tables(path))


def plan_file(path: Path, candidates: list[Layout], forced: bool) -> Plan:
    """Find the first table and row that are the header of a layout; LandingError explains when none is."""
    tables = open_tables(path)
    nearest: tuple[tuple[float, int], LandingError] | None = None
    for table in tables:
        try:
            plan, misfit = _plan_table(table, candidates, forced)
        except LandingError as error:
            error.sheet = table.sheet_name
            raise
        if plan is not None:
            return plan
        if misfit is not None and (nearest is None or misfit[0] > nearest[0]):
            nearest = misfit
    if nearest is not None:
        raise nearest[1]
    sheets = [table.sheet_name for table in tables if table.sheet_name]
    raise LandingError(
        "trống, không có dòng tiêu đề nào." if sheets else "tệp trống, không có dòng tiêu đề nào.",
        sheet=", ".join(sheets) or None,
        advice="Hãy xuất lại tệp có dòng tiêu đề và dữ liệu.",
    )


def _plan_table(
    table: Table, candidates: list[Layout], forced: bool
) -> tuple[Plan | None, tuple[tuple[float, int], LandingError] | None]:
    """A plan for the first row that fits a layout; else the row that came nearest, as a refusal."""
    nearest: tuple[tuple[float, int], HeadRow, list[HeaderMatch]] | None = None
    for reading, rows in enumerate(table.heads()):
        for row in rows:
            if row.is_empty:
                continue
            matches = [layout.match(row.cells) for layout in candidates]
            chosen = layouts.choose(matches)
            if chosen is not None:
                chosen.check_no_doubles(row.cells)
                above = tuple(other.text for other in rows if other.row_number < row.row_number)
                return Plan(table, reading, row, chosen, above), None
            closeness = max(match.closeness for match in matches)
            if nearest is None or closeness > nearest[0]:
                nearest = (closeness, row, matches)
    if nearest is None:
        return None, None
    error = layouts.refusal(nearest[2], forced)
    error.sheet, error.row = table.sheet_name, nearest[1].row_number
    return None, (nearest[0], error)
