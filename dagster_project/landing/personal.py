"""What looks as if it were about a person: headers by their words, values by their shape.

A guess, for what no layout says: whatever is under doubt is covered, never shown.
Does not belong here: identity columns that a layout names (``identities``), validity of numbers (``vault``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from dagster_project.landing.contracts import load_contracts

MASK = "(đã che)"

_KINDS = (
    ("id_number", r"cmnd|cccd|cancuoc|giayto|dinhdanhcanhan|sodinhdanh|hochieu|passport"),
    ("phone", r"dienthoai|sdt|didong|phone|mobile|lienhe|lienlac|zalo|fax"),
    ("email", r"email|e-mail|thudientu"),
    ("address", r"diachi|noio|thuongtru|tamtru|diaban|address"),
    ("free_text", r"noidung|trichyeu|ykien|ghichu|comment"),
    (
        "name",
        r"hoten|hovaten|chuhoso|nguoi|congdan|khachhang|khach$|canbo|chuyenvien|daidien|fullname|customer|applicant",
    ),
)
# "Tên thủ tục", "Mã định danh đơn vị", "Số người": about things, and counts.
_THINGS = (
    r"^(ten|ma|madinhdanh|masodinhdanh)(tthc|thutuc|donvi|coquan|linhvuc|phong)|^(tong)?so(luong|luot)?(nguoi|congdan)"
)
# Both in Python and in the SQL of DuckDB, where a colon before a letter or digit would name a parameter.
# Digits inside a code (H99.01-260105-0007) are no phone number.
_BEFORE, _AFTER = r"(?:^|[^0-9A-Za-z.-])", r"(?:[^0-9]|$)"
_PHONE = rf"{_BEFORE}(?:\+?84|0)[ .-]?[1-9](?:[ .-]?[0-9]){{8,9}}{_AFTER}"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]+"
# Twelve digits from 001, a space, dot or dash anywhere between them but where a date (05.01.2026 0830), a decimal
# (0.975812345678) or a code of units (000.00.01) has its own; or all twelve apart, as in the boxes of a form.
_APART = (
    r"0(?:[1-9][0-9]|0[ .-]?[1-9]|[1-9][ .-][2-9])(?:[ .-]?[0-9]){9}"
    r"|0(?:[ .-][0-9]){11}"
    # Nine digits with dots are an amount.
    r"|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}"
)
PERSONAL_VALUE = rf"{_PHONE}|{_BEFORE}(?:[0-9]{{9}}|0[0-9]{{11}}|{_APART}){_AFTER}|{_EMAIL}"
# In a code that numbers things: nine digits may be a year and a number (202600001), zeros in front fill up a small one
# (000000000123). No province has the number 000, so ID numbers of 12 digits never begin so; a phone number has one
# zero in front of at least nine digits, and nobody numbers a hundred million ballots.
PERSONAL_IN_NUMBERING = rf"{_PHONE}|{_BEFORE}0(?:[1-9][0-9]|0[1-9])[0-9]{{9}}{_AFTER}|{_EMAIL}"
# A day, which with the hour behind it (05-09-2026 14) has the digits of a phone number.
DAY_IN_TEXT = r"\b(?:0?[1-9]|[12][0-9]|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:19|20)[0-9]{2}\b"

# Whole cells of columns for a status or a kind that no contract lists; none of them is a name.
_COMMON_WORDS = (
    "có", "không", "chưa", "khác", "chưa rõ", "không rõ", "không có", "đúng hạn", "trước hạn", "sớm hạn", "quá hạn",
    "trễ hạn", "chưa đến hạn", "còn hạn", "đã trả", "chưa trả", "đã hủy", "đã rút", "hoàn thành", "chưa hoàn thành",
    "hộ gia đình", "hộ kinh doanh", "toàn bộ", "tổ chức, cá nhân",
)  # fmt: skip

# A moment; digits and their marks, of which fewer than SHORT_DIGITS are no identity.
MOMENT = r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}([ T][0-9:.]+)?|(?:19|20)[0-9]{6}(?:[0-9]{4}|[0-9]{6})?"
NUMBER = "[0-9 .,:/%+-]*"
SHORT_DIGITS = 9


def personal_kind(header: str) -> str | None:
    """The kind of identity that a header promises (``vault.kinds``), or None; accents, case and spaces do not count."""
    apart = unicodedata.normalize("NFD", header.casefold().replace("đ", "d"))
    text = "".join(letter for letter in apart if not unicodedata.combining(letter) and not letter.isspace())
    # Of a path, each title may say it.
    titles = [title for title in text.split(">") if not re.search(_THINGS, title)]
    return next((kind for kind, words in _KINDS if any(re.search(words, title) for title in titles)), None)


def is_personal_value(text: str) -> bool:
    """Whether a phone number, an ID number or an e-mail address stands in the text."""
    return re.search(PERSONAL_VALUE, text) is not None


def covered(text: str) -> str:
    """The text, or the mask when it is personal."""
    return MASK if is_personal_value(text) else text


def is_date_or_short_number(text: str) -> bool:
    """Whether the text can be no identity: a moment, a number of less than nine digits, or nothing."""
    text = text.strip()
    if re.fullmatch(MOMENT, text):
        return True
    return re.fullmatch(NUMBER, text) is not None and len(re.findall("[0-9]", text)) < SHORT_DIGITS


def date_or_short_number_sql(text: str) -> str:
    """:func:`is_date_or_short_number` as a SQL condition over trimmed text."""
    digits = f"length(regexp_replace({text}, '[^0-9]', '', 'g'))"
    is_short = f"{digits} < {SHORT_DIGITS} and regexp_full_match({text}, '{NUMBER}')"
    return f"(regexp_full_match({text}, '{MOMENT}') or ({is_short}))"


@cache
def plain_words() -> frozenset[str]:
    """What names nobody, in small letters: codes and labels of every contract, and words that any status column has."""
    columns = [column for contract in load_contracts().values() for column in contract.columns]
    return frozenset(word.casefold() for column in columns for word in (*column.codes, *column.labels)) | {
        *_COMMON_WORDS
    }


def is_plain(text: str) -> bool:
    """Whether the whole text can be no identity: see :func:`is_date_or_short_number` and :func:`plain_words`."""
    folded = " ".join(unicodedata.normalize("NFC", text).split()).casefold()
    return folded in plain_words() or is_date_or_short_number(text)


def plain_words_sql(text: str) -> str:
    """DuckDB condition: the whole text is one of :func:`plain_words`."""
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in sorted(plain_words()))
    return f"lower(nfc_normalize(regexp_replace(trim({text}), '\\s+', ' ', 'g'))) in ({words})"
