"""What fails while a file is read or landed, as the refusal of that file: full disk, lost file, a library at its end.

Does not belong here: refusals that know better what is wrong with the file.
"""

from __future__ import annotations

import errno

import duckdb

from dagster_project.landing.deliveries import LedgerError
from dagster_project.landing.errors import LandingError
from dagster_project.vault.errors import VaultError

_FULL = ("No space left on device", "Disk quota exceeded")


def as_refusal(error: BaseException) -> LandingError | None:
    """The refusal that ``error`` means for the file at hand; None for what must go on: Ctrl-C, exit."""
    if isinstance(error, LandingError):
        return error
    if isinstance(error, LedgerError | VaultError):
        return LandingError(str(error))
    # A panic of a library in Rust is no Exception, though it concerns this one file only.
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        return None
    if _is_disk_full(error):
        return LandingError("đĩa đã đầy, chưa có gì thay đổi.", advice="Hãy giải phóng chỗ trên đĩa rồi nạp lại.")
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return LandingError(
            "không đủ bộ nhớ để đọc tệp, chưa có gì thay đổi.",
            advice="Hãy tắt bớt chương trình khác hoặc tách tệp rồi nạp lại.",
        )
    if isinstance(error, FileNotFoundError):
        return LandingError("tệp không còn ở đó khi đang nạp.", advice="Hãy kiểm tra lại đường dẫn rồi nạp lại.")
    if isinstance(error, OSError):
        return LandingError(
            f"không đọc hoặc ghi được ({error.strerror or error}), chưa có gì thay đổi.",
            advice="Hãy kiểm tra đĩa và quyền truy cập rồi nạp lại.",
        )
    return LandingError(
        f"không đọc được nội dung tệp ({type(error).__name__}: {_first_line(error)}).",
        advice="Hãy mở tệp bằng chương trình đã xuất ra nó, lưu lại rồi nạp lại.",
    )


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error) for words in _FULL)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "không rõ nguyên nhân")[:200]
