"""How dbt is started: one parse for all data roots, and what our materializations leave in the warehouse."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.dbt_runs import PARSED_FILES, dbt_target, manifest_path, prepare_manifest, run_dbt
from dagster_project.publishing.plan import plan_folder
from dagster_project.settings import PROJECT_ROOT, Settings

DESCRIBED = """\
models:
  - name: some_numbers
    description: One row, 'told' in quotes.
    columns:
      - name: some_number
        description: A number; with a semicolon.
"""


@dataclass(frozen=True)
class SmallProject(Settings):
    """A data root whose dbt project lies elsewhere."""

    project: Path

    @property
    def dbt_project(self) -> Path:
        return self.project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The settings, macros and sources of the real project, with one seed and two models."""
    folder = tmp_path / "project"
    real = PROJECT_ROOT / "dbt"
    shutil.copytree(real / "macros", folder / "macros")
    models = folder / "models" / "staging"
    models.mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "models/staging/_sources.yml"):
        shutil.copyfile(real / name, folder / name)
    (models / "_models.yml").write_text(DESCRIBED, encoding="utf-8")
    (models / "stg_builds.sql").write_text("select * from {{ source('build', 'builds') }}", encoding="utf-8")
    model_of(folder, "table", "1")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "units.csv").write_text("unit_code\nA\n", encoding="utf-8")
    return folder


def model_of(project: Path, kind: str, number: str) -> None:
    text = f"{{{{ config(materialized='{kind}') }}}}\nselect {number} as some_number"
    (project / "models" / "staging" / "some_numbers.sql").write_text(text, encoding="utf-8")


def kept(project: Path) -> list[Path]:
    return sorted((project / "target" / "parsed").iterdir())


def test_a_second_data_root_takes_what_was_parsed_for_the_first(project, tmp_path):
    first, second = (SmallProject(tmp_path / name, project) for name in ("first", "second"))
    prepare_manifest(first)
    prepare_manifest(second)
    (parsed,) = kept(project)
    for name in PARSED_FILES:
        # A second parse would have another moment and another id in it.
        assert (dbt_target(second) / name).read_bytes() == (parsed / name).read_bytes()
        assert str(first.root).encode() not in (parsed / name).read_bytes()
    for settings in (first, second):
        run_dbt(["compile", "--quiet"], settings)
        (compiled,) = (dbt_target(settings) / "compiled").rglob("stg_builds.sql")
        assert compiled.read_text() == f"select * from read_parquet('{plan_folder(settings)}/builds.parquet')"


def test_a_changed_project_is_parsed_anew_and_of_old_states_nothing_stays(project, tmp_path):
    settings = SmallProject(tmp_path / "root", project)
    prepare_manifest(settings)
    (before,) = kept(project)
    (project / "models" / "staging" / "stg_builds.sql").rename(project / "models" / "staging" / "stg_renamed.sql")
    assert "model.cchc.stg_renamed" in json.loads(prepare_manifest(settings).read_text(encoding="utf-8"))["nodes"]
    (after,) = kept(project)
    assert after != before


def test_a_moved_project_looks_for_its_seeds_where_it_is_now(project, tmp_path):
    prepare_manifest(SmallProject(tmp_path / "root", project))
    moved = project.rename(tmp_path / "moved")
    path = prepare_manifest(SmallProject(tmp_path / "root", moved))
    assert json.loads(path.read_text(encoding="utf-8"))["nodes"]["seed.cchc.units"]["root_path"] == str(moved)


def test_a_project_that_nothing_can_be_kept_in_is_parsed_for_each_root(project, tmp_path):
    (project / "target").write_text("no folder can be made here", encoding="utf-8")
    for name in ("first", "second"):
        assert prepare_manifest(SmallProject(tmp_path / name, project)).is_file()


def test_a_project_that_does_not_parse_says_so_and_leaves_nothing_to_take_it_for_parsed(project, tmp_path):
    settings = SmallProject(tmp_path / "root", project)
    (project / "models" / "staging" / "some_numbers.sql").write_text("select 1 {% nothing", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="nothing"):
            prepare_manifest(settings)
    assert not (project / "target").exists()


def test_processes_that_parse_at_the_same_time_all_get_a_whole_parse(project, tmp_path):
    code = (
        "import sys; from pathlib import Path; from dagster_project.dbt_runs import prepare_manifest\n"
        "from tests.integration.test_dbt_runs import SmallProject\n"
        "prepare_manifest(SmallProject(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    roots = [tmp_path / name for name in ("first", "second")]
    started = [subprocess.Popen([sys.executable, "-c", code, root, project], cwd=PROJECT_ROOT) for root in roots]
    assert [process.wait(timeout=300) for process in started] == [0, 0]
    for root in roots:
        nodes = json.loads(manifest_path(Settings(root)).read_text(encoding="utf-8"))["nodes"]
        assert "model.cchc.stg_builds" in nodes
    (parsed,) = kept(project)
    assert {path.name for path in parsed.iterdir()} == set(PARSED_FILES)


def test_a_model_takes_the_place_of_what_stood_there_with_its_descriptions(project, tmp_path):
    settings = SmallProject(tmp_path / "root", project)
    for number, kind in enumerate(("table", "table", "view", "view", "table")):
        model_of(project, kind, str(number))
        run_dbt(["run", "--quiet", "--select", "some_numbers"], settings)
        with duckdb.connect(str(settings.warehouse_file), read_only=True) as connection:
            assert connection.execute("select some_number from staging.some_numbers").fetchall() == [(number,)]
            of_tables = "select table_name, table_type, table_comment from information_schema.tables"
            shown = {"table": "BASE TABLE", "view": "VIEW"}[kind]
            assert connection.execute(of_tables).fetchall() == [("some_numbers", shown, "One row, 'told' in quotes.")]
            of_column = "select comment from duckdb_columns() where column_name = 'some_number'"
            assert connection.execute(of_column).fetchall() == [("A number; with a semicolon.",)]


def test_a_model_that_fails_leaves_what_stood_there(project, tmp_path):
    settings = SmallProject(tmp_path / "root", project)
    run_dbt(["run", "--quiet", "--select", "some_numbers"], settings)
    model_of(project, "table", "cast('x' as integer)")
    with pytest.raises(RuntimeError):
        run_dbt(["run", "--quiet", "--select", "some_numbers"], settings)
    with duckdb.connect(str(settings.warehouse_file), read_only=True) as connection:
        assert connection.execute("select some_number from staging.some_numbers").fetchall() == [(1,)]


def test_a_described_column_that_is_not_there_stops_the_model(project, tmp_path):
    settings = SmallProject(tmp_path / "root", project)
    path = project / "models" / "staging" / "_models.yml"
    path.write_text(DESCRIBED.replace("name: some_number\n", "name: some_other\n"), encoding="utf-8")
    with pytest.raises(RuntimeError):
        run_dbt(["run", "--quiet", "--select", "some_numbers"], settings)
