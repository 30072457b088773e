"""The quick look at the cells of a piece of a sheet must never say less than the patterns do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.landing import xlsx_reader

LETTERS = st.sampled_from(["A", "Z", "AB", "XFD", "ABCD", "a", "", "é"])
DIGITS = st.sampled_from(["1", "9", "10", "1048576", "9999999", "12345678", "0", "01", "", "1 "])
CELLS = st.builds('<c r="{}{}" t="s"><v>1</v></c>'.format, LETTERS, DIGITS)
OTHERS = st.sampled_from(
    ["<cols>", '<row r="3">', " :c", "</c>", '<c r="', "<c", '<x:c r="A1">', '<c s="1"/>', "đ", ""]
)


@settings(max_examples=1000)
@given(st.lists(CELLS | OTHERS, max_size=6).map("".join))
def test_a_quick_answer_is_that_of_the_patterns(piece: str) -> None:
    quick = xlsx_reader._plain_bounds(piece.encode())
    if quick is None:
        return
    references = xlsx_reader._PLAIN_CELL.findall(piece.encode())
    assert xlsx_reader._is_plain(piece.encode(), len(references))
    slow = xlsx_reader._Extent()
    slow._add_references(references)
    assert quick == (len(references), slow.last_row, slow.first_column, slow.last_column)


@pytest.mark.parametrize(
    ("piece", "bounds"),
    [
        (b"", (0, 0, 0, 0)),
        (b"<si><t>no cells here</t></si>", (0, 0, 0, 0)),
        (b'<c r="C7"><v>1</v></c><c r="XFD1048576"><v>2</v></c>', (2, 1048576, 3, 16384)),
        (b'<row r="9"><c r="B2" s="1" t="s"><v>1</v>', (1, 2, 2, 2)),
    ],
)
def test_plain_cells_are_counted_and_placed(piece: bytes, bounds: tuple[int, int, int, int]) -> None:
    assert xlsx_reader._plain_bounds(piece) == bounds


@pytest.mark.parametrize(
    "piece",
    [b'<c s="1" r="A1">', b'<c r="A1" s="3"/>', b'<x:c r="A1">', b"<c>", b"<c", b'<c r="A0">', b'<c r="ABCD1">'],
)
def test_any_other_cell_is_left_to_the_patterns(piece: bytes) -> None:
    assert xlsx_reader._plain_bounds(piece) is None
