"""What the session shows to the rules: small files from memory, large ones from disk."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations import engine


def rows_shown(session: engine.Session, path: Path) -> int:
    session.show({"shown_rows": path})
    return session.rows('select count(*) from "shown_rows"')[0][0]


def test_a_name_may_stand_for_small_and_large_files_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    for path, rows in ((small, 3), (large, 50_000)):
        duckdb.execute(f"copy (select range as n from range({rows})) to '{path}' (format parquet)")
    monkeypatch.setattr(engine, "SMALL_BYTES", small.stat().st_size)
    with engine.session() as session:
        assert [rows_shown(session, path) for path in (small, large, small, large)] == [3, 50_000, 3, 50_000]
        session.show({})
        left = session.rows("select table_name from duckdb_tables() where table_name = 'shown_rows'")
        left += session.rows("select view_name from duckdb_views() where view_name = 'shown_rows'")
        assert left == []


def test_a_file_that_comes_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with engine.session() as session:
        for rows in (2, 5):
            duckdb.execute(f"copy (select range as n from range({rows})) to '{path}' (format parquet)")
            assert rows_shown(session, path) == rows
        session.show({})
