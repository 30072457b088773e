"""One reading of the landing bench, run as a program: land files for real, or only read them with the bare reader.

`python -m tests.bench.land land PATH [column=value …]` (data root from CCHC_DATA) lands a file or a folder with the
real gate; `csv PATH`, `xlsx PATH` and `forms FOLDER` read the same with nothing but DuckDB or fastexcel and keep
nothing; `csv_to_parquet PATH` lets DuckDB guess the types and write Parquet. Prints one JSON object: seconds to start
the libraries, seconds of the work, rows, and for landings the seconds inside the gate. The peak of memory is taken by
who starts the child.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def land(path: Path, given: dict[str, str]) -> dict[str, float]:
    """Land through gate 1; RuntimeError when anything is refused, or a row is rejected, or counts disagree."""
    started = time.monotonic()
    from dagster_project.landing.load import land_paths
    from dagster_project.settings import load_settings
    from expectations import engine
    from expectations.runner import check_delivery

    with engine.session():
        ready = time.monotonic()
    in_gate = []

    def gate(*arguments):
        began = time.monotonic()
        report = check_delivery(*arguments)
        in_gate.append(time.monotonic() - began)
        return report

    results = land_paths([path], load_settings(), gate, given=given)
    seconds = time.monotonic() - ready
    landed = [delivery for result in results for delivery in result.deliveries]
    refused = [result.message for result in results if result.error is not None]
    if refused or any(delivery.rows_rejected for delivery in landed):
        raise RuntimeError(f"the bench's own files must land whole: {refused[:1] or 'rows rejected'}")
    rows = sum(delivery.rows_accepted for delivery in landed)
    return {"start": ready - started, "seconds": seconds, "rows": rows, "in_gate": sum(in_gate)}


def read_csv(path: Path) -> dict[str, float]:
    """DuckDB takes every cell of a CSV as text and hashes it, so that no column can be left out."""
    started = time.monotonic()
    import duckdb

    ready = time.monotonic()
    with duckdb.connect() as con:
        found = con.execute(
            "select count(*), bit_xor(hash(cells)) from (select row(*columns(*)) as cells "
            f"from read_csv('{path}', header = true, all_varchar = true)) as lines"
        ).fetchone()
    return {"start": ready - started, "seconds": time.monotonic() - ready, "rows": found[0] if found else 0}


def convert_csv(path: Path) -> dict[str, float]:
    """DuckDB's own reader guesses the types of a CSV and writes it as Parquet: the landing's work without its care."""
    started = time.monotonic()
    import duckdb

    ready = time.monotonic()
    with duckdb.connect() as con, tempfile.TemporaryDirectory(dir=path.parent) as folder:
        found = con.execute(
            f"copy (from read_csv('{path}', header = true, timestampformat = '%d/%m/%Y %H:%M:%S')) "
            f"to '{folder}/typed.parquet' (format parquet, compression zstd)"
        ).fetchone()
    return {"start": ready - started, "seconds": time.monotonic() - ready, "rows": found[0] if found else 0}


def read_workbooks(paths: list[Path]) -> dict[str, float]:
    """fastexcel takes every cell of the first sheets as text, into Arrow."""
    started = time.monotonic()
    import fastexcel

    ready, rows = time.monotonic(), 0
    for path in paths:
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        rows += sheet.to_arrow().num_rows
    return {"start": ready - started, "seconds": time.monotonic() - ready, "rows": rows}


def main(kind: str, path: Path, given: dict[str, str]) -> dict[str, float]:
    """What one reading took."""
    readings: dict[str, Callable[[], dict[str, float]]] = {
        "land": lambda: land(path, given),
        "csv": lambda: read_csv(path),
        "csv_to_parquet": lambda: convert_csv(path),
        "xlsx": lambda: read_workbooks([path]),
        "forms": lambda: read_workbooks(sorted(path.glob("*.xlsx"))),
    }
    return readings[kind]()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), dict(text.split("=", 1) for text in sys.argv[3:]))))
