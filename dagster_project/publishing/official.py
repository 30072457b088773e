"""Official builds: a register of signatures that is only ever added to, one file per signed build.

A signature names the SHA-256 of the build's manifest, which in turn names the SHA-256 of every table: whoever changes a
published number afterwards is seen on reading. It is no cryptographic signature: whoever may write the folder may also
write the register. Does not belong here: the clock, printing.
"""

from __future__ import annotations

import json
import os
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from dagster_project.publishing.builds import (
    MANIFEST,
    REGISTER,
    PublishedBuild,
    current_build,
    current_build_id,
    file_fault,
    list_builds,
    read_build,
    verified_build,
)
from dagster_project.publishing.errors import BuildBrokenError, BuildError, BuildMissingError
from dagster_project.publishing.files import file_sha256
from dagster_project.publishing.lock import build_lock
from dagster_project.publishing.methods_book import BOOK_FILE
from dagster_project.publishing.scoring_engine import ENGINE_FILE
from dagster_project.settings import Settings
from expectations.suites.published import PROMISED_COLUMNS, PROMISED_PRESENT

CURRENT_NAMES = ("current",)
OFFICIAL_NAMES = ("official", "chính thức")
_RESTORE = "Hãy khôi phục thư mục của bản dựng từ bản sao lưu."
# So many letters of a build id name it.
MIN_PREFIX = 4
# A signature is one line on every screen and in the head of every file.
MAX_SIGNER, MAX_NOTE = 200, 500


@dataclass(frozen=True)
class Signature:
    """One official build. ``signed_at`` is ISO local time, the only thing here that comes from a clock."""

    build_id: str
    as_of_date: str
    signed_at: str
    signed_by: str
    note: str
    manifest_sha256: str

    @property
    def text(self) -> str:
        """The line that readers see: when, by whom, in which words."""
        return (
            f"Bản công bố chính thức, ký ngày {datetime.fromisoformat(self.signed_at):%d/%m/%Y}, "
            f"{self.signed_by}: {self.note}"
        )


def sign(settings: Settings, build_id: str, *, signed_by: str, note: str, signed_at: datetime) -> Signature:
    """Put a published build into the register; every file of it is verified first.

    Signing again with the same words changes nothing and gives the first signature. Raises BuildError for words that
    are none or no line of text, for a build that is not whole and for other words about a build that is signed
    already, BuildBrokenError when files and manifest differ or the manifest is not the one that was signed.
    """
    who = _line("--signed-by", signed_by, MAX_SIGNER)
    words = _line("--note", note, MAX_NOTE)
    build = verified_build(settings, build_id)
    with build_lock(settings.published / f".{REGISTER}.lock"):
        earlier = _signature_of(settings, build_id)
        if earlier is not None:
            return _same(settings, earlier, who, words)
        _require_whole(build)
        signature = Signature(
            build_id=build_id,
            as_of_date=build.as_of_date.isoformat(),
            signed_at=signed_at.isoformat(timespec="seconds"),
            signed_by=who,
            note=words,
            manifest_sha256=file_sha256(build.folder / MANIFEST),
        )
        _write(_path(settings, build_id), signature)
    return signature


def signatures(settings: Settings) -> list[Signature]:
    """Every signature, the newest first. Raises BuildBrokenError for a file of the register that is none."""
    found = [_read(path) for path in sorted((settings.published / REGISTER).glob("[!.]*.json"))]
    return sorted(found, key=lambda signature: (signature.signed_at, signature.build_id), reverse=True)


def fault_of(settings: Settings, signature: Signature) -> str | None:
    """What is wrong with a signed build: its manifest is not the one that was signed, or a file not as it says.

    None when nothing. Reads every file of the build.
    """
    fault = _manifest_fault(settings, signature)
    if fault:
        return fault
    return file_fault(read_build(settings, signature.build_id))


def served_warning(settings: Settings) -> str | None:
    """What readers of the served build are told when its manifest is not the one that was signed; None otherwise.

    Its files are held against the manifest wherever the build is opened.
    """
    build_id = current_build_id(settings)
    signature = None if build_id is None else _signature_of(settings, build_id)
    fault = None if signature is None else _manifest_fault(settings, signature)
    if not fault:
        return None
    return f"Cảnh báo: bản công bố chính thức {build_id} không còn nguyên vẹn ({fault}). {_RESTORE}"


def _manifest_fault(settings: Settings, signature: Signature) -> str | None:
    manifest = settings.published / signature.build_id / MANIFEST
    if not manifest.is_file():
        return "bản đã ký không còn trong kho"
    if file_sha256(manifest) != signature.manifest_sha256:
        return f"bản kê {MANIFEST} đã bị thay đổi sau khi ký"
    return None


def unlisted_lines(settings: Settings, listed: set[str]) -> list[str]:
    """One line for every signed build that is not among the ``listed`` ones, with what is wrong with it.

    A build whose manifest cannot be read is in no list of builds; who signed it must see that it is broken.
    """
    told = []
    for path in sorted((settings.published / REGISTER).glob("[!.]*.json")):
        if path.stem in listed:
            continue
        line = official_line(settings, path.stem) or ""
        told.append(f"! {path.stem}  HỎNG: {_what_to_do(settings, path.stem)} {line.rstrip('.')}.")
    return told


def _what_to_do(settings: Settings, build_id: str) -> str:
    if not (settings.published / build_id).is_dir():
        return "thư mục của bản dựng không còn; hãy khôi phục từ bản sao lưu."
    return f"không đọc được {MANIFEST} của bản dựng; hãy khôi phục tệp này từ bản sao lưu."


def official_line(settings: Settings, build_id: str, *, is_verified: bool = False) -> str | None:
    """The signature line of a build for its readers, with a warning when it was changed afterwards; None when unsigned.

    ``is_verified`` says that the files were held against the manifest already: they are not read again.
    A signature that cannot be read is such a warning, not an error: the numbers themselves are verified elsewhere.
    """
    try:
        signature = _signature_of(settings, build_id)
    except BuildBrokenError as error:
        return str(error)
    if signature is None:
        return None
    fault = (_manifest_fault if is_verified else fault_of)(settings, signature)
    return f"{signature.text} — KHÔNG CÒN NGUYÊN VẸN: {fault}" if fault else signature.text


def difference_line(settings: Settings, build_id: str) -> str | None:
    """What the readers of an unsigned build have to know when there is an official one; None otherwise."""
    try:
        signed = signatures(settings)
    except BuildBrokenError as error:
        return str(error)
    if not signed or build_id in {signature.build_id for signature in signed}:
        return None
    return (
        f"Số liệu này khác bản công bố chính thức {signed[0].build_id} ngày "
        f"{datetime.fromisoformat(signed[0].signed_at):%d/%m/%Y}; xem «cchc builds diff official CURRENT»."
    )


def find_build(settings: Settings, name: str) -> PublishedBuild:
    """The build that ``name`` means: CURRENT, official (the newest signature), an id or the beginning of exactly one.

    Every file is verified. Raises BuildMissingError when none or several are meant, BuildBrokenError when it is not
    what it was published or signed as.
    """
    build = _named_build(settings, name.strip().casefold(), name)
    signature = _signature_of(settings, build.build_id)
    fault = None if signature is None else _manifest_fault(settings, signature)
    if fault:
        raise BuildBrokenError(f"Bản công bố chính thức {build.build_id} không còn nguyên vẹn: {fault}. {_RESTORE}")
    return build


def _named_build(settings: Settings, wanted: str, name: str) -> PublishedBuild:
    if wanted in CURRENT_NAMES:
        return current_build(settings)
    if wanted in OFFICIAL_NAMES:
        return _newest_official(settings)
    # A signed build that cannot be read is meant too: it is refused by name, not called unknown.
    signed = {path.stem for path in (settings.published / REGISTER).glob("[!.]*.json")}
    ids = sorted({build.build_id for build in list_builds(settings)} | signed)
    meant = [id_ for id_ in ids if id_.startswith(wanted)] if len(wanted) >= MIN_PREFIX else []
    if len(meant) > 1 and wanted not in meant:
        raise BuildMissingError(f"«{name}» là phần đầu của {len(meant)} bản dựng: {', '.join(meant)}. Hãy ghi dài hơn.")
    if not meant:
        raise BuildMissingError(
            f"Không có bản dựng nào có mã «{name}». Hãy xem «cchc builds»: ghi mã, ít nhất {MIN_PREFIX} chữ đầu, "
            "CURRENT (bản đang phục vụ) hoặc official (bản chính thức mới nhất)."
        )
    return verified_build(settings, wanted if wanted in meant else meant[0])


def _newest_official(settings: Settings) -> PublishedBuild:
    signed = signatures(settings)
    if not signed:
        raise BuildMissingError(
            "Chưa có bản công bố chính thức nào. Hãy ký bằng «cchc publish MÃ --note … --signed-by …»."
        )
    return verified_build(settings, signed[0].build_id)


def _require_whole(build: PublishedBuild) -> None:
    """Refuse to sign what readers could not check afterwards: the manifest has to name every table and file."""
    tables = [
        f"{name}.parquet" for name in (*PROMISED_COLUMNS, *PROMISED_PRESENT) if name not in build.manifest["tables"]
    ]
    files = [name for name in (ENGINE_FILE, BOOK_FILE) if name not in build.manifest.get("files", {})]
    missing = sorted({*tables, *files})
    if missing:
        raise BuildError(
            f"Bản dựng {build.build_id} không đủ để ký: {MANIFEST} không kê {', '.join(missing)}. "
            "Hãy dựng lại bằng phiên bản này của kho («cchc build») rồi ký bản mới."
        )


def _line(option: str, text: str, most: int) -> str:
    """One line of text with single spaces; BuildError with a sentence when it is empty, too long or no plain text."""
    plain = text.strip()
    if not plain:
        raise BuildError("Phải ghi người hoặc cơ quan ký (--signed-by) và nội dung công bố (--note).")
    # Controls, and marks that nobody sees but that turn the order of letters round (category C).
    if any(unicodedata.category(letter).startswith("C") for letter in plain):
        raise BuildError(
            f"Nội dung của {option} có ký tự điều khiển hoặc ký tự không nhìn thấy (xuống dòng, tab…). "
            "Hãy ghi lại thành một dòng chữ thường."
        )
    if len(plain) > most:
        raise BuildError(f"Nội dung của {option} dài {len(plain)} ký tự; nhiều nhất {most}. Hãy ghi ngắn hơn.")
    return " ".join(plain.split())


def _same(settings: Settings, earlier: Signature, who: str, words: str) -> Signature:
    fault = _manifest_fault(settings, earlier)
    if fault:
        raise BuildBrokenError(
            f"Bản dựng {earlier.build_id} đã ký nhưng không còn nguyên vẹn: {fault}. {_RESTORE} Không ký lại được."
        )
    if (earlier.signed_by, earlier.note) != (who, words):
        raise BuildError(
            f"Bản dựng {earlier.build_id} đã được ký với nội dung khác, không ký lại được. {earlier.text}."
        )
    return earlier


def _path(settings: Settings, build_id: str) -> Path:
    return settings.published / REGISTER / f"{build_id}.json"


def _signature_of(settings: Settings, build_id: str) -> Signature | None:
    path = _path(settings, build_id)
    return _read(path) if path.exists() else None


def _read(path: Path) -> Signature:
    try:
        signature = Signature(**json.loads(path.read_text(encoding="utf-8")))
        datetime.fromisoformat(signature.signed_at)
        date.fromisoformat(signature.as_of_date)
    except (OSError, ValueError, TypeError) as error:
        raise BuildBrokenError(f"Sổ bản chính thức có tệp không đọc được: {REGISTER}/{path.name}.") from error
    if signature.build_id != path.stem:
        raise BuildBrokenError(f"Sổ bản chính thức: tệp {REGISTER}/{path.name} không phải chữ ký của bản dựng ấy.")
    return signature


def _write(path: Path, signature: Signature) -> None:
    """A new file of the register, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    with staged.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps(asdict(signature), ensure_ascii=False, indent=1) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    staged.replace(path)
