"""What is counted, in which words, on which page: the lists that have to name the same definitions."""

from __future__ import annotations

import csv
import re

from dagster_project.explaining.dossier import BASES
from dagster_project.explaining.memberships import MEMBERSHIPS
from dagster_project.settings import PROJECT_ROOT
from tests.method_record import formulas, method_versions, recorded

MEASURES = (PROJECT_ROOT / "dbt" / "macros" / "measures.sql").read_text(encoding="utf-8")
RATE = "on_time_rate__"


def macro(name: str) -> str:
    return re.search(rf"macro {name}\(\)(.*?)endmacro", MEASURES, re.DOTALL).group(1)


def registry() -> list[dict[str, str]]:
    with (PROJECT_ROOT / "dbt" / "seeds" / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def formula_codes(name: str) -> list[str]:
    """The code that opens each formula of a list."""
    return re.findall(r"\(\s*'(\w+)',", macro(name))


def test_every_formula_is_of_a_computed_indicator():
    computed = {row["indicator_code"] for row in registry() if row["is_computed"] == "true"}
    codes = formula_codes("closing_indicators") + formula_codes("dossier_indicators")
    assert len(codes) > 20
    assert len(set(codes)) == len(codes)
    surveyed = {row["indicator_code"] for row in registry() if row["family_code"] == "satisfaction"}
    assert set(codes) == computed - surveyed


def test_every_definition_of_on_time_tells_of_a_dossier():
    definitions = {
        row["indicator_code"].removeprefix(RATE) for row in registry() if row["indicator_code"].startswith(RATE)
    }
    assert set(BASES) == definitions


def test_the_definitions_that_add_up_are_those_that_list_their_dossiers():
    assert set(MEMBERSHIPS) == set(formula_codes("closing_indicators"))
    placed = set(re.findall(r"\('(\w+)', \[", macro("placed_verdicts")))
    assert {code.removeprefix(RATE) for code in MEMBERSHIPS} - placed == {"form_06a"}


def test_no_formula_changes_under_the_same_method_version():
    """Fails after any change of a formula. Compare two builds (see CONTRIBUTING).

    Numbers that change need a new `method_version` and a line in CHANGELOG. Then `python -m tests.method_record`.
    """
    record = recorded()
    changed = {name for name, said in formulas().items() if record["formulas"].get(name) != said}
    changed |= set(record["formulas"]) - set(formulas())
    assert changed == set(), test_no_formula_changes_under_the_same_method_version.__doc__
    assert method_versions() == record["method_versions"]
