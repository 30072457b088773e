"""Fixtures shared by all tiers, and the hook that keeps the tiers apart.

`unit` and `integration` tests must not need a built warehouse; `pipeline` and `browser` tests must.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from dagster_project.console import Console
from dagster_project.settings import PROJECT_ROOT, Settings

TESTS = Path(__file__).parent
TIERS = ("unit", "integration", "pipeline", "browser")
BUILT_TIERS = ("pipeline", "browser")
BUILT_FIXTURES = {"built_demo", "built_real", "built_cases", "built_truth"}

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
# Never the key file of whoever runs the tests.
os.environ["CCHC_KEY_FILE"] = str(Path(tempfile.mkdtemp(prefix="cchc_test_keys_")) / "identity.key")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tier of its folder; refuse one that sits in the wrong tier."""
    for item in items:
        tier = item.path.relative_to(TESTS).parts[0]
        if tier not in TIERS:
            raise pytest.UsageError(f"{item.nodeid}: a test lives in one of {', '.join(TIERS)}")
        item.add_marker(getattr(pytest.mark, tier))
        needs_build = bool(BUILT_FIXTURES.intersection(getattr(item, "fixturenames", ())))
        if needs_build != (tier in BUILT_TIERS):
            raise pytest.UsageError(f"{item.nodeid}: tier {tier} and the built warehouse do not go together")
        # Side by side, tests of one warehouse stay in one process, so that it is built once; others stay by file.
        built = sorted(BUILT_FIXTURES.intersection(getattr(item, "fixturenames", ())))
        item.add_marker(pytest.mark.xdist_group(built[0] if built else item.path.name))
    items.sort(key=lambda item: TIERS.index(item.path.relative_to(TESTS).parts[0]), reverse=True)  # the longest first


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data root with a published build of a small demo province and the real files."""
    from dagster_project.commands import DEMO_FOLDER, build, load_files, real_files
    from dagster_project.demo.generate import generate_demo

    settings = Settings(root=tmp_path_factory.mktemp("demo_root"))
    generate_demo(settings.inbox / DEMO_FOLDER, dossiers=20_000, months=12, seed=7)
    summary = load_files([settings.inbox, *real_files()], settings, Console())
    assert not summary.refused
    build(settings, _say)
    return settings


@pytest.fixture(scope="session")
def built_real(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data root with a published build of the real files alone; a test that changes it copies it first."""
    from dagster_project.commands import build, load_files, real_files

    settings = Settings(root=tmp_path_factory.mktemp("real_root"))
    load_files(real_files(), settings, Console())
    build(settings, _say)
    return settings


@pytest.fixture(scope="session")
def cchc() -> list[str]:
    """How a test starts the command line: the installed program of this environment."""
    return [str(Path(sys.executable).with_name("cchc"))]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The project's folder."""
    return PROJECT_ROOT


def _say(text: str) -> None:
    print(text)
