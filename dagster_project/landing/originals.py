"""The rows of a landed file as its sender wrote them: every column, also those that are not landed.

Read again from the original file, which the warehouse does not keep.
Does not belong here: finding the file, hiding what is personal (``returns``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.landing import layouts, readers
from dagster_project.landing.connections import duckdb_config
from dagster_project.landing.deliveries import Delivery
from dagster_project.landing.errors import LandingError
from dagster_project.landing.layouts import Layout
from dagster_project.landing.readers import Plan
from dagster_project.landing.typing_sql import literal

BATCH_ROWS = 10_000


def original_rows(
    path: Path, delivery: Delivery, row_numbers: Iterable[int], own_layouts: Path
) -> tuple[list[str], Iterator[tuple[int, list[str | None]]], dict[str, int]]:
    """Headers of all columns, the rows asked for (row number, raw cells) in order, canonical column → position.

    LandingError when the file no longer reads as it did when it was landed.
    """
    plan = _plan(path, delivery, layouts.known_layouts(own_layouts).get(delivery.layout_code))
    titles = [plan.heading.path(position) for position in range(plan.heading.width)]
    return titles, _rows(plan, sorted(set(row_numbers))), dict(plan.match.positions)


def _plan(path: Path, delivery: Delivery, layout: Layout | None) -> Plan:
    given = dict(text.split("=", 1) for text in delivery.given_values)
    found = readers.plan_file(path, [layout], True, given).plans if layout else ()
    rows = [list(delivery.header_rows), delivery.sheet_name]
    same = [plan for plan in found if [[plan.heading.first_row, plan.heading.last_row], plan.table.sheet_name] == rows]
    if not same:
        raise LandingError(
            f"không còn đọc được theo bố cục {delivery.layout_code} như lúc nạp.",
            advice="Hãy nạp lại tệp rồi lập lại tệp trả về.",
        )
    return same[0]


def _rows(plan: Plan, row_numbers: list[int]) -> Iterator[tuple[int, list[str | None]]]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=duckdb_config(Path(folder), 1)) as con:
        positions = list(range(plan.heading.width))
        raw = plan.table.read(con, Path(folder), plan.reading, plan.extent, positions)
        con.register("wanted", pa.table({"wanted_row": pa.array(row_numbers, pa.int64())}))
        cells = ", ".join(f"c{position}" for position in positions)
        result = con.execute(
            f"select row_number, {cells} from (select cast({raw.row_number_sql} as bigint) as row_number, {cells} "
            f"from read_parquet({literal(str(raw.parquet))}, file_row_number=true)) as raw_rows "
            "semi join wanted on row_number = wanted_row order by row_number"
        )
        while batch := result.fetchmany(BATCH_ROWS):
            for number, *values in batch:
                yield number, values
