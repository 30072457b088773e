"""What comes out of the vault's door: the columns that were promised, and code that counts as part of a build."""

from __future__ import annotations

import secrets
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.landing.contracts import load_contracts
from dagster_project.publishing.code_identity import code_hash
from dagster_project.vault.columns import vault_schema
from dagster_project.vault.derive import Derivation, derived_fields
from dagster_project.vault.keys import EncryptionKey, KeyRing

IDENTITIES = {name: contract.identity for name, contract in load_contracts().items() if contract.identity}
SQL_TYPES = {pa.string(): "VARCHAR", pa.bool_(): "BOOLEAN"}


@pytest.fixture
def keys():
    return KeyRing(Path("key"), "id", (EncryptionKey("k", "2026-01-01", secrets.token_bytes(32)),), b"s" * 32)


@pytest.mark.parametrize("source", IDENTITIES)
def test_what_is_derived_is_what_was_promised(keys, source):
    """A table that holds no identities gets the same columns, empty: builds rely on them."""
    names = list(IDENTITIES[source])
    number, *derived = Derivation(vault_schema(names), keys).schema
    assert number.name == "source_row_number"
    assert [(field.name, SQL_TYPES[field.type]) for field in derived] == derived_fields(names)


def test_rows_stay_in_their_order_and_equal_texts_get_equal_hashes(keys):
    schema = vault_schema(["owner_name", "owner_phone", "owner_free_text"])
    cells = [
        [2, 3, 4, 5],
        ["Lò A", None, "LÒ  A", "Lò B"],
        ["0912345678", "", "84912345678", "12"],
        [None, "a@b.vn", "", "x"],
    ]
    batch = pa.record_batch([pa.array(cell, field.type) for cell, field in zip(cells, schema, strict=True)], schema)
    told = Derivation(schema, keys)(batch).to_pydict()
    names, phones = told["owner_name_hash"], told["owner_phone_hash"]
    assert told["source_row_number"] == [2, 3, 4, 5]
    assert names[0] == names[2] != names[3] and names[1] is None
    assert phones[0] == phones[2] != phones[3] and phones[1] is None
    assert told["is_owner_phone_valid"] == [True, None, True, False]
    assert told["is_owner_contact_complete"] == [True, False, True, False]
    assert told["has_email_in_owner_free_text"] == [None, True, False, False]


def test_a_name_and_a_phone_of_the_same_letters_hash_differently(keys):
    schema = vault_schema(["owner_name", "owner_phone"])
    batch = pa.record_batch([pa.array([2]), pa.array(["0912345678"]), pa.array(["0912345678"])], schema=schema)
    told = Derivation(schema, keys)(batch).to_pydict()
    assert told["owner_name_hash"] != told["owner_phone_hash"]


def test_a_change_in_how_people_are_hashed_is_another_code_of_a_build(tmp_path):
    """Hashes and flags land beside the typed columns, so what makes them decides what is published."""
    module = tmp_path / "dagster_project" / "vault" / "normalise.py"
    module.parent.mkdir(parents=True)
    module.write_text("# one spelling\n", encoding="utf-8")
    before = code_hash.__wrapped__(tmp_path)
    module.write_text("# another spelling\n", encoding="utf-8")
    assert code_hash.__wrapped__(tmp_path) != before
