"""Whether the total rows of a form agree with the rows they sum up; a difference is reported, never mended.

A total may stand below its rows, above them, or below a part of them, and forms do not say which. So each is compared
with every sum it could be, and only one that equals none of them is a difference.
Does not belong here: which rows are totals (``row_kinds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import numpy as np

from dagster_project.landing.typing_sql import Input

# Sums of money and counts; shares, means and scores do not add up.
_SUMMED_ENDINGS = ("_count", "_amount")
# A form has a few; a file with more of them is a list whose rows say "cộng".
MAX_TOTALS = 5_000


@dataclass(frozen=True)
class TotalRow:
    """A total or subtotal: its row, its text, its sums by input index. Group rows are inside totals of lower level."""

    row_number: int
    label: str
    declared: dict[int, Decimal]
    level: int


@dataclass(frozen=True)
class CountedGroup:
    """A group row that says how many rows it has; ``level`` 0 is the outermost."""

    row_number: int
    label: str
    declared: int | None
    level: int


def count_differences(numbers: np.ndarray, groups: Sequence[CountedGroup]) -> list[dict]:
    """Groups that declare another number of rows than stand below them, up to the next group of their level.

    ``numbers`` are the row numbers of all data rows, ascending, rejected ones too.
    """
    found = []
    for place, group in enumerate(groups):
        end = next((other.row_number for other in groups[place + 1 :] if other.level <= group.level), None)
        last = len(numbers) if end is None else int(np.searchsorted(numbers, end))
        computed = last - int(np.searchsorted(numbers, group.row_number))
        if group.declared is not None and group.declared != computed:
            found.append(
                {
                    "row_number": group.row_number,
                    "label": group.label,
                    "column_name": None,
                    "declared": str(group.declared),
                    "computed": str(computed),
                }
            )
    return found


def summed(inputs: Sequence[Input]) -> list[int]:
    """Which inputs are summed by total rows."""
    return [
        index
        for index, item in enumerate(inputs)
        if item.raw_sql != "NULL" and not item.is_literal and item.column.name.endswith(_SUMMED_ENDINGS)
    ]


def differences(
    con: duckdb.DuckDBPyConnection, judged: str, read_rows: str, totals: Sequence[TotalRow], inputs: Sequence[Input]
) -> list[dict]:
    """Totals that equal none of the sums they could be, one entry per column that differs, in row order.

    ``judged`` is the relation of typed rows, ``read_rows`` one with the source_row_number of data rows.
    """
    columns = summed(inputs)
    if not totals or not columns:
        return []
    listed = ", ".join(f"coalesce(t{index}, 0) as t{index}" for index in columns)
    data = con.execute(
        f"select source_row_number, {listed} from ({judged}) "
        f"semi join {read_rows} as read_rows using (source_row_number) order by source_row_number"
    ).fetchnumpy()
    numbers = np.asarray(data["source_row_number"], dtype=np.int64)
    sums = {index: _running([Decimal(str(value)) for value in data[f"t{index}"].tolist()]) for index in columns}
    found = []
    for place, total in enumerate(totals):
        spans = _spans(numbers, totals, place)
        compared = {index: value for index, value in total.declared.items() if index in sums}
        scores = [
            (sum(sums[i][b] - sums[i][a] == v for i, v in compared.items()), -n) for n, (a, b) in enumerate(spans)
        ]
        best = -max(scores)[1]
        first, last = spans[best]
        found += [
            {
                "row_number": total.row_number,
                "label": total.label,
                "column_name": inputs[index].column.name,
                "declared": str(value.normalize() + 0),
                "computed": str((sums[index][last] - sums[index][first]).normalize() + 0),
            }
            for index, value in compared.items()
            if sums[index][last] - sums[index][first] != value
        ]
    return found


def _running(values: list[Decimal]) -> list[Decimal]:
    sums = [Decimal(0)]
    for value in values:
        sums.append(sums[-1] + value)
    return sums


def _spans(numbers: np.ndarray, totals: Sequence[TotalRow], place: int) -> list[tuple[int, int]]:
    """What the total may sum up, as ranges of data rows: all, those before, since the last total, up to the next."""
    own = totals[place]
    at = int(np.searchsorted(numbers, own.row_number))
    before = [total.row_number for total in totals[:place]]
    after = [total for total in totals[place + 1 :]]
    same_or_outer = next((total.row_number for total in after if total.level <= own.level), None)

    def index(row_number: int | None, default: int) -> int:
        return default if row_number is None else int(np.searchsorted(numbers, row_number))

    end = len(numbers)
    previous = [row for row in before if int(np.searchsorted(numbers, row)) < at]
    return [
        (0, end),
        (0, at),
        (index(previous[-1] if previous else None, 0), at),
        (at, index(after[0].row_number if after else None, end)),
        (at, index(same_or_outer, end)),
    ]
