"""Any table in any container comes back as the very same rows: tables are generated, written, landed and compared.

What a table is wrapped in is generated too: titles, merged headers, number rows, groups, totals, footers, several
tables on a sheet. Every row that is no data must be ignored for the right reason, and every total must agree.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dagster_project.landing import deliveries
from dagster_project.landing.load import land_paths
from dagster_project.settings import load_settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # the helpers stand beside the tiers, outside any package

from table_writers import (
    Area,
    Sheet,
    csv_file,
    html_file,
    json_file,
    ods_file,
    shown,
    xlsx_file,
    xml_2003_file,
    zip_file,
)

pytestmark = pytest.mark.integration

# Enough to meet every combination of the wrapping; the same examples in every run.
EXAMPLES = 15

COLUMNS = """
source: one_stop__dossiers
formats: {timestamp: [dmy], decimal: comma}
columns:
  authority_code: {constant: H99}
  dossier_code: {from: [Mã hồ sơ, maHoSo]}
  procedure_code: {from: [Mã thủ tục, Thủ tục > Mã, maThuTuc]}
  procedure_name: {from: [Tên thủ tục, Thủ tục > Tên, tenThuTuc]}
  received_at: {from: [Tiếp nhận lúc, Thời điểm > Tiếp nhận, tiepNhan]}
  due_at: {from: [Hẹn trả lúc, Thời điểm > Hẹn trả, henTra]}
  fee_amount: {from: [Lệ phí, lePhi]}
  supplement_count: {from: [Số lần bổ sung, soLan]}
"""
UNIT_ABOVE = "  resolving_unit_code: {preamble: 'Mã đơn vị *: *([A-Z0-9.]+)', template: '{1}'}\n"
LAYOUTS = {
    "flat": f"layout: thu_phang\ntitle: Bảng phẳng{COLUMNS}{UNIT_ABOVE}"
    "  domain_name: {from: Lĩnh vực}\nfingerprint: [Mã hồ sơ, Lĩnh vực, Số lần bổ sung]\n",
    "grouped": f"layout: thu_nhom\ntitle: Bảng có nhóm{COLUMNS}{UNIT_ABOVE}"
    "  domain_name: {group: domain}\nfingerprint: [Mã hồ sơ, Số lần bổ sung]\n"
    "rows:\n  groups: [{name: domain, text: Mã hồ sơ, when: {TT: '[IVX]+'}}]\n"
    "  totals: [{text: [TT, Mã hồ sơ], pattern: '(tổng )?cộng.*'}]\n",
    "json": f"layout: thu_json\ntitle: Bản ghi{COLUMNS}"
    "  resolving_unit_code: {from: maDonVi}\n  domain_name: {from: linhVuc}\nfingerprint: [maHoSo, linhVuc, maDonVi]\n",
}
LANDED = (
    "dossier_code, procedure_code, procedure_name, domain_name, resolving_unit_code, received_at, due_at, "
    "fee_amount, supplement_count"
)
KEYS = ("maHoSo", "maThuTuc", "tenThuTuc", "linhVuc", "maDonVi", "tiepNhan", "henTra", "lePhi", "soLan")

# --- what is generated

TEXT = (
    "đăng ký khai sinh chuyển quyền sử dụng đất cấp phép xây dựng nhà ở riêng lẻ hộ kinh doanh tổng cộng "
    "ngày tháng năm người nhận đơn vị thủ tục hành chính lĩnh vực trích lục bản đồ 1.234,5 (2) – … 50%"
)
WORDS = TEXT.split()
MARKS = ('"', ";", ",", "a\nb", "\t", "'", "<b>", "&amp;", "|", "\\")
DOMAINS = ("Đất đai", "Hộ tịch", "Xây dựng và nhà ở")
FIRST_DAY, LAST_DAY = dt.datetime(2024, 1, 1), dt.datetime(2026, 12, 31)


@dataclass(frozen=True)
class Dossier:
    code: str
    procedure_code: str | None
    procedure_name: str | None
    received_at: dt.datetime
    due_at: dt.datetime | None
    fee: Decimal | None
    count: int | None

    def landed(self, domain: str, unit: str) -> tuple:
        name = None if self.procedure_name is None else " ".join(self.procedure_name.split())
        moments = (self.received_at, self.due_at)
        return (self.code, self.procedure_code, name, domain, unit, *moments, self.fee, self.count)


@dataclass(frozen=True)
class Block:
    """One table with all that is wrapped around it."""

    unit: str
    sections: list[tuple[str, list[Dossier]]]
    is_grouped: bool
    header_rows: int
    titles_close: bool
    has_numbers: bool
    has_unit_row: bool
    has_total: bool
    has_subtotals: bool
    has_footer: bool
    repeats_header: bool
    blank_between: bool
    numbers_as_text: bool

    @property
    def expected(self) -> list[tuple]:
        return [row.landed(domain, self.unit) for domain, rows in self.sections for row in rows]


def moments():
    return st.datetimes(FIRST_DAY, LAST_DAY).map(lambda moment: moment.replace(microsecond=0))


def dossiers(marks):
    texts = st.lists(st.sampled_from((*WORDS, *marks)), min_size=1, max_size=8).map(" ".join)
    names = texts.filter(lambda text: any(letter.isalnum() for letter in text))
    codes = st.from_regex(r"0{0,3}[0-9]{1,7}|H99[.][0-9]{2}-2601[0-9]{2}-[0-9]{4}", fullmatch=True)
    return st.builds(
        Dossier,
        code=codes,
        procedure_code=st.none() | st.from_regex(r"[12][.]00[0-9]{4}", fullmatch=True),
        procedure_name=st.none() | names,
        received_at=moments(),
        due_at=st.none() | moments().map(lambda moment: moment.replace(second=0)),
        fee=st.none() | st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100),
        count=st.none() | st.integers(0, 5_000_000),
    )


def blocks(marks=(), header_rows=(1, 2, 3)):
    sections = st.lists(
        st.tuples(st.sampled_from(DOMAINS), st.lists(dossiers(marks), min_size=1, max_size=5)), min_size=1, max_size=3
    )
    flags = {name: st.booleans() for name, kind in Block.__annotations__.items() if kind == "bool"}
    units = st.sampled_from(("H99.01", "H99.02.3"))
    return st.builds(Block, unit=units, sections=sections, header_rows=st.sampled_from(header_rows), **flags)


# --- how it is laid out


@dataclass
class Page:
    """A sheet under construction, with what must become of the rows of each of its tables."""

    rows: list[list] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    kinds: list[Counter] = field(default_factory=list)

    def add(self, kind: str, row: list) -> None:
        self.rows.append(row)
        if self.kinds:
            self.kinds[-1][kind] += 1


def line(text: str, width: int, place: int = 1) -> list:
    """A row with one text."""
    return [text if position == place else None for position in range(width)]


def add_block(page: Page, block: Block, changed: str | None) -> None:
    """``changed`` names the column in whose grand total one digit is wrong."""
    columns = titles(block.is_grouped)
    width = len(columns)
    if page.rows:
        page.add("blank", [None] * width)
    page.add("footer", line("Danh sách hồ sơ một cửa", width))
    page.add("footer", line(f"Mã đơn vị: {block.unit}", width))
    if not block.titles_close:
        page.add("blank", [None] * width)
    header = header_of(columns, block.header_rows)
    top = len(page.rows)
    page.areas += [
        Area(top + area.top, area.left, top + area.bottom, area.right) for area in header_areas(columns, len(header))
    ]
    page.rows += header
    page.kinds.append(Counter())
    if block.has_unit_row:
        page.add("unit_row", line("Đơn vị tính: đồng", width))
    if block.has_numbers:
        page.add("number_row", [f"({number})" for number in range(1, width + 1)])
    for place in range(len(block.sections)):
        add_section(page, block, place, header)
    if block.has_total:
        everything = [row for _, rows in block.sections for row in rows]
        page.add("total", total_row("Tổng cộng", everything, block, changed))
    if block.has_footer:
        page.add("blank", [None] * width)
        page.add("footer", line("Nông Cống, ngày 05 tháng 01 năm 2026", width, 3))
        page.add("footer", line("Người lập biểu", width))
        page.add("footer", line("(Ký, ghi rõ họ tên)", width))


def add_section(page: Page, block: Block, place: int, header: list[list]) -> None:
    """The rows of one domain, with what stands before and after them."""
    domain, rows = block.sections[place]
    width = len(header[0])
    if place and block.blank_between:
        page.add("blank", [None] * width)
    if place == 1 and block.repeats_header:
        for row in header:
            page.add("repeated_header", row)
    if block.is_grouped:
        page.areas.append(Area(len(page.rows), 1, len(page.rows), width - 1))
        page.add("group", ["IVX"[place], domain, *[None] * (width - 2)])
    for number, row in enumerate(rows, start=1):
        page.add("data", cells(row, number, domain, block))
    if block.is_grouped and block.has_subtotals:
        page.add("total", total_row("Cộng", rows, block, None))


def titles(is_grouped: bool) -> list[tuple[str, ...]]:
    """The path of every column under three header rows."""
    domain = () if is_grouped else (("Hồ sơ", "Lĩnh vực"),)
    return [
        ("TT",),
        ("Hồ sơ", "Mã hồ sơ"),
        ("Hồ sơ", "Thủ tục", "Mã"),
        ("Hồ sơ", "Thủ tục", "Tên"),
        *domain,
        ("Xử lý", "Thời điểm", "Tiếp nhận"),
        ("Xử lý", "Thời điểm", "Hẹn trả"),
        ("Lệ phí",),
        ("Số lần bổ sung",),
    ]


ONE_ROW = {
    "Thủ tục > Mã": "Mã thủ tục",
    "Thủ tục > Tên": "Tên thủ tục",
    "Thời điểm > Tiếp nhận": "Tiếp nhận lúc",
    "Thời điểm > Hẹn trả": "Hẹn trả lúc",
}


def paths(columns, depth: int) -> list[tuple[str, ...]]:
    """The paths under ``depth`` header rows: the outermost titles go first."""
    short = [path[-depth:] if len(path) > depth else path for path in columns]
    if depth > 1:
        return [path[1:] if depth == 2 and path[0] == "Hồ sơ" else path for path in short]
    return [(ONE_ROW.get(" > ".join(path[-2:]), path[-1]),) for path in columns]


def header_of(columns, depth: int) -> list[list[str | None]]:
    """Header rows with each merged title in its first cell only."""
    found = paths(columns, depth)
    rows = []
    for level in range(depth):
        row = []
        for place, path in enumerate(found):
            text = path[level] if level < len(path) else None
            is_covered = place > 0 and found[place - 1][: level + 1] == path[: level + 1]
            row.append(None if is_covered else text)
        rows.append(row)
    return rows


def header_areas(columns, depth: int) -> list[Area]:
    """Titles over several columns, and titles that reach down to the last header row."""
    found = paths(columns, depth)
    areas = []
    for level in range(depth):
        for place, path in enumerate(found):
            if level >= len(path) or (place and found[place - 1][: level + 1] == path[: level + 1]):
                continue
            last = place
            while last + 1 < len(found) and found[last + 1][: level + 1] == path[: level + 1]:
                last += 1
            bottom = depth - 1 if level == len(path) - 1 else level
            if (last, bottom) != (place, level):
                areas.append(Area(level, place, bottom, last))
    return areas


def cells(row: Dossier, number: int, domain: str, block: Block) -> list:
    due = None if row.due_at is None else f"{row.due_at:%d/%m/%Y %H:%M}"
    numbers = [None if value is None else in_style(value, block) for value in (row.fee, row.count)]
    domains = [] if block.is_grouped else [domain]
    return [number, row.code, row.procedure_code, row.procedure_name, *domains, row.received_at, due, *numbers]


def in_style(value, block: Block):
    return shown(value) if block.numbers_as_text else value


def total_row(label: str, rows: list[Dossier], block: Block, changed: str | None) -> list:
    fee = sum((row.fee or Decimal(0) for row in rows), Decimal(0))
    count = sum(row.count or 0 for row in rows)
    if changed == "fee_amount":
        fee = with_larger_digit(fee)
    if changed == "supplement_count":
        count = int(with_larger_digit(Decimal(count)))
    blank = [None] * (4 if block.is_grouped else 5)
    return [None, label, *blank, in_style(fee, block), in_style(count, block)]


def with_larger_digit(value: Decimal) -> Decimal:
    """One digit more: larger than every other sum of the table, so that it is none of them by chance."""
    place = 0
    while int(value) // 10**place % 10 == 9:
        place += 1
    return value + 10**place


# --- the containers

CSV_TABLES = st.lists(blocks(MARKS), min_size=1, max_size=1)
SHEETS = st.lists(blocks(MARKS), min_size=1, max_size=3)
CONTAINERS = {
    "csv utf-8": (CSV_TABLES, lambda sheets: csv_file(sheets, "utf-8")),
    "csv utf-8-sig, tab": (CSV_TABLES, lambda sheets: csv_file(sheets, "utf-8-sig", "\t")),
    "csv utf-16": (CSV_TABLES, lambda sheets: csv_file(sheets, "utf-16", ",")),
    "csv utf-16-le, no mark": (CSV_TABLES, lambda sheets: csv_file(sheets, "utf-16-le", "\t")),
    "csv cp1258": (st.lists(blocks(), min_size=1, max_size=1), lambda sheets: csv_file(sheets, "cp1258", "|")),
    "csv tcvn3": (st.lists(blocks(), min_size=1, max_size=1), lambda sheets: csv_file(sheets, "tcvn3")),
    "xlsx": (SHEETS, xlsx_file),
    "html": (SHEETS, html_file),
    "ods": (SHEETS, ods_file),
    "xml 2003": (SHEETS, xml_2003_file),
    "xlsx in zip": (SHEETS, lambda sheets: zip_file({"thư mục/sổ.xlsx": xlsx_file(sheets)})),
    "csv in zip": (CSV_TABLES, lambda sheets: zip_file({"tệp.csv": csv_file(sheets, "utf-8")})),
}
careful = effort(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)


def pages_of(tables: list[Block], on_one_sheet: bool, changed: str | None) -> list[Page]:
    """The tables one below the other, or each on a sheet of its own; the total of the first one is changed."""
    pages = [Page()]
    for place, block in enumerate(tables):
        if place and not on_one_sheet:
            pages.append(Page())
        add_block(pages[-1], block, changed if place == 0 else None)
    return pages


def landed_from(content: bytes, name: str):
    """Land the file in a data root of its own: per delivery the record and the landed rows."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Path(folder) / "data")
        settings.layouts.mkdir(parents=True)
        for code, text in LAYOUTS.items():
            (settings.layouts / f"{code}.yml").write_text(text, encoding="utf-8")
        path = Path(folder) / name
        path.write_bytes(content)
        (result,) = land_paths([path], settings, landed_at=dt.datetime(2027, 1, 1))
        assert result.status == "landed", result.message
        found = []
        for done in result.deliveries:
            parquet = deliveries.landed_path(settings, done.source_code, done.delivery_id)
            rows = duckdb.execute(f"select {LANDED} from read_parquet(?) order by source_row_number", [str(parquet)])
            found.append((done, rows.fetchall()))
        return found


def assert_same(found, tables: list[Block], kinds: list[Counter]) -> None:
    assert [rows for _, rows in found] == [block.expected for block in tables]
    for (done, rows), expected in zip(found, kinds, strict=True):
        ignored = {item["reason_code"]: item["row_count"] for item in done.ignored_rows}
        assert ignored == {kind: count for kind, count in expected.items() if kind != "data"}
        assert (done.rows_accepted, done.rows_rejected) == (len(rows), 0)
        assert done.rows_read == expected.total() == done.rows_accepted + done.rows_ignored


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_row_comes_back_from(container):
    strategy, write = CONTAINERS[container]

    @careful
    @given(strategy, st.booleans(), st.sampled_from([None, "fee_amount", "supplement_count"]))
    def check(tables, on_one_sheet, changed):
        if changed:
            tables = [replace(tables[0], has_total=True), *tables[1:]]
        pages = pages_of(tables, on_one_sheet, changed)
        sheets = [Sheet(f"Trang {number}", page.rows, page.areas) for number, page in enumerate(pages, start=1)]
        found = landed_from(write(sheets), "danh sách.xls")
        assert_same(found, tables, [kinds for page in pages for kinds in page.kinds])
        told = [
            (place, item["column_name"]) for place, (done, _) in enumerate(found) for item in done.total_differences
        ]
        assert told == ([(0, changed)] if changed else [])

    check()


@pytest.mark.parametrize("is_lines", [False, True])
def test_every_record_comes_back_from_json(is_lines):
    @careful
    @given(st.lists(dossiers(MARKS), min_size=2, max_size=12))
    def check(rows):
        expected = [row.landed("Đất đai", "H99.01") for row in rows]
        records = []
        for row, values in zip(rows, expected, strict=True):
            records.append(dict(zip(KEYS, (*values[:2], row.procedure_name, *values[3:]), strict=True)))
        ((done, found),) = landed_from(json_file(records, is_lines=is_lines), "hồ sơ.json")
        assert found == expected
        assert (done.rows_read, done.rows_ignored, done.rows_rejected) == (len(rows), 0, 0)

    check()
