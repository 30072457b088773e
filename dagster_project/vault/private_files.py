"""Files that only their owner may read, put into place in one step.

Does not belong here: what the files hold.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".part"


def private_folder(folder: Path) -> Path:
    """The folder, made with mode 0700 when it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """An empty file of mode 0600 beside ``target``, to be written and moved; gone when the block fails."""
    handle, name = tempfile.mkstemp(dir=private_folder(target.parent), prefix=f".{target.name}.", suffix=TEMPORARY)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def put(source: Path, target: Path) -> None:
    """Move a finished file to ``target`` so that it survives a power cut, replacing what is there."""
    _sync(source)
    source.replace(target)
    _sync(target.parent)


def put_new(source: Path, target: Path) -> bool:
    """Like :func:`put`, but leave ``target`` alone when it exists already; whether ``source`` became it."""
    _sync(source)
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without links, such as a USB stick's: take the name first, then move
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        source.replace(target)
    _sync(target.parent)
    return True


def clear_temporary(folder: Path) -> None:
    """Remove what killed processes left half-written; only while nobody else can be writing."""
    for path in folder.glob(f".*{TEMPORARY}"):
        path.unlink()


def is_private(path: Path) -> bool:
    """Neither group nor others may do anything with the file."""
    return path.stat().st_mode & 0o077 == 0


@contextmanager
def locked(path: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock at ``path``, alone or with other sharers; waits. The system releases it if the process dies."""
    private_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
