"""Values of canonical files whose decimal mark is not known beforehand, decided for a whole column."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from dagster_project.landing.deliveries import landed_path
from dagster_project.landing.load import land_file
from dagster_project.settings import Settings

HEADER = "authority_code;unit_name;index_1_score;index_7_score;satisfied_count"


@pytest.fixture
def land(tmp_path):
    settings = Settings(root=tmp_path / "data")

    def run(*values: str):
        """One row per value, in the column of the first index and of the opinions."""
        path = tmp_path / "điểm.csv"
        rows = [f"H99;Sở {place};{value};1;" for place, value in enumerate(values)]
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        result = land_file(path, settings)
        if result.delivery is None:
            return str(result.error)
        landed = landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
        found = duckdb.sql(f"select index_1_score from '{landed}' order by source_row_number").fetchall()
        return [value for (value,) in found]

    return run


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        (("0,95", "1,5", "2"), ["0.95", "1.5", "2"]),
        (("0.95", "1.5", "2"), ["0.95", "1.5", "2"]),
        # A comma proved by one cell holds for all: 1.234 is then a thousand and more.
        (("1,5", "1.234"), ["1.5", "1234"]),
        (("1.5", "1,234"), ["1.5", "1234"]),
        (("1.234.567", "1.234"), ["1234567", "1234"]),
        # Nothing proves anything: as with a decimal dot.
        (("1.234", "1,234"), ["1.234", "1234"]),
    ],
)
def test_the_decimal_mark_is_decided_for_a_whole_column(land, values, typed):
    assert land(*values) == [Decimal(text) for text in typed]


def test_a_column_with_both_marks_is_refused(land):
    message = land("0,95", "1.5", "2,25")
    assert 'cột "index_1_score": có 2 ô ghi dấu phẩy thập phân và 1 ô ghi dấu chấm thập phân.' in message
