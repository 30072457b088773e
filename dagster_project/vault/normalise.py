"""One spelling for all ways of writing the same name, number or address, so that equal people hash equal.

A column at a time. What cannot be told for sure is left as written: two people must
not become one. Null or nothing readable gives null.
Does not belong here: whether a number is valid (``flags``).
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.vault.arrow_columns import Column, found, null_if_empty, over_distinct, replaced
from dagster_project.vault.kinds import Kind
from dagster_project.vault.phone_prefixes import REPLACED_PREFIXES

# Characters that nobody sees: soft hyphen, zero-width spaces and joiners, direction marks, byte order mark.
INVISIBLE = r"[\x{00AD}\x{034F}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
SEPARATORS = r"[\s\p{Z}.\-\x{2010}-\x{2015}\x{2212}()_'’`]"
_OLD_PREFIXES = pa.array([pair.old for pair in REPLACED_PREFIXES])
_NEW_PREFIXES = pa.array([pair.new for pair in REPLACED_PREFIXES])
# What stands for a word in addresses, in the folded form that they have by then.
_ADDRESS_WORDS = {
    "tp": "thanh pho",
    "tx": "thi xa",
    "tt": "thi tran",
    "kp": "khu pho",
    "q": "quan",
    "p": "phuong",
    "h": "huyen",
    "x": "xa",
    "d": "duong",
}
_STREET_NUMBER = re.compile(r"^so (?:nha )?(?=[0-9])")


def normalise(kind: Kind, values: Column) -> Column:
    """Every text of the column in its one spelling; null where it says nothing."""
    return over_distinct(values, _NORMALISERS[kind])


def _plain(texts: pa.Array) -> pa.Array:
    return replaced(pc.utf8_normalize(texts, "NFKC"), (INVISIBLE, ""))


def _folded(texts: pa.Array) -> pa.Array:
    """Small letters without accents: NFKD takes the accents off, Đ (and its look-alikes) is a letter of its own."""
    bare = replaced(pc.utf8_lower(pc.utf8_normalize(texts, "NFKD")), (INVISIBLE + r"|\p{M}", ""))
    return replaced(bare, ("[đðɖ]", "d"))


def _names(texts: pa.Array) -> pa.Array:
    return null_if_empty(pc.utf8_trim_whitespace(replaced(_folded(texts), (r"[^\p{L}\p{N}]+", " "))))


def _addresses(texts: pa.Array) -> pa.Array:
    # A house number keeps its stroke: 12/3 is not 123. «P5» is «P 5».
    words = replaced(_folded(texts), (r"[^\p{L}\p{N}/]+", " "), (r"\b([pq])([0-9])", r"\1 \2"))
    return null_if_empty(pa.array([_written_out(text) for text in words.to_pylist()], pa.string()))


def _written_out(text: str | None) -> str | None:
    if text is None:
        return None
    words = " ".join(_ADDRESS_WORDS.get(word, word) for word in text.split())
    return _STREET_NUMBER.sub("", words)


def _accounts(texts: pa.Array) -> pa.Array:
    """Small letters without spaces; marks stay: CB-12 and CB-1.2 may be two officers."""
    return null_if_empty(replaced(_folded(texts), (r"[\s\p{Z}]+", ""), (r"^[^\p{L}\p{N}]+$", "")))


def _emails(texts: pa.Array) -> pa.Array:
    plain = pc.utf8_lower(_plain(texts))
    return found(plain, r"(?P<x>[^\s;,<>():\"]+@[^\s;,<>():\"]*[^\s;,<>():\".])")


def _id_numbers(texts: pa.Array) -> pa.Array:
    """12 or 9 digits, or a letter with 7 or 8 (passport), out of what is around them; else letters and digits.

    11 digits are a 12-digit number whose first 0 a spreadsheet took: no Vietnamese paper has 11. Shorter ones
    could be several things and stay as they are.
    """
    joined = pc.utf8_upper(replaced(_folded(texts), (SEPARATORS, "")))
    rest = null_if_empty(replaced(joined, ("[^0-9A-Z]", "")))
    return pc.coalesce(
        found(joined, r"(?:^|[^0-9])(?P<x>[0-9]{12})(?:[^0-9]|$)"),
        found(joined, r"(?:^|[^0-9])(?P<x>[0-9]{9})(?:[^0-9]|$)"),
        found(joined, r"(?P<x>[A-Z][0-9]{7,8})(?:[^0-9]|$)"),
        replaced(rest, (r"^([1-9][0-9]{10})$", r"0\1")),
    )


def _phones(texts: pa.Array) -> pa.Array:
    """The first number in the cell: digits, +84 as 0, the 0 that a spreadsheet took put back.

    Mobiles of 11 digits get the prefix they have had since 2018. Numbers of other countries keep their digits.
    """
    digits = found(replaced(_plain(texts), (SEPARATORS, "")), r"(?P<x>\+?[0-9]+)")
    national = replaced(
        digits,
        (r"^(?:\+|00)84", "0"),
        (r"^84([235789][0-9]{8,9})$", r"0\1"),
        (r"^00([235789])", r"0\1"),
        (r"^([35789][0-9]{8}|2[0-9]{9})$", r"0\1"),
        # Two numbers with nothing but a blank or a dash between them.
        (r"^(0[35789][0-9]{8})0[0-9]{9,10}$", r"\1"),
        (r"\+", ""),
    )
    new = _NEW_PREFIXES.take(pc.index_in(pc.utf8_slice_codeunits(national, 0, 4), _OLD_PREFIXES))
    renamed = pc.binary_join_element_wise(new, pc.utf8_slice_codeunits(national, 4, None), "")
    is_old = pc.and_(pc.equal(pc.utf8_length(national), 11), pc.is_valid(new))
    return null_if_empty(pc.if_else(is_old, renamed, national))


_NORMALISERS = {
    Kind.name: _names,
    Kind.id_number: _id_numbers,
    Kind.phone: _phones,
    Kind.email: _emails,
    Kind.address: _addresses,
    Kind.account: _accounts,
}
