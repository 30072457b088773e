"""What a source's contract lands reaches the warehouse, and of people only what is no identity."""

from __future__ import annotations

import re

import pytest

from dagster_project.landing.contracts import load_contracts
from dagster_project.settings import PROJECT_ROOT

CONTRACTS = load_contracts()
ORIGIN = {"delivery_id", "source_row_number"}


def selected(source_code: str) -> set[str]:
    """The landed columns that a staging model hands on, each on a line of its own."""
    folder = PROJECT_ROOT / "dbt" / "models" / "staging" / source_code.split("__")[0]
    text = (folder / f"stg_{source_code}.sql").read_text(encoding="utf-8")
    return set(re.findall(r"^ +landed\.([a-z0-9_]+),?$", text, re.MULTILINE))


@pytest.mark.parametrize("code", CONTRACTS)
def test_a_staging_model_selects_every_column_of_its_contract(code):
    wanted = {*CONTRACTS[code].column_names, *ORIGIN}
    missing = sorted(wanted - selected(code))
    assert not missing, f"stg_{code} leaves out {', '.join(missing)}"


@pytest.mark.parametrize("code", [code for code, contract in CONTRACTS.items() if contract.identity])
def test_identities_are_no_columns_of_a_contract_and_reach_no_staging_model(code):
    # They land as keyed hashes and flags beside the columns of the contract; the identity itself is in the vault.
    contract = CONTRACTS[code]
    assert not {*contract.identity} & ({*contract.column_names} | selected(code))
