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

from dagster_project.landing.personal import MASK, PERSONAL_VALUE, personal_kind
from dagster_project.landing.typing_sql import clean_sql, identifier, literal

if TYPE_CHECKING:
    from dagster_project.landing.readers import Plan
    from dagster_project.vault.store import Vault

# Hashing is quickest on large pieces.
BATCH_ROWS = 65_536
_DATE_LIKE = "[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}([ T][0-9:.]+)?"


def masked_sql(text: str, plan: Plan) -> str:
    """The text of a rejected cell, hidden when it could be an identity that slipped a column.

    Of a table with people in some column, read or not, only what is shaped like a date or a short number is shown. Of
    other tables, all but phone numbers, ID numbers and e-mail addresses.
    """
    if not _has_people(plan):
        return f"case when regexp_matches({text}, {literal(PERSONAL_VALUE)}) then '{MASK}' else {text} end"
    digits = f"length(regexp_replace({text}, '[^0-9]', '', 'g'))"
    plain = (
        f"regexp_full_match({text}, '{_DATE_LIKE}') or ({digits} < 9 and regexp_full_match({text}, '[0-9 .,:/%+-]+'))"
    )
    return f"case when {text} is null or {plain} then {text} else '{MASK}' end"


def _has_people(plan: Plan) -> bool:
    if plan.match.identity_positions or plan.layout.withheld:
        return True
    unread = set(range(plan.heading.width)) - set(plan.match.used_positions)
    return any(personal_kind(plan.heading.path(place)) for place in unread)


@dataclass(frozen=True)
class Door:
    """Where the identities of one delivery leave its rows."""

    con: duckdb.DuckDBPyConnection
    work: Path
    delivery_id: str

    def add_nothing(self, accepted: Path, names: Sequence[str]) -> None:
        """The columns of hashes and flags, empty: the table holds no identities."""
        from dagster_project.vault.derive import derived_fields

        empty = [f"cast(NULL as {kind}) as {identifier(name)}" for name, kind in derived_fields(names)]
        self._rewrite(accepted, f"select accepted.*, {', '.join(empty)} from {_read(accepted)} as accepted")

    def seal(self, accepted: Path, names: Sequence[str], places: dict[str, int], rows: str, vault: Vault) -> Path:
        """Seal what ``places`` (identity column → position) hold in ``rows``; the sealed file, not yet in the vault."""
        from dagster_project.vault.columns import vault_schema
        from dagster_project.vault.derive import derived_fields

        schema = vault_schema(list(places))
        derived = self.work / "derived.parquet"
        sealed = self.work / f"{self.delivery_id}.sealed"
        with pq.ParquetWriter(derived, vault.derivation(schema).schema, compression="snappy") as writer:
            vault.seal(sealed, self.delivery_id, schema, self._batches(places, rows, schema), writer.write_batch)
        present = set(pq.read_schema(derived).names)
        columns = [
            f"derived.{identifier(name)}" if name in present else f"cast(NULL as {kind}) as {identifier(name)}"
            for name, kind in derived_fields(names)
        ]
        # Both are in file order, row for row.
        self._rewrite(
            accepted,
            f"select accepted.*, {', '.join(columns)} from {_read(accepted)} as accepted "
            f"positional join {_read(derived)} as derived",
        )
        derived.unlink()
        return sealed

    def _batches(self, places: dict[str, int], rows: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        texts = ", ".join(f"{clean_sql(f'c{place}')} as {identifier(name)}" for name, place in places.items())
        result = self.con.execute(f"select source_row_number, {texts} from {rows} as cells order by source_row_number")
        for batch in result.fetch_record_batch(BATCH_ROWS):
            yield pa.RecordBatch.from_arrays(
                [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
            )

    def _rewrite(self, accepted: Path, query: str) -> None:
        target = self.work / "with_hashes.parquet"
        self.con.execute(f"copy ({query}) to {literal(str(target))} (format parquet, compression zstd)")
        target.replace(accepted)


def _read(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"
