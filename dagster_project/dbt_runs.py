"""How dbt is started: its environment and where its artefacts lie. The only place that knows dbt's settings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dagster_project.publishing.plan import plan_folder
from dagster_project.settings import Settings


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that ``dbt/profiles.yml`` and the sources read, and dbt's own switches."""
    return {
        "CCHC_PLAN": str(plan_folder(settings)),
        "CCHC_WAREHOUSE_FILE": str(settings.warehouse_file),
        "CCHC_TEMP_DIRECTORY": str(settings.warehouse / "temporary"),
        "DBT_PROJECT_DIR": str(settings.dbt_project),
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_TARGET_PATH": str(dbt_target(settings)),
        "DBT_LOG_PATH": str(settings.warehouse / "dbt_logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def dbt_target(settings: Settings) -> Path:
    """dbt's artefacts of one data root."""
    return settings.warehouse / "dbt_target"


def manifest_path(settings: Settings) -> Path:
    """dbt's manifest of one data root; call :func:`prepare_manifest` first."""
    return dbt_target(settings) / "manifest.json"


def prepare_manifest(settings: Settings) -> Path:
    """Parse the project if the manifest is missing or older than any project file. Returns the manifest's path."""
    path = manifest_path(settings)
    _forget_other_project(settings)
    if not path.exists() or path.stat().st_mtime < _last_change(settings.dbt_project):
        run_dbt(["parse", "--quiet"], settings)
    return path


def _forget_other_project(settings: Settings) -> None:
    """Clear what dbt parsed from another folder: it would look for the seeds there after the project has moved."""
    target = dbt_target(settings)
    parsed_from = target / "project_folder.txt"
    if not parsed_from.is_file() or parsed_from.read_text(encoding="utf-8") != str(settings.dbt_project):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        parsed_from.write_text(str(settings.dbt_project), encoding="utf-8")


def run_dbt(arguments: list[str], settings: Settings) -> None:
    """Run one dbt command in this process; RuntimeError with dbt's own message when it fails."""
    from dbt.cli.main import dbtRunner

    settings.warehouse.mkdir(parents=True, exist_ok=True)
    os.environ.update(dbt_environment(settings))
    outcome = dbtRunner().invoke(arguments)
    release_warehouse()
    if not outcome.success:
        raise RuntimeError(f"dbt {' '.join(arguments)}: {outcome.exception!r}") from outcome.exception


def release_warehouse() -> None:
    """Close the connection that dbt keeps on the DuckDB file after an in-process run."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _last_change(project: Path) -> float:
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (project / folder).rglob("*") if path.is_file()]
    return max(path.stat().st_mtime for path in [*files, project / "dbt_project.yml", project / "profiles.yml"])
