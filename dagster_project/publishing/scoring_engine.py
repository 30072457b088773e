"""The scoring engine as a published file: its SQL as dbt compiled it, to be run again on changed figures.

Does not belong here: running it (dagster_project/explaining/simulation.py), any formula (dbt/models/marts/scoring).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ENGINE_FILE = "scoring_engine.json"
# Each reads the ones before it and published tables.
STEPS = ("fct_rule_scores", "fct_criterion_scores", "fct_unit_scores", "fct_score_rankings")
_RELATION = re.compile(r'"\w+"\."(\w+)"\."(\w+)"')
# The bounds of a rate, as fct_indicator_values states them over the columns numerator and denominator.
_BOUND = re.compile(r"case when has_interval then\s+(.+?)\s+end as (interval_low|interval_high)\b", re.DOTALL)


@dataclass(frozen=True)
class Engine:
    """``steps``: table name → SQL, in the order in which they run; ``reads``: the published tables they begin from.

    ``interval_low`` and ``interval_high`` are SQL over the columns numerator and denominator.
    """

    steps: dict[str, str]
    reads: tuple[str, ...]
    interval_low: str
    interval_high: str


def write_engine(dbt_target: Path, folder: Path) -> Path:
    """Write the engine that dbt compiled last into a build's folder. Returns its path.

    ValueError when it reads anything but published tables or the bounds of a rate are not where they were.
    """
    steps = {name: _plain_names(_compiled(dbt_target, name)) for name in STEPS}
    bounds = {name: text for text, name in _BOUND.findall(_compiled(dbt_target, "fct_indicator_values"))}
    if set(bounds) != {"interval_low", "interval_high"}:
        raise ValueError("fct_indicator_values states no interval_low and interval_high that the engine file can hold")
    read = {name for sql in (_compiled(dbt_target, step) for step in STEPS) for _, name in _RELATION.findall(sql)}
    content = {"steps": steps, "reads": sorted(read - set(STEPS)), **dict(sorted(bounds.items()))}
    path = folder / ENGINE_FILE
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read_engine(folder: Path) -> Engine:
    """The engine of a published build; OSError for a build from before there was one."""
    content = json.loads((folder / ENGINE_FILE).read_text(encoding="utf-8"))
    return Engine(content["steps"], tuple(content["reads"]), content["interval_low"], content["interval_high"])


def _compiled(dbt_target: Path, model: str) -> str:
    # The SQL of the tests of a model lies below a folder named as their YAML file.
    (path,) = (dbt_target / "compiled").glob(f"*/models/marts/*/{model}.sql")
    return path.read_text(encoding="utf-8").strip()


def _plain_names(sql: str) -> str:
    """``sql`` with relations named by their table alone, as they are published."""
    others = {schema for schema, _ in _RELATION.findall(sql)} - {"marts"}
    if others:
        raise ValueError(f"the scoring engine reads unpublished tables of {', '.join(sorted(others))}")
    return _RELATION.sub(r"\2", sql)
