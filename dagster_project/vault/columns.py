"""How identity columns are named: ``<person>_<kind>``, such as ``applicant_phone``; and what is told of them outside.

Does not belong here: which header of a file is which identity column (a layout says so).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from dagster_project.vault.kinds import Kind

ROW_NUMBER = "source_row_number"


@dataclass(frozen=True)
class IdentityColumn:
    """One identity column of a delivery: whose it is (``applicant``, ``owner``, …) and of what kind."""

    person: str
    kind: Kind

    @property
    def name(self) -> str:
        """Its name in the vault."""
        return f"{self.person}_{self.kind.value}"


def identity_column(name: str) -> IdentityColumn:
    """The identity column called ``name``. ValueError when its name does not end in a kind."""
    for kind in Kind:
        person = name.removesuffix(f"_{kind.value}")
        if person != name and re.fullmatch("[a-z][a-z_]*", person):
            return IdentityColumn(person, kind)
    raise ValueError(f"{name!r} does not end in a kind of identity")


def vault_schema(names: list[str]) -> pa.Schema:
    """The schema of the batches that go into the vault: the row number and the identity columns as text."""
    return pa.schema([(ROW_NUMBER, pa.int64()), *((identity_column(name).name, pa.string()) for name in names)])


def identity_columns(schema: pa.Schema) -> list[IdentityColumn]:
    """The identity columns of a vault schema. ValueError for a schema of another shape."""
    if schema.names[:1] != [ROW_NUMBER] or schema.field(0).type != pa.int64():
        raise ValueError(f"the first column is {ROW_NUMBER} as bigint, not {schema.names[:1]}")
    if any(field.type != pa.string() for field in list(schema)[1:]) or len(set(schema.names)) != len(schema.names):
        raise ValueError("identity columns are text, each once")
    return [identity_column(name) for name in schema.names[1:]]


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    """A batch without rows."""
    return pa.record_batch([pa.array([], field.type) for field in schema], schema=schema)
