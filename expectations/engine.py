"""One Great Expectations context over one in-memory DuckDB per process.

Starting both costs seconds, checking a small delivery milliseconds; so they are made once and each
delivery only replaces a view. A lock keeps threads apart: DuckDB's connection is not to be shared.
Does not belong here: rules, results.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.rules import Rule

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa

LOCK = threading.Lock()
# Of one Parquet file that rules look at in memory.
SMALL_BYTES = 1024 * 1024
_session: Session | None = None


class Session:
    """Great Expectations over views on Parquet files."""

    def __init__(self) -> None:
        """Import Great Expectations (seconds) and open the database."""
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the library is imported
        import great_expectations as gx
        from sqlalchemy.pool import StaticPool

        from expectations import dialect

        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        dialect.register()
        self._gx = gx
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        self._source = self._context.data_sources.add_sql(
            name="borders", connection_string=dialect.URL, kwargs={"poolclass": StaticPool}
        )
        # What does not fit in memory goes to the system's temporary folder, not to the working directory.
        spill = Path(tempfile.gettempdir()) / f"cchc-borders-{os.getpid()}"
        self.execute(f"set temp_directory = {_literal(spill)}")
        self._batches: dict[str, Any] = {}
        self._shown: dict[str, str] = {}

    def execute(self, statement: str) -> None:
        """Run one statement that returns nothing, and keep its effect."""
        with self._source.get_engine().begin() as connection:
            connection.exec_driver_sql(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._source.get_engine().connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def bound_memory(self, limit: str | None) -> None:
        """What needs more goes to disk; None gives back DuckDB's own bound, a share of the machine's memory."""
        self.execute("reset memory_limit" if limit is None else f"set memory_limit = '{limit}'")

    def show(self, tables: Mapping[str, Path]) -> None:
        """Make each Parquet file readable under its name; those of earlier calls are gone.

        Raises SQLAlchemy's DBAPIError when a file cannot be read.
        """
        for name, kind in sorted(self._shown.items()):
            if name not in tables or kind != _kind(tables[name]):
                self.execute(f'drop {kind} "{name}"')
                del self._shown[name]
        for name, path in sorted(tables.items()):
            kind = _kind(path)
            self.execute(f'create or replace {kind} "{name}" as select * from read_parquet({_literal(path)})')
            self._shown[name] = kind

    def show_delivery(self, delivery_id: str, landed_date: dt.date) -> None:
        """Make what rules may know of the delivery itself readable as `delivery`, one row."""
        identity = delivery_id.replace("'", "''")
        self.execute(
            f"create or replace view delivery as select '{identity}' as delivery_id, "
            f"date '{landed_date.isoformat()}' as landed_date"
        )

    def validate(self, subject: str, rules: Iterable[Rule]) -> list[dict[str, Any]]:
        """Outcome of each rule on `subject`, in order, as Great Expectations reports it."""
        suite = self._gx.ExpectationSuite(name=subject, expectations=[rule.expectation() for rule in rules])
        outcome = self._batch_definition(subject).get_batch().validate(suite, result_format="COMPLETE")
        by_code = {result.expectation_config.meta["rule_code"]: result.to_json_dict() for result in outcome.results}
        return [by_code[rule.code] for rule in rules]

    def counts(self, subject: str, rules: Iterable[Rule]) -> list[int]:
        """How many rows (or groups) each rule looked at, in order."""
        columns = ", ".join(f"({rule.checked})" for rule in rules)
        query = f'with batch as not materialized (select * from "{subject}") select {columns}'
        return list(self.rows(query)[0])

    def failing_rows(self, subject: str, rules: Sequence[Rule]) -> pa.Table:
        """Every failing row of each rule: (rule_number, source_row_number), where rule_number counts `rules` from 0.

        Ordered by row, then rule. One statement for all rules, straight into Arrow: millions of rows
        may be flagged, and Great Expectations would make a dictionary of each.
        """
        parts = " union all ".join(
            f"select distinct {number}::integer as rule_number, cast(source_row_number as bigint) as source_row_number "
            f"from ({rule.failing}) as failing"
            for number, rule in enumerate(rules)
        )
        query = (
            f'with batch as not materialized (select * from "{subject}") '
            f"select * from ({parts}) as rows_of_rules order by source_row_number, rule_number"
        )
        with self._source.get_engine().connect() as connection:
            return connection.connection.dbapi_connection.execute(query).to_arrow_table()

    def _batch_definition(self, subject: str) -> Any:
        if subject not in self._batches:
            asset = self._source.add_table_asset(name=subject, table_name=subject)
            self._batches[subject] = asset.add_batch_definition_whole_table("all")
        return self._batches[subject]


def _kind(path: Path) -> str:
    """A small file is read once into memory, not anew for each rule: opening it costs more than looking at its rows."""
    return "table" if path.is_file() and path.stat().st_size <= SMALL_BYTES else "view"


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def session() -> Iterator[Session]:
    """The process's session, for one caller at a time."""
    global _session
    with LOCK:
        if _session is None:
            _session = Session()
        yield _session
