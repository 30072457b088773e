"""The key file: one hash secret for good, and encryption secrets that can be changed.

The file is JSON of mode 0600 outside the data root: ``CCHC_KEY_FILE``, or ``~/.config/cchc/identity.key``. Keys in
use are derived from its secrets with HKDF-SHA256, each for one purpose, so that none tells anything of another.
Old encryption secrets stay in the file: other data roots and back-ups may still need them.
Does not belong here: which data root was made with which key file (``store``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from dagster_project.vault.errors import VaultError
from dagster_project.vault.kinds import Kind
from dagster_project.vault.private_files import is_private, locked, put, put_new, staged

KEY_FILE_VARIABLE = "CCHC_KEY_FILE"
SECRET_BYTES = 32
NOTE = "Tệp khóa kho định danh. Giữ bí mật, sao lưu ở nơi an toàn: mất tệp này thì không đọc lại được kho."


@dataclass(frozen=True)
class EncryptionKey:
    """One generation of the encryption secret; ``created_at`` is ISO UTC."""

    key_id: str
    created_at: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """What a key file holds. ``encryption_keys`` are oldest first; the last one writes, all of them read."""

    path: Path
    hash_key_id: str
    encryption_keys: tuple[EncryptionKey, ...]
    hash_secret: bytes = field(repr=False)

    @property
    def current(self) -> EncryptionKey:
        """The key that new files are written with."""
        return self.encryption_keys[-1]

    def hash_key(self, kind: Kind) -> bytes:
        """The HMAC key of one kind of identity: a phone and an ID number of equal digits hash differently."""
        return _derived(self.hash_secret, f"identity-hash/{kind.value}")

    def log_key(self) -> bytes:
        """The HMAC key that chains the lines of the export log."""
        return _derived(self.hash_secret, "export-log")

    def file_key(self, key_id: str, salt: bytes) -> bytes | None:
        """The AES-256 key of one vault file, or None when the key file does not know ``key_id``."""
        for key in self.encryption_keys:
            if key.key_id == key_id:
                return _derived(key.secret, "file-encryption", salt)
        return None


def key_file_path() -> Path:
    """Where the key file is looked for."""
    chosen = os.environ.get(KEY_FILE_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path.home() / ".config" / "cchc" / "identity.key"


def read_keys(path: Path, data_root: Path) -> KeyRing:
    """The key ring at ``path``. Raises VaultError with what to do when it is missing, open to others or damaged."""
    check_place(path, data_root)
    if not path.is_file():
        raise VaultError(
            f"Không tìm thấy tệp khóa «{path}». Hãy chép lại tệp khóa từ bản sao lưu, hoặc đặt {KEY_FILE_VARIABLE} "
            "đến đúng tệp; không có tệp khóa thì không đọc được kho định danh."
        )
    if not is_private(path):
        raise VaultError(
            f"Tệp khóa «{path}» đang mở cho người khác (quyền {path.stat().st_mode & 0o777:04o}). "
            f"Hãy chạy «chmod 600 {path}»; nếu người khác có thể đã xem, hãy đổi khóa bằng «cchc vault rotate»."
        )
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise VaultError(f"Không đọc được tệp khóa «{path}»: {error.strerror}.") from None
    except ValueError:
        content = ""
    try:
        return _parse(path, json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise VaultError(f"Tệp khóa «{path}» bị hỏng hoặc không phải tệp khóa. Hãy chép lại từ bản sao lưu.") from None


def create_keys(path: Path, data_root: Path, now: dt.datetime | None = None) -> KeyRing:
    """Make a new key file with mode 0600; when another process was faster, its file is the one."""
    check_place(path, data_root)
    ring = KeyRing(path, "", (_new_key(now),), secrets.token_bytes(SECRET_BYTES))
    try:
        with staged(path) as temporary:
            temporary.write_text(_text(ring), encoding="utf-8")
            put_new(temporary, path)
    except OSError as error:
        raise VaultError(f"Không tạo được tệp khóa «{path}»: {error.strerror}.") from None
    return read_keys(path, data_root)


def add_encryption_key(ring: KeyRing, data_root: Path, now: dt.datetime | None = None) -> KeyRing:
    """Add a new encryption key, which becomes the current one. The file is replaced in one step."""
    with locked(ring.path.with_name(f".{ring.path.name}.lock"), exclusive=True):
        latest = read_keys(ring.path, data_root)
        grown = replace(latest, encryption_keys=(*latest.encryption_keys, _new_key(now)))
        # The key file may be a link to a safer volume: what is replaced is the file, not the link.
        target = ring.path.resolve()
        with staged(target) as temporary:
            temporary.write_text(_text(grown), encoding="utf-8")
            put(temporary, target)
    return grown


def check_place(path: Path, data_root: Path) -> None:
    """Refuse a key file that would be copied, backed up or given away together with the data."""
    if path.resolve().is_relative_to(data_root.resolve()) or path.absolute().is_relative_to(data_root.absolute()):
        raise VaultError(
            f"Tệp khóa «{path}» nằm trong thư mục dữ liệu «{data_root}». Hãy để tệp khóa ở nơi khác và đặt "
            f"{KEY_FILE_VARIABLE} đến đó: ai có bản sao dữ liệu thì không được có khóa."
        )


def _derived(secret: bytes, purpose: str, salt: bytes | None = None) -> bytes:
    # HKDF-SHA256 (RFC 5869), one block: 32 bytes are all that is ever asked for.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), SECRET_BYTES, salt, f"cchc-vault/1/{purpose}".encode()).derive(secret)


def _identifier(secret: bytes, purpose: str) -> str:
    return hashlib.sha256(_derived(secret, purpose)).hexdigest()[:16]


def _new_key(now: dt.datetime | None) -> EncryptionKey:
    secret = secrets.token_bytes(SECRET_BYTES)
    moment = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    return EncryptionKey(_identifier(secret, "key-id"), moment.isoformat(timespec="seconds"), secret)


def _text(ring: KeyRing) -> str:
    keys = [
        {"key_id": key.key_id, "created_at": key.created_at, "secret": key.secret.hex()} for key in ring.encryption_keys
    ]
    content = {"note": NOTE, "version": 1, "hash_secret": ring.hash_secret.hex(), "encryption_keys": keys}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _parse(path: Path, content: dict) -> KeyRing:
    hash_secret = _secret(content["hash_secret"])
    keys = tuple(
        EncryptionKey(item["key_id"], item["created_at"], _secret(item["secret"]))
        for item in content["encryption_keys"]
    )
    # The id follows from the secret, so a mistyped or half-restored secret is noticed here.
    if content["version"] != 1 or not keys or any(key.key_id != _identifier(key.secret, "key-id") for key in keys):
        raise ValueError("not a key file")
    return KeyRing(path, _identifier(hash_secret, "hash-key-id"), keys, hash_secret)


def _secret(text: str) -> bytes:
    secret = bytes.fromhex(text)
    if len(secret) != SECRET_BYTES:
        raise ValueError("a secret of the wrong length")
    return secret
