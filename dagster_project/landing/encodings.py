"""Which encoding a text file has, and a copy of it in UTF-8; the same for single texts in old Vietnamese fonts.

Text in an ABC or VNI font is a row of Latin-1 characters that only the font draws as Vietnamese. Two doubts come
with it. Bytes 0x80–0x9F arrive as control characters when read as Latin-1 and as “ ” – … when read as Windows-1252:
both are taken for the same byte. And that byte is punctuation in an ABC font but a capital letter in the full
TCVN 5712-1: for files the words around decide, in workbooks the font does.
Does not belong here: the code charts (``charsets``), meanings of columns.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.landing.charsets import ABC_LETTERS, TCVN_5712_1, VNI, is_syllable
from dagster_project.landing.errors import LandingError

UTF_8 = "utf-8"
UTF_8_SIG = "utf-8-sig"
UTF_16_LE = "utf-16-le"
UTF_16_BE = "utf-16-be"
CP1258 = "cp1258"
TCVN3 = "tcvn3"
# The whole standard with its capitals, as few systems ever wrote it; files of ABC fonts are TCVN3.
TCVN_FULL = "tcvn5712-1"
VNI_WINDOWS = "vni"

LABELS = {
    UTF_8: "UTF-8",
    UTF_8_SIG: "UTF-8 có BOM",
    UTF_16_LE: "UTF-16 LE",
    UTF_16_BE: "UTF-16 BE",
    CP1258: "Windows-1258",
    TCVN3: "TCVN3 (phông ABC)",
    TCVN_FULL: "TCVN 5712-1 đầy đủ (có chữ hoa)",
    VNI_WINDOWS: "VNI Windows",
}

CHUNK_BYTES = 1024 * 1024
# Two readings of one text differ in what they make of its words, so words are the evidence, each counted once.
MIN_WORDS = 4
MAX_WORDS = 20_000
# Share of the words that the chosen encoding must make Vietnamese.
MIN_CONFIDENCE = 0.8
# Against every other encoding: share of the words that only one of the two makes Vietnamese and it is the chosen one …
MIN_LEAD = 0.95
# … and share that such words have of all that the two read differently.
MIN_SETTLED = 0.5
# UTF-16 without BOM: Latin letters, digits and separators have NUL as their other byte.
MIN_NUL_SHARE = 0.3
# Text that goes on so long without one ASCII character is no table.
MAX_RUN = 1_000_000

_WINDOWS_MARKS = {
    byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_ABC_TABLE = {**_WINDOWS_MARKS, **ABC_LETTERS}
_TCVN_TABLE = {**TCVN_5712_1, **{ord(mark): TCVN_5712_1[byte] for byte, mark in _WINDOWS_MARKS.items()}}


def _vni_sequences() -> dict[str, str]:
    """VNI, and each accent in the other case too: "Á" at the start of a word is often typed "Aù" for "AÙ"."""
    mixed = {written[0] + written[1:].swapcase(): letter for written, letter in VNI.items()}
    return mixed | VNI


_VNI_SEQUENCES = _vni_sequences()
_VNI_PATTERN = re.compile("|".join(sorted(_VNI_SEQUENCES, key=lambda written: (-len(written), written))))


def tcvn3_to_unicode(text: str) -> str:
    """NFC of text in an ABC font (``.Vn…``) that was read as Latin-1 or Windows-1252.

    U+00AD is the letter "ư". Capitals other than ĂÂÊÔƠƯĐ do not exist there: fonts ending in H draw small letters
    as capitals. Characters that are no letter of the font stay what they are in Windows-1252.
    """
    return unicodedata.normalize("NFC", text.translate(_ABC_TABLE))


def tcvn5712_to_unicode(text: str) -> str:
    """NFC of text in the full TCVN 5712-1 that was read as Latin-1 or Windows-1252: “ is then the capital Ỏ."""
    return unicodedata.normalize("NFC", text.translate(_TCVN_TABLE))


def vni_to_unicode(text: str) -> str:
    """NFC of text in a VNI font that was read as Latin-1 or Windows-1252; accents that follow no letter stay."""
    letters = _VNI_PATTERN.sub(lambda match: _VNI_SEQUENCES[match[0]], text.translate(_WINDOWS_MARKS))
    return unicodedata.normalize("NFC", letters)


def _to_nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


# Encoding → Python's codec for the bytes, and what makes Vietnamese of its characters.
_READINGS: dict[str, tuple[str, Callable[[str], str]]] = {
    UTF_8: ("utf-8", _to_nfc),
    UTF_8_SIG: ("utf-8", _to_nfc),
    UTF_16_LE: ("utf-16-le", _to_nfc),
    UTF_16_BE: ("utf-16-be", _to_nfc),
    CP1258: ("cp1258", _to_nfc),
    TCVN3: ("latin-1", tcvn3_to_unicode),
    TCVN_FULL: ("latin-1", tcvn5712_to_unicode),
    VNI_WINDOWS: ("latin-1", vni_to_unicode),
}


@dataclass(frozen=True)
class FontEncoding:
    """Encoding of the text in a font; ``is_capitals`` when the font draws small letters as capitals."""

    encoding: str
    is_capitals: bool


def font_encoding(font_name: str | None) -> FontEncoding | None:
    """What the name of a font says of the text in it; None for fonts that draw Unicode."""
    name = (font_name or "").strip()
    if name.lower().startswith(".vn"):
        return FontEncoding(TCVN3, name.endswith("H"))
    if name.lower().startswith("vni-"):
        return FontEncoding(VNI_WINDOWS, is_capitals=False)
    return None


@dataclass(frozen=True)
class Detection:
    """``encoding`` is a key of LABELS, or None when nothing reaches MIN_CONFIDENCE; ``confidence`` is 0–1.

    ``reason`` is one Vietnamese sentence, also when there is no answer.
    """

    encoding: str | None
    confidence: float
    reason: str


def detect_encoding(head: bytes, whole: Callable[[], Iterable[bytes]] | None = None) -> Detection:
    """Encoding of a text that begins with ``head`` (at least some kilobytes, or all of it).

    ``whole`` gives the entire text in pieces that end at line ends; it is asked only when ``head`` is pure ASCII or
    no UTF-8, because a later line may say more. Byte order marks decide at once, then NUL bytes, then valid UTF-8;
    what is left is judged by its words. Never a guess: see MIN_WORDS, MIN_CONFIDENCE,
    MIN_LEAD, MIN_SETTLED.
    """
    marked = _by_mark(head)
    if marked is not None:
        return marked
    if b"\0" in head:
        return _by_nuls(head)
    telling = head if whole is None or not head.isascii() else next((p for p in whole() if not p.isascii()), b"")
    if _is_utf_8(telling):
        return Detection(UTF_8, 1.0, "Chỉ có ký tự ASCII." if telling.isascii() else "Mọi byte đều đúng UTF-8.")
    words = _words([head] if whole is None else whole())
    return _by_words(words)


def _by_mark(head: bytes) -> Detection | None:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return Detection(None, 0.0, "Tệp là UTF-32, chưa đọc được.")
    marks = {codecs.BOM_UTF8: UTF_8_SIG, codecs.BOM_UTF16_LE: UTF_16_LE, codecs.BOM_UTF16_BE: UTF_16_BE}
    for mark, encoding in marks.items():
        if head.startswith(mark):
            return Detection(encoding, 1.0, f"Đầu tệp có dấu thứ tự byte (BOM) của {LABELS[encoding]}.")
    return None


def _by_nuls(head: bytes) -> Detection:
    """UTF-16 without BOM: NUL stands at every other byte only, and what it gives is text."""
    units = len(head) // 2
    nuls = {UTF_16_LE: head[1::2].count(0), UTF_16_BE: head[::2].count(0)}
    encoding = max(nuls, key=lambda name: nuls[name])
    if min(nuls.values()) == 0 and nuls[encoding] >= units * MIN_NUL_SHARE and _is_latin_text(head, encoding):
        reason = f"Không có BOM, nhưng các byte rỗng (NUL) đứng đúng chỗ của {LABELS[encoding]}."
        return Detection(encoding, 0.95, reason)
    return Detection(None, 0.0, "Có byte rỗng (NUL) mà không phải UTF-16; có thể là tệp nhị phân.")


def _is_latin_text(head: bytes, encoding: str) -> bool:
    try:
        text = decoded_head(head, encoding)
    except LandingError:
        return False
    return _NO_LATIN_TEXT.search(text) is None


def _is_utf_8(head: bytes) -> bool:
    """Whether ``head`` is UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


# Control characters, and letters of other scripts.
_NO_LATIN_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u024f\u0300-\u0323\u1e00-\u20cf]")
# Letters, any byte above ASCII, and the control characters where TCVN 5712-1 keeps capitals.
_WORD = re.compile(rb"[A-Za-z\x01\x02\x04-\x06\x11-\x17\x80-\xff]+")
# No evidence: dashes and dots by themselves (letters in TCVN 5712-1), square and cubic metres, degrees.
_NO_WORD = re.compile(rb"[\x80-\xa0]+|k?m?[\xb2\xb3]|\xb0C?")
_MARKS_AROUND = "‘’“”‹›«»–—…\u00a0\u200b"


def _words(pieces: Iterable[bytes]) -> set[bytes]:
    """Distinct words with a byte outside ASCII, at most MAX_WORDS."""
    found: set[bytes] = set()
    for piece in pieces:
        if piece.isascii():
            continue
        found.update(word for word in _WORD.findall(piece) if not word.isascii() and not _NO_WORD.fullmatch(word))
        if len(found) >= MAX_WORDS:
            break
    return found


def _by_words(words: set[bytes]) -> Detection:
    if len(words) < MIN_WORDS:
        return Detection(
            None, 0.0, f"Chỉ có {len(words)} từ ngoài ASCII, cần ít nhất {MIN_WORDS} từ khác nhau để đoán bảng mã."
        )
    # Of each word what every encoding makes of it, only where that is Vietnamese.
    read = {name: _read_words(words, name) for name in (UTF_8, CP1258, TCVN3, TCVN_FULL, VNI_WINDOWS)}
    # The first of equals wins: either they read all words alike, or _is_doubtful says so.
    best = max(read, key=lambda name: len(read[name]))
    confidence = len(read[best]) / len(words)
    share = f"{LABELS[best]}: {int(confidence * 100)} % trong {len(words)} từ ngoài ASCII là tiếng Việt"
    if confidence < MIN_CONFIDENCE:
        needed = int(MIN_CONFIDENCE * 100)
        return Detection(None, confidence, f"Không bảng mã nào đạt {needed} %; gần nhất là {share}.")
    for other in read:
        # A word of UTF-8 does not come about by chance, and would land as nonsense: one is enough.
        is_mixed = other == UTF_8 and bool(read[UTF_8].keys() - read[best].keys())
        if is_mixed or _is_doubtful(read[best], read[other]):
            reason = f"Không phân biệt chắc chắn được {LABELS[best]} với {LABELS[other]}; tệp có thể trộn bảng mã."
            return Detection(None, confidence, reason)
    return Detection(best, confidence, f"{share}.")


def _is_doubtful(best: dict[bytes, str], other: dict[bytes, str]) -> bool:
    """Whether the words speak for ``other`` too much: see MIN_LEAD and MIN_SETTLED."""
    only_best, only_other = len(best.keys() - other.keys()), len(other.keys() - best.keys())
    differing = sum(best[word] != other[word] for word in best.keys() & other.keys())
    one_sided = only_best + only_other
    return only_best < one_sided * MIN_LEAD or only_best < (only_best + differing) * MIN_SETTLED


def _read_words(words: set[bytes], encoding: str) -> dict[bytes, str]:
    read = ((word, _read_word(word, encoding)) for word in words)
    return {word: text for word, text in read if text is not None}


def _read_word(word: bytes, encoding: str) -> str | None:
    """``word`` in Unicode when every part of it is a Vietnamese syllable or ASCII, else None."""
    codec, convert = _READINGS[encoding]
    try:
        text = convert(word.decode(codec))
    except UnicodeDecodeError:
        return None
    parts = re.split("[–—\u00a0]+", text.strip(_MARKS_AROUND))
    return text if all(part.isascii() or is_syllable(part) for part in parts) else None


def line_pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of about CHUNK_BYTES that end at a line's end wherever there is one."""
    with path.open("rb") as handle:
        while piece := handle.read(CHUNK_BYTES):
            yield piece + handle.readline(CHUNK_BYTES)


def decoded_head(head: bytes, encoding: str) -> str:
    """The beginning of a file as NFC text without byte order mark; a character cut by its end is left out.

    LandingError when its bytes do not fit ``encoding``.
    """
    codec, convert = _READINGS[encoding]
    try:
        text = codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError as error:
        raise _misfit(error, encoding, len(head), 1) from error
    return convert(text).removeprefix("\ufeff")


def as_utf8(path: Path, work: Path, encoding: str | None = None) -> Path:
    """``path`` itself when it is UTF-8, else a copy in UTF-8 and NFC in the folder ``work``.

    LandingError when the encoding is neither given nor certain, or when bytes do not fit it.
    """
    if encoding is None:
        with path.open("rb") as handle:
            head = handle.read(64 * 1024)
        found = detect_encoding(head, lambda: line_pieces(path))
        if found.encoding is None:
            raise LandingError(
                f"không xác định được bảng mã. {found.reason}", advice="Hãy lưu lại dưới dạng CSV UTF-8 hoặc XLSX."
            )
        encoding = found.encoding
    if encoding in (UTF_8, UTF_8_SIG):
        return path
    target = work / "utf8.txt"
    transcode(path, encoding, target)
    return target


def transcode(path: Path, encoding: str, target: Path) -> None:
    """Write ``path`` to ``target`` in UTF-8 and NFC without byte order mark; line ends stay as they are.

    Memory does not depend on the size of the file. LandingError names line and byte of what does not fit.
    """
    convert = _READINGS[encoding][1]
    rest = ""
    with target.open("wb") as out:
        for text in _texts(path, encoding):
            text = rest + text
            cut = _safe_cut(text)
            out.write(convert(text[:cut]).encode())
            rest = text[cut:]
            if len(rest) > MAX_RUN:
                raise LandingError(
                    "có đoạn quá dài không có dấu phân cách nào; đây có lẽ không phải tệp văn bản.",
                    advice="Hãy lưu lại dưới dạng CSV UTF-8 hoặc XLSX.",
                )
        out.write(convert(rest).encode())


def _safe_cut(text: str) -> int:
    """Where ``text`` may be cut: nothing before an ASCII character joins with it, in no encoding and not in NFC."""
    for index in range(len(text) - 1, -1, -1):
        if text[index] < "\x80":
            return index
    return 0


def _texts(path: Path, encoding: str) -> Iterator[str]:
    """The characters of the file as its bytes give them, without the byte order mark."""
    decoder = codecs.getincrementaldecoder(_READINGS[encoding][0])()
    offset, line, is_first = 0, 1, True
    with path.open("rb") as handle:
        while True:
            piece = handle.read(CHUNK_BYTES)
            offset += len(piece)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _misfit(error, encoding, offset, line) from error
            line += text.count("\n")
            if text and is_first:
                text, is_first = text.removeprefix("\ufeff"), False
            yield text
            if not piece:
                return


def _misfit(error: UnicodeDecodeError, encoding: str, end: int, line: int) -> LandingError:
    """``end`` is the byte offset where the decoder's input ended, ``line`` the line where it began."""
    sound = error.object[: error.start].decode(_READINGS[encoding][0])
    offset = end - len(error.object) + error.start
    return LandingError(
        f"byte thứ {offset + 1} (0x{error.object[error.start]:02X}) không thuộc bảng mã {LABELS[encoding]}.",
        row=line + sound.count("\n"),
        advice="Hãy xuất lại tệp, hoặc lưu lại dưới dạng CSV UTF-8 hoặc XLSX.",
    )
