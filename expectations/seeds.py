"""dbt's seeds as rules read them: national facts are kept there and nowhere else.

Does not belong here: what a rule makes of them.
"""

from __future__ import annotations

import csv
from functools import cache

from dagster_project.settings import PROJECT_ROOT


@cache
def seed_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `dbt/seeds/<name>.csv`, in the order of the file."""
    with (PROJECT_ROOT / "dbt" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def seed_codes(name: str, column: str) -> tuple[str, ...]:
    """One column of a seed."""
    return tuple(row[column] for row in seed_rows(name))


def quoted(texts: tuple[str, ...] | list[str]) -> str:
    """Texts as they stand in a list of SQL."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
