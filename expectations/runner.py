"""Checks at the two borders: a delivery after typing, the tables before publishing.

Does not belong here: what the rules say (`suites/`), what becomes of a failure (landing, publishing).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations import engine
from expectations.catalogue import published_rules, source_rules
from expectations.results import RuleResult
from expectations.rules import Rule
from expectations.suites.published import COLUMNS_VIEW, SHAPE_SUBJECT

if TYPE_CHECKING:
    import pyarrow as pa

# For the rules of one delivery: ten million rows with keys to compare were judged as quickly as without a bound.
DELIVERY_MEMORY = "500MB"


class RuleNotCheckedError(RuntimeError):
    """A rule could not be run, because the file breaks the contract that its source promises."""


@dataclass(frozen=True)
class GateReport:
    """What gate 1 found in one delivery.

    `results`: one per rule of the source. `failing_rows`: every row that a rule rejects or flags, one
    row per (source_row_number, rule_code) in that order, with effect_code, rule_text and column_name
    (null where no single column is to blame). Its texts are dictionary-encoded, because millions of
    rows may share a handful of them.
    """

    results: list[RuleResult]
    failing_rows: pa.Table


def check_delivery(source_code: str, parquet_path: Path, delivery_id: str, landed_date: dt.date) -> GateReport:
    """Gate 1 on the rows of one delivery that landing could type. `landed_date` is the day it came in.

    Raises KeyError for an unknown source and RuleNotCheckedError when the Parquet lacks a contract
    column: both are mistakes of the program, never of the sender.
    """
    rules = source_rules(source_code)
    with engine.session() as session:
        session.bound_memory(DELIVERY_MEMORY)
        session.show({source_code: parquet_path})
        session.show_delivery(delivery_id, landed_date)
        outcomes = session.validate(source_code, rules)
        for rule, outcome in zip(rules, outcomes, strict=True):
            if error := _error(outcome):
                raise RuleNotCheckedError(f"{rule.code} on {delivery_id}: {error}")
        checked = session.counts(source_code, rules)
        results = [
            _result(rule, delivery_id, outcome, count)
            for rule, outcome, count in zip(rules, outcomes, checked, strict=True)
        ]
        failed = {result.rule_code for result in results if not result.is_passed}
        failing = sorted((r for r in rules if r.has_row_effect and r.code in failed), key=lambda rule: rule.code)
        found = session.failing_rows(source_code, failing) if failing else None
    return GateReport(results, _failing_rows(failing, found))


def _failing_rows(rules: Sequence[Rule], found: pa.Table | None) -> pa.Table:
    """`GateReport.failing_rows` of the failed `rules`; `found` names them by their number, None is no failure."""
    import pyarrow as pa

    numbers = found["rule_number"].combine_chunks() if found else pa.array([], pa.int32())
    texts = {
        "rule_code": [rule.code for rule in rules],
        "effect_code": [rule.effect_code for rule in rules],
        "rule_text": [rule.text for rule in rules],
        "column_name": [rule.column for rule in rules],
    }
    columns = {
        name: pa.DictionaryArray.from_arrays(numbers, pa.array(values, pa.string())) for name, values in texts.items()
    }
    rows = found["source_row_number"] if found else pa.array([], pa.int64())
    return pa.table(columns | {"source_row_number": rows})


def check_published(tables: Mapping[str, Path], rules: Iterable[Rule] | None = None) -> list[RuleResult]:
    """Gate 2 on the files about to be published (table name → Parquet path).

    One result per rule, all rules of gate 2 unless some are given. A rule that cannot be run, because
    a table or column is missing, has failed.
    """
    subjects: dict[str, list[Rule]] = {}
    for rule in published_rules() if rules is None else rules:
        subjects.setdefault(rule.subject, []).append(rule)
    with engine.session() as session:
        session.bound_memory(None)
        session.show(tables)
        # Whatever the session still shows of files loaded before in this process is none of these tables.
        names = ", ".join(f"'{table}'" for table in tables)
        session.execute(f"create or replace view {SHAPE_SUBJECT} as {COLUMNS_VIEW} and table_name in ({names})")
        available = {*tables, SHAPE_SUBJECT}
        return [
            result for subject, group in subjects.items() for result in _check_table(session, subject, group, available)
        ]


def _check_table(session: engine.Session, subject: str, rules: list[Rule], available: set[str]) -> list[RuleResult]:
    missing = {rule.code: sorted({subject, *rule.needs} - available) for rule in rules}
    errors = {code: f"thiếu bảng {', '.join(names)}" for code, names in missing.items() if names}
    ready = [rule for rule in rules if rule.code not in errors]
    outcomes = dict(zip(ready, session.validate(subject, ready), strict=True)) if ready else {}
    errors |= {rule.code: error for rule, outcome in outcomes.items() if (error := _error(outcome))}
    ran = [rule for rule in ready if rule.code not in errors]
    checked = dict(zip(ran, session.counts(subject, ran), strict=True)) if ran else {}
    return [
        _result(rule, subject, outcomes[rule], checked[rule])
        if rule in checked
        else _not_checked(rule, errors[rule.code])
        for rule in rules
    ]


def _error(outcome: Mapping[str, Any]) -> str:
    """First line of what stopped the rule, or '' when it ran."""
    if outcome["result"]:
        return ""
    details = outcome["exception_info"]
    nested = details if "exception_message" in details else next(iter(details.values()))
    return str(nested["exception_message"]).splitlines()[0]


def _not_checked(rule: Rule, reason: str) -> RuleResult:
    return RuleResult(
        gate_code=rule.gate_code,
        subject_name=rule.subject,
        rule_code=rule.code,
        rule_text=rule.text,
        effect_code=rule.effect_code,
        is_passed=False,
        checked_count=0,
        failed_count=0,
        sample=[f"Không kiểm tra được: {reason}"],
    )


def _result(rule: Rule, subject_name: str, outcome: Mapping[str, Any], checked_count: int) -> RuleResult:
    failures = outcome["result"]["details"]["unexpected_rows"]
    return RuleResult(
        gate_code=rule.gate_code,
        subject_name=subject_name,
        rule_code=rule.code,
        rule_text=rule.text,
        effect_code=rule.effect_code,
        is_passed=bool(outcome["success"]),
        checked_count=checked_count,
        failed_count=outcome["result"]["observed_value"],
        sample=[place(failure) for failure in failures],
    )


def place(failure: Mapping[str, Any]) -> str:
    """Where one failure is, in words an officer can follow."""
    named = {name: value for name, value in failure.items() if name != "failed_count"}
    if set(named) == {"source_row_number"}:
        return f"dòng {named['source_row_number']}"
    if set(named) == {"reason"}:
        return str(named["reason"])
    return ", ".join(f"{name} = {'trống' if value is None else value}" for name, value in named.items())


def write_results(results: Iterable[RuleResult], path: Path) -> int:
    """Write `fct_rule_results` (one row per gate, subject and rule) as Parquet; returns its row count.

    Rows are sorted by that key, so the same results give the same bytes. Raises ValueError when a
    key stands twice.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("gate_code", pa.int64()),
            ("subject_name", pa.string()),
            ("rule_code", pa.string()),
            ("rule_text", pa.string()),
            ("effect_code", pa.string()),
            ("is_passed", pa.bool_()),
            ("checked_count", pa.int64()),
            ("failed_count", pa.int64()),
        ]
    )
    rows = list(results)
    by_key = {(result.gate_code, result.subject_name, result.rule_code): result for result in rows}
    if len(by_key) != len(rows):
        raise ValueError("a rule has two results for one subject")
    sorted_rows = [by_key[key].to_dict() for key in sorted(by_key)]
    table = pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in sorted_rows], schema=schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(path)
    return table.num_rows


def read_results(path: Path) -> list[RuleResult]:
    """Results as `write_results` wrote them; samples are not kept there."""
    import pyarrow.parquet as pq

    return [RuleResult.from_dict(row) for row in pq.read_table(path).to_pylist()]
