"""SQL that turns raw text into typed columns and says, cell by cell, why it cannot.

Four steps over the raw rows, each a projection, so that DuckDB works on dictionaries of distinct values:
``raw`` (cleaned text) → ``value`` (blank, extract, map) → ``typed`` → ``judged`` (one error code per column).
Does not belong here: reading files, writing Parquet, kinds of rows (``row_kinds``), rules across columns (gate 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dagster_project.landing.contracts import Column
from dagster_project.landing.layouts import HOME_TIME_ZONE, PACKED_MARKS, ColumnSpec, Layout
from dagster_project.landing.personal import DAY_IN_TEXT, PERSONAL_IN_NUMBERING, PERSONAL_VALUE
from dagster_project.landing.tables import EXCEL_ERRORS, NUMBER_CELLS, TEXT_CELLS, TEXT_CONTAINERS, UNDECIDED_CELLS

_DAY_SHAPES = {
    "dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
    "ymd": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
}
_YEAR_FIRST = "^[0-9]{4}[-/.]"
_TIME_SHAPES = (" %H:%M:%S", " %H:%M", "", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f", "T%H:%M")
_COMPACT_SHAPES = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d")
# Whole days since 30/12/1899, as spreadsheets count them; 20000 is in 1954, 79999 in 2119.
_SERIAL = r"[2-7][0-9]{4}([.][0-9]+)?"
_SERIAL_ZERO = {False: "1899-12-30", True: "1904-01-01"}
_MONTH_END = "-end"
_SHAPE_NAMES = {
    "dmy": "ngày/tháng/năm",
    "mdy": "tháng/ngày/năm",
    "ymd": "năm-tháng-ngày",
    "dmy_or_mdy": "ngày/tháng/năm hoặc tháng/ngày/năm",
    "compact": "nămthángngàygiờphútgiây liền nhau",
    "iso_offset": "ISO 8601 có múi giờ",
    "with_half_day": "năm/tháng/ngày giờ:phút:giây SA hoặc CH (AM, PM), giờ từ 1 đến 12, có thể kèm múi giờ GMT+7",
}
_SHAPE_EXAMPLES = {
    "dmy": "05/01/2026 14:30:00",
    "mdy": "01/05/2026 14:30:00",
    "ymd": "2026-01-05 14:30:00",
    "dmy_or_mdy": "05/01/2026 14:30:00",
    "compact": "20260105143000",
}
# What stands behind a time and is no part of it: a time zone, or the half of the day, as Excel writes it in Vietnamese.
_TIME_SUFFIX = (
    r":[0-9]{2}([.][0-9]+)? ?(Z|(GMT|UTC)?[+-][0-9]{1,2}(:?[0-9]{2})?|GMT|UTC|SA|CH|[AP][.]?M[.]?|SÁNG|TRƯA|CHIỀU|TỐI)$"
)
# "2026/09/10 8:20:15 SA GMT+7", as Google Forms writes its own CSV; English forms have AM and PM.
_HALF_DAY_MOMENT = (
    r"([0-9]{4}[/-][0-9]{1,2}[/-][0-9]{1,2} [0-9]{1,2}:[0-9]{2}:[0-9]{2}) (SA|CH|AM|PM)"
    r"( GMT(([+-])(0?[0-9]|1[0-4])(:([0-5][0-9]))?)?)?"
)
# Formats that read more than a day and an hour; the others are shapes of text.
_BEYOND_SHAPES = ("iso_offset", "with_half_day")
# Years outside are slips of the keyboard (26 for 2026 is read as the year 26).
_FIRST_MOMENT = "1900-01-01"
_LAST_MOMENT = "9999-12-31 23:59:59.999999"
# "10,18 ngàn" is 10180; "trên 82.480" is at least that, "khoảng 500" about that: numbers with a doubt of their own.
_SCALES = (("ngàn|nghìn", 1_000), ("triệu", 1_000_000), ("tỷ|tỉ", 1_000_000_000))
LOWER_BOUND = r"(trên|hơn|ít nhất|>|>=|≥)"
ABOUT = r"(khoảng|gần|xấp xỉ|~|≈)"
# Hyphens that look like one, wide letters of East Asian keyboards, Cyrillic and Greek letters drawn like Latin ones: in
# a code they are slips.
_LOOK_ALIKES = "".join(map(chr, (*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D)))
_WIDE = "".join(map(chr, (*range(0xFF01, 0xFF0D), *range(0xFF0E, 0xFF5F))))
_CYRILLIC, _CYRILLIC_READ = "АВЕЅІЈКМНОРСТУХаеѕіјорсух", "ABESIJKMHOPCTYXaesijopcyx"
_GREEK, _GREEK_READ = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"
_FROM_LETTERS = _LOOK_ALIKES + _WIDE + _CYRILLIC + _GREEK
_TO_LETTERS = (
    "-" * len(_LOOK_ALIKES) + "".join(chr(ord(letter) - 0xFEE0) for letter in _WIDE) + _CYRILLIC_READ + _GREEK_READ
)
_TRUE_WORDS = ("có", "x", "1", "true", "đúng", "yes", "y")
_FALSE_WORDS = ("không", "0", "false", "sai", "no", "n")

_ZERO_WIDTH = r"[\x{200b}\x{200c}\x{200d}\x{2060}\x{feff}]"
# Format and control characters, variation selectors, letters that are drawn as nothing.
_INVISIBLE = (
    r"[\p{Cf}\p{Cc}\x{034f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{3164}\x{fe00}-\x{fe0f}"
    r"\x{ffa0}\x{e0100}-\x{e01ef}]"
)
_ODD_SPACE = r"[\s\x{0085}\x{00a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"
_CONTROLS = r"[\p{Cc}\x{2028}\x{2029}]"
_ISO_MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
    r"( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
)


# Of a survey's codes: more is no code but text that belongs elsewhere.
LONGEST_CODE = 100
# How landed rows are written: small groups keep the memory of writing down.
WRITTEN = "(format parquet, compression zstd, row_group_size 40960)"
KEPT = "source_row_number, is_filled, row_kind"
# "F1.1=5;F1.2=4", spaces and blank parts allowed; of one part its question, and the whole of it without spaces.
_PART = "( *|[^;=]*[^;= ][^;=]*=[^;=]*)"
_PACKED = f"{_PART}(;{_PART})*"
_ITEM_OF = "trim(split_part(member, '=', 1))"
_MEMBER = f"{_ITEM_OF} || '=' || trim(split_part(member, '=', 2))"


def literal(value: str | None) -> str:
    """A SQL string literal, NULL for None."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def clean_sql(expression: str, *, is_text: bool = True) -> str:
    """Cleaned text: NFC, zero-width characters gone, any run of spaces one space, trimmed; '' becomes NULL.

    Codes, numbers and moments (not ``is_text``) lose every invisible character, and get plain hyphens and letters for
    look-alikes: with another one inside, a code would look the same on paper and be another one. Plain printable ASCII
    with single spaces skips the work: that is nearly every code and date.
    """
    spaced = expression
    if not is_text:
        # Tabs and line ends are control characters too, yet they part words.
        spaced = f"regexp_replace({expression}, '{_ODD_SPACE}', ' ', 'g')"
    unseen = _ZERO_WIDTH if is_text else _INVISIBLE
    heavy = f"nfc_normalize(regexp_replace({spaced}, '{unseen}', '', 'g'))"
    if not is_text:
        heavy = f"translate({heavy}, '{_FROM_LETTERS}', {literal(_TO_LETTERS)})"
    heavy = f"nullif(trim(regexp_replace({heavy}, '{_ODD_SPACE}', ' ', 'g')), '')"
    return f"case when regexp_full_match({expression}, '[!-~]+( [!-~]+)*') then {expression} else {heavy} end"


@dataclass(frozen=True)
class Input:
    """One canonical column and its origin: ``raw_sql`` over the raw rows, or NULL when the file lacks it.

    ``header`` is what the sender calls it, ``position`` the column of the table where it stands, if it has one.
    ``is_literal`` marks values made by a layout's constants and templates, or given by the loading person.
    ``day_order`` (dmy or mdy) and ``decimal`` (dot or comma) are what the whole column was found to be where the layout
    leaves it open. ``item_code``: the cells are answers to this question, packed into
    ``column`` with those to others.
    """

    column: Column
    spec: ColumnSpec
    raw_sql: str
    header: str
    is_literal: bool = False
    cell_kind: str = TEXT_CELLS
    day_order: str = "dmy"
    decimal: str = "dot"
    position: int | None = None
    item_code: str | None = None


@dataclass(frozen=True)
class Reason:
    """One way a cell can be wrong: stable code, Vietnamese sentence, SQL condition over r, v and t."""

    code: str
    text: str
    condition: str


@dataclass(frozen=True)
class TypedQuery:
    """The query of one delivery. ``inputs`` are in contract order; every contract column is there.

    Cells that are packed into one of them come behind all.
    """

    inputs: Sequence[Input]
    layout: Layout
    container: str
    is_1904: bool = False

    @cached_property
    def reasons(self) -> list[list[Reason]]:
        """What can be wrong in each input, in the order of checking."""
        return [self._reasons(item, index) for index, item in enumerate(self.inputs)]

    def judged_sql(self, rows_sql: str) -> str:
        """One row per row of ``rows_sql`` (a relation with KEPT columns and the raw text).

        The KEPT columns; r<i> text, t<i> typed, e<i> error or NULL.
        """
        count = range(len(self.inputs))
        raw = [f"{self._raw(item)} as r{i}" for i, item in enumerate(self.inputs)]
        value = [
            f"r{i}, {_items_sql(item, _value_sql(item.spec, f'r{i}'))} as v{i}" for i, item in enumerate(self.inputs)
        ]
        typed = [f"r{i}, v{i}, {self._typed(item, f'v{i}')} as t{i}" for i, item in enumerate(self.inputs)]
        judged = [f"r{i}, t{i}, {self._error(i)} as e{i}" for i in count]
        return f"""
            select {KEPT}, {", ".join(judged)} from (
            select {KEPT}, {", ".join(typed)} from (
            select {KEPT}, {", ".join(value)} from (
            select {KEPT}, {", ".join(raw)} from {rows_sql})))"""

    @property
    def is_sound_sql(self) -> str:
        """Condition over ``judged_sql``: no cell of the row is wrong."""
        errors = [f"e{i} is null" for i in range(len(self.inputs)) if self.reasons[i]]
        return " and ".join(errors) or "true"

    def _raw(self, item: Input) -> str:
        if item.is_literal or item.raw_sql == "NULL":
            return item.raw_sql
        text = clean_sql(item.raw_sql, is_text=item.column.type == "text" and not item.column.is_packed)
        is_listed = bool(item.column.codes) or item.item_code is not None
        if self.layout.contract.is_survey and item.column.type == "code" and not is_listed:
            # Two lines made one would be another code; left as it is, it is rejected. Words of a list may be broken.
            inside = f"regexp_replace({item.raw_sql}, '^\\s+|\\s+$', '', 'g')"
            broken = f"{_has_controls(item.raw_sql)} and {_has_controls(inside)}"
            text = f"case when {broken} then {item.raw_sql} else {text} end"
        return text if item.item_code is None else _whole_number_sql(text)

    def _packed_sql(self, name: str) -> str:
        """The answers of a row that are packed into the column ``name``; '' when none are."""
        cells = [
            f"{literal(f'{item.item_code}=')} || v{index}"
            for index, item in enumerate(self.inputs)
            if item.item_code is not None and item.column.name == name
        ]
        return f"nullif(concat_ws(';', {', '.join(cells)}), '')" if cells else ""

    def _error(self, index: int) -> str:
        branches = [f"when {reason.condition} then {literal(reason.code)}" for reason in self.reasons[index]]
        return f"case {' '.join(branches)} end" if branches else "cast(NULL as varchar)"

    def _typed(self, item: Input, value: str) -> str:
        kind = item.column.type
        if item.raw_sql == "NULL":
            packed = self._packed_sql(item.column.name) if item.column.is_packed else ""
            return packed or f"cast(NULL as {item.column.physical_type})"
        if item.column.is_packed:
            return _tidied_sql(value)
        if kind in ("code", "text"):
            return value
        if kind == "boolean":
            return _boolean_sql(value)
        if kind in ("integer", "decimal"):
            return _number_sql(value, item, "dot" if item.is_literal else item.decimal, self.container)
        return self._moment_sql(item, value)

    def _moment_sql(self, item: Input, value: str) -> str:
        layout, kind = self.layout, item.column.type
        shapes = layout.date_formats if kind == "date" else layout.timestamp_formats
        shapes = [item.day_order if shape == "dmy_or_mdy" else shape for shape in shapes]
        if item.is_literal:
            shapes = ["ymd"]
        elif self.container not in TEXT_CONTAINERS and "ymd" not in shapes:
            # A real date cell of a spreadsheet comes as ISO, whatever shape its text neighbours have.
            shapes = ["ymd", *shapes]
        moment = _parsed_sql(value, [shape for shape in shapes if shape not in _BEYOND_SHAPES])
        if item.is_literal:
            moment = f"coalesce({moment}, {_month_end_sql(value)})"
        elif shapes != ["iso_offset"]:
            moment = f"coalesce({moment}, {_serial_sql(value, self.is_1904)})"
        if kind == "date":
            return f"cast({moment} as date)"
        if layout.time_zone != HOME_TIME_ZONE:
            moment = f"timezone({literal(HOME_TIME_ZONE)}, timezone({literal(layout.time_zone)}, {moment}))"
        if "iso_offset" in shapes:
            # The connection's time zone is the layout's: it gives meaning to moments without an offset.
            instant = f"try_cast({value} as timestamptz)"
            local = f"timezone({literal(HOME_TIME_ZONE)}, {instant})"
            local = f"case when regexp_full_match({value}, '{_ISO_MOMENT}') then {local} end"
            moment = f"coalesce({local}, {moment})"
        if "with_half_day" in shapes:
            moment = f"coalesce({_half_day_sql(value, layout.time_zone)}, {moment})"
        return f"cast({moment} as timestamp)"

    def _reasons(self, item: Input, i: int) -> list[Reason]:
        """Checks of one column, the first that holds is the one reported."""
        r, v, t, header = f"r{i}", f"v{i}", f"t{i}", item.header
        if item.raw_sql == "NULL":
            return []
        found = []
        if not item.is_literal:
            errors = ", ".join(literal(text) for text in EXCEL_ERRORS)
            text = f'Cột "{header}": ô công thức bị lỗi trong bảng tính'
            found.append(Reason("excel_error", text, f"{r} in ({errors})"))
        if item.spec.extract is not None:
            text = f'Cột "{header}": không tách được {item.column.meaning.lower()} từ giá trị này'
            blank = _blank_sql(item.spec, r)
            found.append(Reason("extract_failed", text, f"{blank} is not null and {v} is null"))
        if item.column.required:
            found.append(Reason("missing_required", f'Cột "{header}": thiếu giá trị bắt buộc', f"{v} is null"))
        if item.item_code is not None:
            text = (
                f'Cột "{header}": câu trả lời có dấu «;» hoặc «=» nên không ghi chung được với các câu khác; hãy sửa ô '
                "này thành mã trả lời, hoặc thêm vào mục «map» của bố cục"
            )
            found.append(Reason("unpackable_answer", text, f"regexp_matches({v}, '[{''.join(PACKED_MARKS)}]')"))
            found.append(_personal_reason(header, v))
        found += self._survey_reasons(item, v)
        if item.column.is_packed:
            found += _packed_reasons(header, v)
        if item.column.codes:
            allowed = ", ".join(literal(code) for code in item.column.codes)
            text = f'Cột "{header}": giá trị không có trong danh mục ({_known(item)})'
            found.append(Reason("unknown_code", text, f"{v} not in ({allowed})"))
        if item.column.type == "timestamp" and not set(_BEYOND_SHAPES) & set(self.layout.timestamp_formats):
            suffixed = f"{t} is null and regexp_matches(upper({v}), '{_TIME_SUFFIX}')"
            found.append(Reason("time_suffix", self._suffix_text(header), suffixed))
        if item.column.type not in ("code", "text"):
            found.append(self._untypable(item, f"{v} is not null and {t} is null"))
        return found

    def _survey_reasons(self, item: Input, value: str) -> list[Reason]:
        """What may not stand in a code or a name of a survey: both are shown as they are."""
        column, header = item.column, item.header
        # What comes packed has reasons of its own; a dossier's code has the digits of an ID number.
        is_text = column.type in ("code", "text") and not column.is_packed
        if not self.layout.contract.is_survey or not is_text or column.name == "dossier_code":
            return []
        found = []
        if column.type == "code":
            text = f'Cột "{header}": mã dài quá {LONGEST_CODE} ký tự; hãy ghi mã ngắn, lời dài để ở cột tên hoặc ý kiến'
            found.append(Reason("code_too_long", text, f"length({value}) > {LONGEST_CODE}"))
            text = f'Cột "{header}": mã có dấu xuống dòng, dấu tab hoặc ký tự điều khiển; hãy ghi mã trên một dòng'
            found.append(Reason("code_with_controls", text, _has_controls(value)))
        if item.item_code is None:
            text = (
                f'Cột "{header}": có số điện thoại, số giấy tờ hoặc thư điện tử; hãy ghi mã hoặc tên không nói về '
                "riêng ai, thông tin của người được hỏi để ở cột dành cho người trả lời"
            )
            found.append(Reason("personal_value", text, _personal_sql(column, value)))
        return found

    def _suffix_text(self, header: str) -> str:
        shapes = self.layout.timestamp_formats
        example = _SHAPE_EXAMPLES["dmy" if "dmy" in shapes else shapes[0]]
        return (
            f'Cột "{header}": không đọc được vì sau giờ còn múi giờ hoặc buổi (Z, +07:00, SA, CH, AM, PM); hãy ghi '
            f"giờ Việt Nam theo 24 giờ và bỏ phần đuôi, ví dụ {example}"
        )

    def _untypable(self, item: Input, condition: str) -> Reason:
        kind = item.column.type
        shapes = self.layout.date_formats if kind == "date" else self.layout.timestamp_formats
        wanted = {
            "integer": "số nguyên",
            "decimal": _decimal_words(item),
            "boolean": "Có/Không",
            "date": f"ngày có thật, dạng {_shape_names(shapes)}",
            "timestamp": f"thời điểm có thật, dạng {_shape_names(shapes)}",
        }[kind]
        return Reason(f"bad_{kind}", f'Cột "{item.header}": không đọc được, cần {wanted}', condition)


def _decimal_words(item: Input) -> str:
    if item.column.without_thousands:
        return "số; dấu phẩy hoặc dấu chấm là dấu thập phân, không viết dấu ngăn hàng nghìn"
    return f"số, dấu thập phân là dấu {'phẩy' if item.decimal == 'comma' else 'chấm'}"


def _shape_names(shapes: Sequence[str]) -> str:
    return " hoặc ".join(_SHAPE_NAMES[shape] for shape in shapes)


def _known(item: Input) -> str:
    labels = {code: label for label, code in reversed(item.spec.mapping)}
    return ", ".join(labels.get(code, code) for code in item.column.codes)


def _blank_sql(spec: ColumnSpec, text: str) -> str:
    if not spec.blank:
        return text
    words = ", ".join(literal(" ".join(word.split()).lower()) for word in spec.blank)
    return f"case when lower({text}) in ({words}) then NULL else {text} end"


def _value_sql(spec: ColumnSpec, text: str) -> str:
    """Cleaned text → blank words gone → extracted part → mapped code; case does not matter to a map."""
    value = _blank_sql(spec, text)
    if spec.extract is not None:
        value = f"nullif(regexp_extract({value}, {literal(spec.extract)}, 1), '')"
    if spec.mapping:
        branches = " ".join(
            f"when {literal(' '.join(label.split()).lower())} then {literal(code)}" for label, code in spec.mapping
        )
        value = f"case lower({value}) {branches} else {value} end"
    return value


def _items_sql(item: Input, value: str) -> str:
    """The codes of a list whose members are codes or labels; what is neither stays, for gate 1 to name."""
    if not item.column.items:
        return value
    branches = " ".join(f"when {literal(label.lower())} then {literal(code)}" for code, label in item.column.items)
    members = f"[case lower(trim(member)) {branches} else trim(member) end for member in string_split({value}, ';')]"
    return f"array_to_string({members}, ';')"


def _whole_number_sql(text: str) -> str:
    """An answer that a spreadsheet wrote as 5.0 is 5; three zeros may be thousands, as elsewhere."""
    return f"regexp_replace({text}, '^([0-9]+)[.,](0{{1,2}}|0{{4,}})$', '\\1')"


def _packed_reasons(header: str, value: str) -> list[Reason]:
    """What can be wrong in a cell that comes packed already."""
    twice = f"len({_members_sql(value, _ITEM_OF)}) > len(list_distinct({_members_sql(value, _ITEM_OF)}))"
    return [
        Reason(
            "bad_packing",
            f'Cột "{header}": không đọc được, cần «mã câu=mã trả lời» cách nhau bằng dấu chấm phẩy, ví dụ '
            "F1.1=5;F1.2=4",
            f"not regexp_full_match({value}, '{_PACKED}')",
        ),
        Reason("item_twice", f'Cột "{header}": một câu ghi hai lần; hãy giữ một câu trả lời cho mỗi câu', twice),
        Reason(
            "code_too_long",
            f'Cột "{header}": có mã câu hoặc mã trả lời dài quá {LONGEST_CODE} ký tự; lời của người trả lời để ở cột ý '
            "kiến (answer_free_text)",
            f"regexp_matches({value}, '[^;=]{{{LONGEST_CODE + 1}}}')",
        ),
        _personal_reason(header, value),
    ]


def _personal_reason(header: str, value: str) -> Reason:
    """ "Khác: gọi tôi theo số …": an answer is a code, what people write themselves belongs in the vault."""
    text = (
        f'Cột "{header}": câu trả lời có số điện thoại, số giấy tờ hoặc thư điện tử; hãy ghi mã trả lời vào ô này, lời '
        "của người trả lời để ở cột ý kiến (answer_free_text)"
    )
    return Reason("personal_answer", text, f"regexp_matches({value}, {literal(PERSONAL_VALUE)})")


def _personal_sql(column: Column, value: str) -> str:
    """A day in a name or in a code is no phone number; taking it out costs, so only where one seems to be."""
    shape = literal(PERSONAL_IN_NUMBERING if column.name == "ballot_code" else PERSONAL_VALUE)
    without_days = f"regexp_replace({value}, {literal(DAY_IN_TEXT)}, '/', 'g')"
    return f"regexp_matches({value}, {shape}) and regexp_matches({without_days}, {shape})"


def _has_controls(text: str) -> str:
    return f"regexp_matches({text}, '{_CONTROLS}')"


def _members_sql(value: str, of_member: str) -> str:
    return f"[{of_member} for member in string_split({value}, ';') if trim(member) <> '']"


def _tidied_sql(value: str) -> str:
    """Packed answers without spaces around their marks; a question without an answer is left out."""
    answered = f"list_filter({_members_sql(value, _MEMBER)}, lambda member: not ends_with(member, '='))"
    return f"nullif(array_to_string({answered}, ';'), '')"


def _boolean_sql(value: str) -> str:
    yes = ", ".join(literal(word) for word in _TRUE_WORDS)
    no = ", ".join(literal(word) for word in _FALSE_WORDS)
    return f"case when lower({value}) in ({yes}) then true when lower({value}) in ({no}) then false end"


def _parsed_sql(value: str, shapes: Sequence[str]) -> str:
    if not shapes:
        return "cast(NULL as timestamp)"
    parsed = _strptime_sql(value, shapes)
    others = [shape for shape in shapes if shape != "ymd"]
    if "ymd" in shapes and others:
        # Every shape that fails costs ten times one that fits: where the year stands tells which to try.
        first, rest = _strptime_sql(value, ["ymd"]), _strptime_sql(value, others)
        parsed = f"case when regexp_matches({value}, '{_YEAR_FIRST}') then {first} else {rest} end"
    return f"case when {parsed} between timestamp '{_FIRST_MOMENT}' and timestamp '{_LAST_MOMENT}' then {parsed} end"


def _half_day_sql(value: str, time_zone: str) -> str:
    """A moment with the half of the day, in Vietnamese time: by its own offset from GMT, else by the layout's zone."""
    text = f"upper({value})"

    def part(number: int) -> str:
        return f"regexp_extract({text}, '^{_HALF_DAY_MOMENT}$', {number})"

    half = f"case {part(2)} when 'SA' then 'AM' when 'CH' then 'PM' else {part(2)} end"
    local = f"try_strptime({part(1)} || ' ' || {half}, ['%Y/%m/%d %I:%M:%S %p', '%Y-%m-%d %I:%M:%S %p'])"
    minutes = f"coalesce(60 * try_cast({part(6)} as int), 0) + coalesce(try_cast({part(8)} as int), 0)"
    ahead = f"to_minutes(case when {part(5)} = '-' then -1 else 1 end * ({minutes}))"
    instant = f"case when {part(3)} = '' then timezone({literal(time_zone)}, {local}) "
    instant += f"else timezone('UTC', {local} - {ahead}) end"
    moment = f"timezone({literal(HOME_TIME_ZONE)}, {instant})"
    return f"case when {local} between timestamp '{_FIRST_MOMENT}' and timestamp '{_LAST_MOMENT}' then {moment} end"


def _strptime_sql(value: str, shapes: Sequence[str]) -> str:
    days = [day for shape in shapes if shape != "compact" for day in _DAY_SHAPES[shape]]
    # Ordered by how common they are.
    formats = [day + time for time in _TIME_SHAPES for day in days]
    if "compact" in shapes:
        formats = [*_COMPACT_SHAPES, *formats]
    return f"try_strptime({value}, [{', '.join(map(literal, formats))}])"


def _serial_sql(value: str, is_1904: bool) -> str:
    """A spreadsheet's serial day number, to the second: what is left of a date cell that lost its format."""
    seconds = f"cast(round(cast({value} as double) * 86400) as bigint)"
    moment = f"timestamp '{_SERIAL_ZERO[is_1904]}' + to_seconds({seconds})"
    return f"case when regexp_full_match({value}, '{_SERIAL}') then {moment} end"


def _month_end_sql(value: str) -> str:
    """ "2026-9-end": the last day of the month, as templates of layouts write it."""
    first = f"try_strptime(replace({value}, '{_MONTH_END}', '-01'), '%Y-%m-%d')"
    return f"case when {value} like '%{_MONTH_END}' then cast(last_day({first}) as timestamp) end"


def _number_sql(value: str, item: Input, decimal: str, container: str) -> str:
    """Numbers with optional thousands marks; only digits in groups of three make a thousands mark.

    A spreadsheet's number cells arrive with a decimal point even under a decimal-comma layout. So "1.234" is
    a number cell (1,234) in a column of numbers, a text cell (1234) in a column of text, and stays NULL,
    undecided, in a column that mixes both. A column without thousands marks leaves nothing to decide.
    """
    column = item.column
    if item.cell_kind == NUMBER_CELLS:
        decimal = "dot"
    point, group = (".", ",") if decimal == "dot" else (",", ".")
    text = value
    if column.name.endswith("_percent"):
        text = f"trim(rtrim({value}, '%'))"
    grouped = f"[+-]?[0-9]{{1,3}}([{group} ][0-9]{{3}})+"
    # Three zeros behind a mark may be thousands written the other way: 1,000 is not 1.
    fraction = f"[{point}](0{{1,2}}|0{{4,}})" if column.type == "integer" else f"[{point}][0-9]+"
    if column.name.endswith("_amount") and item.cell_kind == TEXT_CELLS:
        fraction = f"[{point}]([0-9]{{1,2}}|[0-9]{{4,}})"
    shape = f"([+-]?[0-9]+|{grouped})({fraction})?"
    digits = f"replace(replace({text}, '{group}', ''), ' ', '')"
    # The shape allows an integer only zeros after its point.
    digits = f"split_part({digits}, '{point}', 1)" if column.type == "integer" else f"replace({digits}, '{point}', '.')"
    branches = [f"when regexp_full_match({text}, '{shape}') then try_cast({digits} as {column.physical_type})"]
    if item.cell_kind == UNDECIDED_CELLS:
        branches.insert(0, f"when regexp_full_match({text}, '[+-]?[0-9]{{1,3}}[.][0-9]{{3}}') then NULL")
    if container not in TEXT_CONTAINERS and decimal == "comma" and column.type == "decimal":
        plain = f"try_cast({text} as {column.physical_type})"
        branches.append(f"when regexp_full_match({text}, '[+-]?[0-9]+[.][0-9]+') then {plain}")
    if column.without_thousands:
        plain = f"try_cast(replace({text}, ',', '.') as {column.physical_type})"
        branches.insert(0, f"when regexp_full_match({text}, '[+-]?[0-9]+[.,][0-9]+') then {plain}")
    branches.append(_worded_number(text, f"({grouped}|[0-9]+)([{point}][0-9]+)?", point, group, column))
    return f"case {' '.join(branches)} end"


def _worded_number(text: str, shape: str, point: str, group: str, column: Column) -> str:
    """The branch for "10,18 ngàn", "trên 82.480", "khoảng 1,2 triệu đồng"; the doubt becomes a flag of the row."""
    lower = f"lower({text})"
    scales = "|".join(words for words, _ in _SCALES)
    whole = f"({LOWER_BOUND}|{ABOUT})? ?{shape}( ({scales}))?( đồng)?"
    number = f"regexp_extract({lower}, '{shape}')"
    digits = f"replace(replace(replace({number}, '{group}', ''), ' ', ''), '{point}', '.')"
    scale = " ".join(f"when regexp_matches({lower}, '({words})') then {factor}" for words, factor in _SCALES)
    value = f"try_cast({digits} as decimal(18,6)) * case {scale} else 1 end"
    if column.type == "integer":
        # Half a dossier is not a number of dossiers.
        value = f"case when {value} = round({value}) then try_cast({value} as bigint) end"
    is_worded = f"regexp_full_match({lower}, '{whole}') and not regexp_full_match({lower}, '{shape}')"
    return f"when {is_worded} then try_cast({value} as {column.physical_type})"
