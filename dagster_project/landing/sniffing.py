"""What a file seems to be, for a person to judge before it is landed: tables, header paths, mapping, rows, doubts.

Nothing is written and nothing is decided that landing does not decide in the same way: the same plan is made.
Does not belong here: drafts of layouts (``drafting``), landing (``load``).
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.landing import layouts, readers, row_notes, staging
from dagster_project.landing.errors import LandingError
from dagster_project.landing.headings import MAX_HEADER_ROWS, Heading, heading_of, single_row
from dagster_project.landing.layouts import HeaderMatch, Layout
from dagster_project.landing.personal import MASK, covered, is_date_or_short_number, personal_kind
from dagster_project.landing.readers import Plan
from dagster_project.landing.row_kinds import number_rows
from dagster_project.landing.tables import HeadRow, Table

if TYPE_CHECKING:
    from dagster_project.vault.store import Vault

SHOWN_ROWS = 3
# Where names are compared: how far down a sheet, and how long a name may be.
MAX_ROWS = 2_000
MAX_NAME = 60
IDENTITY = "→ kho định danh"
WITHHELD = "không nạp theo bố cục"
UNUSED = "không dùng"
_WORDED = frozenset({"code", "text"})
_NUMBERS = frozenset({"integer", "decimal"})
_AMOUNT = re.compile(r"[+-]?[1-9][0-9]*([.,][0-9]+)*")


@dataclass(frozen=True)
class SniffedColumn:
    """One column of a table: its header path, what landing does with it, a few values.

    ``is_about_people``: the layout says so, or else the header; of such a column no value is shown.
    """

    path: str
    meaning: str
    values: tuple[str, ...]
    is_about_people: bool = False


@dataclass(frozen=True)
class SniffedTable:
    """One table as it looks: ``layout`` and ``source`` are None when no layout fits; ``doubts`` are sentences."""

    name: str | None
    container: str
    encoding: str
    header_rows: tuple[int, int] | None
    layout: str | None
    source: str | None
    title_lines: tuple[str, ...]
    columns: tuple[SniffedColumn, ...]
    doubts: tuple[str, ...]


def sniff_file(
    path: Path, candidates: Sequence[Layout], given: Mapping[str, str] | None = None
) -> tuple[SniffedTable, ...]:
    """Every table of a file, in order, as ``candidates`` read it. LandingError when it is in no container we read."""
    search = readers.Search(list(candidates), len(candidates) == 1, dict(given or {}), path.name)
    found: list[SniffedTable] = []
    seen: list[tuple[Table, int, frozenset[int]]] = []
    for table in readers.open_tables(path):
        try:
            plans, nearest = search.table(table)
            why = str(nearest.error) if nearest else "Trang trống."
        except LandingError as error:
            plans, why = [], str(error)
        sniffed = [_planned(plan) for plan in plans] or [_unknown(table, why)]
        people = {place for part in sniffed for place, c in enumerate(part.columns) if c.is_about_people}
        found += sniffed
        guess = None if plans else guessed_heading(table)
        reading = plans[0].reading if plans else guess[0] if guess else 0
        seen.append((table, reading, frozenset(people)))
    doubts = tuple(f"Có thể là một tên viết nhiều cách: {' / '.join(names)}." for names in near_duplicates(seen))
    return (*found[:-1], replace(found[-1], doubts=(*found[-1].doubts, *doubts))) if found else ()


def near_duplicates(tables: Iterable[tuple[Table, int, frozenset[int]]]) -> list[tuple[str, ...]]:
    """Names in the cells of a file that differ only in accents or case, each group in the order of the alphabet.

    Each table comes with its reading and its columns about people, which are left out. Only short texts with
    Vietnamese letters: "Dak Lak" beside "Đắk Lắk" is another language, not another spelling.
    """
    spellings: dict[str, set[str]] = {}
    for table, reading, people in tables:
        for row in _first_rows(table, reading):
            for cell in (cell for place, cell in enumerate(row.cells) if place not in people):
                text = " ".join((cell or "").split())
                if not text.isascii() and len(text) <= MAX_NAME:
                    spellings.setdefault(_plain(text), set()).add(text)
    groups = [tuple(sorted(group)) for group in spellings.values() if len({text.casefold() for text in group}) > 1]
    return sorted(groups)


def _first_rows(table: Table, reading: int) -> Iterator[HeadRow]:
    """Rows of a sheet from the top, at most MAX_ROWS; of a text file only those at its head."""
    start = 1
    while start <= MAX_ROWS and (rows := [*table.heads(start), *[()] * (reading + 1)][reading]):
        yield from rows
        start += len(rows)


def _plain(text: str) -> str:
    """Without accents, case and spaces; Đ is D."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter) and not letter.isspace())


def _planned(plan: Plan) -> SniffedTable:
    rows = _sample(plan.table, plan.reading, plan.heading)
    meanings = _meanings(plan.match)
    columns = []
    for place in range(plan.heading.width):
        meaning = meanings.get(place, UNUSED)
        if IDENTITY in meaning or WITHHELD in meaning:
            columns.append(SniffedColumn(plan.heading.path(place), meaning, (), is_about_people=True))
        else:
            columns.append(
                _column(plan.heading, place, meaning, rows, _types(plan, place), place in plan.match.used_positions)
            )
    if any(column.is_about_people for column in columns):
        columns = [_without_slips(column, plan, place) for place, column in enumerate(columns)]
    return SniffedTable(
        name=plan.table.sheet_name,
        container=plan.table.container,
        encoding=plan.table.encoding,
        header_rows=(plan.heading.first_row, plan.heading.last_row),
        layout=plan.layout.layout,
        source=plan.layout.source,
        title_lines=tuple(covered(line) for line in plan.preamble if line.strip()),
        columns=tuple(columns),
        doubts=tuple(_doubts(plan)),
    )


def _without_slips(column: SniffedColumn, plan: Plan, place: int) -> SniffedColumn:
    """Without what may have slipped from a column about people into one of moments or numbers, or one nothing reads."""
    types = _types(plan, place)
    if types & _WORDED:
        return column
    return replace(column, values=tuple(v if _is_measure(v, types) else MASK for v in column.values))


def _types(plan: Plan, place: int) -> frozenset[str]:
    """Types of the canonical columns that are read from a place, none when nothing is."""
    contract = plan.layout.contract
    answers = {"code" for cell in plan.match.cells if cell.position == place}
    return frozenset(contract.column(name).type for name, at in plan.match.positions.items() if at == place) | answers


def _is_measure(text: str, types: frozenset[str]) -> bool:
    """A moment or a short number, or in a column of numbers any amount: phone numbers begin with 0, amounts do not."""
    return is_date_or_short_number(text) or bool(types & _NUMBERS and _AMOUNT.fullmatch(text))


def _meanings(match: HeaderMatch) -> dict[int, str]:
    contract = match.layout.contract
    found: dict[int, list[str]] = {}
    for name, place in match.positions.items():
        found.setdefault(place, []).append(f"{name} ({contract.column(name).heading})")
    for cell in match.cells:
        found.setdefault(cell.position, []).append(f"{cell.column}: câu {cell.item_code}")
    for name, place in match.identity_positions.items():
        found.setdefault(place, []).append(f"{IDENTITY}: {name}")
    for header in match.layout.withheld:
        place = layouts.place_of(match.heading, header)
        if place is not None:
            found.setdefault(place, []).append(WITHHELD)
    for place in match.others.values():
        found.setdefault(place, ["dùng để nhận loại dòng hoặc trạng thái"])
    return {place: ", ".join(texts) for place, texts in found.items()}


def _tried(plan: Plan) -> list[str]:
    """How many rows would land, and why the others would not, by typing them all as landing does; nothing is kept."""
    # Identities are read by nobody here: the vault is not for trials.
    bare = replace(plan, match=replace(plan.match, layout=replace(plan.layout, identity=())))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            staged = staging.stage(bare, work, "trial", dt.date.max, 1, _no_vault)
        except LandingError as error:
            return [f"Chưa nạp được: {error}"]
        counts = f"Thử đọc: nhận {staged.rows_accepted} trên {staged.rows_read} dòng"
        if staged.rejected is None:
            return []
        return [f"{counts}. Loại {staged.rows_rejected}: {row_notes.top_reasons(staged.rejected)}."]


def _no_vault() -> Vault:
    raise AssertionError("a trial has no identities")


def _doubts(plan: Plan) -> list[str]:
    contract = plan.layout.contract
    found = _tried(plan)
    if plan.match.absent:
        names = "; ".join(f"{name} ({contract.column(name).heading})" for name in plan.match.absent)
        found.append(f"Tệp không có cột cho, sẽ để trống: {names}.")
    if plan.match.unasked:
        found.append(f"Tệp không có các câu, coi như không hỏi: {'; '.join(plan.match.unasked)}.")
    doubled = Counter(plan.heading.path(place) for place in range(plan.heading.width))
    found += [f"{spare[:1].upper()}{spare[1:]}." for spare in plan.match.spare_columns]
    found += [f'Hai cột cùng tên "{path}".' for path, count in doubled.items() if path and count > 1]
    return found


def _unknown(table: Table, why: str) -> SniffedTable:
    """A table that no layout fits: the header it most likely has."""
    guess = guessed_heading(table)
    rows = _sample(table, guess[0], guess[1]) if guess else []
    heading = guess[1] if guess else None
    lines = _lines_above(table, guess[0], heading) if guess and heading else ()
    return SniffedTable(
        name=table.sheet_name,
        container=table.container,
        encoding=table.encoding,
        header_rows=(heading.first_row, heading.last_row) if heading else None,
        layout=None,
        source=None,
        title_lines=tuple(map(covered, lines)),
        columns=tuple(_column(heading, place, "", rows) for place in range(heading.width)) if heading else (),
        doubts=(why,),
    )


def guessed_heading(table: Table) -> tuple[int, Heading] | None:
    """The most likely header of a table that no layout knows, with the reading it is in; None for an empty table.

    It begins at the first row that is nearly as wide as the table and is made of words; rows below belong to it while
    they fill gaps that merged titles left, up to a row of numbers or of data.
    """
    best: tuple[int, int, Heading] | None = None
    for reading, rows in enumerate(table.heads()):
        filled = [(place, _filled(row)) for place, row in enumerate(rows)]
        width = max((count for _, count in filled), default=0)
        if width == 0 or (best is not None and width <= best[0]):
            continue
        start = next(
            (place for place, count in filled if count >= max(2, width * 0.4) and _is_worded(rows[place])), None
        )
        if start is None:
            continue
        best = (width, reading, _grown(table, rows[start : start + MAX_HEADER_ROWS], width))
    return (best[1], best[2]) if best else None


def _grown(table: Table, rows: Sequence[HeadRow], width: int) -> Heading:
    depth = 1
    while depth < len(rows) and _is_worded(rows[depth]) and not number_rows([rows[depth]], single_row(rows[depth - 1])):
        above = {place for row in rows[:depth] for place, cell in enumerate(row.cells) if (cell or "").strip()}
        merged = any(
            merge.first_row <= rows[depth].row_number <= merge.last_row or merge.first_row == rows[depth - 1].row_number
            for merge in table.merges()
        )
        # A row of titles below others fills what they left open; a first row of data fills what they named.
        below = {place for place, cell in enumerate(rows[depth].cells) if (cell or "").strip()}
        if not merged and len(below - above) == 0 and len(above) >= width:
            break
        depth += 1
    return heading_of(rows[:depth], table.merges() if depth > 1 else ())


def _filled(row: HeadRow) -> int:
    return sum(1 for cell in row.cells if (cell or "").strip())


def _is_worded(row: HeadRow) -> bool:
    """No cell is a number or a date: titles are words."""
    texts = [(cell or "").strip() for cell in row.cells]
    return any(texts) and not any(text[:1].isdigit() or text[:1] in "-+#" for text in texts if text)


def _lines_above(table: Table, reading: int, heading: Heading) -> tuple[str, ...]:
    rows = table.heads()[reading]
    return tuple(row.text for row in rows if row.row_number < heading.first_row and row.text.strip())


def _sample(table: Table, reading: int, heading: Heading) -> list[HeadRow]:
    below = readers.rows_below(table, reading, heading)
    numbered = number_rows(below, heading)
    return [row for row in below if not row.is_empty and row.row_number not in numbered][:SHOWN_ROWS]


def _column(
    heading: Heading,
    place: int,
    meaning: str,
    rows: Sequence[HeadRow],
    types: frozenset[str] = frozenset(),
    is_read: bool = False,
) -> SniffedColumn:
    """A column that no layout calls personal: its header may, unless the layout reads it, and any of its values.

    ``types`` of what is read from it: where they are not words, moments and amounts are shown as they are.
    """
    is_measured = bool(types) and not types & _WORDED
    is_about_people = not is_read and personal_kind(heading.path(place)) is not None
    cells = [(row.cells[place] if place < len(row.cells) else None) or "" for row in rows]
    texts = [cell.strip() for cell in cells]
    shown = [text if is_measured and _is_measure(text, types) else covered(text) for text in texts]
    values = tuple(MASK if text and is_about_people else text for text in shown)
    return SniffedColumn(heading.path(place), meaning, values, is_about_people)
