"""One build at a time: a lock file that the operating system releases even when the process is killed."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dagster_project.publishing.errors import BuildError

POLL_SECONDS = 0.5


@contextmanager
def build_lock(
    path: Path, *, wait_seconds: float = 3600, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the build lock at ``path``; wait for another holder, saying once who it is.

    Raises BuildError when the other build has not ended after ``wait_seconds``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        _acquire(handle, wait_seconds, on_wait)
        handle.seek(0)
        handle.truncate()
        holder = {"pid": os.getpid(), "since": datetime.now().strftime("%d/%m/%Y %H:%M:%S")}
        handle.write(json.dumps(holder))
        handle.flush()
        yield


def _acquire(handle, wait_seconds: float, on_wait: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + wait_seconds
    is_told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            message = f"Đang có một lần dựng khác ({_holder_text(handle)})"
            if time.monotonic() >= deadline:
                raise BuildError(f"{message}; đã chờ {wait_seconds:.0f} giây. Hãy thử lại sau.") from None
            if not is_told and on_wait:
                on_wait(f"{message}; đang chờ đến lượt…")
                is_told = True
            time.sleep(POLL_SECONDS)


def _holder_text(handle) -> str:
    handle.seek(0)
    text = handle.read()
    try:
        holder = json.loads(text)
    except json.JSONDecodeError:
        return "chưa rõ tiến trình"
    return f"tiến trình {holder['pid']}, từ {holder['since']}"
