"""Identity columns on their way from the raw rows into the vault, and what stands in the landed rows instead.

The work folder is the landing's own, closed to others, and gone when the load ends: only there plain text lies, as long
as the file is read.
Does not belong here: hashing, sealing (``vault``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.landing.personal import (
    MASK,
    PERSONAL_VALUE,
    date_or_short_number_sql,
    personal_kind,
    plain_words_sql,
)
from dagster_project.landing.typing_sql import WRITTEN, clean_sql, identifier, literal

if TYPE_CHECKING:
    from dagster_project.landing.readers import Plan
    from dagster_project.vault.store import Vault

# Hashing is quickest on large pieces.
BATCH_ROWS = 65_536


def masked_sql(text: str, plan: Plan) -> str:
    """The text of a rejected cell, hidden when it could be an identity that slipped a column.

    Of a table with people in some column, read or not, only what is shaped like a date or a short number is shown, and
    words that name nobody. Of other tables, all but phone numbers, ID numbers and e-mail addresses.
    """
    if not _has_people(plan):
        return f"case when regexp_matches({text}, {literal(PERSONAL_VALUE)}) then '{MASK}' else {text} end"
    is_plain = f"{date_or_short_number_sql(text)} or {plain_words_sql(text)}"
    return f"case when {text} is null or {is_plain} then {text} else '{MASK}' end"


def _has_people(plan: Plan) -> bool:
    if plan.match.identity_positions or plan.layout.withheld:
        return True
    unread = set(range(plan.heading.width)) - set(plan.match.used_positions)
    return any(personal_kind(plan.heading.path(place)) for place in unread)


def empty_columns(names: Sequence[str]) -> list[str]:
    """SQL of the columns that tell what is known of people, without any knowledge."""
    from dagster_project.vault.derive import derived_fields

    return [f"cast(NULL as {kind}) as {identifier(name)}" for name, kind in derived_fields(names)] if names else []


@dataclass(frozen=True)
class Door:
    """Where the identities of one delivery leave its rows."""

    con: duckdb.DuckDBPyConnection
    work: Path
    delivery_id: str

    def seal(self, accepted: Path, places: dict[str, int], rows: str, vault: Vault) -> Path:
        """Seal what ``places`` (identity column → position) hold in ``rows``; the sealed file, not yet in the vault.

        The empty columns of ``accepted`` get what may be known of the identities.
        """
        from dagster_project.vault.columns import ROW_NUMBER, vault_schema

        schema = vault_schema(list(places))
        derived = self.work / "derived.parquet"
        sealed = self.work / f"{self.delivery_id}.sealed"
        with pq.ParquetWriter(derived, vault.derivation(schema).schema, compression="snappy") as writer:
            vault.seal(sealed, self.delivery_id, schema, self._batches(places, rows, schema), writer.write_batch)
        known = [identifier(name) for name in pq.read_schema(derived).names if name != ROW_NUMBER]
        columns = ", ".join(f"derived.{name} as {name}" for name in known)
        target = self.work / "with_hashes.parquet"
        # Both are in file order, row for row.
        self.con.execute(
            f"copy (select accepted.* replace ({columns}) from {_read(accepted)} as accepted "
            f"positional join {_read(derived)} as derived) to {literal(str(target))} {WRITTEN}"
        )
        target.replace(accepted)
        derived.unlink()
        return sealed

    def _batches(self, places: dict[str, int], rows: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        texts = ", ".join(f"{clean_sql(f'c{place}')} as {identifier(name)}" for name, place in places.items())
        result = self.con.execute(f"select source_row_number, {texts} from {rows} as cells order by source_row_number")
        for batch in result.fetch_record_batch(BATCH_ROWS):
            yield pa.RecordBatch.from_arrays(
                [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
            )


def _read(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"
