"""Landed rows by SQL, before or without a build: one view per source, later deliveries superseding earlier ones.

The order of deliveries is that of a build (``publishing.plan``). Does not belong here: what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dagster_project.landing.deliveries import Delivery, landed_path, list_deliveries
from dagster_project.publishing.files import quoted
from dagster_project.settings import Settings

if TYPE_CHECKING:
    import duckdb


def ordered_deliveries(settings: Settings) -> list[Delivery]:
    """Everything landed, in the order in which later deliveries supersede earlier ones."""
    from dagster_project.publishing.plan import supersession_key

    return sorted(list_deliveries(settings), key=supersession_key)


@contextmanager
def open_landed(
    settings: Settings, deliveries: Sequence[Delivery], sources: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view per source, called like it: its contract's columns and ``delivery_sequence``."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute("set enable_progress_bar = false")
        ids = [delivery.delivery_id for delivery in deliveries]
        places = pa.table(
            {"delivery_id": pa.array(ids, pa.string()), "delivery_sequence": pa.array(range(len(ids)), pa.int64())}
        )
        connection.register("delivery_places", places)
        for source in sources:
            _add_view(connection, settings, [d for d in deliveries if d.source_code == source], source)
        yield connection


def newest(source: str, keys: Sequence[str]) -> str:
    """SQL of a source's rows in their newest version per key: the latest delivery and, inside it, the last row."""
    return (
        f"select * from {source} qualify row_number() over (partition by {', '.join(keys)} "
        "order by delivery_sequence desc, source_row_number desc) = 1"
    )


def _add_view(
    connection: duckdb.DuckDBPyConnection, settings: Settings, deliveries: Sequence[Delivery], source: str
) -> None:
    from dagster_project.landing.contracts import load_contract
    from dagster_project.publishing.plan import empty_table

    # The empty table gives the columns that no landed file has.
    connection.register(f"{source}_columns", empty_table(load_contract(source)))
    rows = f"select * from {source}_columns"
    if deliveries:
        paths = ", ".join(f"'{quoted(landed_path(settings, source, d.delivery_id))}'" for d in deliveries)
        rows += f" union all by name select * from read_parquet([{paths}], union_by_name = true)"
    connection.execute(f"create view {source} as select * from ({rows}) inner join delivery_places using (delivery_id)")
