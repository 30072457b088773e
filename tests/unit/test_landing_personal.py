"""Headers and values that look as if they were about people, and those that do not."""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.landing.contracts import load_contracts
from dagster_project.landing.personal import (
    MASK,
    PERSONAL_VALUE,
    covered,
    is_date_or_short_number,
    is_personal_value,
    is_plain,
    personal_kind,
    plain_words_sql,
)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Họ và tên", "name"), ("HoTen", "name"), ("Người nộp > Họ tên", "name"), ("CHỦ HỒ SƠ", "name"),
        ("Cán bộ tiếp nhận", "name"), ("Số CMND/HC/Thẻ CC người nộp", "id_number"), ("SoGiayToChuHoSo", "id_number"),
        ("Căn cước", "id_number"), ("Điện thoại người nộp", "phone"), ("SĐT", "phone"), ("Liên hệ", "phone"),
        ("Email chủ hồ sơ", "email"), ("Thư điện tử", "email"), ("Địa chỉ", "address"), ("Nơi thường trú", "address"),
        ("Nội dung hồ sơ", "free_text"), ("TrichYeuHoSo", "free_text"), ("Ghi chú", "free_text"),
        ("Mã hồ sơ", None), ("Tên đơn vị", None), ("Mã định danh đơn vị", None), ("Tên TTHC", None), ("Số người", None),
        ("Ngày tiếp nhận", None), ("Lĩnh vực", None), ("Tiếp nhận > Trong kỳ > Trực tuyến", None), ("", None),
    ],
)  # fmt: skip
def test_headers(header, kind):
    assert personal_kind(header) == kind


VALUES = [
    ("0912345678", True), ("0912 345 678", True), ("+84 912.345.678", True), ("gọi 0243-825-1234 nhé", True),
    ("001 085 012 345", True), ("CCCD: 001.085.012.345.", True), ("001-0-85-012345", True), ("0010 8501 2345", True),
    ("00 10 85 01 23 45", True), ("0 7 9 0 8 5 0 1 2 3 4 5", True),
    ("079 085 012 345", True), ("07 908 501 2345", True),
    ("123 456 789", True), ("123-456-789", True), ("số 123-456-789 cấp 2010", True),
    ("000.00.16.H97-260926-0001", False), ("000.00.16-260926-0001", False), ("05.01.2026 0830", False),
    ("05-01-2026 0830", False), ("05-01-2026 8:30", False), ("2026-01-05 8:30", False), ("0501.2026", False),
    ("150.000.000", False), ("0.975812345678", False), ("0.01234567890", False),
    ("1 2 3 4 5 6 7 8 9", False), ("F1.1=5;F1.2=4", False), ("01/09/2026 - 30/09/2026", False),
    ("025090012345", True), ("123456789", True), ("anh.dang@thu.vn", True), ("viết cho a_b@c.vn.", True),
    ("H99.01-260105-0007", False), ("000.00.01.H99-260105-0007", False), ("1.002835.000.00.00.H99", False),
    ("05/01/2026 08:30:00", False), ("2026-01-05T08:30:00", False), ("20260105083000", False), ("1.234.567,89", False),
    ("82.480", False), ("Đang xử lý", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "is_personal"), VALUES)
def test_values(text, is_personal):
    assert is_personal_value(text) == is_personal
    assert covered(text) == (MASK if is_personal else text)


def test_sql_sees_the_same_values():
    with duckdb.connect() as con:
        found = [
            con.execute("select regexp_matches($text, $shape)", {"text": text, "shape": PERSONAL_VALUE}).fetchone()
            for text, _ in VALUES
        ]
    assert [is_personal for (is_personal,) in found] == [is_personal for _, is_personal in VALUES]


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("05/01/2026", True), ("2026-01-05 08:30", True), ("20260105083000", True), ("1.234,5", True), ("", True),
        ("98,81 %", True), ("0912345678", False), ("123 456 789", False), ("Lò A", False), ("x", False),
    ],
)  # fmt: skip
def test_what_cannot_be_an_identity(text, is_plain):
    assert is_date_or_short_number(text) == is_plain


def test_examples_of_our_own_contracts_are_about_nobody():
    """Else every sniffed canonical file would be full of masks."""
    examples = {column.example for contract in load_contracts().values() for column in contract.columns}
    assert [text for text in examples if is_personal_value(text)] == []


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        ("Cá nhân", True), ("  cá   NHÂN ", True), ("Ca\u0301 nhân", True), ("citizen", True), ("Đã trả kết quả", True),
        ("quá hạn", True), ("Khác", True), ("Nguyễn Cá Nhân", False), ("Cá nhân 0912345678", False), ("Kín", False),
        ("Công", False), ("Nguyễn Văn Khác", False), ("0912345678", False), ("Công dân Trần Văn Giấu", False),
    ],
)  # fmt: skip
def test_whole_words_that_name_nobody_in_python_and_in_sql(text, is_shown):
    assert is_plain(text) == is_shown
    (found,) = duckdb.execute(f"select {plain_words_sql('$text')}", {"text": text}).fetchone()
    assert found == is_shown
