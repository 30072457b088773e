"""Which container a file is (by its bytes, never its name), which tables it holds, and which layout each fits.

Does not belong here: how a container is read (one module each), files inside archives (``archives``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.landing import (
    csv_reader,
    html_reader,
    json_reader,
    layouts,
    ods_reader,
    patterns,
    spreadsheet_xml,
    workbook_reader,
    xlsx_reader,
)
from dagster_project.landing.errors import LandingError
from dagster_project.landing.headings import MAX_HEADER_ROWS, Heading, heading_of, normalise_header, single_row
from dagster_project.landing.layouts import HeaderMatch, Layout
from dagster_project.landing.row_kinds import number_rows
from dagster_project.landing.tables import RETURNED_COLUMNS, Extent, HeadRow, Table
from dagster_project.landing.templates import DATA_SHEET, is_help_sheet

HEAD_BYTES = 64 * 1024
# A row with fewer of the titles that layouts know is no header.
MIN_KNOWN_TITLES = 2
# A row of so few cells may be a line above the header, such as "Mã đơn vị: H99.01".
TITLE_CELLS = 2
# Rows below the first table that are looked at for the headers of further ones.
MAX_ROWS_LOOKED_AT = 5_000
# A table that comes so near to a layout without fitting it was meant to be read.
NEAR_MISS = 0.5


@dataclass(frozen=True)
class Plan:
    """How one table of a file will be read: its header, the layout that fits it, its rows."""

    table: Table
    reading: int
    match: HeaderMatch
    extent: Extent
    preamble: tuple[str, ...]
    numbered: tuple[int, ...] = ()
    file_name: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """The chosen layout."""
        return self.match.layout

    @property
    def heading(self) -> Heading:
        """The header."""
        return self.match.heading

    def literal(self, name: str) -> str | None:
        """Value of a column that is not read from the rows: given, constant, or found by a pattern; else None.

        LandingError when the lines or names searched do not hold what the layout looks for.
        """
        if name in self.given:
            return self.given[name]
        spec = self.layout.columns[name]
        if spec.is_given:
            raise self._not_given(name)
        if spec.constant is not None or spec.pattern is None:
            return spec.constant
        for line in self._searched(spec.pattern_in or ""):
            if patterns.is_found(spec.pattern, line):
                return patterns.filled_in(spec.template or "", spec.pattern, line)
        if not self.layout.contract.column(name).required:
            return None
        raise self._not_found(name)

    def _searched(self, place: str) -> Sequence[str]:
        names = {"file_name": self.file_name, "sheet": self.table.sheet_name or ""}
        return (names[place],) if place in names else self.preamble

    def _not_given(self, name: str) -> LandingError:
        column = self.layout.contract.column(name)
        return LandingError(
            f'tệp theo bố cục {self.layout.layout} không ghi "{column.heading}" (mã chuẩn {name}).',
            advice=f"Hãy nạp lại với «--set {name}={column.example}».",
        )

    def _not_found(self, name: str) -> LandingError:
        spec = self.layout.columns[name]
        places = {"file_name": "tên tệp", "sheet": "tên trang", "preamble": "các dòng phía trên tiêu đề"}
        return LandingError(
            f'không tìm thấy "{self.layout.contract.column(name).meaning}" (mã chuẩn {name}) ở '
            f"{places[spec.pattern_in or '']}, bố cục {self.layout.layout} cần chữ dạng «{spec.pattern}».",
            advice=f"Hãy giữ nguyên tệp như khi xuất, hoặc nạp với «--set {name}=…».",
        )


@dataclass(frozen=True)
class FilePlan:
    """All tables of a file that will be read, in order; ``unread`` names those that no layout knows."""

    plans: tuple[Plan, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Nearest:
    """The header row that came nearest to a layout without fitting any, as the refusal it would mean."""

    closeness: tuple[float, int]
    error: LandingError


def open_tables(path: Path) -> list[Table]:
    """The tables of a file. LandingError when its content is not a container we read."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    if not head:
        raise LandingError("tệp trống, không có dữ liệu.", advice="Hãy xuất lại tệp.")
    if head.lstrip().startswith(b"%PDF-"):
        raise LandingError(
            "là tệp PDF, không phải bảng tính.",
            advice="Hãy xin đơn vị gửi bản Excel (XLSX) hoặc CSV xuất từ hệ thống, rồi nạp bản ấy.",
        )
    if head.startswith(xlsx_reader.ZIP_MAGIC):
        return list(ods_reader.open_tables(path) if ods_reader.looks_like(path) else xlsx_reader.open_tables(path))
    for reader in (workbook_reader, spreadsheet_xml, html_reader, json_reader):
        if reader.looks_like(head):
            return list(reader.open_tables(path))
    return list(csv_reader.open_tables(path))


def plan_file(
    path: Path, candidates: list[Layout], forced: bool, given: Mapping[str, str] | None = None, shown_name: str = ""
) -> FilePlan:
    """Find the headers of all tables of a file; LandingError explains when there is none at all.

    A table that nearly fits a layout refuses the file: landing the others would lose it without a word.
    """
    search = Search(candidates, forced, dict(given or {}), shown_name or path.name)
    tables = open_tables(path)
    plans: list[Plan] = []
    misfits: list[tuple[Table, Nearest]] = []
    for table in tables:
        try:
            found, nearest = search.table(table)
        except LandingError as error:
            error.sheet = table.sheet_name
            raise
        plans += found
        if nearest is not None:
            nearest.error.sheet = table.sheet_name
            misfits.append((table, nearest))
    misfits = [(table, nearest) for table, nearest in misfits if not _is_help(table, plans)]
    near = [nearest for _, nearest in misfits if not plans or nearest.closeness[0] >= NEAR_MISS]
    if near:
        raise max(near, key=lambda nearest: nearest.closeness).error
    if not plans:
        sheets = ", ".join(table.sheet_name for table in tables if table.sheet_name)
        what = "trống, không có dòng tiêu đề nào." if sheets else "tệp trống, không có dòng tiêu đề nào."
        raise LandingError(what, sheet=sheets or None, advice="Hãy xuất lại tệp có dòng tiêu đề và dữ liệu.")
    unread = (table.sheet_name or f"bảng {tables.index(table) + 1}" for table, _ in misfits)
    return FilePlan(tuple(plans), tuple(unread))


def _is_help(table: Table, plans: Sequence[Plan]) -> bool:
    """Whether a sheet came with the template that was filled beside it: nothing on it was meant to be read."""
    filled = [plan.layout for plan in plans if plan.layout.is_generic and plan.table.sheet_name == DATA_SHEET]
    if not filled:
        return False
    first = next((row for row in table.heads()[0] if not row.is_empty), None)
    cells = [(cell or "").strip() for cell in first.cells] if first else []
    return any(is_help_sheet(layout.contract, table.sheet_name, cells) for layout in filled)


class Search:
    """Looks for headers; what does not change from table to table is prepared once."""

    def __init__(self, candidates: list[Layout], forced: bool, given: dict[str, str], file_name: str) -> None:
        """``given``: canonical column → value that the file does not hold."""
        self.candidates = candidates
        self.forced = forced
        self.given = given
        self.file_name = file_name
        self.known = frozenset().union(*(layout.known_titles for layout in candidates))

    def table(self, table: Table) -> tuple[list[Plan], Nearest | None]:
        """Plans for the tables on one sheet, one below the other; without any, the row that came nearest."""
        first, nearest = None, None
        for reading, rows in enumerate(table.heads()):
            if any(row.cells[: len(RETURNED_COLUMNS)] == RETURNED_COLUMNS for row in rows):
                raise LandingError(
                    "là sổ trả lại do kho lập, không phải tệp kết xuất.",
                    advice="Hãy sửa ở hệ thống nguồn hoặc trong tệp gốc, rồi nạp tệp đó.",
                )
            found = self._first(table, reading, rows) or self._probed(rows)
            if found is not None:
                first = (reading, rows, found)
                break
            nearest = self._nearer(rows, nearest)
        first = first or self._far_down(table)
        if first is None:
            return [], nearest or _unknown_below(table)
        reading, rows, match = first
        starts = [(match, tuple(row.text for row in rows if row.row_number < match.heading.first_row))]
        starts += self._further(table, reading, match)
        return list(self._plans(table, reading, starts)), None

    def _far_down(self, table: Table) -> tuple[int, Sequence[HeadRow], HeaderMatch] | None:
        """The first table of a sheet whose top holds something else, or nothing."""
        for start in table.breaks():
            rows = table.heads(start)[0]
            block = rows[: _until_blank(rows)]
            match = self._first(table, 0, block)
            if match is not None:
                return 0, block, match
        return None

    def _plans(
        self, table: Table, reading: int, starts: Sequence[tuple[HeaderMatch, tuple[str, ...]]]
    ) -> Iterator[Plan]:
        for place, (match, preamble) in enumerate(starts):
            match.check_no_doubles()
            self._check_given(match)
            following = starts[place + 1][0].heading.first_row - 1 if place + 1 < len(starts) else None
            heading = match.heading
            below = rows_below(table, reading, heading)
            yield Plan(
                table=table,
                reading=reading,
                match=match,
                extent=Extent(heading.last_row, heading.width, following),
                preamble=preamble,
                numbered=tuple(number_rows(below, heading)),
                file_name=self.file_name,
                given=self.given,
            )

    def _check_given(self, match: HeaderMatch) -> None:
        """LandingError when what is given stands in the file: one of the two would be lost without a word."""
        for name in self.given:
            spec = match.layout.columns.get(name)
            headers = spec.headers if spec and not spec.extract else ()
            present = [header for header in headers if layouts.place_of(match.heading, header) is not None]
            if present:
                raise LandingError(
                    f"tệp đã có cột này, không nhận giá trị cho bằng --set {name}.",
                    column=present[0],
                    advice="Hãy nạp lại không có --set, hoặc sửa cột ấy trong tệp.",
                )

    def _first(self, table: Table, reading: int, rows: Sequence[HeadRow]) -> HeaderMatch | None:
        """The first row that begins a header of a layout, and as many rows as give the most columns."""
        for place, row in enumerate(rows):
            if self._is_title(row) or not self._has_known_titles(rows[place : place + MAX_HEADER_ROWS]):
                continue
            depths = range(1, min(MAX_HEADER_ROWS, len(rows) - place) + 1) if len(rows) > place else ()
            fitting = []
            for depth in depths:
                if depth > 1 and rows[place + depth - 1].is_empty:
                    break
                heading = heading_of(rows[place : place + depth], table.merges() if depth > 1 else ())
                chosen = self._choose(heading)
                if chosen is not None:
                    fitting.append((chosen.found_count + len(chosen.others), -depth, chosen))
            if fitting:
                return max(fitting, key=lambda item: item[:2])[2]
        return None

    def _choose(self, heading: Heading) -> HeaderMatch | None:
        # Most rows are no header: the fingerprint alone says so quickly.
        names = heading.names
        possible = [
            layout
            for layout in self.candidates
            if layout.fingerprint
            and all(any(text in names or text[0] == layouts.PLACE for text in keys) for keys in layout.fingerprint_keys)
        ]
        matches = [layout.match(heading, frozenset(self.given)) for layout in possible]
        return layouts.choose(matches)

    def _is_title(self, row: HeadRow) -> bool:
        """Nothing, or a line of text right above a header, which would else pass for its outermost title."""
        filled = [cell for cell in row.cells if (cell or "").strip()]
        return len(filled) <= TITLE_CELLS and not any(normalise_header(cell) in self.known for cell in filled)

    def _has_known_titles(self, rows: Sequence[HeadRow]) -> bool:
        known = {name for row in rows for cell in row.cells if (name := normalise_header(cell)) in self.known}
        return len(known) >= min(MIN_KNOWN_TITLES, len(self.known))

    def _probed(self, rows: Sequence[HeadRow]) -> HeaderMatch | None:
        """A layout by places: the first filled row is the header, the next one matches the layout's probe."""
        filled = [row for row in rows if not row.is_empty][:2]
        if len(filled) < 2:
            return None
        heading = single_row(filled[0])
        matches = [
            layout.match(heading, frozenset(self.given))
            for layout in self.candidates
            if layout.probe and all(_matches_place(filled[1], place, pattern) for place, pattern in layout.probe)
        ]
        return layouts.choose(matches)

    def _nearer(self, rows: Sequence[HeadRow], nearest: Nearest | None) -> Nearest | None:
        for row in rows:
            if row.is_empty:
                continue
            heading = single_row(row)
            matches = [layout.match(heading, frozenset(self.given)) for layout in self.candidates if layout.fingerprint]
            if not matches:
                continue
            closeness = max(match.closeness for match in matches)
            if nearest is None or closeness > nearest.closeness:
                error = layouts.refusal(matches, self.forced)
                error.row = row.row_number
                nearest = Nearest(closeness, error)
        return nearest

    def _further(self, table: Table, reading: int, first: HeaderMatch) -> list[tuple[HeaderMatch, tuple[str, ...]]]:
        """Headers of tables below the first one. The same header again, without lines of its own, only repeats it."""
        found: list[tuple[HeaderMatch, tuple[str, ...]]] = []
        last = first
        looked_at = 0
        for start in table.breaks():
            if start <= last.heading.last_row or looked_at > MAX_ROWS_LOOKED_AT:
                continue
            rows = table.heads(start)[reading]
            block = rows[: _until_blank(rows)]
            looked_at += len(block)
            match = self._first(table, reading, block)
            if match is None:
                continue
            preamble = tuple(row.text for row in block if row.row_number < match.heading.first_row)
            # Of a header repeated over several rows only the lower ones may be met here.
            is_same = match.layout.layout == last.layout.layout and match.positions.items() <= last.positions.items()
            is_same &= set(match.cells) <= set(last.cells)
            if is_same and not _has_own_lines(match.layout, preamble):
                continue
            found.append((match, preamble))
            last = match
        return found


def _unknown_below(table: Table) -> Nearest | None:
    """A sheet that has something, though nothing near its top: it must be named as unread."""
    if not table.breaks():
        return None
    return Nearest((0.0, 0), LandingError("không có dòng tiêu đề nào ở đầu trang.", row=table.breaks()[0]))


def _until_blank(rows: Sequence[HeadRow]) -> int:
    """How many rows from the first on hang together; titles may stand apart from their table by one blank row."""
    for place in range(1, len(rows)):
        if rows[place].is_empty and (place + 1 >= len(rows) or rows[place + 1].is_empty):
            return place
    return len(rows)


def _has_own_lines(layout: Layout, preamble: Sequence[str]) -> bool:
    wanted = [spec.pattern for spec in layout.columns.values() if spec.pattern_in == "preamble" and spec.pattern]
    return any(patterns.is_found(pattern, line) for pattern in wanted for line in preamble)


def _matches_place(row: HeadRow, place: str, pattern: str) -> bool:
    position = int(place.removeprefix(layouts.PLACE))
    cell = row.cells[position] if position < len(row.cells) else None
    return patterns.is_whole(pattern, (cell or "").strip())


def rows_below(table: Table, reading: int, heading: Heading) -> list[HeadRow]:
    """The first rows below a header."""
    heads = table.heads(heading.first_row) or table.heads()
    return [row for row in heads[reading] if row.row_number > heading.last_row]
