"""How dbt is started: its environment and where its artefacts lie. The only place that knows dbt's settings.

What dbt parses depends on the project's files and on dbt alone, so it is parsed once for each state of the project and
serves every data root; where the files of a root lie is filled in when dbt starts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.publishing.plan import plan_folder
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# What a parse leaves behind: for Dagster and other readers, and for dbt itself.
PARSED_FILES = ("manifest.json", "partial_parse.msgpack")
# Beside them, which state of the project they were parsed from.
STATE_FILE = "project_state.txt"
PARSERS = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that ``dbt/profiles.yml`` reads, and dbt's own switches."""
    return {
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
    """Parse the project, unless it was parsed as it stands now, for this data root or another. The manifest's path."""
    target, state = dbt_target(settings), _project_state(settings.dbt_project)
    marker = target / STATE_FILE
    if not marker.is_file() or marker.read_text(encoding="utf-8") != state:
        # Nothing of another state stays: what was compiled from a model that is gone would be taken for one of now.
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        parsed = settings.dbt_project / "target" / "parsed" / state
        if not _copied(parsed, target):
            arguments = ["parse", "--quiet"]
            _require_success(arguments, _outcome(arguments, settings))
            _keep(target, parsed)
        marker.write_text(state, encoding="utf-8")
    return manifest_path(settings)


def run_dbt(arguments: Sequence[str], settings: Settings) -> None:
    """Run one dbt command in this process; RuntimeError with dbt's own message when it fails."""
    _require_success(arguments, dbt_outcome(arguments, settings))


def dbt_outcome(
    arguments: Sequence[str], settings: Settings, hear: Sequence[Callable[[Any], None]] = ()
) -> dbtRunnerResult:
    """What came of one dbt command in this process; ``hear`` are called with each of dbt's events."""
    prepare_manifest(settings)
    return _outcome(arguments, settings, _manifest(settings), hear)


def _outcome(
    arguments: Sequence[str],
    settings: Settings,
    manifest: Manifest | None = None,
    hear: Sequence[Callable[[Any], None]] = (),
) -> dbtRunnerResult:
    from dbt.cli.main import dbtRunner

    settings.warehouse.mkdir(parents=True, exist_ok=True)
    os.environ.update(dbt_environment(settings))
    outcome = dbtRunner(manifest=manifest, callbacks=list(hear)).invoke(list(arguments))
    release_warehouse()
    return outcome


def _require_success(arguments: Sequence[str], outcome: dbtRunnerResult) -> None:
    if not outcome.success:
        raise RuntimeError(f"dbt {' '.join(arguments)}: {outcome.exception!r}") from outcome.exception


def _manifest(settings: Settings) -> Manifest:
    """The parsed project, its sources pointed at the plan of this data root (`plan` in `_sources.yml`)."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = (dbt_target(settings) / "partial_parse.msgpack").read_bytes()
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    for source in manifest.sources.values():
        source.meta["plan"] = str(plan_folder(settings))
    manifest.build_flat_graph()
    return manifest


def release_warehouse() -> None:
    """Close the connection that dbt keeps on the DuckDB file after an in-process run."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _project_state(project: Path) -> str:
    """A hash over what decides a parse: the project's files, where they lie (seeds are found by it), and dbt itself."""
    digest = hashlib.sha256(str(project).encode())
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (project / folder).rglob("*") if path.is_file()]
    for path in sorted([*files, project / "dbt_project.yml", project / "profiles.yml"]):
        digest.update(path.relative_to(project).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for parser in PARSERS:
        digest.update(f"{parser}=={metadata.version(parser)}".encode())
    return digest.hexdigest()[:16]


def _copied(parsed: Path, target: Path) -> bool:
    """Take what was parsed for another data root; False when it is not there, or goes while it is copied."""
    try:
        for name in PARSED_FILES:
            shutil.copyfile(parsed / name, target / name)
    except OSError:
        return False
    return True


def _keep(target: Path, parsed: Path) -> None:
    """Keep what was parsed for other data roots, in place of older states; a project folder may be read-only.

    It gets its name when it is whole, so that another process sees all of it or nothing.
    """
    try:
        parsed.parent.mkdir(parents=True, exist_ok=True)
        older = [path for path in parsed.parent.iterdir() if path != parsed]
        with tempfile.TemporaryDirectory(prefix=".", dir=parsed.parent) as work:
            whole = Path(work) / parsed.name
            whole.mkdir()
            for name in PARSED_FILES:
                shutil.copyfile(target / name, whole / name)
            whole.rename(parsed)
    except OSError:
        return
    for path in older:
        shutil.rmtree(path, ignore_errors=True)
