"""Opening a published build to ask it questions: the dashboard and `cchc query` read through this one door."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.publishing.files import quoted

if TYPE_CHECKING:
    import duckdb


def open_tables(folder: Path, tables: Iterable[str]) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with one view per published table of ``folder``.

    It can read that folder and nothing else, write nothing, and no statement can change that.
    """
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute(f"set allowed_directories = ['{quoted(folder)}']")
    connection.execute("set enable_external_access = false")
    connection.execute("set parquet_metadata_cache = true")
    for table in tables:
        path = folder / f"{table}.parquet"
        connection.execute(f"create view {table} as select * from read_parquet('{quoted(path)}')")
    connection.execute("set lock_configuration = true")
    return connection
