"""Dagster's event log in SQLite, with each database opened once.

Dagster's own storage opens a new engine for every event it writes, which compiles the statement and opens the file
anew: a build of 1,800 events spent a quarter of its time there. What is stored, and where, stays Dagster's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import _check as check
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import StaticPool


class OpenEventLog(SqliteEventLogStorage):
    """The same databases as Dagster's default storage; the connections to them are kept until the instance ends."""

    @classmethod
    def from_config_value(cls, inst_data, config_value) -> OpenEventLog:
        """Made by Dagster from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    def dispose(self) -> None:
        """Close every database."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()

    @property
    def _engines(self) -> dict[str, Engine]:
        return self.__dict__.setdefault("_open_engines", {})

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # The lock is Dagster's: one thread at a time has the connection.
        with self._db_lock, self._engine(check.str_param(shard, "shard")).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _write_ahead)
            self._initdb(engine)
            self._engines[shard] = engine
        return self._engines[shard]


def _write_ahead(connection, _record) -> None:
    # With a write-ahead log a killed process leaves whole transactions; only a power cut may drop the newest of them.
    connection.execute("pragma synchronous = normal")
