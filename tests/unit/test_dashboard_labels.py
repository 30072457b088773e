"""Vietnamese formats: what an officer reads must say neither more nor less than the number."""

import datetime as dt
from decimal import Decimal

import pytest

from dashboards import labels

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0, 0, "0"),
        (1234567, 0, "1.234.567"),
        (Decimal("1234.565"), 2, "1.234,57"),
        (2.675, 2, "2,68"),
        (-3.25, 1, "−3,3"),
        (Decimal("-0.004"), 2, "0,00"),
        (999.995, 2, "1.000,00"),
    ],
)
def test_decimal_comma_thousands_dot_and_rounding_half_up(value, digits, expected):
    assert labels.format_decimal(value, digits) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (Decimal("0.975790"), "97,58%"),
        (0.88421, "88,42%"),
        (1, "100,00%"),
        (0, "0,00%"),
        (Decimal("0.999999"), ">99,99%"),
        (Decimal("0.000001"), "<0,01%"),
        (Decimal("0.99995"), ">99,99%"),
        (Decimal("0.99994"), "99,99%"),
    ],
)
def test_a_rate_never_rounds_to_a_perfect_one(rate, expected):
    assert labels.format_percent(rate) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "rate", "không có số liệu"),
        (None, "count", "không có số liệu"),
        (0, "count", "0"),
        (Decimal("17.683999"), "score", "17,68 điểm"),
        (Decimal("4.1"), "days", "4,1 ngày"),
        (Decimal("0.5"), "rate", "50,00%"),
    ],
)
def test_value_in_its_unit_of_measure(value, unit, expected):
    assert labels.format_value(value, unit) == expected


def test_date_fraction_and_interval():
    assert labels.format_date(dt.date(2026, 9, 5)) == "05/09/2026"
    assert labels.format_date(None) == "không có số liệu"
    assert labels.format_fraction(528684, 597918) == "528.684/597.918"
    assert labels.format_fraction(5, None) == ""
    assert labels.format_interval(Decimal("0.9012"), Decimal("0.9876")) == "90,1 – 98,8%"
    assert labels.format_interval(None, None) == ""


@pytest.mark.parametrize(
    ("now", "before", "unit", "expected"),
    [
        (Decimal("0.9528"), Decimal("0.9443"), "rate", "▲ tăng 0,85 điểm %"),
        (Decimal("0.9186"), Decimal("0.9218"), "rate", "▼ giảm 0,32 điểm %"),
        (Decimal("0.900001"), Decimal("0.9"), "rate", "không đổi"),
        (4006, 2785, "count", "▲ tăng 1.221"),
        (10, 10, "count", "không đổi"),
        (Decimal("17.5"), Decimal("18.25"), "score", "▼ giảm 0,75 điểm"),
        (None, 5, "count", ""),
        (5, None, "count", ""),
    ],
)
def test_change_is_told_in_words(now, before, unit, expected):
    assert labels.change_text(now, before, unit) == expected


def _row(status, denominator=None, family="timeliness", value=None):
    return {
        "value_status": status,
        "denominator": denominator,
        "minimum_denominator": 30,
        "family_code": family,
        "value": value,
        "unit_of_measure_code": "rate",
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (_row("ok", 100), ""),
        (_row("no_activity", 0), "không có hồ sơ nào để tính trong kỳ"),
        (_row("no_activity", 0, "satisfaction"), "không có lượt đánh giá"),
        (_row("insufficient_sample", 12), "không đủ mẫu (n = 12, cần ít nhất 30)"),
        (_row("not_reported"), "chưa báo cáo"),
        (_row("not_assessed"), "không có số liệu"),
    ],
)
def test_every_status_has_its_reason(row, expected):
    assert labels.status_text(row) == expected


def test_a_missing_value_shows_its_reason_not_a_number():
    assert labels.value_or_status(None) == "không có số liệu"
    assert labels.value_or_status(_row("no_activity", 0)) == "không có hồ sơ nào để tính trong kỳ"
    assert labels.value_or_status(_row("ok", 40, value=Decimal("0.5"))) == "50,00%"


def test_ranks_and_their_changes():
    assert labels.rank_text(2, True) == "=2"
    assert labels.rank_text(3, False) == "3"
    assert labels.rank_text(None, None) == "–"
    assert labels.rank_change_text(2, 5) == "▲ lên 3"
    assert labels.rank_change_text(7, 5) == "▼ xuống 2"
    assert labels.rank_change_text(4, 4) == "giữ hạng"
    assert labels.rank_change_text(4, None) == "–"


@pytest.mark.parametrize(
    ("reason", "observed", "reference", "counts", "expected"),
    [
        (
            "low_on_time",
            "0.684211",
            "0.9444",
            (13, 19),
            "Tỷ lệ đúng hạn 68,42% (13/19 hồ sơ), trung vị của nhóm 94,44%.",
        ),
        (
            "falling_on_time",
            "0.796117",
            "0.9412",
            (164, 206),
            "Tỷ lệ đúng hạn còn 79,61% (164/206 hồ sơ), kỳ trước 94,12%.",
        ),
        ("overdue_backlog", "1027", None, (1027, None), "1.027 hồ sơ đang giải quyết đã quá hạn."),
        (
            "low_satisfaction",
            "0.64",
            "0.91",
            (32, 50),
            "Tỷ lệ hài lòng 64,00% (32/50 lượt đánh giá), trung vị của nhóm 91,00%.",
        ),
    ],
)
def test_watch_sentences(reason, observed, reference, counts, expected):
    row = {
        "reason_code": reason,
        "observed_value": Decimal(observed),
        "reference_value": None if reference is None else Decimal(reference),
        "numerator": counts[0],
        "denominator": counts[1],
    }
    assert labels.watch_sentence(row) == expected
    assert reason in labels.WATCH_TITLE


def _quality(grade, status="ok", reason=None, **counts):
    row = {f"{code}_count": 0 for code in labels.FLAG_CLASS_TEXT}
    return row | {"grade_code": grade, "grade_status": status, "grade_reason_text": reason} | counts


@pytest.mark.parametrize(
    ("row", "text", "reason"),
    [
        (_quality("A"), "A", "không thấy điểm nào đáng kể"),
        (_quality("A", no_due_date_count=3), "A", "không thấy điểm nào đáng kể (không có ngày hẹn trả 3)"),
        (
            _quality("D", reason="tỷ lệ cao", no_due_date_count=1204, other_count=2),
            "D",
            "tỷ lệ cao (không có ngày hẹn trả 1.204; lý do khác 2)",
        ),
        (_quality(None, "no_data", "không có hồ sơ nào trong kỳ"), "không có số liệu", "không có hồ sơ nào trong kỳ"),
        (
            _quality(None, "insufficient_sample", "chỉ có 5 hồ sơ, cần ít nhất 10"),
            "chưa đủ số liệu để xếp",
            "chỉ có 5 hồ sơ, cần ít nhất 10",
        ),
    ],
)
def test_a_grade_is_a_letter_or_the_reason_there_is_none(row, text, reason):
    assert labels.grade_text(row) == text
    assert labels.grade_reason(row) == reason


def test_what_somebody_published_is_told_from_what_a_unit_reports_of_itself():
    assert labels.reported_name(["Đơn vị tự báo cáo", None]) == "Số liệu đơn vị tự báo cáo"
    assert labels.reported_name(["Cổng Dịch vụ công quốc gia"]) == "Số liệu đã công bố"
    assert labels.reported_name([None, "Cổng"]) == "Số tự báo cáo và số liệu đã công bố"


def test_units_that_are_too_small_to_be_watched_are_told_by_rate():
    rows = [
        {"family_code": "timeliness", "minimum_denominator": 30, "unit_count": 1115},
        {"family_code": "satisfaction", "minimum_denominator": 25, "unit_count": 6},
    ]
    text = labels.not_watched_text(rows)
    assert "1.115 đơn vị có hồ sơ đã giải quyết nhưng dưới 30 thì không xét tỷ lệ đúng hạn" in text
    assert "6 đơn vị có lượt đánh giá nhưng dưới 25" in text
    assert labels.not_watched_text([]) == ""


def test_a_long_list_of_files_says_how_many_more():
    assert labels.files_text(["a.csv"]) == "a.csv"
    assert labels.files_text(["a.csv", "b.csv"]) == "a.csv, b.csv"
    assert labels.files_text(["a.csv", "b.csv", "c.csv", "d.csv"]) == "a.csv, b.csv và 2 tệp nữa"


@pytest.mark.parametrize(
    ("days", "is_overdue", "is_stopped", "words", "number"),
    [
        (None, True, False, "không có số liệu", None),
        (0, False, False, "hôm nay", 0),
        (3, False, False, "còn 3", 3),
        (-1200, True, False, "quá 1.200", -1200),
        (0, True, False, "quá chưa đủ 1 ngày", None),
        (-2, False, True, "đang dừng", None),
        (0, False, True, "đang dừng", None),
        (9, False, True, "đang dừng", None),
        (-4, True, True, "quá hạn, đang dừng", None),
    ],
)
def test_working_days_to_a_due_date_have_a_number_where_the_words_have_one(days, is_overdue, is_stopped, words, number):
    assert labels.working_days_text(days, is_overdue, is_stopped) == words
    assert labels.working_days_number(days, is_overdue, is_stopped) == number
