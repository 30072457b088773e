"""Dagster's event log with its databases kept open: never more than a few, and nothing lost when they are removed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.event_log import OPEN_DATABASES, OpenEventLog


def entry(run_id: str) -> EventLogEntry:
    return EventLogEntry(
        error_info=None, level=20, user_message="m", run_id=run_id, timestamp=time.time(), dagster_event=None
    )


@pytest.fixture
def log(tmp_path):
    storage = OpenEventLog(str(tmp_path))
    yield storage
    storage.dispose()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_many_runs_leave_few_files_open_and_every_event_stays(log, tmp_path):
    before = open_files()
    for number in range(3 * OPEN_DATABASES):
        log.store_event(entry(f"run_{number}"))
    assert open_files() - before <= 3 * OPEN_DATABASES
    log.store_event(entry("run_0"))  # closed since, opened again
    plain = SqliteEventLogStorage(str(tmp_path))
    assert len(plain.get_logs_for_run("run_0")) == 2
    assert all(len(plain.get_logs_for_run(f"run_{number}")) == 1 for number in range(1, 3 * OPEN_DATABASES))


def test_a_table_is_looked_for_until_it_is_there_and_never_again(log, monkeypatch):
    asked = []
    look = SqliteEventLogStorage.has_table
    monkeypatch.setattr(SqliteEventLogStorage, "has_table", lambda self, name: asked.append(name) or look(self, name))
    assert [log.has_table("no_such_table"), log.has_table("no_such_table")] == [False, False]
    assert log.supports_asset_checks and log.supports_asset_checks
    assert asked == ["no_such_table", "no_such_table", "asset_check_executions"]


def test_after_a_wipe_events_go_to_files_that_are_there(log, tmp_path):
    log.store_event(entry("run"))
    log.wipe()
    assert not (tmp_path / "run.db").exists()
    log.store_event(entry("run"))
    assert len(SqliteEventLogStorage(str(tmp_path)).get_logs_for_run("run")) == 1
