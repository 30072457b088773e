"""Values of canonical files whose decimal mark is not known beforehand, decided for a whole column."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
import xlsxwriter

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
    message = land("1.234.567", "1.5", "12")
    assert "có 1 ô ghi nhiều dấu chấm ngăn hàng nghìn và 1 ô ghi dấu chấm thập phân." in message


SHEET = {
    "authority_code": "H99",
    "campaign_code": "CCHC-2025",
    "regulation_code": "BTC-SO",
    "period_start_date": "2025-01-01",
    "period_end_date": "2025-12-31",
    "unit_code": "H99.01",
}


@pytest.fixture
def land_points(tmp_path):
    """Land a score sheet with these cells in the columns of points, values and counts, as CSV or XLSX."""
    settings = Settings(root=tmp_path / "data")

    def run(container: str, *cells: tuple[object, object, object]):
        header = [*SHEET, "criterion_code", "self_score", "measured_value", "measured_numerator"]
        rows = [[*SHEET.values(), f"1.{place}", *row] for place, row in enumerate(cells)]
        path = tmp_path / f"phiếu.{container}"
        if container == "csv":
            path.write_text("\n".join(";".join(map(str, row)) for row in [header, *rows]) + "\n", encoding="utf-8")
        else:
            with xlsxwriter.Workbook(str(path)) as book:
                sheet = book.add_worksheet("Phiếu")
                for number, row in enumerate([header, *rows]):
                    sheet.write_row(number, 0, row)
        result = land_file(path, settings)
        if result.delivery is None:
            return str(result.error)
        landed = landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
        return duckdb.sql(
            f"select self_score, measured_value, measured_numerator from '{landed}' order by source_row_number"
        ).fetchall()

    return run


@pytest.mark.parametrize("container", ["csv", "xlsx"])
@pytest.mark.parametrize("text", ["6,125", "6.125"])
def test_a_lone_mark_in_a_column_of_points_is_its_decimal_mark(land_points, container, text):
    """Points have no thousands; a count keeps them under a decimal comma and is read as before."""
    assert land_points(container, (text, text.replace("6", "0"), "6,125"), (text, text, 7)) == [
        (Decimal("6.125"), Decimal("0.125"), 6125),
        (Decimal("6.125"), Decimal("6.125"), 7),
    ]


def test_a_proved_comma_makes_no_thousands_of_points(land_points):
    message = land_points("csv", ("6,5", "1", "1"), ("6.125", "1", "1"))
    assert 'cột "self_score": có 1 ô ghi dấu phẩy thập phân và 1 ô ghi dấu chấm thập phân.' in message
    # In a workbook a cell with a point may be a number, so both marks are read.
    points = land_points("xlsx", ("6,5", 1, 1), ("6.125", 1, 1), (6.125, 1, 1), (7, 1, 1))
    assert [point for point, _, _ in points] == [Decimal(text) for text in ("6.5", "6.125", "6.125", "7")]


@pytest.mark.parametrize("container", ["csv", "xlsx"])
def test_a_number_with_both_marks_keeps_its_thousands(land_points, container):
    assert land_points(container, ("5", "1.234,5", "1")) == [(Decimal("5"), Decimal("1234.5"), 1)]
