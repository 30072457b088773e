"""What leaves the vault's door: keyed hashes and flags of each row, never the identity itself.

Per identity column ``<person>_<kind>``: ``<person>_<kind>_hash``; ``is_<person>_<kind>_valid`` for phones, ID
numbers and e-mails; ``has_phone_in_<person>_free_text`` and its like for free text; and per person who has a name
column and a phone or e-mail column ``is_<person>_contact_complete``.
Does not belong here: keeping the identities (``store``).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dagster_project.vault import free_text
from dagster_project.vault.columns import ROW_NUMBER, IdentityColumn, empty_batch, identity_columns, vault_schema
from dagster_project.vault.flags import JUDGES, is_contact_complete, judged
from dagster_project.vault.hashing import hash_normalised
from dagster_project.vault.keys import KeyRing
from dagster_project.vault.kinds import HASHED_KINDS, Kind
from dagster_project.vault.normalise import normalise


def derived_fields(names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and SQL type of every column that :class:`Derivation` makes of identity columns, in its order."""
    columns = identity_columns(vault_schema(list(names)))
    found = []
    for column in columns:
        if column.kind in HASHED_KINDS:
            found.append((f"{column.name}_hash", "VARCHAR"))
            found += [(f"is_{column.name}_valid", "BOOLEAN")] if column.kind in JUDGES else []
        else:
            found += [(f"{flag}_in_{column.name}", "BOOLEAN") for flag in free_text.PATTERNS]
    for person in dict.fromkeys(column.person for column in columns):
        kinds = {column.kind for column in columns if column.person == person}
        if Kind.name in kinds and kinds & {Kind.phone, Kind.email}:
            found.append((f"is_{person}_contact_complete", "BOOLEAN"))
    return found


class Derivation:
    """The way from vault batches of one schema to batches of hashes and flags; ``schema`` is theirs."""

    def __init__(self, schema: pa.Schema, keys: KeyRing) -> None:
        """ValueError for a schema that is not a vault schema."""
        self._columns = identity_columns(schema)
        self._keys = keys
        self.schema = self(empty_batch(schema)).schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Hashes and flags of the batch, row for row."""
        derived = {ROW_NUMBER: batch.column(ROW_NUMBER)}
        for column in self._columns:
            derived |= self._of_column(column, batch.column(column.name))
        for person in dict.fromkeys(column.person for column in self._columns):
            names = derived.get(f"{person}_name_hash")
            flags = [derived.get(f"is_{person}_{kind.value}_valid") for kind in (Kind.phone, Kind.email)]
            are_valid = [flag for flag in flags if flag is not None]
            if names is not None and are_valid:
                derived[f"is_{person}_contact_complete"] = is_contact_complete(names, *are_valid)
        return pa.record_batch(derived)

    def _of_column(self, column: IdentityColumn, values: pa.Array) -> dict[str, pa.Array]:
        """Each distinct text is normalised once, whatever is made of it."""
        kind = column.kind
        encoded = values.dictionary_encode()
        texts = encoded.dictionary
        distinct = {}
        if kind in HASHED_KINDS:
            normalised = normalise(kind, texts)
            distinct[f"{column.name}_hash"] = hash_normalised(self._keys, kind, normalised)
            if kind in JUDGES:
                distinct[f"is_{column.name}_valid"] = judged(kind, texts, normalised)
        else:
            distinct = {f"{flag}_in_{column.name}": found for flag, found in free_text.scan(texts).items()}
        return {name: results.take(encoded.indices) for name, results in distinct.items()}
