"""The same demo at several sizes, each with its log of steps: how build, memory, daily refresh and questions grow."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Run, run
from tests.bench.stages import CCHC

CHANGED_DOSSIERS = 10_000
DUE, MOMENT = "Ngày hẹn trả", "%d/%m/%Y %H:%M:%S"
# The models that read the log of steps or come from it.
STEP_MODELS = (
    "int_dossier_steps_",
    "fct_dossier_events",
    "fct_dossier_steps",
    "fct_step_times",
    "int_dossier_delays_",
    "fct_dossier_delays",
)


@dataclass(frozen=True)
class Size:
    """One size measured. Seconds; dbt's seconds in all and of the nodes on the log of steps; published bytes."""

    dossiers: int
    events: int
    load: Run
    build: Run
    dbt_seconds: float
    step_seconds: float
    changes_load: Run
    refresh: Run
    questions: dict
    published_bytes: int

    @property
    def refresh_share(self) -> float:
        """Seconds of taking in and publishing the changes ÷ seconds of the whole build."""
        return (self.changes_load.seconds + self.refresh.seconds) / self.build.seconds


def measure_growth(root: Path, sizes: list[int], say) -> list[Size]:
    """Measure each size on a data root of its own, which is removed afterwards: ten million take some 40 GB."""
    found = []
    for dossiers in sizes:
        folder = root / str(dossiers)
        found.append(_measure(folder, dossiers, say))
        shutil.rmtree(folder)
    return found


def exponent(smaller: tuple[int, float], larger: tuple[int, float]) -> float:
    """By which power the seconds grow between two (dossiers, seconds): 1 is linear."""
    return math.log(larger[1] / smaller[1]) / math.log(larger[0] / smaller[0])


def _measure(folder: Path, dossiers: int, say) -> Size:
    exports, data = folder / "exports", folder / "data"
    environment = {"CCHC_DATA": str(data), "CCHC_KEY_FILE": str(folder / "identity.key")}

    def step(name: str, *arguments: str) -> Run:
        done = run([str(CCHC), *arguments], environment)
        say(f"{dossiers:,}: {name} {done.seconds:.1f} s, {done.peak_mb:,.0f} MB")
        return done

    step("demo", "demo", "--dossiers", str(dossiers), "--months", "24", "--seed", "7", "--out", str(exports))
    load = step("load", "load", str(exports))
    build = step("build", "build")
    nodes = json.loads((data / "warehouse/dbt_target/run_results.json").read_text(encoding="utf-8"))
    questions = json.loads(run([sys.executable, "-m", "tests.bench.queries"], environment).output)
    published = next(path for path in (data / "published").iterdir() if path.is_dir())
    published_bytes = sum(path.stat().st_size for path in published.iterdir())
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    write_changes(exports, folder / "changes")
    return Size(
        dossiers=dossiers,
        events=manifest["tables"]["fct_dossier_events"]["rows"],
        load=load,
        build=build,
        dbt_seconds=nodes["elapsed_time"],
        step_seconds=sum(node["execution_time"] for node in nodes["results"] if _is_of_steps(node["unique_id"])),
        changes_load=step("load of the changes", "load", str(folder / "changes")),
        refresh=step("build with the changes", "build"),
        questions=questions,
        published_bytes=published_bytes,
    )


def write_changes(exports: Path, folder: Path) -> None:
    """The first ten thousand dossiers of the newest month as a new export, each due a day later than it was."""
    newest = max((exports / "ho_so").glob("ho_so_*.csv"))
    folder.mkdir()
    with (
        newest.open(encoding="utf-8-sig", newline="") as source,
        (folder / newest.name).open("w", encoding="utf-8-sig", newline="") as target,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames or [])
        writer.writeheader()
        for row in (row for _, row in zip(range(CHANGED_DOSSIERS), rows, strict=False)):
            if row[DUE]:
                row[DUE] = f"{dt.datetime.strptime(row[DUE], MOMENT) + dt.timedelta(days=1):{MOMENT}}"
            writer.writerow(row)


def _is_of_steps(unique_id: str) -> bool:
    return any(name in unique_id for name in STEP_MODELS)
