"""Text of a sheet that was written in an old Vietnamese font (ABC = TCVN3, VNI), made Unicode by evidence.

Such text arrives as Latin-1 or Windows-1252 letters ("Bé Tµi chÝnh"). The words decide, for the whole sheet when
nothing in it is Unicode Vietnamese, else column by column; only cells that such a font could have written change.
Does not belong here: code charts (``charsets``), the judgement of words (``encodings``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.landing import encodings
from dagster_project.landing.charsets import is_syllable

UNICODE = "unicode"
_CONVERT: dict[str, Callable[[str], str]] = {
    encodings.TCVN3: encodings.tcvn3_to_unicode,
    encodings.TCVN_FULL: encodings.tcvn5712_to_unicode,
    encodings.VNI_WINDOWS: encodings.vni_to_unicode,
}
SAMPLE_ROWS, SAMPLE_TEXTS = 20_000, 20
# What bytes 0x80–0x9F become when read as Windows-1252; as Latin-1 they become control characters.
_MARKS = {
    bytes([byte]).decode("cp1252"): chr(byte)
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_AS_BYTES = str.maketrans(_MARKS)
_OLD_LETTERS = r"\x{80}-\x{FF}" + "".join(_MARKS)
_OLD_TEXT = rf"^[\x00-\x7F{_OLD_LETTERS}]*[{_OLD_LETTERS}][\x00-\x7F{_OLD_LETTERS}]*$"
_WORD = re.compile(r"[A-Za-z\x80-\xff]+")
# Letters that only Unicode writes: Vietnamese ones beyond Latin-1, combining tone marks.
_UNICODE_TEXT = r"[ĂăĐđĨĩŨũƠơƯư\x{1EA0}-\x{1EF9}\x{0300}-\x{0323}]"


@dataclass(frozen=True)
class _Evidence:
    """Distinct cells of a column that an old font could have written, and how many others are Unicode Vietnamese."""

    texts: tuple[str, ...] = ()
    unicode_count: int = 0


def to_unicode(table: pa.Table, fonts: Iterable[str] = ()) -> tuple[pa.Table, str]:
    """``table`` with old text made Unicode, and the encoding it was in (UNICODE when nothing changed).

    ``fonts`` are names of fonts the file mentions: with them a sheet of few words is enough.
    """
    evidence = [_evidence(column) for column in table.columns]
    hints = {found.encoding for found in map(encodings.font_encoding, fonts) if found}
    pooled = _judge({text for item in evidence for text in item.texts}, hints)
    found: list[str] = []
    for index, item in enumerate(evidence):
        encoding = _column_encoding(item, pooled, hints)
        if encoding is not None:
            converted = _converted(table.column(index), encoding)
            table = table.set_column(index, table.field(index), converted)
            found.append(encoding)
    return table, max(sorted(set(found)), key=found.count) if found else UNICODE


def _evidence(column: pa.ChunkedArray) -> _Evidence:
    if not _has_high_bytes(column):
        return _Evidence()
    sample = _evidence_of(pc.unique(column.slice(0, SAMPLE_ROWS)))
    # A long column that begins as Unicode and holds no old text there: the rest is not worth the time.
    is_unicode = sample.unicode_count >= SAMPLE_TEXTS and _judge(sample.texts, set()) is None
    if is_unicode or not _has_high_bytes(column.slice(SAMPLE_ROWS)):
        return sample
    return _evidence_of(pc.unique(column))


def _evidence_of(distinct: pa.Array) -> _Evidence:
    old = distinct.filter(pc.fill_null(pc.match_substring_regex(distinct, _OLD_TEXT), False))
    unicode_count = pc.sum(pc.match_substring_regex(distinct, _UNICODE_TEXT)).as_py() or 0
    return _Evidence(tuple(old.slice(0, encodings.MAX_WORDS).to_pylist()), unicode_count)


def _has_high_bytes(column: pa.ChunkedArray) -> bool:
    """Whether any text of the column goes beyond ASCII."""
    return any(_is_beyond_ascii(chunk) for chunk in column.chunks if len(chunk))


def _is_beyond_ascii(chunk: pa.Array) -> bool:
    _, ends, data = chunk.buffers()
    if data is None:
        return False
    places = np.frombuffer(ends, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bool((np.frombuffer(data, dtype=np.uint8)[places[0] : places[-1]] >= 0x80).any())


def _judge(texts: Iterable[str], hints: set[str]) -> str | None:
    """Encoding of the texts when their words leave no doubt, neither that they may be what they look like."""
    content = " ".join(sorted(texts)).translate(_AS_BYTES)
    words = {word for word in _WORD.findall(content) if not word.isascii()}
    if not words:
        return None
    encoding = encodings.detect_encoding(content.encode("latin-1")).encoding
    if encoding is None and len(words) < encodings.MIN_WORDS and len(hints) == 1:
        (encoding,) = hints
    if encoding not in _CONVERT:
        return None
    old = {word for word in words if _is_vietnamese(_CONVERT[encoding](word))}
    plain = {word for word in words if _is_vietnamese(word)}
    only_old = len(old - plain)
    is_sure = len(old) >= len(words) * encodings.MIN_CONFIDENCE
    is_ahead = only_old >= max(len(old ^ plain) * encodings.MIN_LEAD, len(old) * encodings.MIN_SETTLED, 1)
    return encoding if is_sure and is_ahead else None


def _is_vietnamese(word: str) -> bool:
    return all(part.isascii() or is_syllable(part) for part in re.split("[\u2013\u2014\xa0]+", word))


def _column_encoding(item: _Evidence, pooled: str | None, hints: set[str]) -> str | None:
    if not item.texts:
        return None
    if pooled is not None and not item.unicode_count:
        return pooled
    return _judge(item.texts, hints)


def _converted(column: pa.ChunkedArray, encoding: str) -> pa.Array:
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary
    is_old = pc.fill_null(pc.match_substring_regex(words, _OLD_TEXT), False).to_pylist()
    convert = _CONVERT[encoding]
    texts = [convert(text) if old else text for text, old in zip(words.to_pylist(), is_old, strict=True)]
    return pc.take(pa.array(texts, pa.string()), coded.indices)
