"""The formulas behind published numbers, as they were when last looked at: `python -m tests.method_record` writes them.

A formula that changes without a new `method_version` changes published numbers in silence; the record makes that fail.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re

from dagster_project.settings import PROJECT_ROOT

RECORD = PROJECT_ROOT / "tests" / "fixtures" / "published_methods.json"
MACROS = ("arithmetic", "timeliness", "working_time", "measures", "reports", "surveys")
MACRO = re.compile(r"\{%-?\s*macro (\w+)\(.*?endmacro\s*-?%\}", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def formulas() -> dict[str, str]:
    """Macro → hash of what it says, comments and spaces aside."""
    found = {}
    for name in MACROS:
        text = (PROJECT_ROOT / "dbt" / "macros" / f"{name}.sql").read_text(encoding="utf-8")
        for macro in MACRO.finditer(text):
            said = " ".join(COMMENT.sub(" ", macro.group()).split())
            found[f"{name}.{macro.group(1)}"] = hashlib.sha256(said.encode()).hexdigest()[:16]
    return found


def method_versions() -> dict[str, str]:
    """Indicator → method_version, of the registry."""
    with (PROJECT_ROOT / "dbt" / "seeds" / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        return {row["indicator_code"]: row["method_version"] for row in csv.DictReader(handle)}


def recorded() -> dict[str, dict[str, str]]:
    """What was recorded: `formulas` and `method_versions`."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    record = {"formulas": formulas(), "method_versions": method_versions()}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
