"""Cells merged over several data rows: every row says what the sheet shows there, and no number counts twice."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # table_writers.py stands beside the tiers, outside any package

from table_writers import Area, Sheet, html_file, ods_file, xlsx_file, xml_2003_file

from dagster_project.landing.deliveries import flags_path, landed_path
from dagster_project.landing.load import land_file
from dagster_project.settings import Settings

WRITERS = {"a.xlsx": xlsx_file, "b.xls": html_file, "c.ods": ods_file, "d.xml": xml_2003_file}
HEADER = [
    "Mã hồ sơ",
    "Mã đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Tên TTHC",
    "Lĩnh vực",
    "Phí, lệ phí đã thu",
]
DAYS = ["05/10/2026 08:00:00", "20/10/2026 17:00:00", "15/10/2026 10:00:00"]


def dossier(number, field=None, fee=None):
    return [f"H99.01-261005-{number:04d}", "H99.01", *DAYS, "Đã xử lý xong", "Đăng ký khai sinh", field, fee]


@pytest.fixture
def land(tmp_path):
    """Land one sheet of rows; rows and flags as tuples of the columns asked for."""
    settings = Settings(root=tmp_path / "data")

    def run(name, rows, *areas):
        path = tmp_path / name
        path.write_bytes(WRITERS[name]([Sheet("Sổ", rows, areas)]))
        result = land_file(path, settings)
        assert result.delivery, result.error

        def read(columns, of=landed_path):
            found = of(settings, result.delivery.source_code, result.delivery.delivery_id)
            if not found.exists():
                return []
            return duckdb.sql(f"select {columns} from '{found}' order by source_row_number").fetchall()

        return result.delivery, read

    return run


@pytest.mark.parametrize("name", WRITERS)
def test_a_text_merged_over_rows_is_said_of_each_and_of_no_other(land, name):
    rows = [HEADER, dossier(1, "Hộ tịch"), dossier(2), dossier(3), dossier(4), dossier(5, "Đất đai")]
    delivery, read = land(name, rows, Area(1, 7, 3, 7))
    assert delivery.rows_accepted == 5 and read("reason_code", flags_path) == []
    assert [field for (field,) in read("domain_name")] == ["Hộ tịch", "Hộ tịch", "Hộ tịch", None, "Đất đai"]


@pytest.mark.parametrize("name", WRITERS)
def test_one_amount_for_several_rows_counts_once_and_all_of_them_are_flagged(land, name):
    rows = [HEADER, dossier(1, "Hộ tịch", 50000), dossier(2), dossier(3, fee=7000), dossier(4)]
    _, read = land(name, rows, Area(1, 7, 2, 7), Area(1, 8, 2, 8))
    fees = [Decimal(50000), None, Decimal(7000), None]
    assert read("domain_name, fee_amount") == list(zip(["Hộ tịch", "Hộ tịch", None, None], fees, strict=True))
    flags = read("source_row_number, column_name, reason_code, raw_value is not null", flags_path)
    assert flags == [(2, "fee_amount", "shared_number", True), (3, "fee_amount", "shared_number", False)]


def test_a_code_and_a_day_merged_over_rows_make_no_row_without_them(land):
    second = [None, None, None, *DAYS[1:], "Đã xử lý xong", "Đăng ký kết hôn", "Hộ tịch", None]
    delivery, read = land("a.xlsx", [HEADER, dossier(1), second], *(Area(1, place, 2, place) for place in range(3)))
    assert (delivery.rows_accepted, delivery.rows_rejected) == (2, 0)
    assert read("dossier_code, procedure_name") == [
        ("H99.01-261005-0001", "Đăng ký khai sinh"),
        ("H99.01-261005-0001", "Đăng ký kết hôn"),
    ]


def test_a_record_two_rows_high_is_one_record(land):
    rows = [HEADER, dossier(1, "Hộ tịch", 50000), [None] * 9, dossier(2)]
    delivery, read = land("a.xlsx", rows, *(Area(1, place, 2, place) for place in range(9)))
    assert read("dossier_code, fee_amount")[0] == ("H99.01-261005-0001", Decimal(50000))
    assert (delivery.rows_accepted, delivery.rows_ignored, read("reason_code", flags_path)) == (2, 1, [])


def test_only_the_first_column_of_a_wide_area_is_carried_down(land):
    rows = [HEADER, [*dossier(1)[:6], "Đăng ký khai sinh", None, None], dossier(2)[:6] + [None] * 3]
    _, read = land("a.xlsx", rows, Area(1, 6, 2, 7))
    assert read("procedure_name, domain_name") == [("Đăng ký khai sinh", None)] * 2


def test_titles_of_a_header_repeated_below_are_not_carried_into_records(land):
    below = [None, *dossier(2)[1:]]
    delivery, _ = land("a.xlsx", [HEADER, dossier(1), HEADER, below], Area(2, 0, 3, 0))
    assert (delivery.rows_accepted, delivery.rows_rejected) == (1, 1)
