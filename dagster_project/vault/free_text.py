"""Find phone numbers, ID numbers and e-mail addresses in what people write themselves, such as survey comments.

Meant to miss little: a long number that is something else may be flagged too. Dates are taken out first.
Does not belong here: names, which no pattern finds; text that may be shown is chosen by a person.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.vault.arrow_columns import Column, over_distinct, replaced
from dagster_project.vault.normalise import INVISIBLE

_STEP = r"[ .\-]?"
_DATES = r"\b[0-3]?[0-9][./\-][01]?[0-9][./\-](?:19|20)[0-9]{2}\b"
PATTERNS = {
    "has_phone": (
        rf"(?:^|[^0-9])(?:(?:\+|00)?{_STEP}84{_STEP}(?:\(0\))?|0){_STEP}"
        rf"(?:[35789](?:{_STEP}[0-9]){{8}}|[12](?:{_STEP}[0-9]){{9}})(?:[^0-9]|$)"
    ),
    "has_id_number": (
        r"(?:^|[^0-9])(?:0[0-9]{11}|[0-9]{9}|0[0-9]{2}(?:[ .\-][0-9]{3}){3}|0[0-9]{3}(?:[ .\-][0-9]{4}){2}"
        r"|[0-9]{3}(?:[ \-][0-9]{3}){2})(?:[^0-9]|$)"
    ),
    "has_email": r"(?i)[a-z0-9._%+\-]+ ?(?:@|\(at\)|\[at\]) ?[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}",
}


def scan(values: Column) -> dict[str, Column]:
    """``has_phone``, ``has_id_number``, ``has_email`` of every text; null where there is no text."""
    return {flag: scan_for(flag, values) for flag in PATTERNS}


def scan_for(flag: str, values: Column) -> Column:
    """One of the flags of :func:`scan`."""

    def flags(texts: pa.Array) -> pa.Array:
        plain = replaced(pc.utf8_normalize(texts, "NFKC"), (INVISIBLE, ""), (r"\p{Z}+", " "), (_DATES, " ngày "))
        return pc.match_substring_regex(plain, PATTERNS[flag])

    return over_distinct(values, flags)
