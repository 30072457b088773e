"""The questions that the dashboard's pages ask, timed on a built data root. Run as a program.

`python -m tests.bench.queries` (data root from CCHC_DATA) prints one JSON object: seconds to open the build, and per
question the seconds of its first time in a new process (cold), and of later times with Streamlit's cache emptied before
each (asked) and full (cached).
"""

from __future__ import annotations

import json
import logging
import statistics
import time
from collections.abc import Callable

REPETITIONS = 15
Question = tuple[str, Callable[[], object]]


def measure() -> dict:
    """All questions of the pages, for the authority with most dossiers and a spread of its units and periods."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it warns that no browser is connected
    import streamlit

    from dagster_project.settings import load_settings
    from dashboards import data_access

    started = time.monotonic()
    build = data_access.open_current_build(load_settings())
    opened = time.monotonic() - started
    first = _questions(data_access, build, spread=1)
    streamlit.cache_data.clear()  # choosing the questions has asked some of them
    cold = {name: _seconds(ask) for name, ask in first}
    asked: dict[str, list[float]] = {}
    cached: dict[str, list[float]] = {}
    for name, ask in _questions(data_access, build, spread=REPETITIONS):
        streamlit.cache_data.clear()
        asked.setdefault(name, []).append(_seconds(ask))
        cached.setdefault(name, []).append(_seconds(ask))
    return {
        "open_seconds": opened,
        "cold": cold,
        "asked": {name: _spread(values) for name, values in asked.items()},
        "all_asked": _spread([value for values in asked.values() for value in values]),
        "all_cached": _spread([value for values in cached.values() for value in values]),
    }


def _questions(data_access, build, *, spread: int) -> list[Question]:
    """Each question ``spread`` times, with other units and periods each time as far as there are any."""
    authority = data_access.authorities(build)[0]["authority_code"]
    periods = data_access.periods_with_data(build, authority)
    units = data_access.units(build, authority)
    choices = data_access.ranking_choices(build, authority)
    found: list[Question] = []
    for turn in range(spread):
        found += _one_turn(
            data_access,
            build,
            authority,
            units[turn * 17 % len(units)]["unit_code"],
            periods[turn % len(periods)],
            choices[turn * 31 % len(choices)],
        )
    return found


def _one_turn(data_access, build, authority: str, unit: str, period: dict, choice: dict) -> list[Question]:
    code, kind = period["period_code"], period["period_kind_code"]
    ranking = (choice["peer_group_code"], choice["period_code"], choice["indicator_code"], choice["origin_code"])
    return [
        ("authorities", lambda: data_access.authorities(build)),
        ("indicators", lambda: data_access.indicators(build)),
        ("units", lambda: data_access.units(build, authority)),
        ("periods of the authority", lambda: data_access.periods_with_data(build, authority)),
        ("periods of a unit", lambda: data_access.periods_with_data(build, authority, unit)),
        ("series of the authority", lambda: data_access.unit_series(build, authority, authority, kind)),
        ("series of a unit", lambda: data_access.unit_series(build, authority, unit, kind)),
        ("declared figures", lambda: data_access.declared_values(build, authority, code)),
        ("reported totals", lambda: data_access.reported_totals(build, authority, code)),
        ("units to watch", lambda: data_access.units_to_watch(build, authority, code)),
        ("choices of rankings", lambda: data_access.ranking_choices(build, authority)),
        ("one ranking", lambda: data_access.ranking(build, authority, *ranking)),
        ("overdue dossiers of a unit", lambda: data_access.overdue_dossiers(build, authority, unit)),
        *_drill_down(build, authority, unit, period),
    ]


def _drill_down(build, authority: str, unit: str, period: dict) -> list[Question]:
    """The questions of Đúng hạn, Quy trình and Đối soát on the way from the authority to a list of dossiers."""
    from dashboards import data_access, data_access_claims, data_access_time

    days = (period["start_date"], period["end_date"])
    whole = data_access_time.TimeScope(authority, period["period_code"], *days, authority)
    of_unit = data_access_time.TimeScope(authority, period["period_code"], *days, unit)
    steps = data_access.StepScope(authority, _step_period(period), *days, unit)
    claims = data_access_claims.Scope(authority, unit, period["period_code"], *days)
    rate = "on_time_rate__resolved_recomputed"
    return [
        ("definitions side by side", lambda: data_access_time.indicator_values(build, whole, "timeliness")),
        ("a definition by unit", lambda: data_access_time.time_parts(build, whole, rate, "unit", "missed")),
        (
            "a definition by procedure of a unit",
            lambda: data_access_time.time_parts(build, of_unit, rate, "procedure", "missed"),
        ),
        ("dossiers of the authority, counted", lambda: data_access_time.outcome_counts(build, whole, rate)),
        ("dossiers of a unit, counted", lambda: data_access_time.outcome_counts(build, of_unit, rate)),
        (
            "late dossiers of the authority, a page",
            lambda: data_access_time.placed_dossiers(build, whole, rate, "missed", 20),
        ),
        (
            "late dossiers of a unit, a page",
            lambda: data_access_time.placed_dossiers(build, of_unit, rate, "missed", 20),
        ),
        ("steps of a unit", lambda: data_access.step_times(build, steps)),
        ("late dossiers by step", lambda: data_access.delays_by_step(build, steps)),
        (
            "differing dossiers of a unit, a page",
            lambda: data_access_claims.compared_dossiers(build, claims, "recomputed", "*", 1),
        ),
    ]


def _step_period(period: dict) -> str:
    """The year of a period; steps are counted by quarter and year."""
    return f"{period['end_date']:%Y}"


def _seconds(ask: Callable[[], object]) -> float:
    started = time.monotonic()
    ask()
    return time.monotonic() - started


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "slowest": max(values), "count": len(values)}


if __name__ == "__main__":
    print(json.dumps(measure()))
