"""The stages of the bench, each a child process on one data root: floor, demo, load, build, again, help, questions;
the landings of single files come from ``landing``."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.landing import Landing, measure_landings
from tests.bench.measure import Run, run

CCHC = Path(sys.executable).with_name("cchc")
# The build's progress lines, in order, and what goes on from each to the next.
BUILD_PARTS = (
    ("Dựng bản", "start: libraries, dbt parse, Dagster, plan"),
    ("Dựng mô hình", "dbt models and tests, their record in Dagster"),
    ("Xuất bảng", "export of sorted Parquet, gate 2"),
    ("Công bố", "publish: hashes, manifest, pointer"),
    ("Đang phục vụ", "end of the process"),
)


@dataclass(frozen=True)
class Figures:
    """Everything measured in one run of the bench. Seconds, MB, bytes; load average before and after."""

    dossiers: int
    floor: dict[str, dict[str, float]]
    runs: dict[str, Run]
    build_parts: dict[str, float]
    dbt_seconds: float
    slowest_models: list[tuple[str, float]]
    questions: dict
    scoring: Run
    surveys: Run
    published_bytes: int
    published_rows: int
    load_average: tuple[float, float]
    landings: list[Landing]

    @property
    def floor_seconds(self) -> float:
        """The floor of all families together."""
        return sum(family["seconds"] for family in self.floor.values())


def measure(root: Path, dossiers: int, long_rows: int, say) -> Figures:
    """Run every stage on the empty folder ``root``; ``long_rows`` is the size of the longest CSV."""
    exports = root / "exports"
    environment = {"CCHC_DATA": str(root / "data")}
    stages = {
        "demo": ["demo", "--dossiers", str(dossiers), "--months", "24", "--seed", "7", "--out", str(exports)],
        "load": ["load", str(exports)],
        "build": ["build"],
        "load again": ["load", str(exports)],
        "build again": ["build"],
        "help": ["--help"],
    }
    runs: dict[str, Run] = {}
    floor: dict[str, dict[str, float]] = {}
    load_before = os.getloadavg()[0]
    for name, arguments in stages.items():
        runs[name] = run([str(CCHC), *arguments], environment)
        say(f"{name}: {runs[name].seconds:.1f} s, {runs[name].peak_mb:.0f} MB")
        if name == "demo":
            floor = _floor(exports)
            say(f"floor: {sum(family['seconds'] for family in floor.values()):.2f} s")
    if runs["build again"].second_of("Không có gì mới") is None:
        raise RuntimeError("the project's files changed while the bench ran: the second build was a new one")
    landings = measure_landings(root / "landings", long_rows, say)
    load_after = os.getloadavg()[0]
    questions = json.loads(run([sys.executable, "-m", "tests.bench.queries"], environment).output)
    scoring = run([sys.executable, "-m", "tests.bench.scoring"], environment)
    surveys = run([sys.executable, "-m", "tests.bench.surveys"], {"CCHC_DATA": str(root / "surveys" / "data")})
    models = json.loads((root / "data/warehouse/dbt_target/run_results.json").read_text(encoding="utf-8"))
    build_folder = root / "data/published" / (root / "data/published/CURRENT").read_text(encoding="utf-8").strip()
    manifest = json.loads((build_folder / "manifest.json").read_text(encoding="utf-8"))
    return Figures(
        dossiers=dossiers,
        floor=floor,
        runs=runs,
        build_parts=build_parts(runs["build"]),
        dbt_seconds=models["elapsed_time"],
        slowest_models=_slowest(models["results"]),
        questions=questions,
        scoring=scoring,
        surveys=surveys,
        published_bytes=sum(path.stat().st_size for path in build_folder.iterdir()),
        published_rows=sum(table["rows"] for table in manifest["tables"].values()),
        load_average=(load_before, load_after),
        landings=landings,
    )


def build_parts(build: Run) -> dict[str, float]:
    """Seconds of each part of a build; the first also holds what came before its line."""
    seconds = [build.second_of(line) for line, _ in BUILD_PARTS]
    if None in seconds:
        missing = [line for (line, _), second in zip(BUILD_PARTS, seconds, strict=True) if second is None]
        raise RuntimeError(f"cchc build no longer says: {', '.join(missing)}")
    starts = [0.0, *seconds[1:]]
    ends = [*seconds[1:], build.seconds]
    return {part: end - start for (_, part), start, end in zip(BUILD_PARTS, starts, ends, strict=True)}


def _floor(exports: Path) -> dict[str, dict[str, float]]:
    """The faster of two scans, so that the files are in the page cache as they are for the load after it."""
    scans = [json.loads(run([sys.executable, "-m", "tests.bench.floor", str(exports)], {}).output) for _ in range(2)]
    return min(scans, key=lambda scan: sum(family["seconds"] for family in scan.values()))


def _slowest(results: list[dict]) -> list[tuple[str, float]]:
    named = [
        (result["unique_id"].split(".", 1)[0] + " " + result["unique_id"].split(".")[2], result["execution_time"])
        for result in results
    ]
    return sorted(named, key=lambda item: -item[1])[:10]
