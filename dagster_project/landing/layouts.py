"""Layouts: how the headers of one export family map to the columns of one canonical source.

Grammar of a file in ``layouts/*.yml``::

    layout, title, source, time_zone
    formats: {date: [dmy|ymd|mdy], timestamp: [dmy|ymd|mdy|iso_offset], decimal: dot|comma}
    fingerprint: [headers that must all be present]
    withheld: [headers deliberately not landed]
    columns: {canonical name: {from, map, extract, blank, constant, preamble, template}}

Does not belong here: reading files (``readers``), SQL (``typing_sql``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from dagster_project.landing.contracts import Column, SourceContract, content_hash, load_contract, load_contracts
from dagster_project.landing.errors import LandingError, LayoutError

LAYOUTS_DIR = Path(__file__).parent / "layouts"
# Part of every layout's hash: raise it when typing changes, and files already landed are landed anew.
LANDING_VERSION = 1
HOME_TIME_ZONE = "Asia/Ho_Chi_Minh"

_LAYOUT_KEYS = {"layout", "title", "source", "time_zone", "formats", "fingerprint", "withheld", "columns"}
_SPEC_KEYS = {"from", "map", "extract", "blank", "constant", "preamble", "template"}
_DATE_FORMATS = {"dmy", "ymd", "mdy"}


def normalise_header(text: str | None) -> str:
    """Header text for comparison: NFC, one space between words, no case. None gives ''."""
    return " ".join(unicodedata.normalize("NFC", text or "").split()).casefold()


@dataclass(frozen=True)
class ColumnSpec:
    """Where one canonical column comes from: a header (first synonym present), a constant or the preamble."""

    headers: tuple[str, ...] = ()
    mapping: tuple[tuple[str, str], ...] = ()
    extract: str | None = None
    blank: tuple[str, ...] = ()
    constant: str | None = None
    preamble: str | None = None
    template: str | None = None


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
    fingerprint: tuple[str, ...]
    withheld: tuple[str, ...]
    columns: dict[str, ColumnSpec] = field(hash=False)
    layout_hash: str = ""
    is_generic: bool = False

    @property
    def source(self) -> str:
        """Code of the canonical source it feeds."""
        return self.contract.source

    def match(self, header: Sequence[str | None]) -> HeaderMatch:
        """How far ``header`` (cells of one row) fits this layout."""
        position: dict[str, int] = {}
        for index, cell in enumerate(header):
            position.setdefault(normalise_header(cell), index)
        found: dict[str, int] = {}
        absent: list[str] = []
        for name, spec in self.columns.items():
            if not spec.headers:
                continue
            present = [position[key] for key in map(normalise_header, spec.headers) if key in position]
            if present:
                found[name] = present[0]
            else:
                absent.append(name)
        short = [text for text in self.fingerprint if normalise_header(text) not in position]
        return HeaderMatch(layout=self, positions=found, absent=tuple(absent), short=tuple(short))


@dataclass(frozen=True)
class HeaderMatch:
    """Result of :meth:`Layout.match`: canonical name → position in the row, and what is missing.

    ``absent`` holds canonical names whose header is not there, ``short`` the missing fingerprint headers.
    """

    layout: Layout
    positions: dict[str, int] = field(hash=False)
    absent: tuple[str, ...]
    short: tuple[str, ...]

    def check_no_doubles(self, header: Sequence[str | None]) -> None:
        """LandingError when a header we read stands there twice: which one is meant would be a guess."""
        names = [normalise_header(cell) for cell in header]
        for position in sorted(set(self.positions.values())):
            if names.count(names[position]) > 1:
                raise LandingError(
                    f'cột "{(header[position] or "").strip()}" xuất hiện nhiều lần ở dòng tiêu đề.',
                    advice="Hãy bỏ hoặc đổi tên cột thừa rồi nạp lại.",
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
        present = len(self.layout.fingerprint) - len(self.short)
        return (present / len(self.layout.fingerprint), len(self.positions))


def parse_layout(document: dict, origin: str) -> Layout:
    """Build and check a layout from parsed YAML; LayoutError says what is wrong in ``origin``."""
    unknown = set(document) - _LAYOUT_KEYS
    if unknown:
        raise LayoutError(f"{origin}: unknown keys {sorted(unknown)}")
    for key in ("layout", "title", "source", "fingerprint", "columns"):
        if not document.get(key):
            raise LayoutError(f"{origin}: {key} is missing or empty")
    contract = load_contract(document["source"])
    columns = {name: _parse_spec(name, raw, contract, origin) for name, raw in document["columns"].items()}
    formats = document.get("formats", {})
    layout = Layout(
        layout=document["layout"],
        title=document["title"],
        contract=contract,
        time_zone=document.get("time_zone", HOME_TIME_ZONE),
        date_formats=tuple(formats.get("date", ())),
        timestamp_formats=tuple(formats.get("timestamp", ())),
        decimal=formats.get("decimal", "dot"),
        fingerprint=tuple(document["fingerprint"]),
        withheld=tuple(document.get("withheld", ())),
        columns=columns,
        layout_hash=content_hash([LANDING_VERSION, document]),
    )
    _check_layout(layout, origin)
    return layout


def _parse_spec(name: str, raw: dict, contract: SourceContract, origin: str) -> ColumnSpec:
    where = f"{origin}: column {name!r}"
    if name not in contract.column_names:
        raise LayoutError(f"{where} is not in the contract of {contract.source}")
    unknown = set(raw) - _SPEC_KEYS
    if unknown:
        raise LayoutError(f"{where} has unknown keys {sorted(unknown)}")
    if sum(key in raw for key in ("from", "constant", "preamble")) != 1:
        raise LayoutError(f"{where} needs exactly one of from, constant, preamble")
    if ("preamble" in raw) != ("template" in raw):
        raise LayoutError(f"{where}: preamble and template go together")
    if "extract" in raw and re.compile(raw["extract"]).groups != 1:
        raise LayoutError(f"{where}: extract needs exactly one group")
    headers = raw.get("from", ())
    mapping = tuple((str(key), str(value)) for key, value in raw.get("map", {}).items())
    spec = ColumnSpec(
        headers=(headers,) if isinstance(headers, str) else tuple(headers),
        mapping=(*mapping, *_code_words(contract.column(name))),
        extract=raw.get("extract"),
        blank=tuple(str(value) for value in raw.get("blank", ())),
        constant=None if "constant" not in raw else str(raw["constant"]),
        preamble=raw.get("preamble"),
        template=raw.get("template"),
    )
    codes = contract.column(name).codes
    strangers = [value for _, value in spec.mapping if codes and value not in codes]
    if strangers:
        raise LayoutError(f"{where} maps to codes the contract does not know: {strangers}")
    return spec


def _check_layout(layout: Layout, origin: str) -> None:
    missing = [c.name for c in layout.contract.columns if c.required and c.name not in layout.columns]
    if missing:
        raise LayoutError(f"{origin}: required columns without a mapping: {missing}")
    ZoneInfo(layout.time_zone)
    if layout.decimal not in {"dot", "comma"}:
        raise LayoutError(f"{origin}: decimal is dot or comma, not {layout.decimal!r}")
    _check_formats(layout, origin)
    withheld = {normalise_header(text) for text in layout.withheld}
    used = {normalise_header(text) for spec in layout.columns.values() for text in spec.headers}
    if withheld & used:
        raise LayoutError(f"{origin}: withheld headers are also mapped: {sorted(withheld & used)}")


def _check_formats(layout: Layout, origin: str) -> None:
    for kind, formats, allowed in (
        ("date", layout.date_formats, _DATE_FORMATS),
        ("timestamp", layout.timestamp_formats, _DATE_FORMATS | {"iso_offset"}),
    ):
        if not set(formats) <= allowed:
            raise LayoutError(f"{origin}: {kind} formats {list(formats)} not all in {sorted(allowed)}")
        # 03/04/2026 would be two different days, decided row by row.
        if {"dmy", "mdy"} <= set(formats):
            raise LayoutError(f"{origin}: {kind} cannot be both dmy and mdy")
        used = [
            name for name, spec in layout.columns.items() if spec.headers and layout.contract.column(name).type == kind
        ]
        if used and not formats:
            raise LayoutError(f"{origin}: no {kind} format, but columns {used} need one")


def generic_layout(contract: SourceContract) -> Layout:
    """The canonical file of a source: headers are canonical names, codes or their labels, ISO or day-first dates,
    decimal dot.

    Both date shapes are accepted because a four-digit year first or last leaves no doubt between them.
    """
    return Layout(
        layout=f"canonical_{contract.source}",
        title=f"Tệp chuẩn: {contract.title}",
        contract=contract,
        time_zone=HOME_TIME_ZONE,
        date_formats=("ymd", "dmy"),
        timestamp_formats=("ymd", "dmy"),
        decimal="dot",
        fingerprint=tuple(column.name for column in contract.columns if column.required),
        withheld=(),
        columns={
            column.name: ColumnSpec(headers=(column.name,), mapping=_code_words(column)) for column in contract.columns
        },
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
        layout = parse_layout(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)
        if layout.layout in layouts:
            raise LayoutError(f"{path.name}: the layout code {layout.layout!r} is used twice")
        layouts[layout.layout] = layout
    for contract in load_contracts().values():
        layout = generic_layout(contract)
        layouts[layout.layout] = layout
    return layouts


def choose(matches: Sequence[HeaderMatch]) -> HeaderMatch | None:
    """The fitting layout for a header row: a file before a generic one, then the longest fingerprint.

    None when nothing fits. LandingError when two fit equally well, because guessing would be silent.
    """

    def strength(match: HeaderMatch) -> tuple[bool, int, int]:
        return (not match.layout.is_generic, len(match.layout.fingerprint), len(match.positions))

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
    if forced or not nearest.short or nearest.closeness[0] >= 0.5:
        return _missing_columns(nearest, advice)
    code, title = nearest.layout.layout, nearest.layout.title
    return LandingError(
        f"không nhận ra bố cục nào từ dòng tiêu đề. Gần nhất là {code} ({title}), "
        f"còn thiếu cột {_quoted(nearest.short)}.",
        advice=advice,
    )


def _missing_columns(match: HeaderMatch, advice: str) -> LandingError:
    layout = match.layout
    if match.missing_required:
        name = match.missing_required[0]
        header = layout.columns[name].headers[0]
        others = [layout.columns[other].headers[0] for other in match.missing_required[1:]]
        more = f" Cũng thiếu {_quoted(others)}." if others else ""
        return LandingError(
            f'không tìm thấy cột bắt buộc "{header}" (mã chuẩn {name}) của bố cục {layout.layout}.{more}',
            advice=advice,
        )
    return LandingError(
        f"thiếu cột nhận dạng {_quoted(match.short)} của bố cục {layout.layout}.",
        advice=advice,
    )


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
