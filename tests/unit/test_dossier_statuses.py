"""Statuses of dossiers are told once as data; contracts and rules of gate 1 use the same codes."""

from __future__ import annotations

import csv
import re

import pytest

from dagster_project.landing.contracts import load_contract
from dagster_project.settings import PROJECT_ROOT
from expectations.suites.one_stop import BEFORE_RETURN, FINISHED, UNFINISHED

pytestmark = pytest.mark.unit

with (PROJECT_ROOT / "dbt/seeds/dossier_statuses.csv").open(encoding="utf-8", newline="") as file:
    STATUSES = {row["status_code"]: row for row in csv.DictReader(file)}


def states(condition: str) -> set[str]:
    return {STATUSES[code]["state_code"] for code in re.findall(r"'(\w+)'", condition)}


@pytest.mark.parametrize("source", ["one_stop__dossiers", "one_stop__dossier_events", "national_portal__dossiers"])
def test_the_contract_accepts_every_status_of_both_systems_and_no_other(source):
    column = load_contract(source).column("status_code")
    assert set(column.codes) == set(STATUSES)
    for code, label in zip(column.codes, column.labels, strict=True):
        suffix = {"national": "", "opencps": " (OpenCPS)"}[STATUSES[code]["status_system_code"]]
        assert label == STATUSES[code]["status_name"] + suffix


def test_rules_of_the_gate_take_statuses_for_what_the_seed_says():
    assert states(FINISHED) == {"finished", "returned"}
    assert states(UNFINISHED) == {"not_received", "in_progress"}
    assert not states(BEFORE_RETURN) & {"returned", "withdrawn"}
    finished = {code for code, row in STATUSES.items() if row["state_code"] in ("finished", "returned")}
    assert set(re.findall(r"'(\w+)'", FINISHED)) == finished


def test_what_no_document_confirms_is_marked():
    unconfirmed = {code for code, row in STATUSES.items() if row["is_confirmed"] == "false"}
    assert unconfirmed == {"new", "receiving", "pausing", "correcting", "cancelling", "interoperating"}
    assert all(row["basis"] for row in STATUSES.values())
