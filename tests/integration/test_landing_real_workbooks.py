"""The real workbooks, landed: old fonts, error cells, text that is not NFC, names spelled in two ways."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import readers, sniffing
from dagster_project.landing.deliveries import landed_path
from dagster_project.landing.layouts import load_layouts
from dagster_project.landing.load import land_file
from dagster_project.publishing.plan import plan_build, write_plan
from dagster_project.settings import Settings
from expectations.runner import check_delivery, read_results

BOOKS = Path(__file__).parents[1] / "fixtures" / "workbooks"
PCI = BOOKS / "PCI_2013_VCCI.xlsx"
NAMES = """
layout: {code}
title: Thử nghiệm
source: one_stop__quality_scores
formats: {{decimal: dot}}
fingerprint: [{marks}]
columns:
  authority_code: {{constant: VCCI}}
  unit_name: {{from: Tỉnh}}
"""


@pytest.fixture
def settings(tmp_path):
    settings = Settings(root=tmp_path / "data")
    settings.layouts.mkdir(parents=True)
    for code, marks in (("pci_summary", "Thứ tự, Tỉnh"), ("pci_index", "PCI ID, Tỉnh")):
        text = NAMES.format(code=code, marks=marks)
        (settings.layouts / f"{code}.yml").write_text(text, encoding="utf-8")
    return settings


@pytest.mark.parametrize("path", sorted(BOOKS.glob("*.xls*")), ids=lambda path: path.stem)
def test_every_real_workbook_can_be_sniffed(path):
    tables = sniffing.sniff_file(path, list(load_layouts().values()))
    assert len(tables) == len(readers.open_tables(path))
    for table in tables:
        assert table.header_rows and table.columns, table.name


def test_the_sheets_of_pci_land_as_one_delivery_each_in_nfc_with_one_pair_of_names_in_two_spellings(settings):
    result = land_file(PCI, settings, gate=check_delivery)
    assert result.status == "landed", result.message
    # The English sheet has headers of its own and is named as unread.
    assert result.deliveries[0].sheet_name == "Summary_VN"
    assert (len(result.deliveries), result.deliveries[0].unread_tables) == (11, ["Summary"])
    names = []
    for done in result.deliveries:
        assert done.rows_read == done.rows_accepted + done.rows_rejected + done.rows_ignored
        path = landed_path(settings, done.source_code, done.delivery_id)
        names += [
            name for (name,) in duckdb.sql(f"select unit_name from '{path}' where unit_name is not null").fetchall()
        ]
    assert {unicodedata.normalize("NFC", name) for name in names} == set(names)
    folder = write_plan(plan_build(settings, as_of=dt.date(2026, 11, 1)), settings)
    found = [
        result
        for result in read_results(folder / "rule_results.parquet")
        if result.rule_code == "quality.unit_name_same_between_deliveries" and not result.is_passed
    ]
    # «Đắk Lắk» and «Đắk Nông» stand in the summary alone, «Đăk Lăk» and «Đăk Nông» in the ten other sheets.
    assert [(r.subject_name, r.failed_count) for r in found] == [(result.deliveries[0].delivery_id, 2)]
