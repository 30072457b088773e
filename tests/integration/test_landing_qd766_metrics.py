"""The real metric table of the national portal lands as it was published: empty stays empty, never 0."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import deliveries
from dagster_project.landing.load import land_file
from dagster_project.settings import Settings
from expectations.runner import check_delivery

pytestmark = pytest.mark.integration

REAL = Path(__file__).parents[1] / "fixtures" / "real" / "qd766_gialai_agencies_metrics_20261010.csv"
FIGURES = {
    "numerator": "numerator_count",
    "denominator": "denominator_count",
    "ratio": "declared_value",
    "score": "declared_score",
    "max_score": "max_score",
}


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    settings = Settings(root=tmp_path_factory.mktemp("gialai"))
    result = land_file(REAL, settings, gate=check_delivery)
    assert result.status == "landed", result.message
    path = deliveries.landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(path)).order("source_row_number").fetch_arrow_table().to_pylist()
    return result.delivery, rows


def published() -> list[dict[str, str]]:
    lines = [line for line in REAL.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_every_row_is_accepted_and_dated_by_the_snapshot(landed):
    delivery, rows = landed
    assert (delivery.source_code, delivery.layout_code) == ("national_portal__qd766_metrics", "qd766_metric_table")
    assert (delivery.rows_read, delivery.rows_accepted, delivery.rows_rejected) == (364, 364, 0)
    assert (delivery.authority_codes, delivery.data_until_date) == (["H21"], "2026-10-10")
    assert delivery.unused_columns == []
    assert {(row["period_start_date"], row["period_end_date"]) for row in rows} == {
        (date(2026, 1, 1), date(2026, 10, 10))
    }
    assert len({row["unit_code"] for row in rows}) == 14


def test_every_figure_is_the_published_one_and_empty_is_null(landed):
    _, rows = landed
    source = published()
    assert [(row["unit_code"], row["unit_name"], row["group_code"], row["metric_code"]) for row in rows] == [
        (row["unit_code"], row["unit"], row["group"], row["metric"]) for row in source
    ]
    for ours, theirs in zip(rows, source, strict=True):
        for header, name in FIGURES.items():
            assert ours[name] == (Decimal(theirs[header]) if theirs[header] else None), (
                ours["source_row_number"],
                name,
            )
    # Both kinds are really there: what the portal left empty, and what it counted as nothing.
    empty = {header: sum(row[header] == "" for row in source) for header in FIGURES}
    assert empty == {"numerator": 126, "denominator": 126, "ratio": 175, "score": 63, "max_score": 56}
    assert sum(row["numerator_count"] == 0 for row in rows) == 54


def test_the_portals_arithmetic_passes_gate_1(landed):
    delivery, _ = landed
    assert [result["rule_code"] for result in delivery.rule_results if not result["is_passed"]] == []
    checked = {result["rule_code"]: result["checked_count"] for result in delivery.rule_results}
    assert checked["qd766.groups_add_up_to_total"] == 14
    assert checked["qd766.percent_matches_parts"] > 100
