"""Fixtures shared by all tiers, and the hook that keeps the tiers apart.

`unit` and `integration` tests must not need a built warehouse; `pipeline` and `browser` tests must.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from dagster_project.cli import rarely_collect_garbage
from dagster_project.console import Console
from dagster_project.settings import PROJECT_ROOT, Settings

TESTS = Path(__file__).parent
TIERS = ("unit", "integration", "pipeline", "browser")
BUILT_TIERS = ("pipeline", "browser")
BUILT_FIXTURES = {
    "built_demo",
    "built_real",
    "built_cases",
    "built_truth",
    "built_steps",
    "built_own",
    "built_scores",
    "built_surveys",
}

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
# As in the program: in one process that builds a dozen warehouses, all the more.
rarely_collect_garbage()
# Never the key file of whoever runs the tests.
os.environ["CCHC_KEY_FILE"] = str(Path(tempfile.mkdtemp(prefix="cchc_test_keys_")) / "identity.key")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tier of its folder, the longest first; refuse one that sits in the wrong tier."""
    for item in items:
        tier = item.path.relative_to(TESTS).parts[0]
        if tier not in TIERS:
            raise pytest.UsageError(f"{item.nodeid}: a test lives in one of {', '.join(TIERS)}")
        item.add_marker(getattr(pytest.mark, tier))
        needs_build = bool(BUILT_FIXTURES.intersection(getattr(item, "fixturenames", ())))
        if needs_build != (tier in BUILT_TIERS):
            raise pytest.UsageError(f"{item.nodeid}: tier {tier} and the built warehouse do not go together")
    items.sort(key=lambda item: TIERS.index(item.path.relative_to(TESTS).parts[0]), reverse=True)


class OneProcessPerWarehouse(LoadScopeScheduling):
    """Side by side, tests of one built warehouse stay in one process, so that it is built once; others stay by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file.startswith("tests/browser/"):
            return "built_demo"
        text = (TESTS.parent / file).read_text(encoding="utf-8")
        return next((name for name in ("built_demo", "built_real") if name in text), file)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessPerWarehouse:
    """Let xdist deal out the tests as above."""
    return OneProcessPerWarehouse(config, log)


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
