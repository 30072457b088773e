"""ZIP archives of files to land: what is in them, and one member at a time unpacked, within bounds.

Workbooks (XLSX, ODS) and other documents are ZIP archives too, but one file each; they are none here.
Does not belong here: reading the members.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dagster_project.landing import encodings, stopping, xlsx_reader
from dagster_project.landing.errors import LandingError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
MAX_MEMBERS = 5000
MAX_RATIO = 200
MAX_TOTAL_BYTES = 4 * 1024**3
# Small members may well be packed tighter than MAX_RATIO.
FREE_BYTES = 1024**2
CHUNK_BYTES = 1024**2

_UTF_8_NAME = 0x800
_ENCRYPTED = 0x1
_DOCUMENT_PARTS = ("[Content_Types].xml", "mimetype")
_JUNK_NAMES = ("thumbs.db", "desktop.ini", ".ds_store")
_UNPACK = "Hãy giải nén rồi nạp từng tệp bên trong."


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name as shown (folders with "/"), its place in the list of parts, its size in bytes."""

    name: str
    index: int
    size: int


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP, and no document that merely is stored as one."""
    with path.open("rb") as handle:
        if not handle.read(4).startswith(ZIP_MAGIC):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except xlsx_reader.ZIP_ERRORS:
        return False
    return not any(name in _DOCUMENT_PARTS or name.startswith("xl/") for name in names)


def members(path: Path) -> list[Member]:
    """The files of an archive that are worth reading, in its order.

    LandingError when the archive is damaged or protected, or goes beyond a bound: MAX_MEMBERS entries, MAX_RATIO and
    MAX_TOTAL_BYTES when unpacked, names that lead elsewhere, links, archives within.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except xlsx_reader.ZIP_ERRORS as error:
        raise _damaged() from error
    if len(parts) > MAX_MEMBERS:
        raise LandingError(f"tệp nén có {len(parts)} mục, nhiều hơn {MAX_MEMBERS}.", advice="Hãy chia nhỏ tệp nén.")
    _check_total(sum(part.file_size for part in parts))
    found = []
    for index, part in enumerate(parts):
        name = shown_name(part)
        _check_part(part, name)
        if not part.is_dir() and not _is_junk(name):
            found.append(Member(name, index, part.file_size))
    if not found:
        raise LandingError("tệp nén không có tệp nào bên trong.", advice="Hãy nén lại kèm các tệp cần nạp.")
    return found


def unpack(path: Path, member: Member, to: Path) -> None:
    """Write one member to the file ``to``. LandingError when it is damaged or too large; no file is left then.

    The bytes are counted as they come, because what a member says of its size need not be true.
    """
    written = 0
    try:
        with zipfile.ZipFile(path) as archive:
            part = archive.infolist()[member.index]
            _check_part(part, member.name)
            with archive.open(part) as source, to.open("wb") as target:
                while piece := source.read(CHUNK_BYTES):
                    stopping.check()
                    written += len(piece)
                    if written > member.size or written > part.compress_size * MAX_RATIO + FREE_BYTES:
                        raise _bomb(member.name)
                    target.write(piece)
        if is_archive(to):
            raise _nested(member.name)
    except xlsx_reader.ZIP_ERRORS as error:
        to.unlink(missing_ok=True)
        raise _damaged(member.name) from error
    except IndexError as error:
        raise _damaged() from error
    except LandingError:
        to.unlink(missing_ok=True)
        raise


def shown_name(part: zipfile.ZipInfo) -> str:
    """The name as its writer saw it, in NFC, without control characters.

    Names that do not say they are UTF-8 come as code page 437 and are mostly UTF-8 all the same, or an old
    Vietnamese code.
    """
    name = part.filename if part.flag_bits & _UTF_8_NAME else _redecoded(part.filename)
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


def _redecoded(name: str) -> str:
    try:
        content = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    found = encodings.detect_encoding(content).encoding
    if found is None:
        return name
    return encodings.decoded_head(content, found)


def _check_part(part: zipfile.ZipInfo, name: str) -> None:
    pieces = PurePosixPath(name).parts
    if name.startswith("/") or ".." in pieces or (pieces and ":" in pieces[0]) or not pieces:
        raise LandingError(f'tệp nén có mục "{name[:80]}" chỉ ra ngoài thư mục của nó.', advice=_UNPACK)
    if stat.S_ISLNK(part.external_attr >> 16):
        raise LandingError(f'tệp nén có mục "{name[:80]}" là liên kết, không phải tệp.', advice=_UNPACK)
    if part.flag_bits & _ENCRYPTED:
        raise LandingError("tệp nén đặt mật khẩu, không đọc được.", advice="Hãy bỏ mật khẩu rồi nén lại.")
    if part.file_size > part.compress_size * MAX_RATIO + FREE_BYTES:
        raise _bomb(name)
    if name.lower().endswith(".zip"):
        raise _nested(name)


def _check_total(size: int) -> None:
    if size > MAX_TOTAL_BYTES:
        raise LandingError(
            f"tệp nén khi giải nén lớn hơn {MAX_TOTAL_BYTES // 1024**3} GB.", advice="Hãy chia nhỏ tệp nén."
        )


def _is_junk(name: str) -> bool:
    """What operating systems and open spreadsheets leave lying about."""
    pieces = PurePosixPath(name).parts
    last = pieces[-1].lower()
    return "__MACOSX" in pieces or last in _JUNK_NAMES or last.startswith(("~$", "._", ".~lock."))


def _bomb(name: str) -> LandingError:
    return LandingError(
        f'tệp nén có mục "{name[:80]}" nở ra lớn bất thường khi giải nén, không mở vì an toàn.', advice=_UNPACK
    )


def _nested(name: str) -> LandingError:
    return LandingError(f'tệp nén có tệp nén khác bên trong ("{name[:80]}").', advice=_UNPACK)


def _damaged(name: str | None = None) -> LandingError:
    what = f'mục "{name[:80]}" trong tệp nén' if name else "tệp nén"
    return LandingError(f"{what} bị hỏng hoặc thiếu phần cuối.", advice="Hãy nén hoặc tải lại tệp.")
