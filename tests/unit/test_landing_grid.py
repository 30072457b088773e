"""Grids in memory: what a table hands on, how a grid grows, and old fonts told from Unicode by their words."""

from __future__ import annotations

import unicodedata

import duckdb
import pyarrow as pa
import pytest

from dagster_project.landing import grid, legacy_text
from dagster_project.landing.errors import LandingError
from dagster_project.landing.grid import GridBuilder, GridTable, builder_table, plain_number
from dagster_project.landing.headings import single_row
from dagster_project.landing.tables import BrokenRow, Extent, Merge

pytestmark = pytest.mark.unit


def built(rows, numbers=None, **facts):
    builder = GridBuilder()
    for index, row in enumerate(rows):
        cells = {place: text for place, text in enumerate(row) if text is not None}
        builder.add_row(cells, (numbers or {}).get(index, ()))
    return builder_table(builder, "Trang", "test", **facts)


def read(table, tmp_path, extent, positions):
    raw = table.read(duckdb.connect(), tmp_path, 0, extent, positions)
    names = ", ".join(f"c{position}" for position in positions)
    rows = duckdb.sql(
        f"select {raw.row_number_sql}, is_filled, {names} from read_parquet('{raw.parquet}', file_row_number=true)"
    ).fetchall()
    return raw, rows


def test_rows_of_an_extent_come_with_their_row_numbers(tmp_path):
    table = built([["Tiêu đề"], ["a", "b"], ["1", "2"], [None, "  "], ["3", None], ["Người lập"]])
    raw, rows = read(table, tmp_path, Extent(header_row=2, width=2, last_row=5), [1, 0])
    assert rows == [(3, True, "2", "1"), (4, False, "  ", None), (5, True, None, "3")]
    assert (raw.row_count, raw.broken, raw.cell_kinds) == (3, (), {})


def test_an_open_extent_goes_to_the_end_and_positions_beyond_the_grid_are_empty(tmp_path):
    table = built([["a"], ["1"], ["2"]])
    _, rows = read(table, tmp_path, Extent(1, 9), [0, 8])
    assert rows == [(2, True, "1", None), (3, True, "2", None)]
    raw, rows = read(table, tmp_path, Extent(3, 1), [0])
    assert (raw.row_count, rows) == (0, [])


def test_broken_rows_are_told_and_not_read(tmp_path):
    broken = tuple(BrokenRow(number, "bad_json", "hỏng") for number in (1, 3))
    table = built([["a"], ["1"], [], ["2"]], broken=broken)
    raw, rows = read(table, tmp_path, Extent(1, 1), [0])
    assert rows == [(2, True, "1"), (4, True, "2")]
    assert raw.broken == broken[1:] and raw.rows_read == 3


def test_merged_cells_reach_over_the_rows_of_their_own_table_only(tmp_path):
    rows = [["H", "Số"], ["a", "5"], ["hidden", "6"], [None, None], [None, "7"], ["b", "8"], [None, "9"], ["c", "1"]]
    areas = [(1, 1, 1, 2), (2, 1, 5, 2), (2, 2, 3, 2), (4, 1, 8, 1), (6, 1, 8, 1)]
    merges = [Merge(first, column, last, until) for first, column, last, until in areas]
    table, extent = built(rows), Extent(1, 2, 7)
    raw, _ = read(table, tmp_path, extent, [0, 1])
    with duckdb.connect() as con:
        shared = grid.carry_down(con, raw, merges, extent, single_row(table.heads()[0][0]), [0], [1])
    found = duckdb.sql(f"select c0, c1 from '{raw.parquet}'").fetchall()
    # An area that overlaps one above says nothing; what hides under a merged cell is not shown, so it is not read.
    assert found == [("a", "5"), ("a", None), (None, None), ("a", "7"), ("b", "8"), ("b", "9")]
    assert shared == {1: [2, 3]}


def test_heads_begin_anywhere_and_are_nfc():
    table = built([[None], [unicodedata.normalize("NFD", "Mã hồ sơ"), None], *[["x"]] * 50])
    first, second = table.heads()[0], table.heads(2)[0]
    assert len(first) == len(second) == 40
    assert first[0].is_empty and second[0].row_number == 2
    assert second[0].cells == ("Mã hồ sơ",) and second[0].text == "Mã hồ sơ"


def test_a_table_may_begin_after_a_blank_row_or_after_a_short_one():
    rows = [["t"], ["a", "b", "c"], ["1", "2", "3"], [], ["Bảng 2"], ["a", "b", "c"], ["4", "5", "6"], ["7", "8", "9"]]
    assert built(rows).breaks() == [5, 6]
    assert len(built([["x"], []] * 5000).breaks()) == grid.MAX_BREAKS


def test_number_cells_decide_what_a_point_before_three_digits_is(tmp_path):
    rows = [["h"] * 4, ["1.234"] * 4, ["1.5", "7", "1.5", "8"]]
    table = built(rows, numbers={1: [0], 2: [0, 1, 2]})
    raw, _ = read(table, tmp_path, Extent(1, 4), [0, 1, 2, 3])
    assert raw.cell_kinds == {0: "number", 2: "undecided"}
    # Text below the extent says nothing of the numbers in it.
    longer = built([*rows, ["Ghi chú"]], numbers={1: [0], 2: [0]})
    assert read(longer, tmp_path, Extent(1, 4, 3), [0])[0].cell_kinds == {0: "number"}


def test_a_grid_grows_wider_and_keeps_its_blank_rows():
    builder = GridBuilder()
    builder.skip_to(5000)
    builder.add_row({2: "x"})
    table = builder_table(builder, None, "test", header=["a", "b", "c"])
    assert table.grid().num_rows == 5001 and table.grid().num_columns == 3
    assert table.heads(5001)[0][0].cells == (None, None, "x")
    assert table.heads()[0][0].cells == ("a", "b", "c")


def test_an_empty_grid_is_no_table_but_no_failure_either():
    table = builder_table(GridBuilder(), "Trống", "test")
    assert table.heads() == [[]] and table.breaks() == []
    assert table.encoding == "unicode"


@pytest.mark.parametrize("place", [(1, 16384), (1024 * 1024 + 2, 0), (9000, 9000)])
def test_a_grid_that_would_burst_memory_is_refused(place):
    row, column = place
    builder = GridBuilder()
    with pytest.raises(LandingError, match="bảng quá lớn"):
        for _ in range(2):
            builder.skip_to(row)
            builder.add_row({column: "x"})
            builder.skip_to(row + 1)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("0.30000000000000004", "0.3"),
        ("1.0", "1"),
        ("1E3", "1000"),
        ("1.5e-7", "0.00000015"),
        ("-0", "0"),
        ("123456789012345678", "123456789012345678"),
        ("1e999999", "1e999999"),
        ("n/a", "n/a"),
        ("", ""),
    ],
)
def test_numbers_lose_noise_and_exponents_only(written, plain):
    assert plain_number(written) == plain


# --- old fonts

TCVN3 = ["Bé Tµi chÝnh", "Thñ tôc", "§¬n vÞ tiÕp nhËn", "Ngµy hÑn tr¶", "l\u00adu tr÷", "Thµnh phè"]
TCVN3_READ = ["Bộ Tài chính", "Thủ tục", "Đơn vị tiếp nhận", "Ngày hẹn trả", "lưu trữ", "Thành phố"]
VNI = ["Boä Taøi chính", "Thuû tuïc", "Ñôn vò tieáp nhaän", "Ngaøy heïn traû", "löu tröõ"]
VNI_READ = ["Bộ Tài chính", "Thủ tục", "Đơn vị tiếp nhận", "Ngày hẹn trả", "lưu trữ"]
PLACES = ["Hà Nam", "Hòa Bình", "Lai Châu", "Thanh Hóa", "Tây Ninh", "Kiên Giang", "Tuyên Quang", "Có", "Đúng"]


def decoded(*columns, fonts=()):
    table, encoding = legacy_text.to_unicode(
        pa.table({str(index): pa.array(column, pa.string()) for index, column in enumerate(columns)}), fonts
    )
    return [column.to_pylist() for column in table.columns], encoding


@pytest.mark.parametrize(
    ("old", "read_as", "encoding"), [(TCVN3, TCVN3_READ, "tcvn3"), (VNI, VNI_READ, "vni")], ids=["tcvn3", "vni"]
)
def test_a_sheet_in_an_old_font_becomes_unicode(old, read_as, encoding):
    ascii_cells = ["H99", None, *["12"] * (len(old) - 2)]
    assert decoded(old, ascii_cells) == ([read_as, ascii_cells], encoding)


@pytest.mark.parametrize(
    "texts",
    [
        PLACES,
        PLACES[:-1],
        [unicodedata.normalize("NFD", text) for text in PLACES],
        ["Général", "Préfecture de l’Isère", "déjà reçu", "à côté", "été", "forêt", "Noël"],
        ["Straße", "Gebühr", "Größe", "Prüfung", "Übergabe", "Änderung", "für"],
        ["10 m²", "20 km³", "– – –", "«x»", "37 °C", "½", "©"],
        ["A", None, ""],
    ],
)
def test_other_text_is_left_alone(texts):
    assert decoded(texts) == ([texts], "unicode")


def test_a_sheet_that_mixes_is_judged_column_by_column():
    assert decoded(TCVN3, PLACES[: len(TCVN3)], ["Đã trả"] * 6) == (
        [TCVN3_READ, PLACES[: len(TCVN3)], ["Đã trả"] * 6],
        "tcvn3",
    )
    with_unicode_header = ["Tên đơn vị", *TCVN3]
    assert decoded(with_unicode_header)[0] == [["Tên đơn vị", *TCVN3_READ]]


def test_few_words_are_enough_when_the_file_names_the_font():
    few = ["Thñ tôc", "Sè 1"]
    assert decoded(few) == ([few], "unicode")
    assert decoded(few, fonts=[".VnTime", "Arial"]) == ([["Thủ tục", "Số 1"]], "tcvn3")
    assert decoded(["Hà Nam", "Có"], fonts=[".VnTime"]) == ([["Hà Nam", "Có"]], "unicode")


def test_old_text_far_down_a_column_is_found():
    column = ["Số"] + ["H99"] * (legacy_text.SAMPLE_ROWS + 5) + TCVN3
    (read_back,), encoding = decoded(column)
    assert encoding == "tcvn3" and read_back[-len(TCVN3) :] == TCVN3_READ and read_back[0] == "Số"


def test_a_table_says_what_its_text_was():
    assert built([[text] for text in TCVN3]).encoding == "tcvn3"
    assert built([["Đã trả"]], charset="cp1258").encoding == "cp1258"
    assert isinstance(built([["a"]]), GridTable)
