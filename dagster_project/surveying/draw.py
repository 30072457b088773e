"""The order in which people are drawn: it depends on the seed, the wave and the dossier's code, and on nothing else.

Whoever has the list and the seed gets the same sample, in whatever order the rows stand; another wave of the same
seed gets another order. The first of a stratum's order are the sample, those behind them its replacements, in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dagster_project.surveying.frame import Person


def in_draw_order(people: Iterable[Person], seed: int, wave_code: str) -> list[Person]:
    """The people of a stratum in the order in which they are drawn; a draw without replacement is its beginning."""
    return sorted(people, key=lambda person: (_digest(seed, wave_code, person.dossier_code), person.dossier_code))


def _digest(seed: int, wave_code: str, dossier_code: str) -> bytes:
    # A code never holds a line end, so no two triples are written alike.
    return hashlib.sha256(f"{seed}\n{wave_code}\n{dossier_code}".encode()).digest()
