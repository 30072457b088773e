"""Values given when loading belong to a delivery: one file with two sets of them is two deliveries."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # table_writers.py stands beside the tiers, outside any package

from table_writers import Sheet, xlsx_file

from dagster_project.landing import deliveries
from dagster_project.landing.load import land_file
from dagster_project.settings import load_settings

pytestmark = pytest.mark.integration

UNITS = """authority_code,unit_code,unit_name,unit_bloc_code,valid_from_date
H97,H97.01,Sở Y tế,department,2026-01-01
H97,H97.02,Sở Nội vụ,department,2026-01-01
"""
FIRST, SECOND = {"parent_unit_code": "H97"}, {"parent_unit_code": "H98"}


@pytest.fixture
def settings(tmp_path):
    return load_settings(tmp_path / "data")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "đơn vị.csv"
    path.write_text(UNITS, encoding="utf-8")
    return path


def parents(settings):
    """Of every delivery, the values of its rows."""
    paths = {
        delivery.delivery_id: deliveries.landed_path(settings, delivery.source_code, delivery.delivery_id)
        for delivery in deliveries.list_deliveries(settings)
    }
    found = {
        id_: duckdb.sql(f"select distinct parent_unit_code from '{path}'").fetchall() for id_, path in paths.items()
    }
    return {id_: [code for (code,) in codes] for id_, codes in found.items()}


def aged(settings, delivery, **changes):
    """The record as an older layout left it."""
    path = deliveries.record_path(settings, delivery.delivery_id)
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "layout_hash": "older", **changes}), encoding="utf-8")


def test_one_file_with_other_values_is_a_second_delivery(settings, file):
    first = land_file(file, settings, given=FIRST)
    second = land_file(file, settings, given=SECOND)
    assert (first.status, second.status) == ("landed", "landed")
    assert parents(settings) == {first.delivery.delivery_id: ["H97"], second.delivery.delivery_id: ["H98"]}
    assert len(set(parents(settings))) == 2


def test_the_same_values_again_land_nothing(settings, file):
    done = [land_file(file, settings, given=given).delivery for given in (FIRST, SECOND)]
    again = [land_file(file, settings, given=given) for given in (FIRST, SECOND)]
    assert [result.status for result in again] == ["already_landed", "already_landed"]
    assert [result.delivery for result in again] == done


def test_a_file_landed_without_values_lands_again_with_some(settings, file):
    plain = land_file(file, settings).delivery
    given = land_file(file, settings, given=FIRST).delivery
    assert plain.delivery_id == plain.file_sha256[:16]
    assert parents(settings) == {plain.delivery_id: [None], given.delivery_id: ["H97"]}
    assert land_file(file, settings).delivery == plain


def test_values_for_columns_of_other_sources_change_nothing(settings, file):
    done = land_file(file, settings, given=FIRST).delivery
    again = land_file(file, settings, given={**FIRST, "wave_code": "A1"})
    assert (again.status, again.delivery) == ("already_landed", done)


def test_a_load_that_gives_nothing_is_about_what_is_there(settings, file):
    done = land_file(file, settings, given=FIRST).delivery
    again = land_file(file, settings)
    assert (again.status, again.delivery) == ("already_landed", done)
    aged(settings, done)
    anew = land_file(file, settings)
    assert (anew.status, anew.delivery.delivery_id) == ("landed", done.delivery_id)
    assert parents(settings) == {done.delivery_id: ["H97"]}


def test_a_changed_layout_replaces_the_delivery_of_the_same_values_only(settings, file):
    first, second = (land_file(file, settings, given=given).delivery for given in (FIRST, SECOND))
    aged(settings, first)
    assert land_file(file, settings, given=FIRST).status == "landed"
    assert parents(settings) == {first.delivery_id: ["H97"], second.delivery_id: ["H98"]}


def test_a_delivery_of_before_keeps_the_id_it_has(settings, file):
    """Values given were no part of the id once: such a delivery is replaced in its place, and by its own values."""
    made = land_file(file, settings, given=FIRST).delivery
    plain = made.file_sha256[:16]
    rows = deliveries.landed_path(settings, made.source_code, made.delivery_id)
    shutil.move(rows, rows.with_name(f"{plain}.parquet"))
    aged(settings, made, delivery_id=plain, file_delivery_ids=[plain])
    record = deliveries.record_path(settings, made.delivery_id)
    shutil.move(record, record.with_name(f"{plain}.json"))
    second = land_file(file, settings, given=SECOND).delivery
    anew = land_file(file, settings, given=FIRST, landed_at=dt.datetime(2026, 10, 1))
    assert (anew.status, anew.delivery.delivery_id) == ("landed", plain)
    assert parents(settings) == {plain: ["H97"], second.delivery_id: ["H98"]}


def test_every_table_of_the_file_is_a_delivery_of_its_own_values(settings, tmp_path):
    head, *units = [line.split(",") for line in UNITS.splitlines()]
    path = tmp_path / "hai trang.xlsx"
    path.write_bytes(xlsx_file([Sheet("a", [head, units[0]]), Sheet("b", [head, units[1]])]))
    done = [delivery for given in (FIRST, SECOND) for delivery in land_file(path, settings, given=given).deliveries]
    found = parents(settings)
    assert [found[delivery.delivery_id] for delivery in done] == [["H97"], ["H97"], ["H98"], ["H98"]]
    assert len(found) == 4
