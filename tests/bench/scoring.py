"""The scoring engine of a build on a simulated province: 150 units, 90 criteria, 24 periods. Run as a program.

`python -m tests.bench.scoring` (data root from CCHC_DATA) prints one JSON object: seconds of each step of the engine.
"""

from __future__ import annotations

import json
import time

import numpy as np

from dagster_project.publishing.builds import current_build
from dagster_project.publishing.scoring_engine import read_engine
from dagster_project.settings import load_settings
from tests import simulated_province

SIZE = simulated_province.Size(provinces=1, units=150, leaves=90, periods=24)
AIM_SECONDS = 5


def measure() -> dict[str, float]:
    """Step of the engine → seconds, with the figures already in memory."""
    folder = current_build(load_settings()).folder
    engine = read_engine(folder)
    rng = np.random.default_rng(7)
    trials = np.repeat(rng.integers(30, 3000, size=(1, SIZE.periods, SIZE.units, 1)), SIZE.leaves, axis=3)
    seconds = {}
    with simulated_province.filled(engine, folder, SIZE, rng.binomial(trials, 0.9), trials) as connection:
        for name, sql in engine.steps.items():
            started = time.perf_counter()
            connection.execute(f"create or replace table {name} as {sql}")
            seconds[name] = time.perf_counter() - started
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure()))
