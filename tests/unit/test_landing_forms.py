"""Forms: header paths over several rows, rows that only number the columns, totals that may stand anywhere."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from dagster_project.landing.headings import Heading, heading_of, normalise_header, single_row
from dagster_project.landing.row_kinds import number_rows
from dagster_project.landing.staging import _ranges
from dagster_project.landing.tables import HeadRow, Merge
from dagster_project.landing.totals import CountedGroup, TotalRow, _spans, count_differences

pytestmark = pytest.mark.unit


def rows(*lines, first=1):
    return [HeadRow(first + index, tuple(cell or None for cell in line), "") for index, line in enumerate(lines)]


FORM_06A = (
    ("TT", "Lĩnh vực", "Tiếp nhận", "", "", "", "Đã giải quyết", ""),
    ("", "", "Tổng số", "Trong kỳ", "", "Từ kỳ trước", "Tổng số", "Quá hạn"),
    ("", "", "", "Trực tuyến", "Trực tiếp, BCCI", "", "", ""),
)
PATHS = [
    "TT",
    "Lĩnh vực",
    "Tiếp nhận > Tổng số",
    "Tiếp nhận > Trong kỳ > Trực tuyến",
    "Tiếp nhận > Trong kỳ > Trực tiếp, BCCI",
    "Tiếp nhận > Từ kỳ trước",
    "Đã giải quyết > Tổng số",
    "Đã giải quyết > Quá hạn",
]
MERGES = (Merge(5, 1, 7, 1), Merge(5, 2, 7, 2), Merge(5, 3, 5, 6), Merge(6, 4, 6, 5), Merge(5, 7, 5, 8))


def paths(heading: Heading) -> list[str]:
    return [heading.path(place) for place in range(heading.width)]


@pytest.mark.parametrize("merges", [MERGES, ()], ids=["merged cells known", "merged cells unknown"])
def test_three_header_rows_make_paths_with_and_without_merged_cells(merges):
    assert paths(heading_of(rows(*FORM_06A, first=5), merges)) == PATHS


def test_a_title_without_text_over_merged_cells_adds_nothing():
    """Form 1 of the quality assessment has such a title over the three opinions."""
    lines = (("TT", "Xếp loại", "", ""), ("", "Tổng điểm", "", "Hài lòng"))
    merges = (Merge(1, 1, 2, 1), Merge(1, 2, 1, 2), Merge(1, 3, 1, 4))
    assert paths(heading_of(rows(*lines), merges)) == ["TT", "Xếp loại > Tổng điểm", "", "Hài lòng"]


def test_a_column_is_found_by_its_path_or_the_end_of_it():
    heading = heading_of(rows(*FORM_06A))
    assert heading.find(normalise_header("Trong kỳ > TRỰC TUYẾN")) == 3
    assert heading.find("trực tuyến") == 3
    assert heading.names["tổng số"] == (2, 6)
    assert heading.find("kỳ") is None


def test_a_whole_path_wins_over_the_end_of_another():
    heading = heading_of(rows(("Tổng số", "Đã xong", ""), ("", "Tổng số", "Trễ")))
    assert heading.names["tổng số"] == (0,)


def test_numbering_behind_a_title_is_no_part_of_its_name():
    heading = single_row(rows(("Tổng số (3=4+5+6)", "Trước hạn (8)", "Ghi chú*"))[0])
    assert [heading.find(name) for name in ("tổng số", "trước hạn", "ghi chú", "tổng số (3=4+5+6)")] == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("cells", "is_numbering"),
    [
        (("(1)", "(2)", "(3)=(4)+(5)", "(4)"), True),
        (("1", "2", "3=4+5+6", "4", "5"), True),
        (("A", "B", "1", "2", "3", "4"), True),
        (("7", "8", "9", "10", "11", "12"), True),
        (("1", "2", "3"), False),  # may be data
        (("1", "Hộ tịch", "3", "4", "5"), False),
        (("1", "2", "4", "5", "6"), False),
        (("1", "", "", ""), False),
        (("1", "2", "A", "3", "4"), False),
    ],
)
def test_a_row_that_only_numbers_the_columns(cells, is_numbering):
    heading = single_row(rows(("a", "b", "c", "d", "e", "f"))[0])
    assert number_rows(rows(cells, first=2), heading) == ([2] if is_numbering else [])


def test_a_row_far_below_the_header_is_data_whatever_it_looks_like():
    heading = single_row(rows(("a", "b", "c", "d"))[0])
    assert number_rows(rows(("1", "2", "3", "4"), first=5), heading) == []


def test_row_numbers_are_told_in_ranges():
    assert _ranges([]) == ""
    assert _ranges([3]) == "3"
    assert _ranges([3, 4, 5, 9, 11, 12]) == "3-5,9,11-12"


def test_a_total_may_sum_all_rows_those_above_those_since_the_last_or_those_below():
    numbers = np.array([10, 11, 13, 14, 16])
    totals = [TotalRow(12, "Cộng I", {0: Decimal(1)}, 1), TotalRow(15, "Cộng II", {0: Decimal(1)}, 1)]
    assert _spans(numbers, totals, 0) == [(0, 5), (0, 2), (0, 2), (2, 4), (2, 4)]
    assert _spans(numbers, totals, 1) == [(0, 5), (0, 4), (2, 4), (4, 5), (4, 5)]


def test_a_group_that_counts_its_rows_is_compared_up_to_the_next_of_its_level():
    numbers = np.array([3, 4, 6, 9])
    groups = [
        CountedGroup(1, "Hộ tịch", None, 0),
        CountedGroup(2, "Khai sinh", 2, 1),
        CountedGroup(5, "Khai tử", 2, 1),
        CountedGroup(7, "Đất đai", None, 0),
        CountedGroup(8, "Cấp đổi", 1, 1),
    ]
    (difference,) = count_differences(numbers, groups)
    assert (difference["row_number"], difference["declared"], difference["computed"]) == (5, "2", "1")
