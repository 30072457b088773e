"""Canonical sources and their columns, read from ``sources/*.yml``.

Does not belong here: how a file's headers map to these columns (``layouts``).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from dagster_project.landing.errors import LayoutError

SOURCES_DIR = Path(__file__).parent / "sources"

PHYSICAL_TYPES = {
    "code": "VARCHAR",
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,6)",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One canonical column. ``type`` is a key of ``PHYSICAL_TYPES``; ``codes`` empty means any code.

    ``labels`` are the Vietnamese words of the codes, in the same order; a canonical file may hold either.
    ``items`` are (code, label) pairs of which a cell of text may hold several, parted by semicolons; either lands as
    the code.
    ``without_thousands``: a lone mark in a number is its decimal mark, comma or dot, also before three digits.
    ``is_packed``: a cell holds several answers, "item code=answer code" each, parted by semicolons.
    """

    name: str
    type: str
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    example: str = ""
    without_thousands: bool = False
    is_packed: bool = False

    @property
    def heading(self) -> str:
        """Short Vietnamese name: the meaning up to its first explanation."""
        return re.split(r"[;:]", self.meaning, maxsplit=1)[0].strip()

    @property
    def definition(self) -> str:
        """The meaning without what an empty cell means."""
        return re.sub(r"[;,]? *\btrống[^.;]*", "", self.meaning)

    @property
    def null_rule(self) -> str:
        """What an empty cell means, in Vietnamese."""
        if self.required:
            return "bắt buộc, không để trống"
        said = re.search(r"\btrống[^.;]*", self.meaning)
        return said.group().strip() if said else "trống là không có số liệu"

    @property
    def shown_example(self) -> str:
        """The example as a person chooses it: the Vietnamese word of a code."""
        return dict(zip(self.codes, self.labels, strict=True)).get(self.example, self.example)

    @property
    def physical_type(self) -> str:
        """DuckDB type of the landed column."""
        return PHYSICAL_TYPES[self.type]


@dataclass(frozen=True)
class SourceContract:
    """One canonical source: its columns in landed order, its grain, the columns that date a delivery.

    ``identity`` are columns about people, which never land: the vault keeps them, hashes and flags of them land.
    ``recognised_by`` are optional columns without which a canonical file is not taken for one of this source.
    ``is_whole``: a file with a row that cannot be read is refused, because what is left would say something else.
    ``without_thousands: true`` in the file holds for its decimal columns: points, weights and bounds, where 6,125 is
    six and an eighth. Columns of whole numbers keep their thousands marks.
    """

    source: str
    title: str
    grain: tuple[str, ...]
    observed: tuple[str, ...]
    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()
    recognised_by: tuple[str, ...] = ()
    is_whole: bool = False
    contract_hash: str = field(default="", compare=False)

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def is_survey(self) -> bool:
        """Whether the source is about people who were asked, whose codes and names are published."""
        return self.source.startswith("survey__")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Canonical names in landed order."""
        return tuple(column.name for column in self.columns)


def content_hash(document: object) -> str:
    """First 16 hex of the SHA-256 of a parsed YAML document: comments and spacing do not change it."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse_contract(document: dict, origin: str) -> SourceContract:
    """Build a contract from parsed YAML; LayoutError names what is wrong in ``origin``."""
    without_thousands = bool(document.get("without_thousands", False))
    columns = tuple(_parse_column(raw, origin, without_thousands) for raw in document["columns"])
    names = [column.name for column in columns]
    for column in columns:
        _check_labels(column, origin)
    if len(set(names)) != len(names):
        raise LayoutError(f"{origin}: a column name appears twice")
    for key in ("grain", "observed"):
        for name in document[key]:
            if name not in names:
                raise LayoutError(f"{origin}: {key} names the unknown column {name!r}")
    return SourceContract(
        source=document["source"],
        title=document["title"],
        grain=tuple(document["grain"]),
        observed=tuple(document["observed"]),
        columns=columns,
        identity=tuple(document.get("identity", ())),
        recognised_by=tuple(document.get("recognised_by", ())),
        is_whole=bool(document.get("is_whole", False)),
        contract_hash=content_hash(document),
    )


def _parse_column(raw: dict, origin: str, without_thousands: bool) -> Column:
    if raw["type"] not in PHYSICAL_TYPES:
        raise LayoutError(f"{origin}: column {raw['name']!r} has the unknown type {raw['type']!r}")
    codes = raw.get("codes", {})
    if not isinstance(codes, dict):
        raise LayoutError(f"{origin}: column {raw['name']!r} needs its codes as a map from code to Vietnamese label")
    return Column(
        name=raw["name"],
        type=raw["type"],
        meaning=raw["meaning"],
        required=bool(raw.get("required", False)),
        codes=tuple(codes),
        labels=tuple(codes.values()),
        items=tuple(raw.get("items", {}).items()),
        example=str(raw.get("example", "")),
        without_thousands=without_thousands and raw["type"] == "decimal",
        is_packed=bool(raw.get("packed", False)),
    )


def _check_labels(column: Column, origin: str) -> None:
    """A word must stand for one code only, whatever its case."""
    pairs = (*zip(column.codes, column.labels, strict=True), *column.items)
    words = [word.casefold() for pair in pairs for word in dict.fromkeys(pair)]
    if len(set(words)) != len(words):
        raise LayoutError(f"{origin}: codes and labels of column {column.name!r} share a word")


# For files that come with the program: libyaml's safe loader, ten times as fast, where PyYAML has it. A file from
# elsewhere is read by the slow one, whose depth is bounded.
OwnLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load_contracts(folder: Path = SOURCES_DIR) -> dict[str, SourceContract]:
    """Every contract by source code, in alphabetical order."""
    contracts = {}
    for path in sorted(folder.glob("*.yml")):
        contract = parse_contract(yaml.load(path.read_text(encoding="utf-8"), OwnLoader), path.name)  # noqa: S506
        contracts[contract.source] = contract
    return contracts


def load_contract(source: str) -> SourceContract:
    """The contract of one source; LayoutError when there is none of that name."""
    contracts = load_contracts()
    if source not in contracts:
        raise LayoutError(f"unknown source {source!r}; known: {', '.join(contracts)}")
    return contracts[source]
