"""The figures of one run as a page: docs/benchmarks.md, which is also what the bench prints."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata

from tests.bench import surveys
from tests.bench.landing import Landing
from tests.bench.scoring import AIM_SECONDS, SIZE
from tests.bench.stages import Figures

AIM = 8
MEMORY_AIM_MB = 1000
VERSIONS = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations", "streamlit")


def page(figures: Figures, command: str) -> str:
    """The whole page in Markdown."""
    return (
        "\n\n".join(
            [
                "# Benchmarks",
                f"Written by `{command}`; every figure below is from that one run. {environment_text()}",
                f"Input: the demo province with {figures.dossiers:,} dossiers over 24 months, seed 7, everything "
                f"the demo writes. Peak memory is the resident set of the child process. "
                f"Load average before {figures.load_average[0]:.1f}, after {figures.load_average[1]:.1f}: more than "
                "the number of cores means that other programs slowed the run down.",
                "## The physical floor",
                "DuckDB reads the same CSV files as text, counts the rows by one column and throws everything away: no "
                "types, no checks, nothing written. The files are in the page cache.",
                _floor_table(figures),
                "## Land, build, publish",
                _verdict(figures),
                _stage_table(figures),
                "## Landing beside the bare reader",
                landing_text(figures.landings),
                landing_table(figures.landings),
                LANDING_NOTES,
                "## Where the build's time goes",
                _parts_table(figures),
                f"dbt itself reports {figures.dbt_seconds:.1f} s. Its slowest nodes:",
                table(("node", "s"), [(f"`{name}`", f"{seconds:.2f}") for name, seconds in figures.slowest_models]),
                "## Scoring and ranking",
                _scoring_text(figures),
                "## Surveys",
                _surveys_text(figures),
                "## Questions of the dashboard",
                _questions_text(figures),
                _questions_table(figures),
                NOTES,
            ]
        )
        + "\n"
    )


LANDING_NOTES = """\
* The bare reader keeps nothing: DuckDB takes every cell of the CSV as text and hashes it; fastexcel takes every cell of
  the workbook as text into memory. The landing hashes the file, reads it as text into Parquet, cleans and types each
  cell, lets Great Expectations judge the rows, writes them compressed and records the delivery.
* The identities of a file are hashed under the key and sealed row by row in the vault; that is bound to the processor.
* Seconds are of the work itself; libraries are loaded before the clock starts (Great Expectations alone takes seconds,
  once per process). Peak memory is the resident set of the whole child process, libraries too."""

NOTES = """\
## What to make of it

* The floor parses text and keeps one column. Landing has to read every column, normalise Unicode, type and check each
  cell, keep what is wrong with its reason, and write Parquet; the build reads that Parquet, keeps the newest version
  of each row, and writes tables twice (DuckDB file, sorted published Parquet). The multiples come from that work,
  and from the start of dbt, Dagster and Great Expectations, which costs the same at 1,000 dossiers as at a million.
* The largest single piece is the log of steps (six rows per dossier): landing it, storing it, sorting it by its grain
  for publishing. Sorting is what makes the same input give the same bytes; it also sets the build's peak memory.
* A second load or build with nothing new costs the hash of the files."""


def environment_text() -> str:
    """On what machine and with which versions."""
    return f"Machine: {_machine()}. {_versions()}."


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} {platform.machine()}"


def _versions() -> str:
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in VERSIONS)]
    )


def _floor_table(figures: Figures) -> str:
    rows = [
        (name, f"{family['rows']:,}", f"{family['bytes'] / 1e6:,.0f}", f"{family['seconds']:.2f}")
        for name, family in figures.floor.items()
    ]
    whole = [sum(family[key] for family in figures.floor.values()) for key in ("rows", "bytes")]
    rows.append(("**all**", f"{whole[0]:,}", f"{whole[1] / 1e6:,.0f}", f"**{figures.floor_seconds:.2f}**"))
    return table(("files", "rows", "MB", "s"), rows)


def _verdict(figures: Figures) -> str:
    seconds = figures.runs["load"].seconds + figures.runs["build"].seconds
    ratio = seconds / figures.floor_seconds
    outcome = "**The aim is met**" if ratio <= AIM else "**The aim is missed**"
    return (
        f"{outcome}: land + build + publish take {seconds:.1f} s, {ratio:.1f} × the floor of "
        f"{figures.floor_seconds:.2f} s; the aim is {AIM} ×, which is {AIM * figures.floor_seconds:.1f} s."
    )


def _stage_table(figures: Figures) -> str:
    titles = {
        "demo": "write the demo's files",
        "load": "`cchc load`: land, gate 1",
        "build": "`cchc build`: build, gate 2, publish",
        "load again": "`cchc load` again, nothing new",
        "build again": "`cchc build` again, nothing new",
        "help": "`cchc --help`",
    }
    rows = [
        (
            title,
            f"{figures.runs[name].seconds:.1f}" if name != "help" else f"{figures.runs[name].seconds:.2f}",
            f"{figures.runs[name].processor_seconds:.1f}",
            f"{figures.runs[name].peak_mb:,.0f}",
            f"{figures.runs[name].seconds / figures.floor_seconds:.1f}",
        )
        for name, title in titles.items()
    ]
    published = f"Published: {figures.published_rows:,} rows, {figures.published_bytes / 1e6:,.0f} MB."
    return table(("step", "s", "processor s", "peak MB", "× floor"), rows) + "\n\n" + published


def landing_text(landings: Sequence[Landing]) -> str:
    """The aims of the landing, each met or missed, and how the figures were taken."""
    lines = [_aim_text(landing) for landing in landings if landing.aim is not None]
    lines += [
        f"* Memory for {landing.title}: {landing.peak_mb:,.0f} MB, "
        f"{'below' if landing.peak_mb < MEMORY_AIM_MB else '**above**'} the aim of {MEMORY_AIM_MB:,} MB."
        for landing in landings
        if landing.is_long
    ]
    runs = max(landing.repetitions for landing in landings)
    head = f"Medians of {runs} runs, bare reader and landing in turn, each on a fresh data root; the long file once."
    return head + "\n\n" + "\n".join(lines)


def _aim_text(landing: Landing) -> str:
    outcome = "met" if landing.ratio <= (landing.aim or 0) else "**missed**"
    return (
        f"* {landing.title}: {landing.ratio:.1f} × the bare reader, aim {landing.aim} ×: {outcome}. "
        f"Times lay between {min(landing.seconds_of_each):.1f} and {max(landing.seconds_of_each):.1f} s."
    )


def landing_table(landings: Sequence[Landing]) -> str:
    """One row per landing."""
    rows = [
        (
            landing.title,
            f"{landing.rows:,}",
            f"{landing.bare_seconds:.2f}",
            "–" if landing.duckdb_seconds is None else f"{landing.duckdb_seconds:.2f}",
            f"{landing.seconds:.2f}",
            f"{landing.gate_seconds:.2f}",
            f"{landing.rows / landing.seconds:,.0f}",
            f"{landing.ratio:.1f}",
            f"{landing.bare_peak_mb:,.0f}",
            f"{landing.peak_mb:,.0f}",
        )
        for landing in landings
    ]
    head = (
        "file",
        "rows",
        "bare s",
        "DuckDB to Parquet s",
        "landing s",
        "of it in the gate",
        "rows/s",
        "× bare",
        "bare peak MB",
        "peak MB",
    )
    return table(head, rows)


def _parts_table(figures: Figures) -> str:
    rows = [
        (name, f"{seconds:.1f}", f"{seconds / figures.floor_seconds:.1f}")
        for name, seconds in figures.build_parts.items()
    ]
    return table(("part", "s", "× floor"), rows)


def _scoring_text(figures: Figures) -> str:
    seconds = json.loads(figures.scoring.output)
    whole = sum(seconds.values())
    steps = ", ".join(f"`{name}` {value:.1f} s" for name, value in seconds.items())
    outcome = "met" if whole < AIM_SECONDS else "**missed**"
    return (
        f"{SIZE.units} simulated units × {SIZE.leaves} criteria × {SIZE.periods} periods, scored, added up and "
        f"ranked by the build's own SQL from figures in memory: **{whole:.1f} s**, aim {AIM_SECONDS} s: {outcome}. "
        f"{steps}. Peak memory with Python and the libraries {figures.scoring.peak_mb:,.0f} MB."
    )


def _surveys_text(figures: Figures) -> str:
    told = json.loads(figures.surveys.output)
    whole = sum(told["models"].values())
    slowest = sorted(told["models"].items(), key=lambda item: -item[1])[:4]
    steps = ", ".join(f"`{name}` {seconds:.1f} s" for name, seconds in slowest)
    outcome = "met" if whole < surveys.AIM_SECONDS else "**missed**"
    return (
        f"{surveys.BALLOTS:,} ballots of 22 questions and {surveys.RATINGS:,} ratings: the models of surveys and "
        f"ratings take **{whole:.1f} s**, aim {surveys.AIM_SECONDS} s: {outcome}. Slowest: {steps}. The whole build, "
        f"with what costs the same without a row, takes {told['build_seconds']:.0f} s "
        f"({told['build_seconds'] / whole:.1f} ×) and {told['build_peak_mb']:,.0f} MB, the load "
        f"{told['load_seconds']:.0f} s."
    )


def _questions_text(figures: Figures) -> str:
    asked, cached = figures.questions["all_asked"], figures.questions["all_cached"]
    return (
        f"Every function by which the pages ask, over the published Parquet. Median of {asked['count']} questions with "
        f"Streamlit's cache emptied before each: **{asked['median'] * 1000:.1f} ms**, slowest "
        f"{asked['slowest'] * 1000:.0f} ms; median from the cache {cached['median'] * 1000:.2f} ms. Opening the build "
        f"(the hash of every file is compared): {figures.questions['open_seconds'] * 1000:.0f} ms, once per process."
    )


def _questions_table(figures: Figures) -> str:
    cold = figures.questions["cold"]
    rows = [
        (name, f"{cold[name] * 1000:.1f}", f"{spread['median'] * 1000:.1f}", f"{spread['slowest'] * 1000:.1f}")
        for name, spread in figures.questions["asked"].items()
    ]
    return table(("question", "first time, ms", "median, ms", "slowest, ms"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown, figures to the right."""
    rule = tuple("---" if index == 0 else "---:" for index in range(len(head)))
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
