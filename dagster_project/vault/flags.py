"""What may be known of an identity outside the vault: whether it is valid and whether a person can be reached.

A flag is null where the cell is blank: «không có số liệu» is not «sai».
Does not belong here: the list of telephone prefixes (``phone_prefixes``).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.vault.arrow_columns import Column, over_distinct
from dagster_project.vault.kinds import Kind
from dagster_project.vault.normalise import INVISIBLE, normalise
from dagster_project.vault.phone_prefixes import FIXED_DIGITS, FIXED_PREFIXES, MOBILE_DIGITS, MOBILE_PREFIXES

_MOBILE = pa.array([row.prefix for row in MOBILE_PREFIXES])
_FIXED = pa.array([row.prefix for row in FIXED_PREFIXES])
# The national database's own default value, and what is typed to get past a mandatory field.
_PLACEHOLDER_IDS = pa.array(["000000001", "123456789", "012345678", "987654321", "123456789012", "012345678901"])
_EMAIL = r"^[a-z0-9._%+\-]+@(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,}$"


def is_valid(kind: Kind, values: Column) -> Column:
    """Whether each phone, ID number or e-mail is one; null where the cell is blank. See ``JUDGES`` for the rules."""
    return over_distinct(values, lambda texts: judged(kind, texts, normalise(kind, texts)))


def judged(kind: Kind, texts: pa.Array, normalised: pa.Array) -> pa.Array:
    """:func:`is_valid` for texts whose normalised form is known already."""
    is_blank = pc.equal(pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, INVISIBLE, "")), "")
    return pc.if_else(is_blank, None, pc.fill_null(JUDGES[kind](normalised), False))


def is_contact_complete(names: pa.Array, *are_valid: pa.Array) -> pa.Array:
    """Whether a person can be reached: a name (normalised or hashed), and a valid phone or e-mail. Never null."""
    reachable = pc.fill_null(are_valid[0], False)
    for valid in are_valid[1:]:
        reachable = pc.or_(reachable, pc.fill_null(valid, False))
    return pc.and_(pc.is_valid(names), reachable)


def _phones(texts: pa.Array) -> pa.Array:
    """A Vietnamese mobile (10 digits) or fixed number (11) with a known prefix, not all zeros behind it."""
    length = pc.utf8_length(texts)
    mobile = pc.and_(pc.equal(length, MOBILE_DIGITS), pc.is_in(pc.utf8_slice_codeunits(texts, 0, 3), _MOBILE))
    fixed = pc.and_(pc.equal(length, FIXED_DIGITS), pc.is_in(pc.utf8_slice_codeunits(texts, 0, 4), _FIXED))
    return pc.and_(pc.or_(mobile, fixed), pc.invert(pc.ends_with(texts, "0000000")))


def _id_numbers(texts: pa.Array) -> pa.Array:
    """9 digits (CMND) or 12 (CCCD: begins with 0, fourth digit 0–3), no placeholder. A passport is not judged valid."""
    shaped = pc.match_substring_regex(texts, "^(?:[0-9]{9}|0[0-9]{2}[0-3][0-9]{8})$")
    same = "|".join(f"{digit}{{9}}|{digit}{{12}}" for digit in "0123456789")
    is_placeholder = pc.or_(pc.is_in(texts, _PLACEHOLDER_IDS), pc.match_substring_regex(texts, f"^(?:{same})$"))
    return pc.and_(shaped, pc.invert(is_placeholder))


def _emails(texts: pa.Array) -> pa.Array:
    """A mail address that a server could take."""
    return pc.match_substring_regex(texts, _EMAIL)


JUDGES = {Kind.phone: _phones, Kind.id_number: _id_numbers, Kind.email: _emails}
