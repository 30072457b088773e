"""Landing single files end to end beside the bare reader of the same file, in turn, each in a child process.

Does not belong here: the files (``landing_files``), what a child does (``land``).
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench import landing_files
from tests.bench.measure import Run, run

REPETITIONS = 3
CSV_ROWS, XLSX_ROWS, FORM_COUNT = 1_000_000, 200_000, 1_000
# Some 4 GB of text, and as much again for a moment while it lands: --long-rows makes it smaller on a slow disk.
LONG_ROWS = 10_000_000
CSV_AIM, XLSX_AIM = 3.0, 1.5


@dataclass(frozen=True)
class Case:
    """One file or folder: how it is made, which bare reader it is compared with, how often; ``aim`` in × bare."""

    title: str
    name: str
    write: Callable[[Path], None]
    bare: str
    aim: float | None = None
    repetitions: int = REPETITIONS
    given: str = ""
    is_long: bool = False


@dataclass(frozen=True)
class Landing:
    """Medians of one case; ``duckdb_seconds``: DuckDB alone turns the CSV into typed Parquet.

    Seconds without the start of libraries; MB of the whole child, the largest of all runs.
    """

    title: str
    rows: int
    bare_seconds: float
    duckdb_seconds: float | None
    seconds: float
    gate_seconds: float
    bare_peak_mb: float
    peak_mb: float
    seconds_of_each: tuple[float, ...]
    aim: float | None
    is_long: bool

    @property
    def ratio(self) -> float:
        """Landing over bare reader."""
        return self.seconds / self.bare_seconds

    @property
    def repetitions(self) -> int:
        """How often it was landed."""
        return len(self.seconds_of_each)


def cases(long_rows: int) -> list[Case]:
    """All cases; those with an aim stand in the aims of the page."""
    dossiers = landing_files.write_dossiers_csv
    return [
        Case(
            f"CSV, {CSV_ROWS:,} × 25",
            "dossiers.csv",
            partial(dossiers, rows=CSV_ROWS),
            bare="csv",
            aim=CSV_AIM,
        ),
        Case(
            f"CSV, {CSV_ROWS:,} × 25, 8 of them identities",
            "identities.csv",
            partial(dossiers, rows=CSV_ROWS, has_identities=True),
            bare="csv",
        ),
        Case(
            f"XLSX, {XLSX_ROWS:,} × 25",
            "dossiers.xlsx",
            partial(landing_files.write_dossiers_xlsx, rows=XLSX_ROWS),
            bare="xlsx",
            aim=XLSX_AIM,
        ),
        Case(
            f"form II.06a, {FORM_COUNT:,} workbooks",
            "forms",
            partial(landing_files.write_forms, count=FORM_COUNT),
            bare="forms",
            given="authority_code=H99",
        ),
        Case(
            f"CSV, {long_rows:,} × 25",
            "long.csv",
            partial(dossiers, rows=long_rows),
            bare="csv",
            repetitions=1,
            is_long=True,
        ),
    ]


def measure_landings(root: Path, long_rows: int, say: Callable[[str], None]) -> list[Landing]:
    """Make each file in ``root``, measure, remove it."""
    root.mkdir(parents=True, exist_ok=True)
    found = []
    for case in cases(long_rows):
        found.append(_measure(case, root))
        say(f"{case.title}: {found[-1].seconds:.1f} s, {found[-1].ratio:.1f} × bare, {found[-1].peak_mb:.0f} MB")
    return found


def _measure(case: Case, root: Path) -> Landing:
    path, data = root / case.name, root / "data"
    # A child starts with its parent's peak of memory on its account: what needs much is written by another process.
    writer = multiprocessing.get_context("spawn").Process(target=case.write, args=(path,))
    writer.start()
    writer.join()
    if writer.exitcode:
        raise RuntimeError(f"{case.name} was not written")
    environment = {"CCHC_DATA": str(data), "CCHC_KEY_FILE": str(root / "key.json")}
    bare: list[Run] = []
    converted: list[Run] = []
    landed: list[Run] = []
    for _ in range(case.repetitions):
        bare.append(_child([case.bare, str(path)], environment))
        if case.bare == "csv":
            converted.append(_child(["csv_to_parquet", str(path)], environment))
        landed.append(_child(["land", str(path), *filter(None, [case.given])], environment))
        shutil.rmtree(data)
        (root / "key.json").unlink(missing_ok=True)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = [json.loads(child.output) for child in landed]
    return Landing(
        title=case.title,
        rows=said[0]["rows"],
        bare_seconds=_median_seconds(bare),
        duckdb_seconds=_median_seconds(converted) if converted else None,
        seconds=statistics.median(one["seconds"] for one in said),
        gate_seconds=statistics.median(one["in_gate"] for one in said),
        bare_peak_mb=max(child.peak_mb for child in bare),
        peak_mb=max(child.peak_mb for child in landed),
        seconds_of_each=tuple(one["seconds"] for one in said),
        aim=case.aim,
        is_long=case.is_long,
    )


def _median_seconds(children: list[Run]) -> float:
    return statistics.median(json.loads(child.output)["seconds"] for child in children)


def _child(arguments: list[str], environment: dict[str, str]) -> Run:
    return run([sys.executable, "-m", "tests.bench.land", *arguments], environment)
