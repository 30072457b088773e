"""Ranges of ranks hold: where all units of a province are equally good, luck alone seldom tells them apart.

Simulated provinces (fixed seed) run through the build's own SQL. All units equal is the hardest case: every pair that
is told apart is an error, and one such pair makes the ranking of the province wrong.
"""

from __future__ import annotations

import re
from statistics import NormalDist

import duckdb
import numpy as np
import pytest

from dagster_project.dbt_runs import dbt_target
from dagster_project.publishing.builds import current_build
from dagster_project.publishing.scoring_engine import read_engine
from tests import simulated_province

PROVINCES, UNITS = 400, 20
# The bounds of a rate, as fct_indicator_values states them over the columns numerator and denominator.
BOUND = re.compile(r"case when has_interval then\s+(.+?)\s+end as (interval_low|interval_high)\b", re.DOTALL)
SIZES = {"small": (30, 60), "mixed": (50, 2000)}


def compiled(settings, name: str) -> str:
    (path,) = (dbt_target(settings) / "compiled").glob(f"*/models/marts/*/{name}.sql")
    return re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", path.read_text(encoding="utf-8"))


def equal_units(rate: float, bounds: tuple[int, int], leaves: int) -> tuple[np.ndarray, np.ndarray]:
    """Successes and trials of province × period × unit × leaf; the leaves of a unit have the same trials."""
    rng = np.random.default_rng(7)
    trials = np.broadcast_to(rng.integers(*bounds, size=(PROVINCES, 1, UNITS, 1)), (PROVINCES, 1, UNITS, leaves))
    return rng.binomial(trials, rate), np.ascontiguousarray(trials)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98, 0.995])
def test_ranges_of_ranks_of_a_rate(built_real, rate, size):
    successes, trials = equal_units(rate, SIZES[size], 1)
    folder = current_build(built_real).folder
    with duckdb.connect() as connection:
        read = ("dim_indicators", "dim_units", "dim_periods", "fct_indicator_values", "fct_data_quality")
        for name in (*read, "fct_unit_period_changes"):
            connection.execute(f"create table {name} as from read_parquet('{folder / name}.parquet') limit 0")
        province, unit = np.indices((PROVINCES, UNITS)).reshape(2, -1)
        counts = {"province": province, "unit": unit, "numerator": successes.ravel(), "denominator": trials.ravel()}
        connection.register("counts", counts)
        connection.execute(
            "insert into dim_indicators by name select 'r' as indicator_code, 4 as rank_digits, "
            "'higher_is_better' as direction_code, true as is_rankable"
        )
        connection.execute(
            "insert into dim_units by name select province as authority_code, unit as unit_code, "
            "'commune' as unit_bloc_code, true as is_ranked_bloc from counts"
        )
        connection.execute(
            "insert into dim_periods by name select 'P' as period_code, date '2026-01-01' as start_date, "
            "date '2026-03-31' as counted_to_date"
        )
        bounds = dict(map(reversed, BOUND.findall(compiled(built_real, "fct_indicator_values"))))
        connection.execute(
            "insert into fct_indicator_values by name select province as authority_code, unit as unit_code, "
            "'P' as period_code, 'r' as indicator_code, 'computed' as origin_code, 'ok' as value_status, "
            f"numerator, denominator, numerator / denominator as value, {bounds['interval_low']} as interval_low, "
            f"{bounds['interval_high']} as interval_high from counts"
        )
        connection.execute(f"create table rankings as {compiled(built_real, 'fct_unit_rankings')}")
        assert share_that_holds(connection, "rankings") >= 0.95


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
def test_ranges_of_ranks_of_a_score(built_real, rate, size):
    """Six shares on the same dossiers, added up to a score: their luck is not the same, and the range still holds."""
    successes, trials = equal_units(rate, SIZES[size], 6)
    folder = current_build(built_real).folder
    engine = read_engine(folder)
    shape = simulated_province.Size(PROVINCES, UNITS, 6, 1)
    with simulated_province.filled(engine, folder, shape, successes, trials) as connection:
        simulated_province.run(connection, engine)
        assert share_that_holds(connection, "fct_score_rankings") >= 0.95


@pytest.mark.parametrize("rule", ["linear", "all_or_nothing"])
@pytest.mark.parametrize("units", [UNITS, 5 * UNITS])
def test_ranges_of_ranks_of_a_step(built_real, rule, units):
    """One share of which all points hang: where the true rate is the step, half of the units fall on each side."""
    folder = current_build(built_real).folder
    engine = read_engine(folder)
    rng = np.random.default_rng(11)
    trials = rng.integers(200, 2000, (PROVINCES, 1, units, 1))
    shape = simulated_province.Size(PROVINCES, units, 1, 1, rule, 0.9)
    with simulated_province.filled(engine, folder, shape, rng.binomial(trials, 0.9), trials) as connection:
        simulated_province.run(connection, engine)
        assert share_that_holds(connection, "fct_score_rankings", units) >= 0.95


def share_that_holds(connection: duckdb.DuckDBPyConnection, table: str, units: int = UNITS) -> float:
    """The share of provinces in which every unit's range has all ranks, as it must where all are equal."""
    rows = connection.execute(
        f"select authority_code, count(*), bool_and(rank_low = 1 and rank_high = {units}) from {table} group by 1"
    ).fetchall()
    assert len(rows) == PROVINCES and {count for _, count, _ in rows} == {units}
    return sum(holds for _, _, holds in rows) / PROVINCES


def test_units_that_differ_are_told_apart(built_real):
    """Ranges that always hold would be worthless: with thousands of dossiers 90 % and 95 % are two groups."""
    folder = current_build(built_real).folder
    engine = read_engine(folder)
    rng = np.random.default_rng(7)
    trials = np.full((1, 1, UNITS, 1), 5000)
    rates = np.where(np.arange(UNITS) < UNITS // 2, 0.95, 0.90).reshape(1, 1, UNITS, 1)
    shape = simulated_province.Size(1, UNITS, 1, 1)
    with simulated_province.filled(engine, folder, shape, rng.binomial(trials, rates), trials) as connection:
        simulated_province.run(connection, engine)
        groups = connection.execute(
            "select distinct_group_number, count(*) from fct_score_rankings group by 1 order by 1"
        ).fetchall()
    assert groups == [(1, UNITS // 2), (2, UNITS // 2)]


def test_the_quantile_of_a_ranking_is_that_of_the_normal_distribution(built_real):
    sql = compiled(built_real, "fct_unit_rankings")
    start = sql.index("case\n    when ranked_unit_count <= 2")
    quantile = sql[start : sql.index("end", start) + 3]
    counts = [1, 2, 3, 4, 10, 34, 63, 168, 500, 3321]
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {quantile} from unnest(?) as counts (ranked_unit_count)", [counts]
        ).fetchall()
    for count, (value,) in zip(counts, found, strict=True):
        pairs = max(1, count * (count - 1) / 2)
        assert value == pytest.approx(NormalDist().inv_cdf(1 - 0.05 / (2 * pairs)), abs=1e-7)
