"""Dagster's event log in SQLite, with its databases kept open.

Dagster's own storage opens a new engine for every event it writes, which compiles the statement and opens the file
anew: a build of 1,800 events spent a quarter of its time there. What is stored, and where, stays Dagster's. This
overrides what Dagster does not promise to keep (`_connect`); a test reads the events through Dagster's own class.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import StaticPool

# The index over all runs, the run that writes, and those somebody looks at. Each holds three open files.
OPEN_DATABASES = 8


class OpenEventLog(SqliteEventLogStorage):
    """The same databases as Dagster's default storage; the last used stay open, and a commit waits for no disk.

    With Dagster's write-ahead log a killed process leaves whole transactions; a power cut may drop the newest of them.
    """

    def __init__(self, base_dir: str, inst_data=None) -> None:
        """``base_dir``: the folder of the databases, one for each run and one index."""
        self._engines: dict[str, Engine] = {}  # before the base class, which connects
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data=inst_data)

    @classmethod
    def from_config_value(cls, inst_data, config_value) -> OpenEventLog:
        """Made by Dagster from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    def wipe(self) -> None:
        """Remove every event; the databases are closed first, since their files are removed."""
        self._close_all()
        self._tables.clear()
        super().wipe()

    def dispose(self) -> None:
        """Close every database, after the watcher that reads them has stopped."""
        super().dispose()
        self._close_all()

    def has_table(self, table_name: str) -> bool:
        """Asked before each event of a check; Dagster opens the file anew for the answer, but a table does not go."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # The lock is Dagster's: one thread at a time has the connection.
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None) or self._opened(shard)
        self._engines[shard] = engine  # the last used is the last
        if len(self._engines) > OPEN_DATABASES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def _opened(self, shard: str) -> Engine:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _wait_for_no_disk)
        self._initdb(engine)
        return engine

    def _close_all(self) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _wait_for_no_disk(connection, _record) -> None:
    connection.execute("pragma synchronous = normal")
