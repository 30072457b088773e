"""What kind each row below the header is: data, group row, total, repeated header, number row, footer, blank.

First look, over all rows: what the layout says and what is certain (``shaped_sql``). Group rows give their text to the
rows below, up to the next group row of their level or an outer one. Second look, only over rows that cannot be
typed as data: totals, footers and the like that no layout announced (``misfit_sql``). Everything else that cannot be
typed is rejected, never ignored.
Does not belong here: typing (``typing_sql``), whether totals add up (``totals``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from dagster_project.landing.headings import Heading
from dagster_project.landing.layouts import GroupRule, HeaderMatch, RowRule
from dagster_project.landing.tables import HeadRow
from dagster_project.landing.typing_sql import literal

DATA = "data"
BLANK = "blank"
GROUP = "group"
TOTAL = "total"
KIND_NAMES = {
    BLANK: "dòng trống hoặc dòng ghi chú",
    GROUP: "dòng nhóm",
    TOTAL: "dòng tổng",
    "skipped": "dòng ngoài số liệu của biểu",
    "repeated_header": "dòng tiêu đề lặp lại",
    "number_row": "dòng đánh số cột",
    "unit_row": "dòng đơn vị tính",
    "footer": "chân trang",
    "outside_columns": "dòng chỉ có chữ ngoài các cột được đọc",
}
# A header of fewer columns is not looked for again: one equal cell may be chance.
REPEATED_CELLS = 2
# How far below the header number rows and units of measure may stand.
ROWS_BELOW_HEADER = 3
ORDINAL_TITLES = ("tt", "stt", "số tt", "số thứ tự")
_TOTAL = r"(tổng( số| cộng)?|cộng)( hồ sơ| chung| toàn (tỉnh|xã|phường|huyện|thành phố|ngành))?( *[:(].*)?"
_FOOTER = (
    r"(.*, *)?ngày *[0-9. …]* *tháng *[0-9. …]* *năm.*"
    r"|(người|thủ trưởng|giám đốc|phó giám đốc|chủ tịch|phó chủ tịch|trưởng phòng|chánh văn phòng|lãnh đạo|kế toán"
    r"|lập bảng|lập biểu|xác nhận|nơi nhận|ghi chú|chú thích|đã ký|ký tên|kt[.]|tm[.]|tl[.]|tuq[.]|q[.])( .*)?[:.]?"
    r"|[(]*(ký|đã ký)[ ,].*|[*].*"
)
_UNIT_ROW = r"[(]?đơn vị( tính)? *:.*"
_NUMBER_CELL = re.compile(r"\(?\s*([0-9]{1,3}|[A-ZĐa-z])\s*\)?\s*(=.*)?")


def number_rows(rows: Sequence[HeadRow], heading: Heading) -> list[int]:
    """Rows right below the header that only number the columns: "(1) (2) (3)=(4)+(5)", "A B 1 2 3"."""
    near = [row for row in rows if 0 < row.row_number - heading.last_row <= ROWS_BELOW_HEADER]
    return [row.row_number for row in near if _is_number_row(row.cells)]


def _is_number_row(cells: Sequence[str | None]) -> bool:
    texts = [text for cell in cells if (text := (cell or "").strip())]
    found = [_NUMBER_CELL.fullmatch(text) for text in texts]
    if len(texts) < 3 or not all(found):
        return False
    names = [match.group(1) for match in found if match]
    numbers = [int(name) for name in names if name.isdigit()]
    has_brackets = sum(text.startswith("(") for text in texts) >= len(numbers) > 0
    counts_up = all(after == before + 1 for before, after in itertools.pairwise(numbers))
    letters = names[: len(names) - len(numbers)]
    return counts_up and all(not name.isdigit() for name in letters) and (has_brackets or len(numbers) >= 4)


def shaped_sql(
    raw_parquet: str, row_number_sql: str, match: HeaderMatch, positions: Sequence[int], numbered: Sequence[int]
) -> str:
    """A relation over the raw rows: source_row_number, is_filled, row_kind, the raw columns, g_<name> of each group.

    ``numbered`` are row numbers of :func:`number_rows`.
    """
    columns = "".join(f", c{position}" for position in positions)
    raw = (
        f"(select cast({row_number_sql} as bigint) as source_row_number, is_filled{columns} "
        f"from read_parquet({literal(raw_parquet)}, file_row_number=true))"
    )
    certain = _certain_kinds(match, numbered)
    if not match.layout.rows.groups:
        kind = f"case {' '.join(certain)} else '{DATA}' end" if certain else f"'{DATA}'"
        return f"(select source_row_number, is_filled, {kind} as row_kind{columns} from {raw})"
    return _grouped_sql(raw, certain, match, columns)


def _certain_kinds(match: HeaderMatch, numbered: Sequence[int]) -> list[str]:
    """``when`` branches for the kinds that do not depend on other rows."""
    branches = []
    if numbered:
        branches.append(f"when source_row_number in ({', '.join(map(str, numbered))}) then 'number_row'")
    branches += [f"when {condition} then 'repeated_header'" for condition in _repeated(match)]
    rules = match.layout.rows
    branches += [f"when {c} then 'skipped'" for rule in rules.skip if (c := _matches(rule, match))]
    branches += [f"when {c} then '{TOTAL}'" for rule in rules.totals if (c := _matches(rule, match))]
    if not any(match.layout.contract.column(name).required for name in match.positions):
        # Constants alone would make a row of a footnote; where a cell is required, its absence tells.
        read = " and ".join(f"coalesce({_text(place)}, '') = ''" for place in sorted(set(match.positions.values())))
        branches += [f"when {read} then 'outside_columns'"] if read and not match.layout.rows.groups else []
    return branches


def _repeated(match: HeaderMatch) -> list[str]:
    """One condition per header row: its own texts stand in the columns again."""
    found = []
    for row in match.heading.rows:
        places = sorted({*match.used_positions, *match.identity_positions.values()})
        cells = [(place, (row.cells[place] or "").strip()) for place in places if place < len(row.cells)]
        filled = [(place, text) for place, text in cells if text]
        if len(filled) >= REPEATED_CELLS:
            found.append(" and ".join(f"{_text(place)} = {literal(text)}" for place, text in filled))
    return found


def _text(position: int) -> str:
    return f"trim(c{position})"


def _matches(rule: RowRule, match: HeaderMatch) -> str:
    """Whether a cell under one of the rule's headers matches; '' when the file has none of them."""
    places = [match.others[header] for header in rule.text if header in match.others]
    shape = " or ".join(
        f"regexp_full_match(nfc_normalize({_text(place)}), {literal(rule.pattern)}, 'i')" for place in places
    )
    ordinal = _ordinal_place(match)
    if not shape or ordinal is None:
        return shape
    # What has a number of its own is a line of the form, whatever its name («Tổng công ty …», «Cộng Hòa»).
    return f"({shape}) and not coalesce(regexp_full_match({_text(ordinal)}, '[0-9]+[.]?'), false)"


def _ordinal_place(match: HeaderMatch) -> int | None:
    """The column of line numbers, if it is among those read."""
    places = [match.heading.find(title) for title in ORDINAL_TITLES]
    return next((place for place in places if place in match.used_positions), None)


def _grouped_sql(raw: str, certain: list[str], match: HeaderMatch, columns: str) -> str:
    """Group rows need to know what follows; what they carry needs to know what came before."""
    rules = match.layout.rows.groups
    shapes = [_group_condition(rule, match) for rule in rules]
    first = f"case {' '.join(certain)} end" if certain else "cast(NULL as varchar)"
    is_group = " or ".join(f"({shape})" for shape in shapes)
    known = (
        f"(select *, {first} as certain_kind, {first} is null and is_filled and ({is_group}) as may_group from {raw})"
    )
    ordered = "over (partition by is_filled and certain_kind is null order by source_row_number)"
    looked = f"(select *, lead(may_group) {ordered} as next_may_group from {known})"
    levels = " ".join(
        f"when may_group and ({shape}) {_next_condition(rule)} then {level}"
        for level, (rule, shape) in enumerate(zip(rules, shapes, strict=True))
    )
    leveled = f"(select *, case {levels} end as level from {looked})"
    carried = []
    for level, rule in enumerate(rules):
        text = f"case when level = {level} then {_text(match.others[rule.text])} end"
        # An outer group row ends the inner ones: their text must not reach over it.
        reset = f"case when level < {level} then source_row_number end"
        own = f"case when level = {level} then source_row_number end"
        upto = "over (order by source_row_number rows unbounded preceding)"
        carried.append(
            f"case when coalesce(max({own}) {upto}, 0) > coalesce(max({reset}) {upto}, 0) "
            f"then last_value({text} ignore nulls) {upto} end as g_{rule.name}"
        )
    kind = f"case when level is not null then '{GROUP}' else coalesce(certain_kind, '{DATA}') end"
    listed = ", ".join(carried)
    return f"(select source_row_number, is_filled, {kind} as row_kind{columns}, level, {listed} from {leveled})"


def _group_condition(rule: GroupRule, match: HeaderMatch) -> str:
    places = match.others
    named = {rule.text, *rule.blank, *rule.filled, *(header for header, _ in rule.when)}
    if not named <= set(places):
        # With a header missing the rule would say less and catch dossiers.
        return "false"
    text = _text(places[rule.text])
    # Forms end in totals and signatures that look like group rows.
    label = f"lower(nfc_normalize({text}))"
    parts = [f"coalesce({text}, '') <> '' and not regexp_full_match({label}, '{_TOTAL}|{_FOOTER}')"]
    blank = {places[header] for header in rule.blank}
    if not rule.when:
        # Known by its shape alone, it has a name and nothing else.
        own = {places[header] for header in (rule.text, *rule.filled, *([rule.count] if rule.count in places else []))}
        blank |= set(match.positions.values()) - own
        parts.append(f"regexp_matches({text}, '\\p{{L}}')")
    parts += [f"coalesce({_text(place)}, '') = ''" for place in sorted(blank)]
    parts += [f"coalesce({_text(places[header])}, '') <> ''" for header in rule.filled]
    parts += [
        f"coalesce(regexp_full_match(nfc_normalize({_text(places[header])}), {literal(pattern)}), false)"
        for header, pattern in rule.when
    ]
    return " and ".join(parts)


def _next_condition(rule: GroupRule) -> str:
    if rule.next is None:
        return ""
    return "and coalesce(next_may_group, false)" if rule.next == "group" else "and not coalesce(next_may_group, false)"


def misfit_sql(wrong: str, sound: str, texts: Sequence[str], keys: Sequence[str], width: int) -> str:
    """Rows of ``wrong`` that are no data after all: source_row_number, row_kind.

    ``sound`` is a relation of the data rows and totals that were recognised (source_row_number); ``texts`` are the
    columns of ``wrong`` with the cleaned texts of the cells that are read, in the order of the file, ``keys`` those of
    them that tell records apart; ``width`` is how many columns the table has. A footer stands behind all of ``sound``
    and is sparse; what bears a code there is a damaged record, and rejected like any other.
    """
    listed = ", ".join(texts)
    # Narrow tables have no sparse rows: one cell of two may be all that is left of a damaged record.
    sparse = f"filled <= {max(1, width // 4) if width >= 4 else 0}"
    few = f"filled <= {max(2, width // 3)}"
    has_key = " or ".join(f"coalesce(regexp_matches({text}, '[0-9]'), false)" for text in keys) or "false"
    return f"""
        with measured as (
            select source_row_number, lower(coalesce({listed})) as label,
                   {" + ".join(f"({text} is not null)::int" for text in texts)} as filled,
                   {has_key} as has_key,
                   coalesce((select max(source_row_number) from {sound}), 9223372036854775807) as last_sound
            from {wrong}),
        worded as (
            select *, source_row_number > last_sound as is_behind,
                   coalesce(regexp_full_match(label, '{_FOOTER}'), false) as is_worded,
                   greatest(last_sound, coalesce(lag(source_row_number) over (order by source_row_number), 0)) as before
            from measured),
        tail as (
            select *, is_behind and bool_or(is_behind and (is_worded or source_row_number - before > 1))
                   over (order by source_row_number rows unbounded preceding) as has_begun
            from worded)
        select source_row_number, case
            when filled = 0 then 'outside_columns'
            when filled = 1 and regexp_full_match(label, '{_UNIT_ROW}') then 'unit_row'
            when regexp_full_match(label, '{_TOTAL}') then '{TOTAL}'
            when is_behind and {few} and is_worded then 'footer'
            when has_begun and {sparse} and not (has_key and filled > 1) then 'footer'
            end as row_kind
        from tail"""
