"""`python -m tests.bench [--dossiers N] [--long-rows N] [--keep DIR]`: measure, print, write docs/benchmarks.md.

`--landings-only` measures the landing of single files alone and prints its part of the page, writing nothing.
`--sizes N N N` measures the same province at these sizes, smallest first, and writes docs/benchmarks_size.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.growth import measure_growth
from tests.bench.growth_page import growth_page
from tests.bench.landing import LONG_ROWS, measure_landings
from tests.bench.report import landing_table, landing_text, page
from tests.bench.stages import measure

DOCS = Path(__file__).resolve().parents[2] / "docs"
MILLION = 1_000_000


def main() -> None:
    """Measure in a temporary folder, or in the empty folder given by --keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=MILLION, help="size of the demo province")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this empty folder and leave it")
    parser.add_argument("--long-rows", type=int, default=LONG_ROWS, help="rows of the CSV that memory is measured on")
    parser.add_argument("--landings-only", action="store_true", help="only the landing of single files; only print")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help="measure growth over these sizes instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cchc-bench-") as temporary:
        root = arguments.keep or Path(temporary)
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()):
            parser.error(f"{root} is not empty")
        if arguments.landings_only:
            landings = measure_landings(root.resolve(), arguments.long_rows, _say)
            print(landing_text(landings), landing_table(landings), sep="\n\n")
            return
        if arguments.sizes:
            sizes = sorted(arguments.sizes)
            command = f"python -m tests.bench --sizes {' '.join(str(size) for size in sizes)}"
            _write(growth_page(measure_growth(root.resolve(), sizes, _say), command), DOCS / "benchmarks_size.md")
            return
        figures = measure(root.resolve(), arguments.dossiers, arguments.long_rows, _say)
    size = "" if arguments.dossiers == MILLION else f" --dossiers {arguments.dossiers}"
    size += "" if arguments.long_rows == LONG_ROWS else f" --long-rows {arguments.long_rows}"
    _write(page(figures, f"python -m tests.bench{size}" if size else "make bench"), DOCS / "benchmarks.md")


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
    print(text)
    _say(f"written to {path}")


def _say(text: str) -> None:
    print(f"[bench] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
