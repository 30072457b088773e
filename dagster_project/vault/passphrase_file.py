"""A file that opens with a passphrase: scrypt and AES-256-GCM, for handing contact data from one desk to another.

First line the format, second line JSON with the salt and cost, then the ciphertext; both lines are authenticated.
Does not belong here: what is inside.
"""

from __future__ import annotations

import json
import secrets

from dagster_project.vault.errors import VaultError

FORMAT = b"cchc-frame/1"
MIN_PASSPHRASE = 12
# 128 MB and about half a second for each guess.
_COST = 2**17
_NONCE = bytes(12)


def encrypt(content: bytes, passphrase: str) -> bytes:
    """The file for ``content``. VaultError for a passphrase that is too short."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise VaultError(f"Mật khẩu quá ngắn: cần ít nhất {MIN_PASSPHRASE} ký tự.")
    salt = secrets.token_bytes(16)
    head = FORMAT + b"\n" + json.dumps({"kdf": "scrypt", "cost": _COST, "salt": salt.hex()}).encode() + b"\n"
    # The key is this file's alone, since its salt is: one fixed nonce is used once.
    return head + _cipher(passphrase, salt).encrypt(_NONCE, content, head)


def decrypt(data: bytes, passphrase: str) -> bytes:
    """What is inside. VaultError for a wrong passphrase, and for a file that is damaged or another one."""
    from cryptography.exceptions import InvalidTag

    lines = data.split(b"\n", 2)
    try:
        if len(lines) != 3 or lines[0] != FORMAT:
            raise ValueError("another format")
        header = json.loads(lines[1])
        if header["cost"] != _COST:
            raise ValueError("another cost")
        salt = bytes.fromhex(header["salt"])
    except (ValueError, KeyError, TypeError):
        raise VaultError("Tệp này không phải danh sách liên hệ do «cchc vault export-frame» xuất ra.") from None
    try:
        return _cipher(passphrase, salt).decrypt(_NONCE, lines[2], b"\n".join(lines[:2]) + b"\n")
    except InvalidTag:
        raise VaultError("Mật khẩu không đúng, hoặc tệp đã bị hỏng.") from None


def _cipher(passphrase: str, salt: bytes):
    import unicodedata

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    # Vietnamese letters come in two spellings from different keyboards.
    text = unicodedata.normalize("NFC", passphrase).encode()
    return AESGCM(Scrypt(salt, length=32, n=_COST, r=8, p=1).derive(text))
