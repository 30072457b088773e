"""What code made a build: a hash over everything that can change a published number."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT

# Landing is not here: its outcome is in the hash of each landed Parquet file.
CODE_FOLDERS = ("dbt/models", "dbt/macros", "dbt/seeds", "expectations", "dagster_project/publishing")
CODE_FILES = ("dbt/dbt_project.yml",)
ENGINES = ("duckdb", "dbt-core", "dbt-duckdb")
CODE_SUFFIXES = {".sql", ".yml", ".csv", ".py"}


@cache
def code_hash(root: Path = PROJECT_ROOT) -> str:
    """First 16 hex of a SHA-256 over the files that decide numbers and the engines' versions."""
    digest = hashlib.sha256()
    for path in _code_paths(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for engine in ENGINES:
        digest.update(f"{engine}=={metadata.version(engine)}".encode())
    return digest.hexdigest()[:16]


def code_version() -> str:
    """Version of the installed package."""
    return metadata.version("cchc-warehouse")


def _code_paths(root: Path) -> list[Path]:
    paths = [root / name for name in CODE_FILES]
    for folder in CODE_FOLDERS:
        paths += [path for path in (root / folder).rglob("*") if path.suffix in CODE_SUFFIXES]
    return sorted(paths)
