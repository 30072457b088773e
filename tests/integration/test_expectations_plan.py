"""A plan carries what the rules found: flagged rows of every file, and what only shows between deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.landing.contracts import load_contract
from dagster_project.landing.deliveries import Delivery, flags_path, landed_path, record_path, stage_record
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.files import file_sha256
from dagster_project.publishing.plan import flags_folder, plan_build, plan_folder, write_plan
from dagster_project.settings import Settings
from expectations.across import FLAG_COLUMNS
from expectations.catalogue import plan_rules

pytestmark = pytest.mark.integration

DOSSIERS = "one_stop__dossiers"
TYPES = "delivery_id varchar, source_row_number bigint, column_name varchar, reason_code varchar, reason_text varchar, \
raw_value varchar"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path)


def land(settings: Settings, delivery_id: str, unit_code: str, flagged_rows: int = 0) -> Delivery:
    """One landed delivery with one dossier «1» of a unit, and the flags that gate 1 would have left beside it."""
    rows = landed_path(settings, DOSSIERS, delivery_id)
    flags = flags_path(settings, DOSSIERS, delivery_id)
    rows.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{column.name} {column.physical_type}" for column in load_contract(DOSSIERS).columns)
        connection.execute(f"create table rows (delivery_id varchar, source_row_number bigint, {columns})")
        connection.execute(
            "insert into rows (delivery_id, source_row_number, authority_code, dossier_code, resolving_unit_code, "
            "received_at) values (?, 2, 'H99', '1', ?, timestamp '2026-01-05 09:00:00')",
            [delivery_id, unit_code],
        )
        connection.table("rows").write_parquet(str(rows))
        if flagged_rows:
            flags.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(f"create table flags ({TYPES})")
            connection.execute(
                "insert into flags select ?, i + 2, 'due_at', 'dossiers.has_due_date', 'Hồ sơ có ngày hẹn trả', null "
                f"from range({flagged_rows}) as numbers(i)",
                [delivery_id],
            )
            connection.table("flags").write_parquet(str(flags))
    delivery = Delivery(
        delivery_id=delivery_id,
        source_code=DOSSIERS,
        layout_code="x",
        layout_hash="x",
        contract_hash="x",
        file_name=f"{delivery_id}.csv",
        file_size=1,
        file_sha256="x",
        sheet_name=None,
        rows_read=1,
        rows_accepted=1,
        rows_rejected=0,
        rows_ignored=0,
        unused_columns=[],
        withheld_columns=[],
        absent_columns=[],
        authority_codes=["H99"],
        data_from_date="2026-01-05",
        data_until_date="2026-01-05",
        landed_parquet_sha256=file_sha256(rows),
        landed_at="2026-02-01T08:00:00.000000+07:00",
        flags_parquet_sha256=file_sha256(flags) if flagged_rows else None,
    )
    record(settings, delivery)
    return delivery


def record(settings: Settings, delivery: Delivery) -> None:
    path = record_path(settings, delivery.delivery_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    stage_record(delivery, settings.root).replace(path)


def flagged(settings: Settings) -> list[tuple]:
    query = f"select delivery_id, source_row_number, reason_code from '{flags_folder(settings)}/*.parquet' order by all"
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_flags_of_files_and_between_deliveries_lie_in_one_folder(settings):
    land(settings, "a", "H99.01", flagged_rows=2)
    land(settings, "b", "H99.02")
    write_plan(plan_build(settings), settings)
    assert flagged(settings) == [
        ("a", 2, "dossiers.has_due_date"),
        ("a", 2, "dossiers.one_resolving_unit"),
        ("a", 3, "dossiers.has_due_date"),
        ("b", 2, "dossiers.one_resolving_unit"),
    ]
    names = sorted(path.name for path in flags_folder(settings).iterdir())
    assert names == ["_cross.parquet", "_empty.parquet", "a.parquet"]
    columns = {tuple(pq.read_schema(path).names) for path in flags_folder(settings).iterdir()}
    assert columns == {FLAG_COLUMNS}


def test_without_any_flag_the_folder_reads_as_an_empty_table(settings):
    land(settings, "a", "H99.01")
    write_plan(plan_build(settings), settings)
    assert flagged(settings) == []


def test_results_between_deliveries_join_those_of_the_files(settings):
    delivery = land(settings, "a", "H99.01")
    land(settings, "b", "H99.02")
    of_file = {
        "gate_code": 1,
        "subject_name": "a",
        "rule_code": "dossiers.has_due_date",
        "rule_text": "Hồ sơ có ngày hẹn trả",
        "effect_code": "flag_row",
        "is_passed": False,
        "checked_count": 1,
        "failed_count": 1,
        "sample": ["dòng 2"],
    }
    record(settings, replace(delivery, rule_results=[of_file]))
    write_plan(plan_build(settings), settings)
    rows = pq.read_table(plan_folder(settings) / "rule_results.parquet").to_pylist()
    across = [rule.code for rule in plan_rules() if rule.subject == DOSSIERS]
    assert [(row["subject_name"], row["rule_code"]) for row in rows] == [
        *sorted(("a", code) for code in ["dossiers.has_due_date", *across]),
        *sorted(("b", code) for code in across),
    ]
    failed = {(row["subject_name"], row["rule_code"], row["failed_count"]) for row in rows if not row["is_passed"]}
    assert failed == {
        ("a", "dossiers.has_due_date", 1),
        ("a", "dossiers.one_resolving_unit", 1),
        ("b", "dossiers.one_resolving_unit", 1),
    }


def test_flags_of_a_plan_do_not_change_its_id(settings):
    delivery = land(settings, "a", "H99.01", flagged_rows=1)
    with_flags = plan_build(settings).build_id
    record(settings, replace(delivery, flags_parquet_sha256=None))
    assert plan_build(settings).build_id == with_flags


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_lost_or_changed_flags_stop_the_build_with_a_sentence(settings, damage):
    land(settings, "a", "H99.01", flagged_rows=1)
    damage(flags_path(settings, DOSSIERS, "a"))
    with pytest.raises(BuildError, match=r"«a\.csv» \(lần nạp a\) bị mất hoặc bị sửa"):
        write_plan(plan_build(settings), settings)


def test_a_file_of_flags_that_no_record_vouches_for_is_not_read(settings):
    delivery = land(settings, "a", "H99.01", flagged_rows=1)
    record(settings, replace(delivery, flags_parquet_sha256=None))
    write_plan(plan_build(settings), settings)
    assert flagged(settings) == []


def test_what_happens_to_landed_flags_afterwards_does_not_reach_the_plan(settings):
    land(settings, "a", "H99.01", flagged_rows=1)
    write_plan(plan_build(settings, as_of=date(2026, 1, 31)), settings)
    flags_path(settings, DOSSIERS, "a").unlink()
    assert flagged(settings) == [("a", 2, "dossiers.has_due_date")]
