"""The header of a table, over one row or several: what each column is called, from the outermost title inwards.

"Tiếp nhận > Trong kỳ > Trực tuyến" is the path of a column under three rows of merged titles. A layout may name it by
the whole path or by its end ("Trực tuyến"), as long as only one column ends so.
Does not belong here: which names mean what (``layouts``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dagster_project.landing.tables import HeadRow, Merge

MAX_HEADER_ROWS = 6
SEPARATOR = " > "
# "(3)", "(3=4+5+6)" and marks of footnotes behind a title are not part of its name.
_NUMBERING = re.compile(r"\s*\(\s*\d+\s*(=[\d\s+\-–…./*:=()]*)?\)\s*$|\s*[*:]+\s*$")


def normalise_header(text: str | None) -> str:
    """Header text for comparison: NFC, one space between words, no case. None gives ''."""
    return " ".join(unicodedata.normalize("NFC", text or "").split()).casefold()


@dataclass(frozen=True)
class Heading:
    """The header rows ``first_row`` to ``last_row`` (1-based); per column its titles from the top, each once."""

    first_row: int
    last_row: int
    titles: tuple[tuple[str, ...], ...]
    rows: tuple[HeadRow, ...] = ()

    @property
    def width(self) -> int:
        """How many columns it spans."""
        return len(self.titles)

    def path(self, position: int) -> str:
        """The titles of one column as one text."""
        return SEPARATOR.join(self.titles[position])

    @cached_property
    def names(self) -> dict[str, tuple[int, ...]]:
        """Every name under which a layout may ask for a column, and the columns that bear it.

        A name that is one column's whole path belongs to that column, though others may end in it.
        """
        ends: dict[str, dict[int, None]] = {}
        whole: dict[str, dict[int, None]] = {}
        for position, titles in enumerate(self.titles):
            for variant in {tuple(map(normalise_header, titles)), tuple(map(_without_numbering, titles))}:
                for start in range(len(variant)):
                    name = SEPARATOR.join(variant[start:])
                    (ends if start else whole).setdefault(name, {})[position] = None
        return {name: tuple(found) for name, found in {**ends, **whole}.items() if name}

    def find(self, name: str) -> int | None:
        """The first column called ``name`` (normalised), or None."""
        found = self.names.get(name)
        return found[0] if found else None


def single_row(row: HeadRow) -> Heading:
    """A header of one row."""
    titles = tuple((text,) if (text := (cell or "").strip()) else () for cell in row.cells)
    return Heading(row.row_number, row.row_number, titles, (row,))


def heading_of(rows: Sequence[HeadRow], merges: Sequence[Merge] = ()) -> Heading:
    """The header that ``rows`` make together.

    Where merged cells are known, they say how far a title reaches. Else a title reaches over the blank cells to its
    right that have a title of their own below.
    """
    if len(rows) == 1:
        return single_row(rows[0])
    width = max(len(row.cells) for row in rows)
    grid = [[(cell or "").strip() for cell in (*row.cells, *[None] * (width - len(row.cells)))] for row in rows]
    first, last = rows[0].row_number, rows[-1].row_number
    inside = [merge for merge in merges if merge.first_row <= last and merge.last_row >= first]
    if inside:
        _spread_merged(grid, inside, first)
    else:
        _spread_right(grid)
    titles = tuple(_titles([line[position] for line in grid]) for position in range(width))
    return Heading(first, last, titles, tuple(rows))


def _spread_merged(grid: list[list[str]], merges: Sequence[Merge], first_row: int) -> None:
    for merge in merges:
        row, column = merge.first_row - first_row, merge.first_column - 1
        if not 0 <= row < len(grid) or column >= len(grid[row]):
            continue
        for position in range(column, min(merge.last_column, len(grid[row]))):
            grid[row][position] = grid[row][column]


def _spread_right(grid: list[list[str]]) -> None:
    for level, line in enumerate(grid[:-1]):
        for position in range(1, len(line)):
            has_own_below = any(lower[position] for lower in grid[level + 1 :])
            same_parent = all(upper[position] == upper[position - 1] for upper in grid[:level])
            if not line[position] and has_own_below and same_parent:
                line[position] = line[position - 1]


def _titles(column: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for text in column:
        if text and (not found or normalise_header(found[-1]) != normalise_header(text)):
            found.append(" ".join(text.split()))
    return tuple(found)


def _without_numbering(title: str) -> str:
    return normalise_header(_NUMBERING.sub("", title)) or normalise_header(title)
