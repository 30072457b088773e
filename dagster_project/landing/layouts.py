"""Layouts: how the headers of one export family map to the columns of one canonical source.

Grammar of a file in ``layouts/*.yml``; a header is named by its title, or by the end of its path "Tiếp nhận > Tổng số",
or by its place ("#0" is the first column)::

    layout, title, source, time_zone
    formats: {date: [dmy|ymd|mdy|dmy_or_mdy|compact], decimal: dot|comma|dot_or_comma,
              timestamp: [the same|iso_offset|with_half_day]}   # with_half_day: 2026/09/10 8:20:15 SA|CH|AM|PM GMT+7
    fingerprint: [headers that must all be present; of a list among them, one]
    probe: {"#0": what the first row below the header matches there}      # for files whose header says nothing
    withheld: [headers deliberately not landed]
    identity: {canonical identity column: header}                         # goes to the vault, hashes come out
    columns: {canonical name: one of
        {from: header or [synonyms]} | {constant: text} | {given: true} | {group: name of a group row}
        | {join: [headers], template: "{1}-{2}-01"} | {filled: {header: code of the first filled one}}
        | {preamble | file_name | sheet: pattern, template: "{1}"}        # pattern over lines above, or over a name
        | {packed: {item code: header or [synonyms]}}                     # a questionnaire with one column a question
        | {packed_patterns: {pattern of whole headers: item code "F{1}.{2}"}}
        and further {map, extract, blank}}                                # of packed cells: done to each
    rows:
      groups: [{name, text, blank, filled, when: {header: pattern}, next, count}]   # outermost first, see ``GroupRule``
      totals: [{text, pattern}]
      skip:   [{text, pattern}]                    # here a header may also be the name of a canonical column

What YAML takes for a number, a day or true/false stands in quotes. Patterns are those of RE2: no lookaround, no \\1.
``given``: neither file nor layout holds it, so it is given when loading (``cchc load --set unit_code=H99.01``).
``packed``: the answers of a row as "item code=answer code;…" in one column, blank cells left out. One header is enough;
questions that the file does not have are noted with the delivery.
Does not belong here: reading files (``readers``), SQL (``typing_sql``, ``row_kinds``).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from dagster_project.landing import patterns
from dagster_project.landing.contracts import (
    Column,
    OwnLoader,
    SourceContract,
    content_hash,
    load_contract,
    load_contracts,
)
from dagster_project.landing.errors import LandingError, LayoutError
from dagster_project.landing.headings import SEPARATOR, Heading, normalise_header
from dagster_project.landing.personal import covered

LAYOUTS_DIR = Path(__file__).parent / "layouts"
# Part of every layout's hash: raise it when typing changes, and files already landed are landed anew.
LANDING_VERSION = 2
HOME_TIME_ZONE = "Asia/Ho_Chi_Minh"

_ORIGINS = ("from", "constant", "given", "group", "join", "filled", "preamble", "file_name", "sheet", "packed")
_ORIGINS += ("packed_patterns",)
# A list of texts may also be one text.
_TEXTS = [str]
_MAP = {str: str}
_ROWS = [{"text": _TEXTS, "pattern": str}]
_COLUMN = dict.fromkeys(("constant", "group", "preamble", "file_name", "sheet", "template", "extract"), str)
_COLUMN |= dict.fromkeys(("from", "join", "blank"), _TEXTS) | {"given": bool, "packed": {str: _TEXTS}}
_COLUMN |= dict.fromkeys(("filled", "map", "packed_patterns"), _MAP)
_GROUP = dict.fromkeys(("name", "text", "next", "count"), str) | {"blank": _TEXTS, "filled": _TEXTS, "when": _MAP}
_SHAPE = dict.fromkeys(("layout", "title", "source", "time_zone"), str) | {
    "formats": {"date": _TEXTS, "timestamp": _TEXTS, "decimal": str},
    "fingerprint": [_TEXTS],
    "probe": _MAP,
    "withheld": _TEXTS,
    "identity": {str: _TEXTS},
    "columns": {str: _COLUMN},
    "rows": {"groups": [_GROUP], "totals": _ROWS, "skip": _ROWS},
}
_KIND_NAMES = {dict: "các cặp «khóa: giá trị»", list: "danh sách", str: "chữ", bool: "true hoặc false"}
_DATE_FORMATS = ("dmy", "ymd", "mdy", "dmy_or_mdy", "compact")
_DECIMALS = ("dot", "comma", "dot_or_comma")
PLACE = "#"
# What parts the answers of a packed cell, and an answer from its question.
PACKED_MARKS = (";", "=")


@dataclass(frozen=True)
class ColumnSpec:
    """Where one canonical column comes from, and what is done to the text found there.

    ``headers``: the first one present. ``joined`` with ``template``: several cells of the row. ``filled``: (header,
    code) pairs, the first header whose cell is filled. ``group``: the group row above. ``pattern`` with ``template``:
    searched in the lines above the header, the file name or the sheet name, as ``pattern_in`` says. ``packed``: (item
    code, headers) of the cells that are packed into one. ``packed_patterns``: (pattern, template) pairs, of a header
    and of the item code that it means.
    """

    headers: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    group: str | None = None
    constant: str | None = None
    is_given: bool = False
    pattern_in: str | None = None
    pattern: str | None = None
    template: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    extract: str | None = None
    blank: tuple[str, ...] = ()
    packed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    packed_patterns: tuple[tuple[str, str], ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """Headers that must all be there, besides ``headers``, of which one is enough."""
        return (*self.joined, *(header for header, _ in self.filled))

    @property
    def named(self) -> tuple[str, ...]:
        """Every header that may be read for it."""
        return (*self.headers, *self.needed, *(header for _, headers in self.packed for header in headers))


@dataclass(frozen=True)
class GroupRule:
    """How a group row is known, which gives its text to the rows below it.

    ``text`` is the header of the column with the text, ``blank`` and ``filled`` headers that are empty and not empty,
    ``when`` (header, pattern) pairs of cells that match, ``next`` what kind of row follows ("group" or "data"),
    ``count`` the header of the column that says how many rows the group has.
    """

    name: str
    text: str
    blank: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    when: tuple[tuple[str, str], ...] = ()
    next: str | None = None
    count: str | None = None


@dataclass(frozen=True)
class RowRule:
    """A row whose cell under one of the headers ``text`` matches ``pattern``."""

    text: tuple[str, ...]
    pattern: str


@dataclass(frozen=True)
class RowRules:
    """Rows of a form that are not data."""

    groups: tuple[GroupRule, ...] = ()
    totals: tuple[RowRule, ...] = ()
    skip: tuple[RowRule, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that the rules look at."""
        found = [header for rule in (*self.totals, *self.skip) for header in rule.text]
        for group in self.groups:
            found += [group.text, *group.blank, *group.filled, *(header for header, _ in group.when)]
            found += [group.count] if group.count else []
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Layout:
    """One export family. ``is_generic`` marks the canonical layout that every source has by itself."""

    layout: str
    title: str
    contract: SourceContract
    time_zone: str
    date_formats: tuple[str, ...]
    timestamp_formats: tuple[str, ...]
    decimal: str
    fingerprint: tuple[tuple[str, ...], ...]
    withheld: tuple[str, ...]
    columns: dict[str, ColumnSpec] = field(hash=False)
    identity: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rows: RowRules = RowRules()
    probe: tuple[tuple[str, str], ...] = ()
    layout_hash: str = ""
    is_generic: bool = False

    @property
    def source(self) -> str:
        """Code of the canonical source it feeds."""
        return self.contract.source

    @cached_property
    def known_titles(self) -> frozenset[str]:
        """Every single title that its headers are made of, for a first look at a row."""
        headers = [h for names in self.fingerprint for h in names]
        headers += [h for spec in self.columns.values() for h in spec.named]
        return frozenset(normalise_header(title) for header in headers for title in header.split(SEPARATOR))

    @cached_property
    def fingerprint_keys(self) -> tuple[tuple[str, ...], ...]:
        """The fingerprint in the form in which headings name their columns."""
        return tuple(tuple(map(normalise_header, names)) for names in self.fingerprint)

    def match(self, heading: Heading, given: frozenset[str] = frozenset()) -> HeaderMatch:
        """How far ``heading`` fits this layout; columns ``given`` when loading are not read from it."""
        found: dict[str, int] = {}
        absent: list[str] = []
        for name, spec in self.columns.items():
            if name in given:
                continue
            present = [place for header in spec.headers if (place := place_of(heading, header)) is not None]
            if present:
                found[name] = present[0]
            if (spec.headers and not present) or any(place_of(heading, header) is None for header in spec.needed):
                absent.append(name)
        others = [*(h for spec in self.columns.values() for h in spec.needed), *self.rows.headers]
        places = {header: found.get(header, place_of(heading, header)) for header in others}
        further = {header: place for header, place in places.items() if place is not None}
        short = [names[0] for names in self.fingerprint if not _places(heading, names)]
        # Without the column of their text, group rows would pass for data.
        short += [group.text for group in self.rows.groups if group.text not in further]
        cells: list[PackedCell] = []
        for name, spec in self.columns.items():
            if (spec.packed or spec.packed_patterns) and name not in given:
                packed = _packed_cells(heading, name, spec, self)
                short += [] if packed else [(*spec.named, *(pattern for pattern, _ in spec.packed_patterns))[0]]
                cells += packed
        return HeaderMatch(self, heading, found, further, tuple(absent), tuple(dict.fromkeys(short)), tuple(cells))


def place_of(heading: Heading, header: str) -> int | None:
    """The column that ``header`` names, by title or by place ("#3"); None when there is none."""
    if _is_place(header):
        return int(header[1:]) if int(header[1:]) < heading.width else None
    return heading.find(normalise_header(header))


def _places(heading: Heading, headers: Sequence[str]) -> list[int]:
    """The columns that bear one of ``headers``, in the order of ``headers``."""
    return [place for header in headers if (place := place_of(heading, header)) is not None]


def _is_place(header: str) -> bool:
    return re.fullmatch(f"{PLACE}[0-9]{{1,4}}", header) is not None


@dataclass(frozen=True)
class PackedCell:
    """A column of a table that holds the answers to one question: packed into ``column`` as those of ``item_code``."""

    column: str
    item_code: str
    position: int


def _packed_cells(heading: Heading, name: str, spec: ColumnSpec, layout: Layout) -> list[PackedCell]:
    """Where the questions of one packed column stand, in the order in which they are packed."""
    found = [(item, places[0]) for item, headers in spec.packed if (places := _places(heading, headers))]
    # A pattern is written for questions and may fit more: what the layout names otherwise is no question.
    others = [h for other in layout.columns.values() for h in other.named] + [*layout.withheld, *layout.rows.headers]
    others += [header for _, headers in layout.identity for header in headers]
    taken = set(_places(heading, others)) if spec.packed_patterns else set()
    for place in range(heading.width) if spec.packed_patterns else ():
        item = _item_code(heading, place, spec) if place not in taken else None
        found += [(item, place)] if item else []
    return [PackedCell(name, item, place) for item, place in found]


def _item_code(heading: Heading, place: int, spec: ColumnSpec) -> str | None:
    """What the first fitting pattern makes of a header: of its whole path, or else of its last title."""
    path = unicodedata.normalize("NFC", " ".join(heading.path(place).split()))
    fitting = (
        patterns.filled_in(template, f"^(?:{pattern})$", text).strip()
        for pattern, template in spec.packed_patterns
        for text in dict.fromkeys((path, path.rpartition(SEPARATOR)[-1]))
        if patterns.is_whole(pattern, text)
    )
    return next((code for code in fitting if code and not any(mark in code for mark in PACKED_MARKS)), None)


@dataclass(frozen=True)
class HeaderMatch:
    """Result of :meth:`Layout.match`: canonical name → position in the row, and what is missing.

    ``others`` are further headers the layout looks at → position. ``absent`` holds canonical names whose header is not
    there, ``short`` the missing headers of the fingerprint and of group rows, and one of a packed column without any.
    """

    layout: Layout
    heading: Heading = field(hash=False)
    positions: dict[str, int] = field(hash=False)
    others: dict[str, int] = field(hash=False)
    absent: tuple[str, ...]
    short: tuple[str, ...]
    cells: tuple[PackedCell, ...] = ()

    @property
    def used_positions(self) -> list[int]:
        """Every column that is read, but for identities."""
        return sorted({*self.positions.values(), *self.others.values(), *(cell.position for cell in self.cells)})

    @property
    def found_count(self) -> int:
        """How many canonical columns and questions it finds."""
        return len(self.positions) + len(self.cells)

    @property
    def unasked(self) -> tuple[str, ...]:
        """Questions that the layout names and the header lacks, as "packed column: item code"."""
        asked = {(cell.column, cell.item_code) for cell in self.cells}
        packed = {cell.column: self.layout.columns[cell.column].packed for cell in self.cells}
        return tuple(
            f"{name}: {item}" for name, items in packed.items() for item, _ in items if (name, item) not in asked
        )

    @cached_property
    def identity_positions(self) -> dict[str, int]:
        """Canonical identity column → position."""
        places = {
            name: [place for header in headers if (place := place_of(self.heading, header)) is not None]
            for name, headers in self.layout.identity
        }
        return {name: found[0] for name, found in places.items() if found}

    @property
    def spare_columns(self) -> list[str]:
        """Columns nobody reads because another header of the same meaning is there too: a sentence for each."""
        read = {*self.used_positions, *self.identity_positions.values()}
        found: dict[int, str] = {}
        for name, position, headers in self._readings:
            for place in _places(self.heading, headers):
                if place not in read:
                    used, spare = covered(self.heading.path(position)), covered(self.heading.path(place))
                    found[place] = f'chỉ lấy cột "{used}", không đọc cột "{spare}" cùng nghĩa ({name})'
        return list(found.values())

    @property
    def _readings(self) -> list[tuple[str, int, tuple[str, ...]]]:
        """What is read from a column of its own: its canonical name, the position, the headers it may have."""
        columns = self.layout.columns
        found = [(name, place, columns[name].headers) for name, place in self.positions.items()]
        for cell in self.cells:
            headers = dict(columns[cell.column].packed).get(cell.item_code, ())
            found.append((f"{cell.column}: {cell.item_code}", cell.position, headers))
        identity = dict(self.layout.identity)
        return [*found, *((name, place, identity[name]) for name, place in self.identity_positions.items())]

    def check_no_doubles(self) -> None:
        """LandingError when a header we read stands there twice: which one is meant would be a guess."""
        for _, position, headers in sorted(self._readings, key=lambda reading: reading[1]):
            keys = [normalise_header(h) for h in headers if place_of(self.heading, h) == position]
            if any(len(self.heading.names.get(key, ())) > 1 for key in keys):
                raise LandingError(
                    f'cột "{self.heading.path(position)}" xuất hiện nhiều lần ở dòng tiêu đề.',
                    advice="Hãy bỏ hoặc đổi tên cột thừa rồi nạp lại.",
                )
        self._check_no_double_items()

    def _check_no_double_items(self) -> None:
        for one, other in itertools.combinations(self.cells, 2):
            first, second = self.heading.path(one.position), self.heading.path(other.position)
            if (one.column, one.item_code) == (other.column, other.item_code):
                raise LandingError(
                    f'hai cột "{first}" và "{second}" cùng là câu {one.item_code}.',
                    advice="Hãy bỏ hoặc đổi tên cột thừa rồi nạp lại.",
                )
            if one.position == other.position:
                raise LandingError(
                    f'cột "{first}" vừa là câu {one.item_code}, vừa là câu {other.item_code} theo bố cục '
                    f"{self.layout.layout}.",
                    advice="Hãy sửa mục «packed» của bố cục.",
                )

    @property
    def missing_required(self) -> tuple[str, ...]:
        """Required canonical columns that this header lacks."""
        return tuple(name for name in self.absent if self.layout.contract.column(name).required)

    @property
    def fits(self) -> bool:
        """Whether the row is this layout's header."""
        return not self.short and not self.missing_required

    @property
    def closeness(self) -> tuple[float, int]:
        """For naming the nearest layout: share of the fingerprint present, then columns found."""
        if not self.layout.fingerprint:
            return (0.0, 0)
        present = sum(names[0] not in self.short for names in self.layout.fingerprint)
        return (present / len(self.layout.fingerprint), self.found_count)


def parse_layout(document: dict) -> Layout:
    """Build and check a layout from parsed YAML; LayoutError says in Vietnamese which key is wrong and why."""
    _check_shape(document, _SHAPE)
    for key in ("layout", "title", "source", "columns"):
        if not document.get(key):
            raise LayoutError(f"thiếu mục «{key}»")
    if not document.get("fingerprint") and not document.get("probe"):
        raise LayoutError("thiếu mục «fingerprint» (các tiêu đề để nhận ra tệp)")
    if document["source"] not in load_contracts():
        raise LayoutError(f"mục «source»: không có nguồn «{document['source']}», xem «cchc sources»")
    contract = load_contract(document["source"])
    columns = {name: _parse_spec(name, raw, contract) for name, raw in document["columns"].items()}
    formats = document.get("formats", {})
    layout = Layout(
        layout=document["layout"],
        title=document["title"],
        contract=contract,
        time_zone=document.get("time_zone", HOME_TIME_ZONE),
        date_formats=_texts(formats.get("date", ())),
        timestamp_formats=_texts(formats.get("timestamp", ())),
        decimal=formats.get("decimal", "dot"),
        fingerprint=tuple(_texts(names) for names in _texts(document.get("fingerprint", ()))),
        probe=tuple(document.get("probe", {}).items()),
        withheld=_texts(document.get("withheld", ())),
        identity=tuple((name, _texts(headers)) for name, headers in document.get("identity", {}).items()),
        columns=columns,
        rows=_parse_rows(document.get("rows", {})),
        layout_hash=content_hash([LANDING_VERSION, document]),
    )
    _check_layout(layout)
    return layout


def _check_shape(value: object, shape: object, where: str = "") -> None:
    """LayoutError when what stands under the key ``where`` is not of the kind that the grammar asks for."""
    kind = shape if isinstance(shape, type) else type(shape)
    place = f"mục «{where}»" if where else "cả tệp"
    is_blank = value is None or (isinstance(value, str) and not value.strip())
    if shape in (_TEXTS, [_TEXTS]) and isinstance(value, str) and not is_blank:
        return
    if not isinstance(value, kind) or is_blank:
        found = "để trống" if is_blank else _KIND_NAMES.get(type(value), f"{value}")
        hint = "" if is_blank or isinstance(value, dict | list) else ' (hãy đặt trong dấu nháy "…")'
        raise LayoutError(f"{place} phải là {_KIND_NAMES[kind]}{hint if kind is str else ''}, không phải {found}")
    if isinstance(value, list) and isinstance(shape, list):
        for number, item in enumerate(value, start=1):
            kind = str if shape[0] == _TEXTS and not isinstance(item, list) else shape[0]
            _check_shape(item, kind, f"{where}, phần tử {number}")
    if isinstance(value, dict) and isinstance(shape, dict):
        for key, item in value.items():
            _check_shape(key, str, f"{where}.{key}" if where else f"{key}")
            if key not in shape and str not in shape:
                raise LayoutError(f"{place} có khóa lạ «{key}»; các khóa: {', '.join(shape)}")
            _check_shape(item, shape.get(key, shape.get(str)), f"{where}.{key}" if where else key)


def _parse_spec(name: str, raw: dict, contract: SourceContract) -> ColumnSpec:
    where = f"mục «columns.{name}»"
    if name not in contract.column_names:
        raise LayoutError(f"{where}: nguồn {contract.source} không có cột này, xem «cchc sources {contract.source}»")
    origins = [key for key in _ORIGINS if raw.get(key, False) is not False]
    if len(origins) != 1:
        raise LayoutError(f"{where} cần đúng một trong {', '.join(_ORIGINS)}")
    kind = origins[0]
    is_pattern = kind in ("preamble", "file_name", "sheet")
    if (kind == "join" or is_pattern) != ("template" in raw):
        raise LayoutError(f"{where}: template đi cùng join, preamble, file_name hoặc sheet, và chỉ với chúng")
    spec = ColumnSpec(
        headers=_texts(raw.get("from", ())),
        joined=_texts(raw.get("join", ())),
        filled=tuple(raw.get("filled", {}).items()),
        group=raw.get("group"),
        constant=raw.get("constant"),
        is_given=kind == "given",
        pattern_in=kind if is_pattern else None,
        pattern=raw[kind] if is_pattern else None,
        template=raw.get("template"),
        mapping=(*raw.get("map", {}).items(), *_code_words(contract.column(name))),
        extract=raw.get("extract"),
        blank=_texts(raw.get("blank", ())),
        packed=tuple((item, _texts(headers)) for item, headers in raw.get("packed", {}).items()),
        packed_patterns=tuple(raw.get("packed_patterns", {}).items()),
    )
    _check_patterns(spec, where)
    _check_packed(spec, contract.column(name), where)
    codes = contract.column(name).codes
    values = [value for _, value in (*spec.mapping, *spec.filled)]
    strangers = [value for value in values if codes and value not in codes]
    if strangers:
        raise LayoutError(f"{where}: mã {_quoted(strangers)} không có trong danh mục; các mã: {', '.join(codes)}")
    return spec


def _check_patterns(spec: ColumnSpec, where: str) -> None:
    if spec.extract is not None and _group_count(spec.extract, f"{where}.extract") != 1:
        raise LayoutError(f"{where}.extract cần đúng một cặp ngoặc ( ), là phần được lấy ra")
    count = len(spec.joined) if spec.pattern is None else _group_count(spec.pattern, where)
    if strange := patterns.strange_placeholders(spec.template or "", count):
        raise LayoutError(f"{where}: template có {', '.join(strange)}, nhưng chỉ có {count} phần để thay vào")


def _check_packed(spec: ColumnSpec, column: Column, where: str) -> None:
    if not spec.packed and not spec.packed_patterns:
        return
    if not column.is_packed:
        raise LayoutError(f"{where}: packed chỉ dùng cho cột gói nhiều câu trả lời, ví dụ item_answers")
    for pattern, template in spec.packed_patterns:
        count = _group_count(pattern, f"{where}.packed_patterns")
        if strange := patterns.strange_placeholders(template, count):
            raise LayoutError(f"{where}: «{template}» có {', '.join(strange)}, nhưng chỉ có {count} phần để thay vào")
    codes = [*(item for item, _ in spec.packed), *(template for _, template in spec.packed_patterns)]
    codes += [code for _, code in spec.mapping]
    if unfit := [code for code in codes if any(mark in code for mark in PACKED_MARKS)]:
        raise LayoutError(f"{where}: mã {_quoted(unfit)} có dấu «;» hoặc «=», là dấu ngăn các câu trả lời")
    headers = [normalise_header(header) for _, names in spec.packed for header in names]
    if doubled := sorted({header for header in headers if headers.count(header) > 1}):
        raise LayoutError(f"{where}: tiêu đề {_quoted(doubled)} ghi ở hai câu")


def _group_count(pattern: str, where: str) -> int:
    try:
        return patterns.group_count(pattern)
    except LayoutError as error:
        raise LayoutError(f"{where}: {error}") from error


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _parse_rows(raw: dict) -> RowRules:
    groups = tuple(_parse_group(group) for group in raw.get("groups", ()))
    if len({group.name for group in groups}) < len(groups):
        raise LayoutError("mục «rows.groups»: hai nhóm cùng tên")
    return RowRules(
        groups=groups,
        totals=tuple(_parse_row(rule, "rows.totals") for rule in raw.get("totals", ())),
        skip=tuple(_parse_row(rule, "rows.skip") for rule in raw.get("skip", ())),
    )


def _parse_group(raw: dict) -> GroupRule:
    where = "mục «rows.groups»"
    if not {"name", "text"} <= set(raw):
        raise LayoutError(f"{where}: mỗi nhóm cần name và text")
    if raw.get("next") not in (None, "group", "data"):
        raise LayoutError(f"{where}: next là group hoặc data, không phải «{raw['next']}»")
    if not re.fullmatch("[a-z_]+", raw["name"]):
        raise LayoutError(f"{where}: name chỉ gồm chữ thường không dấu và gạch dưới, không phải «{raw['name']}»")
    for pattern in raw.get("when", {}).values():
        _group_count(pattern, where)
    parts = {"blank": _texts(raw.get("blank", ())), "filled": _texts(raw.get("filled", ()))}
    return GroupRule(**{**raw, **parts, "when": tuple(raw.get("when", {}).items())})


def _parse_row(raw: dict, where: str) -> RowRule:
    if set(raw) != {"text", "pattern"}:
        raise LayoutError(f"mục «{where}»: mỗi dòng cần text và pattern")
    _group_count(raw["pattern"], f"mục «{where}»")
    return RowRule(text=_texts(raw["text"]), pattern=raw["pattern"])


def _check_layout(layout: Layout) -> None:
    missing = [c.name for c in layout.contract.columns if c.required and c.name not in layout.columns]
    if missing:
        raise LayoutError(f"mục «columns»: thiếu cột bắt buộc {', '.join(missing)}")
    try:
        ZoneInfo(layout.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise LayoutError(f"mục «time_zone»: không có múi giờ «{layout.time_zone}», ví dụ {HOME_TIME_ZONE}") from error
    if layout.decimal not in _DECIMALS:
        raise LayoutError(f"mục «formats.decimal» là {' hoặc '.join(_DECIMALS)}, không phải «{layout.decimal}»")
    for place, pattern in layout.probe:
        if not _is_place(place):
            raise LayoutError(f'mục «probe»: «{place}» phải là vị trí cột, ví dụ "#0" là cột đầu')
        _group_count(pattern, f"mục «probe.{place}»")
    _check_formats(layout)
    _check_private(layout)
    groups = {group.name for group in layout.rows.groups}
    lost = [name for name, spec in layout.columns.items() if spec.group and spec.group not in groups]
    if lost:
        raise LayoutError(f"mục «columns»: {', '.join(lost)} lấy từ nhóm không có ở mục «rows.groups»")


def _check_private(layout: Layout) -> None:
    """What is not to land must not land by another way."""
    withheld = {normalise_header(text) for text in layout.withheld}
    used = {normalise_header(text) for spec in layout.columns.values() for text in spec.named}
    if both := sorted(withheld & used):
        raise LayoutError(f"mục «withheld»: {_quoted(both)} cũng được đọc ở mục «columns»")
    strange = [name for name, _ in layout.identity if name not in layout.contract.identity]
    if strange:
        known = ", ".join(layout.contract.identity) or "không có cột nào"
        raise LayoutError(f"mục «identity»: nguồn không có {_quoted(strange)}; các cột định danh: {known}")
    private = {normalise_header(text) for _, headers in layout.identity for text in headers}
    if both := sorted(private & (used | withheld)):
        raise LayoutError(f"mục «identity»: {_quoted(both)} cũng có ở mục «columns» hoặc «withheld»")


def _check_formats(layout: Layout) -> None:
    for kind, formats, allowed in (
        ("date", layout.date_formats, _DATE_FORMATS),
        ("timestamp", layout.timestamp_formats, (*_DATE_FORMATS, "iso_offset", "with_half_day")),
    ):
        where = f"mục «formats.{kind}»"
        if strange := [shape for shape in formats if shape not in allowed]:
            raise LayoutError(f"{where} có {_quoted(strange)}; các dạng: {', '.join(allowed)}")
        # 03/04/2026 would be two different days, decided row by row.
        if len({"dmy", "mdy", "dmy_or_mdy"} & set(formats)) > 1:
            raise LayoutError(f"{where} không thể vừa dmy vừa mdy; dmy_or_mdy quyết định cho cả cột")
        used = [
            name for name, spec in layout.columns.items() if spec.headers and layout.contract.column(name).type == kind
        ]
        if used and not formats:
            raise LayoutError(f"thiếu {where}, cần cho các cột {', '.join(used)}")


def generic_layout(contract: SourceContract) -> Layout:
    """The canonical file of a source: headers are canonical names, codes or their labels, ISO or day-first dates,
    decimal dot or comma (one of them in a whole column).

    Both date shapes are accepted because a four-digit year first or last leaves no doubt between them.
    """
    return Layout(
        layout=f"canonical_{contract.source}",
        title=f"Tệp chuẩn: {contract.title}",
        contract=contract,
        time_zone=HOME_TIME_ZONE,
        date_formats=("ymd", "dmy"),
        timestamp_formats=("ymd", "dmy"),
        decimal="dot_or_comma",
        fingerprint=tuple(
            (name,) for name in (*(c.name for c in contract.columns if c.required), *contract.recognised_by)
        ),
        withheld=(),
        columns={
            column.name: ColumnSpec(headers=(column.name,), mapping=_code_words(column)) for column in contract.columns
        },
        identity=tuple((name, (name,)) for name in contract.identity),
        layout_hash=content_hash([LANDING_VERSION, "canonical", contract.contract_hash]),
        is_generic=True,
    )


def _code_words(column: Column) -> tuple[tuple[str, str], ...]:
    """Label → code: understood in every layout, after its own map. A label that is its code (level 3) needs none."""
    return tuple((label, code) for code, label in zip(column.codes, column.labels, strict=True) if label != code)


@cache
def load_layouts(folder: Path = LAYOUTS_DIR) -> dict[str, Layout]:
    """Every layout by code: the files of ``folder`` in alphabetical order, then one canonical per source."""
    layouts: dict[str, Layout] = {}
    for path in sorted(folder.glob("*.yml")):
        layout = read_layout(path, OwnLoader)
        if layout.layout in layouts:
            raise _code_taken(path, layout)
        layouts[layout.layout] = layout
    for contract in load_contracts().values():
        layout = generic_layout(contract)
        layouts[layout.layout] = layout
    return layouts


def own_layouts(folder: Path) -> tuple[dict[str, Layout], dict[Path, LandingError]]:
    """Layouts that a province keeps beside its data, by code; and the files that cannot be used, with their reasons."""
    found: dict[str, Layout] = {}
    broken: dict[Path, LandingError] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            layout = read_layout(path)
            if layout.layout in found or layout.layout in load_layouts():
                raise _code_taken(path, layout)
            found[layout.layout] = layout
        except LandingError as error:
            broken[path] = error
    return found, broken


def _code_taken(path: Path, layout: Layout) -> LandingError:
    return LandingError(f'bố cục «{path}» dùng lại mã "{layout.layout}".', advice="Hãy đặt mã khác ở mục «layout».")


def read_layout(path: Path, loader: Any = yaml.SafeLoader) -> Layout:
    """One layout that a person wrote. LandingError names the file, says what is wrong with it and what to do."""
    try:
        return parse_layout(yaml.load(path.read_text(encoding="utf-8"), loader))  # noqa: S506
    except LayoutError as error:
        why = f"{error}"
    except UnicodeDecodeError:
        why = "tệp không ở bảng mã UTF-8"
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        why = "tệp không đúng cú pháp YAML" + (f", dòng {mark.line + 1}, cột {mark.column + 1}" if mark else "")
    except OSError as error:
        why = f"không đọc được tệp ({error.strerror})"
    raise LandingError(f"bố cục «{path}» không dùng được: {why}.", advice="Hãy sửa tệp bố cục này.")


def known_layouts(folder: Path, wanted: str | None = None) -> dict[str, Layout]:
    """Every usable layout by code: the province's own of ``folder`` and those of the program.

    LandingError when ``wanted`` is the code or the file name of one that cannot be used.
    """
    own, broken = own_layouts(folder)
    known = {**own, **load_layouts()}
    for path, error in broken.items():
        if wanted is not None and wanted not in known and wanted in (path.stem, _code_in(path)):
            raise error
    return known


def _code_in(path: Path) -> str | None:
    """The code that a layout gives itself, though it be no layout otherwise."""
    try:
        found = re.search(rb"^layout *: *['\"]?(\w+)", path.read_bytes(), re.MULTILINE)
    except OSError:
        return None
    return found[1].decode() if found else None


def choose(matches: Sequence[HeaderMatch]) -> HeaderMatch | None:
    """The fitting layout for a header row: a file before a generic one, then the longest fingerprint.

    None when nothing fits. LandingError when two fit equally well, because guessing would be silent.
    """

    def strength(match: HeaderMatch) -> tuple[bool, bool, int, int]:
        layout = match.layout
        return (bool(layout.fingerprint), not layout.is_generic, len(layout.fingerprint), match.found_count)

    fitting = sorted((match for match in matches if match.fits), key=strength, reverse=True)
    if not fitting:
        return None
    if len(fitting) > 1 and strength(fitting[0]) == strength(fitting[1]):
        names = ", ".join(sorted(m.layout.layout for m in fitting if strength(m) == strength(fitting[0])))
        raise LandingError(
            f"dòng tiêu đề hợp với nhiều bố cục như nhau: {names}.", advice="Hãy chọn một bằng --layout."
        )
    return fitting[0]


def refusal(matches: Sequence[HeaderMatch], forced: bool) -> LandingError:
    """Why no layout fits: the nearest one and the headers it lacks."""
    nearest = max(matches, key=lambda match: (match.closeness, match.layout.layout))
    advice = "Hãy kiểm tra dòng tiêu đề hoặc chọn bố cục khác bằng --layout."
    if not forced and nearest.closeness[0] == 0:
        return LandingError(
            "không nhận ra bố cục nào từ dòng tiêu đề.",
            advice="Hãy xem máy hiểu tệp thế nào bằng «cchc sniff», viết bố cục mới bằng «cchc layout new».",
        )
    if forced or not nearest.short or nearest.closeness[0] >= 0.5:
        return _missing_columns(nearest, advice)
    code, title = nearest.layout.layout, nearest.layout.title
    advice = (
        "Hãy kiểm tra dòng tiêu đề; nếu là kiểu tệp mới thì xem bằng «cchc sniff», viết bố cục bằng «cchc layout new»."
    )
    return LandingError(
        f"không nhận ra bố cục nào từ dòng tiêu đề. Gần nhất là {code} ({title}), "
        f"còn thiếu cột {_quoted(nearest.short)}.",
        advice=advice,
    )


def is_of_the_file(contract: SourceContract, name: str) -> bool:
    """Whether one value may hold for all rows: whose file it is, which form or wave, which period."""
    if name.endswith(("authority_code", "unit_code", "form_code", "campaign_code", "regulation_code")):
        return True
    is_shared = name in ("wave_code", "instrument_code") and name != contract.grain[-1]
    return is_shared or name.startswith("period_")


def _missing_columns(match: HeaderMatch, advice: str) -> LandingError:
    layout = match.layout
    if match.missing_required:
        name = match.missing_required[0]
        header = _first_header(layout, name)
        others = [_first_header(layout, other) for other in match.missing_required[1:]]
        more = f" Cũng thiếu {_quoted(others)}." if others else ""
        whole = [name for name in match.missing_required if is_of_the_file(layout.contract, name)]
        sets = " ".join(f"--set {name}={layout.contract.column(name).example}" for name in whole)
        if whole:
            advice = f"Nếu cả tệp chỉ có một giá trị thì nạp lại với «{sets}»; nếu không, h{advice[1:]}"
        return LandingError(
            f'không tìm thấy cột bắt buộc "{header}" (mã chuẩn {name}) của bố cục {layout.layout}.{more}',
            advice=advice,
        )
    return LandingError(
        f"thiếu cột nhận dạng {_quoted(match.short)} của bố cục {layout.layout}.",
        advice=advice,
    )


def _first_header(layout: Layout, name: str) -> str:
    return layout.columns[name].named[0]


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
