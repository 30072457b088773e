"""An invented province in memory for the scoring engine of a build: as many units, criteria and periods as asked for.

Used where a real build would say nothing more: how often ranges of ranks hold, how long the engine takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from dagster_project.publishing.scoring_engine import Engine

MAXIMUM = 100


@dataclass(frozen=True)
class Size:
    """Provinces (authorities), units and leaves of each, periods. Leaves are equal shares of MAXIMUM, of one rule."""

    provinces: int
    units: int
    leaves: int
    periods: int
    rule_code: str = "linear"
    target_value: float = 1


def filled(engine: Engine, folder, size: Size, numerators: np.ndarray, denominators: np.ndarray):
    """A connection with the tables that the engine reads. Counts are province × period × unit × leaf.

    Column types are those of the build in ``folder``; columns that are not about the case are null.
    """
    connection = duckdb.connect()
    for name in engine.reads:
        connection.execute(f"create table {name} as from read_parquet('{folder / name}.parquet') limit 0")
    shape = np.indices(numerators.shape).reshape(4, -1)
    counts = dict(zip(("province", "period", "unit", "leaf"), shape, strict=True))
    counts |= {"numerator": numerators.ravel(), "denominator": denominators.ravel()}
    connection.register("counts", counts)
    for table, query in _tables(engine, size).items():
        connection.execute(f"insert into {table} by name {query}")
    return connection


def run(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    """Every step of the engine, in order."""
    for name, sql in engine.steps.items():
        connection.execute(f"create or replace table {name} as {sql}")


def _tables(engine: Engine, size: Size) -> dict[str, str]:
    authority, version = "'S' || lpad(cast(province as varchar), 4, '0')", "'R@1'"
    provinces = f"range({size.provinces}) as provinces (province)"
    # Neighbouring leaves are counted on the same dossiers; three families are not.
    return {
        "dim_regulations": f"""
            select {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'computed_first' as score_order_code, 'half_up' as rounding_mode_code, 2 as rounding_digits,
              'leaf' as rounding_stage_code, 2 as percent_digits, 0 as tie_tolerance, 0 as minimum_denominator,
              'percent' as grade_basis_code, true as is_scorable
            from {provinces}""",
        "dim_criteria": f"""
            select {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'F' as criterion_code, cast(null as varchar) as parent_criterion_code, 'F' as field_criterion_code,
              1 as level_number, 'base' as kind_code, 'sum' as rule_code, false as is_leaf, {MAXIMUM} as max_score,
              'not_assessed' as zero_denominator_code, 0 as display_order
            from {provinces}
            union all by name
            select {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'F.' || leaf as criterion_code, 'F' as parent_criterion_code, 'F' as field_criterion_code,
              2 as level_number, 'base' as kind_code, '{size.rule_code}' as rule_code, true as is_leaf,
              cast({MAXIMUM} as decimal(18, 6)) / {size.leaves} as max_score, {size.target_value} as target_value,
              'not_assessed' as zero_denominator_code, leaf + 1 as display_order
            from {provinces} cross join range({size.leaves}) as leaves (leaf)""",
        "dim_units": f"""
            select {authority} as authority_code, 'u' || unit as unit_code, 'commune' as unit_bloc_code
            from {provinces} cross join range({size.units}) as units (unit)""",
        "fct_score_peer_groups": f"""
            select {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'P' || period as period_code, 'u' || unit as unit_code, 'commune' as peer_group_code
            from {provinces} cross join range({size.units}) as units (unit)
            cross join range({size.periods}) as periods (period)""",
        "dim_periods": f"""
            select 'P' || period as period_code,
              case when period > 0 then 'P' || (period - 1) end as previous_period_code
            from range({size.periods}) as periods (period)""",
        "fct_score_inputs": f"""
            select {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'P' || period as period_code, 'u' || unit as unit_code, 'F.' || leaf as criterion_code, true as is_leaf,
              true as is_applicable, true as has_counts, 'family ' || leaf % 3 as family_code, numerator, denominator,
              denominator as sample_count, 1 as sample_scale
            from counts
            union all by name
            select distinct {authority} as authority_code, 'R' as regulation_code, {version} as regulation_version_code,
              'P' || period as period_code, 'u' || unit as unit_code, 'F' as criterion_code, false as is_leaf,
              true as is_applicable
            from counts""",
    }
