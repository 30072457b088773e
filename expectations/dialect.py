"""`duckdb+buffered`: DuckDB for SQLAlchemy with results that outlive their transaction.

Great Expectations reads a result after it has given the connection back to the pool. The pool
rolls back, DuckDB drops the open result, and the read finds nothing. Here a cursor takes all rows
when it executes and serves them from memory. The rules ask for a handful of rows each
(`rules.SAMPLE_SIZE`), so nothing large is ever held.

Does not belong here: anything about rules.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from duckdb_engine import ConnectionWrapper, CursorWrapper, Dialect
from sqlalchemy.dialects import registry

# Named, because Great Expectations opens two engines from one address and both must see one database.
URL = "duckdb+buffered:///:memory:borders"


class BufferedCursor:
    """A DB-API cursor whose rows are in memory as soon as `execute` returns."""

    arraysize = 1

    def __init__(self, cursor: CursorWrapper) -> None:
        """Wrap duckdb-engine's cursor; nothing has run yet."""
        self.connection = cursor.connection
        self._cursor = cursor
        self._rows: deque[tuple[Any, ...]] = deque()
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        """Run one statement and take all of its rows; DuckDB's own errors pass through."""
        self._cursor.execute(statement, parameters, context)
        self._take()

    def executemany(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        """Run one statement for several sets of parameters."""
        self._cursor.executemany(statement, parameters, context)
        self._take()

    def _take(self) -> None:
        self.description = self._cursor.description
        self._rows = deque(self._cursor.fetchall() if self.description else ())

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """At most `size` further rows."""
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows not yet fetched."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def close(self) -> None:
        """Forget the rows; DuckDB has nothing to close."""
        self._rows.clear()


class BufferedConnection(ConnectionWrapper):
    """A DuckDB connection that hands out buffered cursors."""

    def cursor(self) -> BufferedCursor:
        """A new buffered cursor on this connection."""
        return BufferedCursor(super().cursor())


class BufferedDialect(Dialect):
    """duckdb-engine's dialect with buffered cursors."""

    driver = "buffered"
    supports_statement_cache = False

    def connect(self, *args: Any, **parameters: Any) -> BufferedConnection:
        """Open DuckDB as duckdb-engine does and wrap the connection."""
        return BufferedConnection(super().connect(*args, **parameters))


def register() -> None:
    """Make `duckdb+buffered://` known to SQLAlchemy; calling it again changes nothing."""
    registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
