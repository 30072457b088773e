"""Where deliveries are made before they become visible: the landing's lock and work folders under ``.work``.

Does not belong here: what is written into a work folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO, Self

from dagster_project.landing.deliveries import list_deliveries
from dagster_project.landing.stopping import Stop
from dagster_project.settings import Settings


class Workplace:
    """One process's right to land, and its work folders; both are gone when the block ends.

    The lock is taken with the first folder, so that a run that refuses every file leaves the data root as it was.
    Another process waits for it. Threads may share a workplace.
    """

    def __init__(self, settings: Settings, workers: int = 1) -> None:
        """Nothing is taken or written yet; ``stop`` is how the threads at work are told to end."""
        self.stop = Stop()
        self._settings = settings
        self._base = settings.landing / ".work"
        self._guard = threading.Lock()
        self._lock: IO[str] | None = None
        self._workers = workers

    @property
    def threads(self) -> int:
        """Processor threads for one of the workers that share this workplace."""
        return max(1, (os.cpu_count() or 1) // self._workers)

    def folder(self) -> Path:
        """A new empty folder on the landing's own file system."""
        with self._guard:
            if self._lock is None:
                self._lock = self._take()
        return Path(tempfile.mkdtemp(dir=self._base))

    def __enter__(self) -> Self:
        """The workplace itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folders, give the lock back."""
        if self._lock is not None:
            shutil.rmtree(self._base)
            self._lock.close()
            self._lock = None

    def _take(self) -> IO[str]:
        self._settings.landing.mkdir(parents=True, exist_ok=True)
        lock = (self._settings.landing / ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Nobody else can be at work while the lock is held, so whatever lies here is a dead run's.
            if self._base.exists():
                shutil.rmtree(self._base)
            _clear_unrecorded(self._settings)
            self._base.mkdir()
        except BaseException:
            # A handle kept alive by the error's traceback would keep the next file waiting for ever.
            lock.close()
            raise
        return lock


def _clear_unrecorded(settings: Settings) -> None:
    """Remove what a killed run put into place without its record; names with "_" are not deliveries.

    Records of a file whose first delivery has none are left-overs too.
    """
    folder = settings.landing / "_deliveries"
    recorded = {delivery.delivery_id for delivery in list_deliveries(settings)}
    for record in folder.glob("*.json"):
        if record.stem not in recorded:
            record.unlink()
    for pattern in ("[!_.]*/[!_]*.parquet", "_rejected/*/[!_]*.parquet", "_flags/*/[!_]*.parquet"):
        for parquet in settings.landing.glob(pattern):
            if parquet.stem not in recorded:
                parquet.unlink()
