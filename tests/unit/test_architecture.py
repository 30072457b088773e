"""What the repository says of itself and can check: the wall around Dagster, the layout, the lock, the layers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from dagster_project.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "dagster_project"
KNOWS_DAGSTER = {
    "definitions.py",
    "checks.py",
    "automation.py",
    "resources.py",
    "dbt_translator.py",
    "event_log.py",
    "assets/__init__.py",
    "assets/landing.py",
    "assets/warehouse.py",
    "assets/published.py",
}
MODELS = sorted((PROJECT_ROOT / "dbt" / "models").rglob("*.sql"))
LAYERS = ("staging", "intermediate", "marts")
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("bridge_", "dim_", "fct_", "rpt_")}


def imported_names(path: Path) -> set[str]:
    """Top-level packages that a module imports when it is imported (not inside functions)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_only_dagsters_own_modules_import_dagster():
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if imported_names(path) & {"dagster", "dagster_dbt"}
    }
    assert knowing <= KNOWS_DAGSTER
    for folder in ("expectations", "dashboards"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            assert not imported_names(path) & {"dagster", "dagster_dbt"}, path


def test_only_data_access_queries_in_the_dashboard():
    querying = {
        path.name
        for path in (PROJECT_ROOT / "dashboards").rglob("*.py")
        if "duckdb" in imported_names(path) or re.search(r"\.execute\(|read_parquet", path.read_text("utf-8"))
    }
    assert querying == {"data_access.py"}


def test_command_line_answers_without_heavy_imports():
    heavy = ("duckdb", "dagster", "dbt", "pyarrow", "pandas", "numpy", "polars", "great_expectations", "streamlit")
    code = f"import sys, dagster_project.cli; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_top_level_holds_only_what_the_design_names():
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    folders = {line.split("/")[0] for line in tracked if "/" in line}
    files = {line for line in tracked if "/" not in line}
    assert {name for name in folders if not name.startswith(".")} == {
        "dagster_project",
        "dbt",
        "expectations",
        "dashboards",
        "data",
        "tests",
        "docs",
    }
    assert {name for name in files if not name.startswith(".")} == {
        "README.md",
        "README.vi.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
    }
    assert not list((PROJECT_ROOT / "dbt").glob("*.py"))


def test_lock_holds_names_versions_and_hashes_only():
    text = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.M)
    pins = re.findall(r"^[A-Za-z0-9._-]+(?:\[[^\]]+\])?==\S+", text, re.M)
    assert len(pins) > 100
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_lock_pins_every_direct_dependency():
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()
        assert re.search(rf"^{re.escape(name)}(\[[^\]]+\])?==", lock, re.M), name


def layer(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT / "dbt" / "models").parts[0]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_layers_point_one_way(path):
    text = path.read_text(encoding="utf-8")
    referred = re.findall(r"ref\('(\w+)'\)", text)
    layers = {model.stem: layer(model) for model in MODELS}
    own = LAYERS.index(layer(path))
    assert path.stem.startswith(PREFIXES[layer(path)])
    assert "source(" not in text or layer(path) == "staging"
    for name in referred:
        if name not in layers:  # a seed: below everything
            assert (PROJECT_ROOT / "dbt" / "seeds" / f"{name}.csv").exists(), name
        else:
            assert LAYERS.index(layers[name]) <= own, f"{path.stem} refers up to {name}"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_text_types_are_named_through_the_macro(path):
    assert not re.search(r"\bas (varchar|text|string)\b", path.read_text(encoding="utf-8"), re.I)


@cache
def documented_models() -> dict[str, dict]:
    found = {}
    for path in (PROJECT_ROOT / "dbt" / "models").rglob("_*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = model
    return found


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_states_its_grain_first(path):
    model = documented_models()[path.stem]
    assert model["description"].startswith("One row per")
    assert model["config"]["meta"]["grain"]


@pytest.mark.parametrize("path", [path for path in MODELS if layer(path) == "marts"], ids=lambda path: path.stem)
def test_every_mart_has_a_named_key_test(path):
    model = documented_models()[path.stem]
    tests = [test["unique_grain"] for test in model["data_tests"] if "unique_grain" in test]
    assert [test["name"] for test in tests] == [f"unique_grain_{path.stem}"]
    assert tests[0]["arguments"]["columns"] == model["config"]["meta"]["grain"]


def test_nothing_in_dbt_buys_silence():
    for path in (PROJECT_ROOT / "dbt").rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"enabled:\s*false|severity:\s*warn|error_if|warn_if", text), path
