"""The measured sizes as a page: docs/benchmarks_size.md."""

from __future__ import annotations

from tests.bench.growth import CHANGED_DOSSIERS, Size, exponent
from tests.bench.report import environment_text, table

# Seconds of dbt for ten million dossiers without and with their log; share of a build; milliseconds of a question.
DBT_AIM, DBT_AIM_WITH_STEPS, REFRESH_AIM, QUESTION_AIM = 60, 180, 0.15, 200
AIMED_AT = 10_000_000
DRILL_DOWN = (
    "definitions side by side",
    "a definition by unit",
    "a definition by procedure of a unit",
    "dossiers of the authority, counted",
    "dossiers of a unit, counted",
    "late dossiers of the authority, a page",
    "late dossiers of a unit, a page",
    "steps of a unit",
    "late dossiers by step",
    "differing dossiers of a unit, a page",
)


def growth_page(sizes: list[Size], command: str) -> str:
    """The whole page in Markdown."""
    return (
        "\n\n".join(
            [
                "# Benchmarks: size",
                f"Written by `{command}`; every figure is from that one run. {environment_text()}",
                "Input: the demo province over 24 months, seed 7, with everything the demo writes: some six steps per "
                "dossier, surveys, the portal's copies, reports. dbt has 3 GB of memory and runs one model at a time.",
                _size_table(sizes),
                _growth_text(sizes),
                "## Against the aims",
                *_aims(sizes[-1]),
                "## A day's changes",
                f"{CHANGED_DOSSIERS:,} dossiers of the newest month are exported again with another due date, loaded "
                "and built. A build is a pure function of what has landed: it computes everything anew, so a refresh "
                "costs a build whatever has changed, and equals one byte for byte because it is one. What is not built "
                "anew is the landing: only the new file is read.",
                _refresh_table(sizes),
                "## Questions of the pages on the published files",
                "Median of 15 in milliseconds, Streamlit's cache emptied before each.",
                _question_table(sizes),
            ]
        )
        + "\n"
    )


def _size_table(sizes: list[Size]) -> str:
    head = (
        "dossiers",
        "steps",
        "load s",
        "load MB",
        "build s",
        "of it dbt s",
        "on the steps s",
        "build MB",
        "published MB",
    )
    return table(
        head,
        [
            (
                f"{size.dossiers:,}",
                f"{size.events:,}",
                f"{size.load.seconds:.0f}",
                f"{size.load.peak_mb:,.0f}",
                f"{size.build.seconds:.0f}",
                f"{size.dbt_seconds:.0f}",
                f"{size.step_seconds:.0f}",
                f"{size.build.peak_mb:,.0f}",
                f"{size.published_bytes / 1e6:,.0f}",
            )
            for size in sizes
        ],
    )


def _growth_text(sizes: list[Size]) -> str:
    smallest, largest = sizes[0], sizes[-1]
    parts = {
        "load": (smallest.load.seconds, largest.load.seconds),
        "build": (smallest.build.seconds, largest.build.seconds),
        "dbt": (smallest.dbt_seconds, largest.dbt_seconds),
        "dbt on the steps": (smallest.step_seconds, largest.step_seconds),
    }
    powers = ", ".join(
        f"{name} {exponent((smallest.dossiers, small), (largest.dossiers, large)):.2f}"
        for name, (small, large) in parts.items()
    )
    return (
        f"Growth exponents from {smallest.dossiers:,} to {largest.dossiers:,} dossiers (1 is linear): {powers}. "
        "The start of the programs, the same at every size, makes them smaller."
    )


def _aims(size: Size) -> list[str]:
    if size.dossiers != AIMED_AT:
        return [f"The aims are set for {AIMED_AT:,} dossiers; the largest size measured is {size.dossiers:,}."]
    drilled = sorted(size.questions["asked"][name]["median"] * 1000 for name in DRILL_DOWN)
    rows = [
        ("dbt without the steps, s", f"{size.dbt_seconds - size.step_seconds:.0f}", f"{DBT_AIM}"),
        ("dbt with the steps, s", f"{size.dbt_seconds:.0f}", f"{DBT_AIM_WITH_STEPS}"),
        ("a day's changes, share of a build", f"{size.refresh_share:.2f}", f"{REFRESH_AIM}"),
        ("a drill-down, median, ms", f"{drilled[len(drilled) // 2]:.0f}", f"{QUESTION_AIM}"),
    ]
    judged = [(*row, "met" if float(row[1]) <= float(row[2]) else "**missed**") for row in rows]
    return [table(("what", "measured", "aim", ""), judged)]


def _refresh_table(sizes: list[Size]) -> str:
    return table(
        ("dossiers", "load of the changes s", "build s", "share of a first build"),
        [
            (
                f"{size.dossiers:,}",
                f"{size.changes_load.seconds:.1f}",
                f"{size.refresh.seconds:.0f}",
                f"{size.refresh_share:.2f}",
            )
            for size in sizes
        ],
    )


def _question_table(sizes: list[Size]) -> str:
    rows = [
        (name, *(f"{size.questions['asked'][name]['median'] * 1000:.0f}" for size in sizes))
        for name in sizes[-1].questions["asked"]
    ]
    return table(("question", *(f"{size.dossiers:,}" for size in sizes)), rows)
