"""Write Vietnamese in the encodings that exports come in: the way back of ``landing.encodings``, for tests only.

Built from the code charts, so the charts themselves are tested against real text and against the standard's order.
"""

from __future__ import annotations

import unicodedata

from dagster_project.landing.charsets import ABC_LETTERS, TCVN_5712_1, VNI

TONES = "\u0300\u0309\u0303\u0301\u0323"
ASCII = "".join(map(chr, range(0x20, 0x7F)))
LETTERS = "".join(
    sorted(
        {
            unicodedata.normalize("NFC", case(base) + tone)
            for base in "aăâeêioôơuưy"
            for tone in ("", *TONES)
            for case in (str.lower, str.upper)
        }
        | set("đĐ")
    )
)
# Punctuation of Windows-1252 that office programs put in by themselves.
MARKS = "“”‘’–—…"

# Encoding → every character it can carry, ASCII control characters apart.
CARRIED = {
    "utf-8": ASCII + LETTERS + MARKS,
    "utf-16-le": ASCII + LETTERS + MARKS,
    "utf-16-be": ASCII + LETTERS + MARKS,
    "cp1258": ASCII + LETTERS + MARKS,
    "tcvn3": ASCII + "".join(sorted(ABC_LETTERS.values())) + MARKS,
    "tcvn5712-1": ASCII + LETTERS,
    "vni": ASCII + LETTERS + MARKS,
}


def encoded(text: str, encoding: str) -> bytes:
    """``text`` as a program of that encoding would store it; KeyError or UnicodeEncodeError when it cannot."""
    text = unicodedata.normalize("NFC", text)
    if encoding.startswith("utf"):
        return text.encode(encoding)
    return b"".join(_TABLES[encoding](letter) for letter in text)


def _cp1258(letter: str) -> bytes:
    """Windows stores a vowel that has no place of its own as its base and a tone mark."""
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        split = unicodedata.normalize("NFD", letter)
        tone = next(mark for mark in split if mark in TONES)
        base = unicodedata.normalize("NFC", split.replace(tone, ""))
        return base.encode("cp1258") + tone.encode("cp1258")


_TCVN3 = {letter: bytes([byte]) for byte, letter in ABC_LETTERS.items()}
_TCVN_FULL = {letter: bytes([byte]) for byte, letter in TCVN_5712_1.items()}
_VNI = {letter: written.encode("latin-1") for written, letter in VNI.items()}
_TABLES = {
    "cp1258": _cp1258,
    "tcvn3": lambda letter: _TCVN3.get(letter) or letter.encode("ascii" if letter not in MARKS else "cp1252"),
    "tcvn5712-1": lambda letter: _TCVN_FULL.get(letter) or letter.encode("ascii"),
    "vni": lambda letter: _VNI.get(letter) or letter.encode("ascii" if letter not in MARKS else "cp1252"),
}
