"""Small parts of the ledger and of the workbook that goes back, without files."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.console import vi_moment
from dagster_project.landing import ledger, personal, returns
from dagster_project.landing.deliveries import Delivery
from dagster_project.landing.load import LandingResult
from dagster_project.settings import PROJECT_ROOT

DELIVERY = Delivery(
    delivery_id="0123456789abcdef",
    source_code="one_stop__dossiers",
    layout_code="one_stop_dossier_list",
    layout_hash="",
    contract_hash="",
    file_name="hồ sơ.csv",
    file_size=1,
    file_sha256="",
    sheet_name=None,
    rows_read=3,
    rows_accepted=1,
    rows_rejected=1,
    rows_ignored=1,
    unused_columns=[],
    withheld_columns=[],
    absent_columns=[],
    authority_codes=["H99"],
    data_from_date="2026-01-02",
    data_until_date="2026-03-31",
    landed_parquet_sha256="",
    landed_at="2026-04-01T08:05:59.000001",
)


def with_id(delivery_id):
    return replace(DELIVERY, delivery_id=delivery_id)


def note(column=None, *, is_rejected=True, code="bad_date", raw=None):
    return returns._Note(7, is_rejected, column, code, f"Lý do {column}", raw)


def rows_sheet(titles, positions, covered=()):
    return returns._Rows(titles, iter(()), positions, frozenset(covered))


def test_short_ids_are_as_long_as_it_takes_to_mean_one_delivery():
    ids = ["aaaaaaaa00000000", "aaaaaaaa0b000000", "bbbbbbbbbbbbbbbb", "cccccccccccccccc", "cccccccccccccccc-2"]
    assert ledger.short_ids(map(with_id, ids)) == {
        ids[0]: "aaaaaaaa00",
        ids[1]: "aaaaaaaa0b",
        ids[2]: "bbbbbbbb",
        ids[3]: "cccccccccccccccc",
        ids[4]: "cccccccccccccccc-",
    }
    assert ledger.short_ids([]) == {}


def test_periods_and_moments_are_written_the_vietnamese_way():
    assert ledger.data_period(DELIVERY) == "02/01/2026 – 31/03/2026"
    assert ledger.data_period(replace(DELIVERY, data_until_date="2026-01-02")) == "02/01/2026"
    assert ledger.data_period(replace(DELIVERY, data_from_date=None, data_until_date=None)) == ""
    assert vi_moment(DELIVERY.landed_at) == "01/04/2026 08:05"


@pytest.mark.parametrize(
    "moment",
    ["2026-04-01T18:05:59+00:00", dt.datetime(2026, 4, 1, 18, 5, tzinfo=dt.UTC), "2026-04-02T01:05+07:00"],
)
def test_moments_of_other_zones_are_told_in_vietnamese_time(moment):
    assert vi_moment(moment) == "02/04/2026 01:05"


def test_a_file_is_named_with_its_archive_and_its_sheet():
    assert ledger.full_name(DELIVERY) == "hồ sơ.csv"
    several = replace(DELIVERY, archive_name="gói.zip", sheet_name="Biểu 1", file_delivery_ids=["a", "b"])
    assert ledger.full_name(several) == "gói.zip › hồ sơ.csv, trang Biểu 1"
    assert ledger.full_name(replace(several, file_delivery_ids=["a"])) == "gói.zip › hồ sơ.csv"


def test_what_to_see_names_failed_rules_totals_and_unread_tables():
    rule = {"rule_code": "a", "rule_text": "Có hạn", "is_passed": False, "failed_count": 1200}
    seen = replace(
        DELIVERY,
        rule_results=[{**rule, "is_passed": True}, rule],
        total_differences=[{"row_number": 9, "declared": "7", "computed": "6"}],
        unread_tables=["Phụ lục", "Sheet2"],
    )
    assert ledger.to_see(seen) == [
        'không đọc trang "Phụ lục", trang "Sheet2" vì không có bố cục nào hợp',
        "1 số tổng không khớp (dòng 9: ghi 7, cộng lại 6)",
        "Có hạn (có 1.200 chỗ không đúng)",
    ]
    assert ledger.to_see(DELIVERY) == []
    told = LandingResult("landed", Path("hồ sơ.csv"), "hồ sơ.csv", (seen,)).message
    assert told.endswith("; 3 điều cần xem: " + "; ".join(ledger.to_see(seen)) + "."), "the screen says the same"


def test_the_calendar_knows_holidays_swaps_and_its_own_years():
    days = ledger._Days.read(PROJECT_ROOT / "dbt" / "seeds" / "days_off.csv")
    assert (days.first_year, days.last_year) == (2019, 2026)
    # Counted by hand from the holiday notices of each year.
    counts = {year: sum(day.year == year for day in days.working) for year in range(2019, 2027)}
    assert counts == {2019: 252, 2020: 252, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 250, 2026: 249}
    assert dt.date(2026, 8, 22) in days.working
    assert dt.date(2026, 8, 31) not in days.working


def test_columns_about_people_and_unread_columns_are_covered():
    delivery = replace(
        DELIVERY,
        withheld_columns=["Cán bộ  xử lý", "#6"],
        identity_columns=["Chủ hồ sơ > Họ tên"],
        unused_columns=["STT", "Ghi chú", "Mã"],
    )
    titles = ["STT", "Mã", "Họ tên", "cán bộ xử lý", "Ghi chú", "", "Gì đó", "Lý do trễ", "Lê Thị Kín 0912 345 678"]
    assert returns._covered(titles, {"dossier_code": 1}, delivery) == {2, 3, 4, 5, 6, 8}


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        ([note("b", raw="Nguyễn Thị Kín")], ["Trần Văn Giấu", "Nguyễn Thị Kín", "(đã che)"]),
        ([note("b", raw="(đã che)")], ["Trần Văn Giấu", "(đã che)", "(đã che)"]),
        ([note("b", raw="(đã che)"), note("a", raw="x")], ["(đã che)", "(đã che)", "(đã che)"]),
        ([note(code="wrong_field_count")], ["(đã che)", "(đã che)", "(đã che)"]),
    ],
)
def test_a_row_whose_cells_may_have_slipped_hides_its_words(notes, shown):
    sheet = rows_sheet(["A", "B", "Họ tên"], {"a": 0, "b": 1}, covered={2})
    cells = returns._styled(notes, ["Trần Văn Giấu", "Nguyễn Thị Kín", "Ai đó"], sheet)[3:]
    assert [text for text, _ in cells] == shown


@pytest.mark.parametrize("text", ["31/02/2026 09:00:00", "2026-10-05T08:00", "1.234", "98,5 %", "12345678", ""])
def test_dates_and_short_numbers_say_nothing_of_a_person(text):
    assert personal.is_date_or_short_number(text)


@pytest.mark.parametrize("text", ["0912345678", "0912 345 678", "001099012345", "Kín", "a@b.vn", "123456789"])
def test_phones_numbers_of_people_and_words_are_no_dates(text):
    assert not personal.is_date_or_short_number(text)


def test_a_rejection_colours_over_a_flag_and_reasons_stand_once():
    sheet = rows_sheet(["A", "B"], {"a": 0, "b": 1})
    notes = [note("a"), note("a", is_rejected=False), note("b", is_rejected=False), note("b", is_rejected=False)]
    row = returns._styled(notes, ["x", None], sheet)
    assert row == [
        ("7", "number"),
        ("Bị loại", "rejected"),
        ("Lý do a\nLý do b", "wrapped"),
        ("x", "rejected"),
        ("", "flagged"),
    ]


def test_the_name_of_the_workbook_is_plain_and_says_which_delivery():
    odd = replace(DELIVERY, file_name="../Xã Bình/hồ sơ: 10;2026.xlsx")
    assert returns.default_name(odd) == "tra_lai_hồ_sơ_10_2026_01234567.xlsx"
    assert returns.default_name(replace(DELIVERY, file_name="a" * 300)) == f"tra_lai_{'a' * 80}_01234567.xlsx"
    assert returns.default_name(replace(DELIVERY, file_name="@#$.csv")) == "tra_lai_01234567.xlsx"


def test_rows_are_as_high_as_their_longest_text_up_to_a_bound():
    one, two, many = (returns._height([(text, 10)]) for text in ("ngắn", "một\nhai", "x" * 10_000))
    assert one < two < many
    assert many == returns._height([("x" * 20_000, 10)])
