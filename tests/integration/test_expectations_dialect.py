"""The buffered dialect keeps results; one session serves many calls and threads; real files pass gate 1."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings
from expectations import dialect, engine
from expectations.runner import GateReport, check_delivery

pytestmark = pytest.mark.integration

REAL = Path(__file__).parents[1] / "fixtures" / "real"
PLAIN_URL = "duckdb:///:memory:plain_dialect_test"
BUFFERED_URL = "duckdb+buffered:///:memory:buffered_dialect_test"


def rows_read_after_the_connection_went_back(url: str) -> list[tuple]:
    database = sa.create_engine(url, poolclass=StaticPool)
    with database.connect() as connection:
        result = connection.execute(sa.text("select i from range(1000) as numbers(i) order by i"))
    # Another statement on the pooled connection, as Great Expectations sends before it reads.
    with database.connect() as connection:
        connection.execute(sa.text("select 42"))
    return [tuple(row) for row in result.fetchall()]


def test_buffered_results_survive_where_plain_ones_are_lost():
    dialect.register()
    expected = [(number,) for number in range(1000)]
    assert rows_read_after_the_connection_went_back(BUFFERED_URL) == expected
    assert rows_read_after_the_connection_went_back(PLAIN_URL) != expected


def test_cursor_serves_rows_one_by_one_in_parts_and_to_the_end():
    dialect.register()
    with sa.create_engine(BUFFERED_URL, poolclass=StaticPool).connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("select i from range(5) as numbers(i) order by i")
        assert [column[0] for column in cursor.description] == ["i"]
        assert cursor.fetchone() == (0,)
        assert cursor.fetchmany() == [(1,)]
        assert cursor.fetchmany(2) == [(2,), (3,)]
        assert cursor.fetchall() == [(4,)]
        assert (cursor.fetchone(), cursor.fetchmany(3), cursor.fetchall()) == (None, [], [])
        with pytest.raises(duckdb.CatalogException):
            cursor.execute("select * from no_such_table")


def write_reports(path: Path, select: str) -> Path:
    with duckdb.connect() as connection:
        connection.sql(select).write_parquet(str(path))
    return path


def test_real_files_are_landed_and_their_faults_reported(tmp_path):
    """One rounded percentage of a newspaper; dossiers finished before they began, counted independently."""
    found: dict[str, dict[str, int]] = {}

    def gate(source: str, path: Path, delivery_id: str, landed_date: date) -> GateReport:
        report = check_delivery(source, path, delivery_id, landed_date)
        found[delivery_id] = {r.rule_code: r.failed_count for r in report.results if not r.is_passed}
        return report

    landed = {file.stem: land_file(file, load_settings(tmp_path), gate=gate) for file in REAL.glob("*.csv")}
    failed = {stem: found[result.delivery.delivery_id] for stem, result in landed.items()}
    with (REAL / "wabo_receipt_cases.csv").open(encoding="utf-8", newline="") as file:
        spans = [(row["startdate"], row["enddate"]) for row in csv.DictReader(file) if row["enddate"]]
    backwards = [span for span in spans if datetime.fromisoformat(span[1]) < datetime.fromisoformat(span[0])]
    assert failed == {
        "declared_cao_bang_2021": {"reports.percent_matches_parts": 1},
        "qd766_gialai_agencies_metrics_20261010": {},
        "qd766_phutho_ontime_2026": {},
        "wabo_receipt_cases": {"dossiers.received_at_not_after_completed": len(backwards)},
        "wabo_receipt_phase": {},
    }


def test_threads_take_turns(tmp_path):
    """Four deliveries at once, each with its own number of wrong rows: none sees another's file."""

    def one(wrong: int) -> tuple[int, int]:
        select = f"""
            select i + 2 as source_row_number, 'H99' as authority_code, 'H99.0' || i as unit_code,
                null::varchar as unit_name,
                date '2026-01-01' as period_start_date, date '2026-03-31' as period_end_date,
                'resolved' as definition_code, case when i < {wrong} then 11 else 9 end as numerator_count,
                10 as denominator_count, 0 as overdue_count, null::decimal as declared_percent,
                null::decimal as declared_score
            from range(9) as numbers(i)"""
        path = write_reports(tmp_path / f"{wrong}.parquet", select)
        report = check_delivery("portal__on_time_reports", path, str(wrong), date(2026, 11, 22))
        return wrong, next(
            r.failed_count for r in report.results if r.rule_code == "reports.numerator_within_denominator"
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, (1, 3, 5, 7))) == [(1, 1), (3, 3), (5, 5), (7, 7)]


def test_one_session_per_process():
    with engine.session() as first:
        pass
    with engine.session() as second:
        assert second is first
        ((spill,),) = second.rows("select current_setting('temp_directory')")
    assert Path(spill).is_absolute() and Path(spill).parent == Path(tempfile.gettempdir())


def test_checking_is_silent_and_leaves_nothing_in_the_home_folder(tmp_path):
    path = write_reports(
        tmp_path / "d.parquet",
        """select 2 as source_row_number, 'H99' as authority_code, 'H99.01' as unit_code,
            null::varchar as unit_name, date '2026-03-31' as period_start_date, date '2026-01-01' as period_end_date,
            'resolved' as definition_code, 1 as numerator_count, 10 as denominator_count, 0 as overdue_count,
            null::decimal as declared_percent, null::decimal as declared_score""",
    )
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import datetime; from pathlib import Path; from expectations.runner import check_delivery; "
        f"r = check_delivery('portal__on_time_reports', Path({str(path)!r}), 'd1', datetime.date(2026, 11, 22)); "
        "print([x.rule_code for x in r.results if not x.is_passed])"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GX_")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env=environment | {"HOME": str(home)},
    )
    assert run.stdout == "['reports.period_in_order']\n"
    assert run.stderr == ""
    assert list(home.iterdir()) == []
