"""The queries of the READMEs, as they stand there, answer on the built demo; on real files with the printed figures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # documents.py stands beside the tiers, outside any package

from documents import READMES, queries

EXAMPLES = [pytest.param(*example, id=f"{name}-{i}") for name in READMES for i, example in enumerate(queries(name), 1)]
# These authorities come from real files, so their figures do not depend on the size of the demo.
REAL = ("'H44'", "'NL-WABO'", "dim_indicators")


@pytest.mark.parametrize(("sql", "printed"), EXAMPLES)
def test_example_answers_as_printed(sql, printed, built_demo, cchc):
    done = subprocess.run(
        [*cchc, "query", sql],
        env={**os.environ, "CCHC_DATA": str(built_demo.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines, told = done.stdout.splitlines(), printed.splitlines()
    assert lines[0].split() == told[0].split()
    assert len(lines) > 3, "no rows"
    if any(name in sql for name in REAL):
        assert lines == told
