"""DuckDB connections of the landing: bounded, orderly, and nothing is fetched.

Does not belong here: what they are asked.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

MEMORY_LIMIT = "2GB"


def duckdb_config(work: Path, threads: int) -> dict[str, str | int]:
    """Settings of every connection; ``work`` is where it may spill."""
    return {
        "threads": threads,
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(work / "spill"),
        "preserve_insertion_order": "true",
        "autoinstall_known_extensions": "false",
    }


def scalar(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query gives, 0 when it gives no row."""
    row = con.execute(sql).fetchone()
    return row[0] if row else 0
