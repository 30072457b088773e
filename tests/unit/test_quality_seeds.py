"""The seeds behind data-quality grades agree with the catalogue of rules, with each other and with the screen."""

from __future__ import annotations

import csv
import re
from decimal import Decimal

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
    for measure, day in {(row["measure_code"], day) for row in rows for day in change_days(rows, row["measure_code"])}:
        bands = [row for row in rows if row["measure_code"] == measure and is_valid(row, day)]
        rates = [Decimal(band["maximum_rate"]) for band in bands]
        # A band begins where the one before ends: none may reach as far as another, the last reaches 1.
        assert rates == sorted(set(rates)) and rates[0] >= 0 and rates[-1] == 1, f"{measure} on {day}: {rates}"
        grades = [band["grade_code"] for band in bands]
        assert grades == sorted(set(grades)) and grades[0] == "A", f"{measure} on {day}: {grades}"
        assert [bool(band["reason_text"]) for band in bands] == [grade != "A" for grade in grades]
        assert len({band["minimum_denominator"] for band in bands}) == 1, f"{measure} on {day}"


def is_valid(row: dict[str, str], day: str) -> bool:
    return row["valid_from_date"] <= day and (not row["valid_to_date"] or day <= row["valid_to_date"])


def change_days(rows: list[dict[str, str]], measure: str) -> set[str]:
    """Every day on which a band of the measure begins or is the last time valid: between them nothing changes."""
    own = [row for row in rows if row["measure_code"] == measure]
    return {row[end] for row in own for end in ("valid_from_date", "valid_to_date") if row[end]}


def test_a_threshold_is_confirmed_only_by_a_source():
    own = "Kho tự đặt"
    for row in seed("quality_grade_bands"):
        assert row["basis"] and row["is_confirmed"] in ("true", "false")
        assert row["is_confirmed"] == "false" or row["basis"] != own, f"{row['measure_code']} {row['grade_code']}"


def test_no_source_is_left_out_when_files_are_listed_by_authority():
    folder = PROJECT_ROOT / "dbt" / "models" / "intermediate" / "quality"
    text = (folder / "int_delivery_authorities_unioned.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'stg_(\w+)'", text)) == set(load_contracts())
