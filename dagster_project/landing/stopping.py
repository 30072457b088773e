"""Ctrl-C: whoever works on a file asks now and then whether it is still wanted, and DuckDB is told at once.

Signals reach the main thread only; the files are read in others. Nothing unfinished becomes visible, because
only the main thread makes deliveries visible.
Does not belong here: what is said to the person who stopped the load.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

_here = threading.local()


class Stop:
    """The wish that some threads end; each of them has joined with :meth:`join`."""

    def __init__(self) -> None:
        """Nobody wishes it yet."""
        self._asked = threading.Event()
        self._guard = threading.Lock()
        self._running: list[duckdb.DuckDBPyConnection] = []

    def join(self) -> None:
        """From now on :func:`check` in this thread looks at this wish."""
        _here.stop = self

    def ask(self) -> None:
        """Wish it, and interrupt the queries that run at this moment; ask again until the threads have ended."""
        self._asked.set()
        with self._guard:
            for con in self._running:
                con.interrupt()

    @property
    def is_asked(self) -> bool:
        """Whether the threads are to end."""
        return self._asked.is_set()

    def enter(self, con: duckdb.DuckDBPyConnection) -> None:
        """The connection's queries are to be interrupted."""
        with self._guard:
            self._running.append(con)

    def leave(self, con: duckdb.DuckDBPyConnection) -> None:
        """The connection is about to be closed."""
        with self._guard:
            self._running.remove(con)


def check() -> None:
    """End the work of this thread with KeyboardInterrupt when that is wished."""
    stop: Stop | None = getattr(_here, "stop", None)
    if stop is not None and stop.is_asked:
        raise KeyboardInterrupt


@contextmanager
def interruptible(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Inside the block a wish to stop interrupts the queries of ``con``."""
    stop: Stop | None = getattr(_here, "stop", None)
    if stop is None:
        yield
        return
    stop.enter(con)
    try:
        yield
    finally:
        stop.leave(con)
