"""What code made a build: a hash over everything that can change a published number."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT

# Layouts and column contracts are not here: a delivery carries the hash of those it was read with, so that adding a
# vendor's layout leaves every build as it was.
CODE_PATTERNS = (
    "dbt/dbt_project.yml",
    "dbt/models/**/*",
    "dbt/macros/**/*",
    "dbt/seeds/**/*",
    "expectations/**/*.py",
    "dagster_project/publishing/**/*.py",
    # The words of the methods book, which is published with the numbers.
    "dagster_project/explaining/figures.py",
    "dagster_project/explaining/rule_words.py",
    "dagster_project/landing/**/*.py",
    # Hashes and flags of people land beside the typed columns.
    "dagster_project/vault/**/*.py",
)
ENGINES = ("duckdb", "dbt-core", "dbt-duckdb")


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
    found = {
        path
        for pattern in CODE_PATTERNS
        for path in root.glob(pattern)
        if path.is_file() and path.suffix != ".pyc" and not path.name.endswith("__unit_tests.yml")
    }
    return sorted(found)
