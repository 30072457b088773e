"""Rules between deliveries, run over everything a build is about to use.

DuckDB runs their queries directly: one rule answers for all deliveries at once, which Great Expectations, one
verdict per expectation, cannot say.
Does not belong here: what the rules say (`suites/across`), which deliveries a build uses (publishing).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.catalogue import plan_rules
from expectations.results import RuleResult
from expectations.rules import SAMPLE_SIZE, PlanRule
from expectations.runner import place
from expectations.suites.across import PREPARED

if TYPE_CHECKING:
    import duckdb

# What a flagged row says of itself; the same columns as those of a rejected row.
FLAG_COLUMNS = ("delivery_id", "source_row_number", "column_name", "reason_code", "reason_text", "raw_value")


def check_plan(
    folders: Mapping[str, Path],
    delivery_ids: Mapping[str, Sequence[str]],
    as_of_date: dt.date,
    flags_path: Path,
    temporary: Path,
) -> list[RuleResult]:
    """Judge the planned deliveries together: one result per rule and delivery of its source, in a fixed order.

    `folders`: source → folder of Parquet files, at least one, with the source's columns. `delivery_ids`: source →
    its deliveries, later ones superseding earlier ones. Flagged rows are written to `flags_path` (FLAG_COLUMNS,
    ordered by delivery, row and rule; `raw_value` is null), an empty file when there are none. What does not fit in
    memory is put under `temporary`.
    """
    import duckdb

    with duckdb.connect(config={"temp_directory": str(temporary), "memory_limit": "2GB"}) as connection:
        _show(connection, folders, delivery_ids, as_of_date)
        results = [
            result
            for rule in plan_rules()
            if delivery_ids.get(rule.subject)
            for result in _check(connection, rule, delivery_ids[rule.subject])
        ]
        connection.execute(
            f"copy (select {', '.join(FLAG_COLUMNS)} from flags order by delivery_id, source_row_number, reason_code) "
            f"to {_literal(str(flags_path))} (format parquet, compression zstd)"
        )
    return results


def _show(
    connection: duckdb.DuckDBPyConnection,
    folders: Mapping[str, Path],
    delivery_ids: Mapping[str, Sequence[str]],
    as_of_date: dt.date,
) -> None:
    for source, folder in folders.items():
        # By name: files landed under an older contract lack its newer columns.
        files = _literal(str(folder / "*.parquet"))
        connection.execute(f'create view "{source}" as select * from read_parquet({files}, union_by_name = true)')
    connection.execute("create table planned (delivery_id varchar, position bigint)")
    rows = [(name, position) for names in delivery_ids.values() for position, name in enumerate(names)]
    if rows:
        connection.executemany("insert into planned values (?, ?)", rows)
    connection.execute(f"create view build as select date '{as_of_date.isoformat()}' as as_of_date")
    for name, query in PREPARED.items():
        connection.execute(f"create table {name} as {query}")
    connection.execute(
        "create table flags (delivery_id varchar, source_row_number bigint, column_name varchar, reason_code varchar, "
        "reason_text varchar, raw_value varchar)"
    )


def _check(connection: duckdb.DuckDBPyConnection, rule: PlanRule, deliveries: Sequence[str]) -> list[RuleResult]:
    if not _can_check(connection, rule):
        return [_result(rule, delivery_id, 0, 0, []) for delivery_id in sorted(deliveries)]
    connection.execute(f"create or replace temp table failing as {rule.failing}")
    checked = dict(connection.execute(rule.checked).fetchall())
    failed = dict(connection.execute("select delivery_id, count(*) from failing group by delivery_id").fetchall())
    samples = _samples(connection)
    if rule.has_row_effect:
        connection.execute(
            "insert into flags select delivery_id, source_row_number, ?, ?, ?, null from failing",
            [rule.column, rule.code, rule.text],
        )
    return [
        _result(rule, name, checked.get(name, 0), failed.get(name, 0), samples.get(name, []))
        for name in sorted(deliveries)
    ]


def _can_check(connection: duckdb.DuckDBPyConnection, rule: PlanRule) -> bool:
    """Whether the optional columns that the rule speaks of exist at all."""
    present = {row[0] for row in connection.execute(f'describe "{rule.subject}"').fetchall()}
    return set(rule.columns) <= present


def _samples(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The first few places of each delivery in `failing`."""
    names = [row[0] for row in connection.execute("describe failing").fetchall()]
    order = ", ".join(names)
    rows = connection.execute(
        f"select {order} from failing qualify row_number() over (partition by delivery_id order by {order}) "
        f"<= {SAMPLE_SIZE} order by {order}"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for row in rows:
        values = dict(zip(names, row, strict=True))
        found.setdefault(values.pop("delivery_id"), []).append(place(values))
    return found


def _result(rule: PlanRule, delivery_id: str, checked: int, failed: int, sample: list[str]) -> RuleResult:
    return RuleResult(
        gate_code=rule.gate_code,
        subject_name=delivery_id,
        rule_code=rule.code,
        rule_text=rule.text,
        effect_code=rule.effect_code,
        is_passed=failed == 0,
        checked_count=checked,
        failed_count=failed,
        sample=sample,
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
