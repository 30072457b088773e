"""Which files are to be landed: those named, those in folders, and those inside archives.

Does not belong here: what becomes of a file (``load``).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.landing import archives
from dagster_project.landing.archives import Member
from dagster_project.landing.errors import LandingError


@dataclass(frozen=True)
class Incoming:
    """One file: ``path`` itself, or ``member`` of the archive at ``path``. ``problem``: the archive cannot be read."""

    path: Path
    member: Member | None = None
    problem: LandingError | None = None

    @property
    def name(self) -> str:
        """What the file is called, fit for a line of text."""
        return printable(self.member.name) if self.member else shown_name(self.path)

    @property
    def full_name(self) -> str:
        """The name with that of its archive before it."""
        return f"{shown_name(self.path)} › {self.name}" if self.member else self.name


def shown_name(path: Path) -> str:
    """The file's name fit for a line of text: bytes that are no UTF-8 and control characters are spelled out."""
    return printable(os.fsencode(path.name).decode("utf-8", "backslashreplace"))


def printable(name: str) -> str:
    """``name`` with its control characters spelled out."""
    return "".join(letter if letter.isprintable() or letter > "\x9f" else f"\\x{ord(letter):02x}" for letter in name)


def unpacked(paths: Iterable[Path]) -> list[Incoming]:
    """Every file by itself, archives replaced by what is in them; an unreadable archive stays, to be refused."""
    found: list[Incoming] = []
    for path in paths:
        try:
            is_archive = path.is_file() and os.access(path, os.R_OK) and archives.is_archive(path)
            found += [Incoming(path, member) for member in archives.members(path)] if is_archive else [Incoming(path)]
        except LandingError as error:
            found.append(Incoming(path, problem=error))
    return found


@contextmanager
def opened(item: Incoming) -> Iterator[Path]:
    """The file itself, or its unpacked copy while the block lasts. LandingError when the archive cannot be read."""
    if item.problem is not None:
        raise item.problem
    if item.member is None:
        yield item.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "member"
        archives.unpack(item.path, item.member, path)
        yield path


def expand_paths(paths: Iterable[Path], may_be_empty: Path | None = None) -> list[Path]:
    """Files named directly as given, folders replaced by the files in them; each file once.

    A folder without files stays, so that it is refused by name, unless it is ``may_be_empty``.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        found = folder_files(path) if path.is_dir() else [path]
        files.extend(found or ([] if path == may_be_empty else [path]))
    return list(dict.fromkeys(files))


def folder_files(folder: Path) -> list[Path]:
    """Everything in the folder that is not a folder; broken links and pipes too, which are then refused by name.

    So are folders that cannot be opened and links to folders: what is in them is not landed.
    """
    found: list[Path] = []

    def is_wanted(name: str) -> bool:
        return not name.startswith((".", "~$"))

    def note(error: OSError) -> None:
        found.append(Path(error.filename))

    for top, folders, names in os.walk(folder, onerror=note):
        found.extend(Path(top, name) for name in folders if is_wanted(name) and Path(top, name).is_symlink())
        found.extend(Path(top, name) for name in names if is_wanted(name) and not name.startswith("README"))
        folders[:] = filter(is_wanted, folders)
    return sorted(found)


def check_file(path: Path) -> None:
    """LandingError when there is nothing at ``path`` that can be read as a file."""
    if path.is_symlink() and not path.exists():
        raise LandingError("là liên kết hỏng, tệp mà nó chỉ tới không còn.", advice="Hãy chép tệp thật vào đây.")
    if not path.exists():
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise LandingError(f"không tìm thấy tệp ({shown}).", advice="Hãy kiểm tra lại đường dẫn.")
    if path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK | os.X_OK) and not folder_files(path):
        raise LandingError("là thư mục không có tệp số liệu nào.", advice="Hãy chép tệp vào thư mục rồi nạp lại.")
    if not path.is_file():
        raise LandingError("không phải là tệp thường.", advice="Hãy chỉ một tệp hoặc một thư mục.")
    if not os.access(path, os.R_OK):
        raise LandingError("không có quyền đọc tệp.", advice="Hãy cấp quyền đọc rồi nạp lại.")
