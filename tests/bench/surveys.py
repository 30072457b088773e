"""Surveys of a build: 200,000 ballots of 22 questions in four waves and 2 million ratings. Run as a program.

`python -m tests.bench.surveys` (an empty data root from CCHC_DATA) lands and builds them and prints one JSON object:
seconds of the load, of the whole build, and of each model of surveys and ratings.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.dbt_runs import dbt_target
from dagster_project.demo.survey_clients import ITEMS
from dagster_project.settings import Settings, load_settings
from tests.bench.measure import run

BALLOTS, RATINGS = 200_000, 2_000_000
AIM_SECONDS = 20
AUTHORITY, UNITS, STRATA, WAVES = "H95", 60, 3, 4
WEIGHTS, STRATUM_TOTALS = np.array([3.5, 7.25, 2.0]), np.array([4000, 9000, 2000])
GROUPS = {
    "gender_code": ["female", "male"],
    "age_band_code": ["18-24", "25-34", "35-49", "50-60", "60+"],
    "ethnicity_code": ["kinh", "other"],
    "education_code": ["1", "2", "3", "4", "5"],
    "occupation_code": ["1", "2", "3", "4", "5", "6", "7"],
    "residence_code": ["urban", "rural"],
}
CCHC = Path(sys.executable).with_name("cchc")
AS_OF = date(2026, 9, 30)


def ballots(rng: np.random.Generator) -> pl.DataFrame:
    """Canonical rows of `survey__ballots`: answers of one person are alike, three of a hundred are left out."""
    number = np.arange(BALLOTS)
    unit, stratum = number % UNITS, number // UNITS % STRATA
    mood = rng.normal(0.6, 0.9, BALLOTS)
    told = []
    for item in ITEMS:
        level = 1 + np.searchsorted([-1.5, -0.8, 0, 1.2], mood + rng.normal(0, 0.9, BALLOTS))
        answer = pl.Series(np.where(rng.random(BALLOTS) < 0.03, 9, level)).cast(pl.String)
        told.append(pl.select(pl.concat_str(pl.lit(f"{item}="), answer)).to_series())
    groups = {name: pl.Series(rng.choice(codes, BALLOTS)) for name, codes in GROUPS.items()}
    return pl.select(
        authority_code=pl.repeat(AUTHORITY, BALLOTS),
        wave_code=pl.Series([f"W{wave}" for wave in number % WAVES]),
        instrument_code=pl.repeat("five_factor_22", BALLOTS),
        unit_code=_units(unit),
        ballot_code=pl.Series([f"B{one:06d}" for one in number]),
        item_answers=pl.concat_str(told, separator=";"),
        stratum_code=pl.Series([f"{one}-{part}" for one, part in zip(unit, stratum, strict=True)]),
        stratum_total=pl.Series(STRATUM_TOTALS[stratum]),
        base_weight=pl.Series(WEIGHTS[stratum]),
        answered_at=pl.Series([f"{1 + one % 28:02d}/09/2026 08:10:00" for one in number]),
        **groups,
    )


def ratings(rng: np.random.Generator) -> pl.DataFrame:
    """Canonical rows of `kiosk__ratings`, three levels, over nine months."""
    number = np.arange(RATINGS)
    seconds = rng.integers(0, 270, RATINGS) * 86_400 + rng.integers(28_800, 57_600, RATINGS)
    moments = np.datetime64("2026-01-01T00:00:00", "us") + seconds.astype("timedelta64[s]")
    return pl.select(
        authority_code=pl.repeat(AUTHORITY, RATINGS),
        rating_code=pl.Series(number).cast(pl.String),
        item_code=pl.repeat("overall", RATINGS),
        unit_code=_units(number % UNITS),
        mode_code=pl.repeat("kiosk", RATINGS),
        scale_code=pl.repeat("3", RATINGS),
        answer_code=pl.Series(rng.choice([1, 2, 3], RATINGS, p=[0.05, 0.25, 0.7])),
        rated_at=pl.Series(moments).dt.strftime("%d/%m/%Y %H:%M:%S"),
    )


def _units(unit: np.ndarray) -> pl.Series:
    return pl.select(pl.concat_str(pl.lit(f"{AUTHORITY}."), pl.Series(unit).cast(pl.String).str.zfill(2))).to_series()


def model_seconds(settings: Settings) -> dict[str, float]:
    """Model of surveys or ratings → seconds, as dbt reports them."""
    results = json.loads((dbt_target(settings) / "run_results.json").read_text(encoding="utf-8"))["results"]
    named = {one["unique_id"]: one["execution_time"] for one in results if one["unique_id"].startswith("model.")}
    return {name.split(".")[-1]: seconds for name, seconds in named.items() if "survey" in name or "_rating" in name}


def measure() -> dict:
    """Write, land and build; see the module."""
    settings = load_settings()
    files = settings.root.parent / "survey_files"
    files.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    ballots(rng).write_csv(files / "ballots.csv")
    ratings(rng).write_csv(files / "ratings.csv")
    load = run([str(CCHC), "load", str(files)], {})
    build = run([str(CCHC), "build", "--as-of", f"{AS_OF:%d/%m/%Y}"], {})
    return {
        "load_seconds": load.seconds,
        "build_seconds": build.seconds,
        "build_peak_mb": build.peak_mb,
        "models": model_seconds(settings),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
