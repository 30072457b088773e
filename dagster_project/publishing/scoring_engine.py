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


@dataclass(frozen=True)
class Engine:
    """``steps``: table name → SQL, in the order in which they run; ``reads``: the published tables they begin from."""

    steps: dict[str, str]
    reads: tuple[str, ...]


def write_engine(dbt_target: Path, folder: Path) -> Path:
    """Write the engine that dbt compiled last into a build's folder. Returns its path.

    ValueError when it reads anything but published tables.
    """
    steps = {name: _plain_names(_compiled(dbt_target, name)) for name in STEPS}
    read = {name for sql in (_compiled(dbt_target, step) for step in STEPS) for _, name in _RELATION.findall(sql)}
    content = {"steps": steps, "reads": sorted(read - set(STEPS))}
    path = folder / ENGINE_FILE
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read_engine(folder: Path) -> Engine:
    """The engine of a published build; OSError for a build from before there was one."""
    content = json.loads((folder / ENGINE_FILE).read_text(encoding="utf-8"))
    return Engine(content["steps"], tuple(content["reads"]))


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
