"""Canonical sources and their columns, read from ``sources/*.yml``.

Does not belong here: how a file's headers map to these columns (``layouts``).
"""

from __future__ import annotations

import hashlib
import json
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
    """One canonical column. ``type`` is a key of ``PHYSICAL_TYPES``; ``codes`` empty means any code."""

    name: str
    type: str
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    example: str = ""

    @property
    def physical_type(self) -> str:
        """DuckDB type of the landed column."""
        return PHYSICAL_TYPES[self.type]


@dataclass(frozen=True)
class SourceContract:
    """One canonical source: its columns in landed order, its grain, the columns that date a delivery."""

    source: str
    title: str
    grain: tuple[str, ...]
    observed: tuple[str, ...]
    columns: tuple[Column, ...]
    contract_hash: str = field(compare=False)

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

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
    columns = tuple(_parse_column(raw, origin) for raw in document["columns"])
    names = [column.name for column in columns]
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
        contract_hash=content_hash(document),
    )


def _parse_column(raw: dict, origin: str) -> Column:
    if raw["type"] not in PHYSICAL_TYPES:
        raise LayoutError(f"{origin}: column {raw['name']!r} has the unknown type {raw['type']!r}")
    return Column(
        name=raw["name"],
        type=raw["type"],
        meaning=raw["meaning"],
        required=bool(raw.get("required", False)),
        codes=tuple(raw.get("codes", ())),
        example=str(raw.get("example", "")),
    )


@cache
def load_contracts(folder: Path = SOURCES_DIR) -> dict[str, SourceContract]:
    """Every contract by source code, in alphabetical order."""
    contracts = {}
    for path in sorted(folder.glob("*.yml")):
        contract = parse_contract(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)
        contracts[contract.source] = contract
    return contracts


def load_contract(source: str) -> SourceContract:
    """The contract of one source; LayoutError when there is none of that name."""
    contracts = load_contracts()
    if source not in contracts:
        raise LayoutError(f"unknown source {source!r}; known: {', '.join(contracts)}")
    return contracts[source]
