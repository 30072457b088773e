"""`python -m tests.bench [--dossiers N] [--keep DIR]`: measure, print, write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.report import page
from tests.bench.stages import measure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
MILLION = 1_000_000


def main() -> None:
    """Measure in a temporary folder, or in the empty folder given by --keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=MILLION, help="size of the demo province")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this empty folder and leave it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cchc-bench-") as temporary:
        root = arguments.keep or Path(temporary)
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()):
            parser.error(f"{root} is not empty")
        figures = measure(root.resolve(), arguments.dossiers, _say)
    size = "" if arguments.dossiers == MILLION else f" --dossiers {arguments.dossiers}"
    text = page(figures, f"python -m tests.bench{size}" if size else "make bench")
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    _say(f"written to {PAGE}")


def _say(text: str) -> None:
    print(f"[bench] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
