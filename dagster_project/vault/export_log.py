"""Who took contact data out of the vault: ``vault/exports.jsonl``, one line per export, only ever appended to.

Each line carries an HMAC over itself and the line before, so that a changed, removed or inserted line is noticed
by :func:`read_log`. Lines name officers and counts, never applicants.
Does not belong here: the export itself.
"""

from __future__ import annotations

import hmac
import json
import os
from pathlib import Path

from dagster_project.vault.errors import VaultError
from dagster_project.vault.store import Vault

_MAC = "mac"


def log_path(vault: Vault) -> Path:
    """Where the log lies."""
    return vault.folder / "exports.jsonl"


def append_line(vault: Vault, entry: dict) -> None:
    """Add one line and make sure that it is on disk. VaultError when the log does not hold together."""
    with vault.lock(exclusive=True):
        lines = read_log(vault)
        previous = lines[-1][_MAC] if lines else ""
        line = json.dumps({**entry, _MAC: _mac(vault, previous, entry)}, ensure_ascii=False, sort_keys=True)
        handle = os.open(log_path(vault), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, (line + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def read_log(vault: Vault) -> list[dict]:
    """Every line, oldest first. VaultError naming the first line that was changed, removed or inserted."""
    path = log_path(vault)
    if not path.exists():
        return []
    lines: list[dict] = []
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        previous = lines[-1][_MAC] if lines else ""
        line = _parsed(text)
        entry = {name: value for name, value in line.items() if name != _MAC}
        if not hmac.compare_digest(str(line.get(_MAC)), _mac(vault, previous, entry)):
            raise VaultError(
                f"Nhật ký xuất định danh «{path}» không còn nguyên vẹn từ dòng {number}. Hãy giữ nguyên tệp, báo người "
                "phụ trách an toàn thông tin và đối chiếu với bản sao lưu."
            )
        lines.append(line)
    return lines


def _parsed(text: str) -> dict:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _mac(vault: Vault, previous: str, entry: dict) -> str:
    text = json.dumps([previous, entry], ensure_ascii=False, sort_keys=True)
    return hmac.digest(vault.keys.log_key(), text.encode(), "sha256").hex()
