"""Refused files: one JSON record per file that a load could not take in, until a delivery takes its place.

Does not belong here: refusing (``load``), showing (``ledger``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from dagster_project.landing.deliveries import Delivery, foreign_record, list_deliveries
from dagster_project.landing.personal import MASK, PERSONAL_VALUE
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Refusal:
    """One refused file, ``file_name`` with its archive before it. Size (bytes) and hash are None when not readable.

    ``first_tried_at`` is of this very content; both times are ISO local time. ``message`` is the Vietnamese sentence
    of the last try, without phone numbers, ID numbers and e-mail addresses.
    """

    file_name: str
    file_size: int | None
    file_sha256: str | None
    first_tried_at: str
    last_tried_at: str
    message: str


def keep_refusal(
    settings: Settings, path: Path, name: str, content: tuple[int, str] | None, message: str, moment: dt.datetime
) -> None:
    """Record that the file at ``path``, called ``name``, was refused; what is not there as a file leaves no record.

    ``content`` is its size and SHA-256. OSError when the record cannot be written.
    """
    if not path.is_file():
        return
    size, sha256 = content or (None, None)
    at = moment.isoformat(timespec="microseconds")
    target = _record_path(settings, path, name)
    before = _read(target)
    first = before.first_tried_at if before is not None and before.file_sha256 == sha256 else at
    record = Refusal(name, size, sha256, first, at, re.sub(PERSONAL_VALUE, f" {MASK}", message))
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    staged.write_text(json.dumps(asdict(record), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    staged.replace(target)


def open_refusals(settings: Settings) -> list[Refusal]:
    """Refused files without a delivery in their place, by the time of the last try and name.

    In their place is a delivery of the same content, or one of the same name landed after the last try.
    LedgerError when the records hold something else too.
    """
    paths = sorted((settings.landing / "_refusals").glob("*.json"))
    found = {path: _read(path) for path in paths}
    landed = list_deliveries(settings)
    contents = {delivery.file_sha256 for delivery in landed}
    last_landed: dict[str, str] = {}
    for delivery in landed:
        for name in _names(delivery):
            last_landed[name] = max(delivery.landed_at, last_landed.get(name, ""))
    opened = []
    for path, refusal in found.items():
        if refusal is None:
            raise foreign_record(path)
        if refusal.file_sha256 not in contents and last_landed.get(refusal.file_name, "") <= refusal.last_tried_at:
            opened.append(refusal)
    return sorted(opened, key=lambda refusal: (refusal.last_tried_at, refusal.file_name))


def _names(delivery: Delivery) -> tuple[str, ...]:
    """What the file was called when it was tried; an archive as a whole too."""
    if delivery.archive_name is None:
        return (delivery.file_name,)
    return delivery.archive_name, f"{delivery.archive_name} › {delivery.file_name}"


def _record_path(settings: Settings, path: Path, name: str) -> Path:
    # Units send files of one name from many folders.
    key = hashlib.sha256(os.fsencode(path.resolve()) + b"\n" + name.encode()).hexdigest()[:16]
    return settings.landing / "_refusals" / f"{key}.json"


def _read(path: Path) -> Refusal | None:
    """The record, or None when there is none of ours."""
    try:
        return Refusal(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
