"""What the contracts say of a column, and the page that is written from them."""

from __future__ import annotations

import pytest

from dagster_project.landing.contract_docs import sources_page, way_to_fill
from dagster_project.landing.contracts import Column, load_contract, load_contracts, parse_contract
from dagster_project.landing.errors import LayoutError
from dagster_project.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

SOURCES = sorted(load_contracts())


def document(**column):
    return {
        "source": "s",
        "title": "t",
        "grain": ["a"],
        "observed": [],
        "columns": [{"name": "a", "type": "code", "meaning": "m"} | column],
    }


def test_the_page_is_not_stale():
    page = (PROJECT_ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert page == sources_page(), "write it anew: cchc sources --markdown > docs/sources.md"


def test_the_page_has_every_column_with_its_meaning_and_example():
    page = sources_page()
    for contract in load_contracts().values():
        section = page.split(f"\n## {contract.source}\n")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert len(rows) == len(contract.columns)
        for row, column in zip(rows, contract.columns, strict=True):
            assert row.startswith(f"| `{column.name}` |")
            assert row.endswith(f"| {column.null_rule} | {column.example} |")
            assert all(label in row for label in column.labels)


@pytest.mark.parametrize("source", SOURCES)
def test_headings_of_a_source_tell_its_columns_apart(source):
    headings = [column.heading for column in load_contract(source).columns]
    assert all(headings)
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("source", SOURCES)
def test_every_required_column_has_an_example_and_coded_examples_are_codes(source):
    for column in load_contract(source).columns:
        assert column.example or not column.required, column.name
        assert not column.codes or column.example in column.codes, column.name


def test_heading_definition_and_null_rule_come_from_the_meaning():
    column = Column("x", "decimal", "Từ giá trị; trống là không có cận dưới. Tỷ lệ ghi từ 0 đến 1")
    assert column.heading == "Từ giá trị"
    assert column.definition == "Từ giá trị. Tỷ lệ ghi từ 0 đến 1"
    assert column.null_rule == "trống là không có cận dưới"
    assert Column("x", "text", "Tên").null_rule == "trống là không có số liệu"
    assert Column("x", "text", "Tên", required=True).null_rule == "bắt buộc, không để trống"


def test_way_to_fill_names_the_words_to_choose_from():
    column = Column("x", "code", "Kênh", codes=("a", "b"), labels=("Một", "Hai"))
    assert way_to_fill(column) == "chọn trong danh sách: Một; Hai"
    assert way_to_fill(Column("x", "date", "Ngày")) == "ngày/tháng/năm"
    listed = way_to_fill(Column("x", "text", "Kênh", items=(("a", "Một"), ("b", "Hai"))))
    assert listed == "một hoặc nhiều tên trong danh sách, cách nhau bằng dấu chấm phẩy: Một; Hai"


def test_codes_without_labels_are_refused():
    with pytest.raises(LayoutError, match=r"s\.yml: column 'a' needs its codes as a map"):
        parse_contract(document(codes=["x", "y"]), "s.yml")


@pytest.mark.parametrize("codes", [{"x": "Một", "y": "một"}, {"x": "y", "y": "Hai"}])
def test_a_word_that_stands_for_two_codes_is_refused(codes):
    with pytest.raises(LayoutError, match="codes and labels of column 'a' share a word"):
        parse_contract(document(codes=codes), "s.yml")
    with pytest.raises(LayoutError, match="codes and labels of column 'a' share a word"):
        parse_contract(document(items=codes), "s.yml")


def test_a_label_may_equal_its_own_code():
    contract = parse_contract(document(codes={"1": "1", "9": "Không trả lời"}), "s.yml")
    assert contract.column("a").codes == ("1", "9")
