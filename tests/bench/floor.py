"""The physical floor: DuckDB reads the same CSV files as text and does a count and a group-by. Run as a program.

`python -m tests.bench.floor FOLDER` prints one JSON object: family → {seconds, bytes, rows}. Types nothing, checks
nothing, writes nothing: no warehouse can load these files in less.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

# Family of files → (files, a column with few values to group by).
FAMILIES = {
    "dossiers": ("ho_so/*.csv", "Mã đơn vị giải quyết"),
    "events": ("nhat_ky/*.csv", "Mã đơn vị thực hiện"),
    "kiosk ratings": ("danh_gia/kiosk_*.csv", "unit_code"),
    "survey ballots": ("khao_sat/phieu_*.csv", "unit_code"),
}


def scan(folder: Path) -> dict[str, dict[str, float]]:
    """Seconds, bytes and rows of each family."""
    return {family: _scan_family(folder, files, column) for family, (files, column) in FAMILIES.items()}


def _scan_family(folder: Path, files: str, column: str) -> dict[str, float]:
    paths = sorted(folder.glob(files))
    started = time.monotonic()
    with duckdb.connect() as connection:
        groups = connection.execute(
            f'select "{column}", count(*) from read_csv(?, header = true, all_varchar = true) group by all',
            [[str(path) for path in paths]],
        ).fetchall()
    return {
        "seconds": time.monotonic() - started,
        "bytes": sum(path.stat().st_size for path in paths),
        "rows": sum(count for _, count in groups),
    }


if __name__ == "__main__":
    print(json.dumps(scan(Path(sys.argv[1]))))
