"""«Nếu… thì»: the engine run again gives what is published, and what a rebuild with the changed figure publishes."""

from __future__ import annotations

import csv
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.explaining.simulation import Change, ScoreKey, opened_engine, run_engine, simulate
from dagster_project.explaining.simulation import _change as change_figure
from dagster_project.publishing.builds import PublishedBuild, current_build, is_published, verified_build
from dagster_project.publishing.errors import BuildBrokenError, BuildError
from dagster_project.publishing.scoring_engine import ENGINE_FILE, STEPS
from dagster_project.settings import PROJECT_ROOT, Settings

METRICS = PROJECT_ROOT / "tests" / "fixtures" / "real" / "qd766_gialai_agencies_metrics_20261010.csv"
PERIOD = "20260101-20261010"
UNIT, METRIC, MORE = "H21.18", "ON_TIME", 40
KEY = ScoreKey("H21", "QD766@2022-08-01", PERIOD, UNIT)


@pytest.fixture(scope="module")
def published(built_real) -> PublishedBuild:
    return current_build(built_real)


def differences(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, key: ScoreKey) -> list[tuple]:
    """Rows of the key's regulation and period that only one of the two has: the connection's table, the build's."""
    where = (
        f"where authority_code = '{key.authority_code}' and period_code = '{key.period_code}' "
        f"and regulation_version_code = '{key.regulation_version_code}'"
    )
    ours = f"select * from {name} {where}"
    theirs = f"select * from read_parquet('{folder / f'{name}.parquet'}') {where}"
    assert connection.execute(f"select count(*) from ({theirs})").fetchone()[0] > 0
    return connection.execute(
        f"select 'ours', * from ({ours} except all {theirs}) "
        f"union all select 'theirs', * from ({theirs} except all {ours})"
    ).fetchall()


def test_without_a_change_the_engine_gives_the_published_tables(published):
    keys = duckdb.sql(
        f"select distinct authority_code, regulation_version_code, period_code, '' "
        f"from read_parquet('{published.folder / 'fct_score_inputs.parquet'}')"
    ).fetchall()
    assert ("H21", "QD766@2022-08-01", PERIOD, "") in keys
    for key in (ScoreKey(*row) for row in keys):
        with opened_engine(published.folder, key) as connection:
            connection.execute(" ".join(f"delete from {name};" for name in STEPS))
            run_engine(connection, published.folder)
            for name in STEPS:
                assert differences(connection, published.folder, name, key) == [], (key, name)


def test_more_on_time_is_what_the_linear_rule_gives_by_hand(published):
    simulation = simulate(published.folder, KEY, Change("TDGQ.ON_TIME", more=MORE))
    before, after = simulation.before, simulation.after
    assert (after.numerator, after.denominator) == (before.numerator + MORE, before.denominator)
    exact = Decimal(20 * after.numerator) / after.denominator
    assert after.final_score == exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert after.total_score - before.total_score == after.final_score - before.final_score > 0
    # The maximum is 100: percent and points are one number; nobody else moves.
    others = duckdb.execute(
        f"select count(*) from read_parquet('{published.folder / 'fct_score_rankings.parquet'}') "
        "where authority_code = 'H21' and period_code = ? and unit_code <> ? and total_percent > ?",
        [PERIOD, UNIT, after.total_percent],
    ).fetchone()[0]
    assert after.unit_rank == others + 1


def test_a_simulation_is_what_a_rebuild_with_that_figure_publishes(built_real, published, tmp_path):
    """Every table of the engine, every unit: the interval of the changed figure and all ranges of ranks too."""
    settings = Settings(root=shutil.copytree(built_real.root, tmp_path / "rebuilt"))
    with METRICS.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.reader(handle))
    changed = [line for line in lines if line[0] == UNIT and METRIC in line]
    assert len(changed) == 1
    header = next(line for line in lines if "numerator" in line)
    changed[0][header.index("numerator")] = str(int(changed[0][header.index("numerator")]) + MORE)
    path = tmp_path / "so_lieu_sua.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(lines)
    assert load_files([path], settings, Console()).landed_count == 1
    rebuilt = build(settings, print)
    assert rebuilt.build_id != published.build_id
    with opened_engine(published.folder, KEY) as connection:
        numerator = simulate(published.folder, KEY, Change("TDGQ.ON_TIME", more=MORE)).after.numerator
        change_figure(connection, KEY, "TDGQ.ON_TIME", numerator)
        run_engine(connection, published.folder)
        for name in ("fct_score_inputs", *STEPS):
            assert differences(connection, rebuilt.folder, name, KEY) == [], name
        assert differences(connection, published.folder, "fct_unit_scores", KEY) != []


@pytest.mark.parametrize("percent", ["100", "97.5", "0"])
def test_a_rate_is_reached_with_whole_dossiers_rounded_up(published, percent):
    after = simulate(published.folder, KEY, Change("TDGQ.ON_TIME", percent=Decimal(percent))).after
    least = after.denominator * Decimal(percent) / 100
    assert least <= after.numerator < least + 1


@pytest.mark.parametrize(
    ("criterion", "change", "told"),
    [
        ("TDGQ.ON_TIME", {"more": 10**9}, "tử số chỉ còn kém mẫu số"),
        ("TDGQ.ON_TIME", {"percent": Decimal("100.5")}, "Tỷ lệ 100,5% cao hơn 100%"),
        ("TDGQ.ON_TIME", {}, "từ 0 đến 100"),
        ("CLGQ", {"more": 1}, "không phải số đếm"),
        ("TDGQ", {"more": 1}, "đây là nhóm.*bên dưới: TDGQ.ON_TIME"),
        ("XX", {"more": 1}, "không có tiêu chí «XX»"),
    ],
)
def test_what_cannot_be_simulated_is_told(published, criterion, change, told):
    with pytest.raises(BuildError, match=told):
        simulate(published.folder, KEY, Change(criterion, **change))


def test_the_page_simulates_and_calls_it_so(built_real, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(built_real.root))
    asked = {"regulation": KEY.regulation_version_code, "kind": "window", "period": PERIOD}
    asked |= {"unit": "H21.01", "criterion": "TDGQ.ON_TIME"}
    script = (
        "import streamlit as st\n"
        f"st.query_params.from_dict({asked!r})\n"
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        "from dashboards.app_pages import score_explanation\n"
        "build = data_access.open_current_build(load_settings())\n"
        "score_explanation.render(state.View(build, 'H21', 'Tỉnh Gia Lai', False, True))\n"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    (more,) = app.number_input
    assert (more.value, more.max) == (0, 1)
    assert "MÔ PHỎNG" not in "".join(element.proto.body for element in app.get("html"))
    more.set_value(1).run()
    assert not app.exception
    shown = "".join(element.proto.body for element in app.get("html"))
    assert "MÔ PHỎNG – không phải kết quả" in shown
    assert "65,54 điểm" in shown
    assert "66,02 điểm" in shown


@pytest.mark.parametrize("name", [ENGINE_FILE, "so-tay-phuong-phap.html"])
def test_a_file_beside_the_tables_is_vouched_for_like_them(built_real, published, tmp_path, name):
    settings = Settings(root=tmp_path)
    folder = shutil.copytree(published.folder, settings.published / published.build_id)
    assert is_published(settings, published.build_id)
    text = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text + " ", encoding="utf-8")
    with pytest.raises(BuildBrokenError, match=f"Bản dựng .*: tệp {name} khác với manifest.json"):
        verified_build(settings, published.build_id)
    (folder / name).unlink()
    with pytest.raises(BuildBrokenError, match=f"thiếu tệp {name}"):
        verified_build(settings, published.build_id)
