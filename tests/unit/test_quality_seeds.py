"""The seeds behind data-quality grades agree with the catalogue of rules, with each other and with the screen."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from itertools import groupby

import pytest

from dagster_project.landing.contracts import load_contracts
from dagster_project.settings import PROJECT_ROOT
from dashboards import labels
from expectations.catalogue import all_rules
from expectations.results import FLAG_ROW

pytestmark = pytest.mark.unit

DOSSIERS = "one_stop__dossiers"


def seed(name: str) -> list[dict[str, str]]:
    path = PROJECT_ROOT / "dbt" / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def macro_list(name: str) -> list[str]:
    """The quoted codes that begin the entries of a list macro in dbt/macros/quality.sql."""
    text = (PROJECT_ROOT / "dbt" / "macros" / "quality.sql").read_text(encoding="utf-8")
    body = text.split(f"macro {name}()", 1)[1].split("endmacro", 1)[0]
    return re.findall(r"\('(\w+)'," if "('" in body else r"'(\w+)'", body)


def test_every_rule_that_flags_dossiers_has_a_class_and_no_other_rule_has():
    flagging = {rule.code for rule in all_rules() if rule.subject == DOSSIERS and rule.effect_code == FLAG_ROW}
    assert {row["rule_code"] for row in seed("rule_classes")} == flagging


def test_classes_are_counted_in_dbt_and_named_on_the_screen():
    counted = macro_list("rule_classes_counted")
    assert {row["rule_class_code"] for row in seed("rule_classes")} <= set(counted)
    assert list(labels.FLAG_CLASS_TEXT) == counted
    assert list(labels.FEED_TEXT) == macro_list("feeds")


def test_every_measure_has_bands_that_reach_the_whole_and_say_why():
    rows = seed("quality_grade_bands")
    assert {row["measure_code"] for row in rows} == set(macro_list("quality_measures"))
    for _, group in groupby(rows, key=lambda row: (row["measure_code"], row["valid_from_date"])):
        bands = list(group)
        grades = [band["grade_code"] for band in bands]
        rates = [Decimal(band["maximum_rate"]) for band in bands]
        assert grades == sorted(set(grades)) and rates == sorted(set(rates))
        assert rates[-1] == 1
        assert [bool(band["reason_text"]) for band in bands] == [band["grade_code"] != "A" for band in bands]


def test_a_threshold_without_legal_basis_is_not_called_confirmed():
    assert {(row["basis"], row["is_confirmed"]) for row in seed("quality_grade_bands")} == {("Kho tự đặt", "false")}


def test_no_source_is_left_out_when_files_are_listed_by_authority():
    folder = PROJECT_ROOT / "dbt" / "models" / "intermediate" / "quality"
    text = (folder / "int_delivery_authorities_unioned.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'stg_(\w+)'", text)) == set(load_contracts())
