"""The rules of both borders as a table of the plan: what each says, who mends it, what becomes of a failure.

Does not belong here: results of rules (``plan``), the rules themselves (``expectations``).
"""

from __future__ import annotations

from pathlib import Path

from expectations.catalogue import all_rules


def write_rules(path: Path) -> int:
    """Write one row per rule, ordered by rule code, as Parquet; returns the row count."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rules = sorted(all_rules(), key=lambda rule: rule.code)
    table = pa.table(
        {
            "rule_code": pa.array([rule.code for rule in rules], pa.string()),
            "gate_code": pa.array([rule.gate_code for rule in rules], pa.int64()),
            "subject_name": pa.array([rule.subject for rule in rules], pa.string()),
            "rule_text": pa.array([rule.text for rule in rules], pa.string()),
            "owner_text": pa.array([rule.owner for rule in rules], pa.string()),
            "example_text": pa.array([rule.example for rule in rules], pa.string()),
            "effect_code": pa.array([rule.effect_code for rule in rules], pa.string()),
        }
    )
    pq.write_table(table, path)
    return table.num_rows
