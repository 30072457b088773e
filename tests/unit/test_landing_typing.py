"""Typing: each type and format, through the very SQL that lands files, against values written out by hand."""

import datetime as dt
import unicodedata
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.landing.contracts import Column
from dagster_project.landing.layouts import ColumnSpec, Layout, load_layouts
from dagster_project.landing.tables import NUMBER_CELLS, TEXT_CELLS, UNDECIDED_CELLS
from dagster_project.landing.typing_sql import Input, TypedQuery

pytestmark = pytest.mark.unit


def layout_with(**changes) -> Layout:
    base = load_layouts()["canonical_one_stop__dossiers"]
    values = {field: getattr(base, field) for field in base.__dataclass_fields__}
    return Layout(**{**values, **changes})


DAY_FIRST = layout_with(timestamp_formats=("dmy",), date_formats=("dmy",), decimal="comma")


@pytest.fixture
def type_cell(tmp_path):
    """Type one cell; gives (typed value, error code)."""

    def run(
        raw,
        kind,
        layout=DAY_FIRST,
        container="csv",
        name="a_column",
        spec=None,
        cell_kind=TEXT_CELLS,
        **column,
    ):
        path = tmp_path / "raw.parquet"
        pq.write_table(pa.table({"c0": pa.array([raw], pa.string()), "is_filled": [True]}), path)
        item = Input(
            Column(name, kind, "Ý nghĩa", **column),
            spec or ColumnSpec(),
            "c0",
            "Tiêu đề",
            cell_kind=cell_kind,
            decimal="comma" if layout.decimal == "comma" else "dot",
        )
        query = TypedQuery([item], layout, container)
        rows = (
            "(select file_row_number + 2 as source_row_number, is_filled, 'data' as row_kind, c0 "
            f"from read_parquet({str(path)!r}, file_row_number=true))"
        )
        with duckdb.connect() as con:
            con.execute(f"set TimeZone = '{layout.time_zone}'")
            row = con.execute(f"select t0, e0 from ({query.judged_sql(rows)})").fetchone()
            kinds = con.execute(f"select typeof(t0) from ({query.judged_sql(rows)})").fetchone()
        assert kinds == (item.column.physical_type,)
        return row

    return run


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Sở   Xây dựng ", "Sở Xây dựng"),
        ("Sở\u00a0Xây\u202fdựng\u3000", "Sở Xây dựng"),
        (unicodedata.normalize("NFD", "Sở Xây dựng"), "Sở Xây dựng"),
        ("\ufeffH99\u200b.01", "H99.01"),
        ("dòng một\r\ndòng\thai", "dòng một dòng hai"),
        ("00123", "00123"),
        ("a  b", "a b"),
        ("   ", None),
        ("\u00a0\u200b", None),
        ("", None),
        (None, None),
    ],
)
def test_text_and_codes_are_cleaned(type_cell, raw, clean):
    assert type_cell(raw, "text") == (clean, None)
    assert type_cell(raw, "code") == (clean, None)


@pytest.mark.parametrize(
    "raw",
    [
        "\u041d99-001",  # Cyrillic
        "\u039799-001",  # Greek
        "\uff28\uff19\uff19\uff0d\uff10\uff10\uff11",  # wide
        "H99\u2013001",
    ],
)
def test_look_alike_letters_in_a_code_are_latin_ones(type_cell, raw):
    assert type_cell(raw, "code") == ("H99-001", None)
    assert type_cell(raw, "text") == (raw, None)


def test_every_look_alike_has_the_letter_it_is_drawn_as(type_cell):
    names = {chr(code): unicodedata.name(chr(code)) for code in range(0x0370, 0x0460) if chr(code).isalpha()}
    read = {letter: type_cell(letter, "code")[0] for letter in names}
    changed = {names[letter]: latin for letter, latin in read.items() if latin != letter and latin.isascii()}
    assert changed["CYRILLIC CAPITAL LETTER ER"] == changed["GREEK CAPITAL LETTER RHO"] == "P"
    assert changed["CYRILLIC CAPITAL LETTER EN"] == changed["GREEK CAPITAL LETTER ETA"] == "H"
    assert {read[letter] for letter in "\u0410\u0412\u0415\u041a\u041c\u041e\u0421\u0422\u0425"} == set("ABEKMOCTX")
    assert {read[letter] for letter in "\u0391\u0392\u0395\u0399\u039a\u039c\u039f\u03a4\u03a7"} == set("ABEIKMOTX")
    # Letters like no Latin one stay what they are.
    assert read["\u0416"] == "\u0416" and read["\u03a9"] == "\u03a9" and len(changed) == 40


@pytest.mark.parametrize(
    ("raw", "decimal", "value"),
    [
        ("1.234,56", "comma", "1234.56"),
        ("1 234,56", "comma", "1234.56"),
        ("1\u00a0234\u00a0567,5", "comma", "1234567.5"),
        ("-98,81", "comma", "-98.81"),
        ("1.234", "comma", "1234"),
        ("0,5", "comma", "0.5"),
        ("1,234.56", "dot", "1234.56"),
        ("96.89", "dot", "96.89"),
        ("1234", "dot", "1234"),
        ("12.34.56", "comma", None),
        ("1.23,4", "comma", None),
        ("1,2,3", "comma", None),
        ("96.89", "comma", None),
        ("mười", "comma", None),
        ("1e5", "dot", None),
        ("9999999999999", "dot", None),
    ],
)
def test_decimals(type_cell, raw, decimal, value):
    got = type_cell(raw, "decimal", layout_with(decimal=decimal))
    assert got == ((Decimal(value), None) if value else (None, "bad_decimal"))


def test_a_percent_sign_belongs_to_percent_columns_only(type_cell):
    assert type_cell("98,81 %", "decimal", name="declared_percent") == (Decimal("98.81"), None)
    assert type_cell("98,81 %", "decimal", name="declared_score") == (None, "bad_decimal")


@pytest.mark.parametrize(
    ("raw", "value"),
    [("1234.5", "1234.5"), ("0.25", "0.25"), ("12", "12"), ("1.234.567", "1234567"), ("0,5", "0.5")],
)
def test_number_cells_of_a_workbook_under_a_decimal_comma(type_cell, raw, value):
    assert type_cell(raw, "decimal", container="xlsx") == (Decimal(value), None)


def test_a_workbook_number_that_can_be_read_two_ways_follows_its_column(type_cell):
    def read(cell_kind, kind="decimal"):
        return type_cell("1.234", kind, container="xlsx", cell_kind=cell_kind)

    assert read(TEXT_CELLS) == (Decimal("1234"), None)
    assert read(NUMBER_CELLS) == (Decimal("1.234"), None)
    assert read(UNDECIDED_CELLS) == (None, "bad_decimal")
    assert read(TEXT_CELLS, "integer") == (1234, None)
    assert read(NUMBER_CELLS, "integer") == (None, "bad_integer")
    assert read(UNDECIDED_CELLS, "integer") == (None, "bad_integer")


@pytest.mark.parametrize(
    ("raw", "decimal", "value"),
    [
        ("156", "comma", 156),
        ("597.918", "comma", 597918),
        ("597,918", "dot", 597918),
        ("5.0", "dot", 5),
        ("-3", "dot", -3),
        ("5.5", "dot", None),
        ("5,5", "comma", None),
        ("12a", "dot", None),
        ("99999999999999999999", "dot", None),
    ],
)
def test_integers(type_cell, raw, decimal, value):
    got = type_cell(raw, "integer", layout_with(decimal=decimal))
    assert got == ((value, None) if value is not None else (None, "bad_integer"))


@pytest.mark.parametrize(
    ("raw", "value"),
    [("Có", True), ("x", True), ("X", True), ("1", True), ("TRUE", True), ("không", False), ("0", False)],
)
def test_booleans(type_cell, raw, value):
    assert type_cell(raw, "boolean") == (value, None)


def test_other_words_are_not_booleans(type_cell):
    assert type_cell("chưa rõ", "boolean") == (None, "bad_boolean")
    assert type_cell("2", "boolean") == (None, "bad_boolean")
    assert type_cell(None, "boolean") == (None, None)


@pytest.mark.parametrize(
    ("raw", "shape", "value"),
    [
        ("05/01/2026 08:12:30", "dmy", dt.datetime(2026, 1, 5, 8, 12, 30)),
        ("5/1/2026 8:05", "dmy", dt.datetime(2026, 1, 5, 8, 5)),
        ("05-01-2026 08:12", "dmy", dt.datetime(2026, 1, 5, 8, 12)),
        ("05.01.2026", "dmy", dt.datetime(2026, 1, 5)),
        ("05/01/2026", "mdy", dt.datetime(2026, 5, 1)),
        ("2026-01-05T08:12:30", "ymd", dt.datetime(2026, 1, 5, 8, 12, 30)),
        ("2026-01-05 08:12:30.688", "ymd", dt.datetime(2026, 1, 5, 8, 12, 30, 688000)),
        ("2026-01-05 08:12", "ymd", dt.datetime(2026, 1, 5, 8, 12)),
        ("29/02/2028 00:00", "dmy", dt.datetime(2028, 2, 29)),
        ("29/02/2026", "dmy", None),
        ("13/13/2026", "dmy", None),
        ("05/01/26", "dmy", None),
        ("05/01/2026 24:00", "dmy", None),
        ("05/01/2026 sáng", "dmy", None),
        ("2026-01-05", "dmy", None),
        ("05/01/2026", "ymd", None),
        ("46027", "dmy", dt.datetime(2026, 1, 5)),
        ("46027.375", "dmy", dt.datetime(2026, 1, 5, 9)),
        ("460", "dmy", None),
    ],
)
def test_timestamps(type_cell, raw, shape, value):
    got = type_cell(raw, "timestamp", layout_with(timestamp_formats=(shape,)))
    assert got == ((value, None) if value else (None, "bad_timestamp"))


@pytest.mark.parametrize(
    "raw",
    [
        *("05/01/2026 08:12:30Z", "2026-01-05T08:12:30.5z", "05/01/2026 08:12:30+07:00", "05/01/2026 08:12 +0700"),
        *("05/01/2026 08:12:30 GMT+7", "05/01/2026 08:12 SA", "05/01/2026 08:12:30 ch", "05/01/2026 8:12 p.m."),
        *("05/01/2026 08:12 AM", "05/01/2026 08:12 chiều"),
    ],
)
def test_what_stands_behind_a_time_is_named_as_the_trouble(type_cell, raw):
    assert type_cell(raw, "timestamp", layout_with(timestamp_formats=("ymd", "dmy"))) == (None, "time_suffix")


@pytest.mark.parametrize("raw", ["31/02/2026 08:12:30", "2026-01-05-07", "2026-13-05", "05/01/2026 08:12:3", "Z"])
def test_other_slips_are_no_suffix(type_cell, raw):
    assert type_cell(raw, "timestamp", layout_with(timestamp_formats=("ymd",)))[1] == "bad_timestamp"


def test_a_real_date_cell_of_a_workbook_is_read_under_any_layout(type_cell):
    expected = dt.datetime(2026, 1, 5, 8, 12, 30)
    assert type_cell("2026-01-05 08:12:30", "timestamp", container="xlsx") == (expected, None)
    assert type_cell("05/01/2026 08:12:30", "timestamp", container="xlsx") == (expected, None)
    assert type_cell("2026-01-05 00:00:00", "date", container="xlsx") == (dt.date(2026, 1, 5), None)


def test_dates(type_cell):
    assert type_cell("26/09/2026", "date") == (dt.date(2026, 9, 26), None)
    assert type_cell("26/09/2026 23:59:59", "date") == (dt.date(2026, 9, 26), None)
    assert type_cell("31/09/2026", "date") == (None, "bad_date")
    assert type_cell("31/12/9999", "date") == (dt.date(9999, 12, 31), None)


@pytest.mark.parametrize(
    "raw",
    [
        "2011-10-30 02:30:00+02:00",
        "2011-10-30 02:30:00+01:00",
        "2011-10-11 13:42:22.688000+02:00",
        "2011-12-06T01:06:40+01:00",
        "2011-12-06 01:06:40Z",
    ],
)
def test_moments_with_an_offset_are_instants(type_cell, raw):
    layout = layout_with(timestamp_formats=("iso_offset",), time_zone="Europe/Amsterdam")
    instant = dt.datetime.fromisoformat(raw).astimezone(dt.timezone(dt.timedelta(hours=7)))
    assert type_cell(raw, "timestamp", layout) == (instant.replace(tzinfo=None), None)


def test_local_moments_of_another_zone_are_moved_across_the_change_of_clocks(type_cell):
    layout = layout_with(timestamp_formats=("ymd",), time_zone="Europe/Amsterdam")
    assert type_cell("2011-07-01 12:00", "timestamp", layout) == (dt.datetime(2011, 7, 1, 17), None)
    assert type_cell("2011-12-01 12:00", "timestamp", layout) == (dt.datetime(2011, 12, 1, 18), None)
    with_offset = layout_with(timestamp_formats=("iso_offset",), time_zone="Europe/Amsterdam")
    assert type_cell("2011-07-01 12:00:00", "timestamp", with_offset) == (dt.datetime(2011, 7, 1, 17), None)


@pytest.mark.parametrize("raw", ["infinity", "today", "epoch", "2011-10-30", "2011-13-01 00:00:00+01:00"])
def test_words_and_days_are_not_instants(type_cell, raw):
    layout = layout_with(timestamp_formats=("iso_offset",))
    assert type_cell(raw, "timestamp", layout) == (None, "bad_timestamp")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026/09/10 8:20:15 SA GMT+7", (2026, 9, 10, 8, 20, 15)),
        ("2026/09/10 8:20:15 CH GMT+7", (2026, 9, 10, 20, 20, 15)),
        ("2026/09/10 8:20:15 AM GMT+7", (2026, 9, 10, 8, 20, 15)),
        ("2026/09/10 08:20:15 pm gmt+7", (2026, 9, 10, 20, 20, 15)),
        ("2026-9-1 12:00:05 SA GMT+7", (2026, 9, 1, 0, 0, 5)),
        ("2026/09/10 12:00:05 CH GMT+7", (2026, 9, 10, 12, 0, 5)),
        ("2026/09/10 12:00:05 AM GMT+07:00", (2026, 9, 10, 0, 0, 5)),
        ("2026/09/10 9:00:00 CH GMT-4", (2026, 9, 11, 8, 0, 0)),
        ("2026/09/10 9:00:00 CH GMT-3:30", (2026, 9, 11, 7, 30, 0)),
        ("2026/09/10 1:00:00 SA GMT+5:30", (2026, 9, 10, 2, 30, 0)),
        ("2026/12/31 6:00:00 CH GMT", (2027, 1, 1, 1, 0, 0)),
        ("2026/09/10 8:20:15 CH", (2026, 9, 10, 20, 20, 15)),
        # Beside what a layout read before.
        ("10/09/2026 20:20:15", (2026, 9, 10, 20, 20, 15)),
        ("2026-09-10 20:20:15", (2026, 9, 10, 20, 20, 15)),
    ],
)
def test_moments_with_the_half_of_the_day_are_instants(type_cell, raw, moment):
    layout = layout_with(timestamp_formats=("dmy", "ymd", "with_half_day"))
    assert type_cell(raw, "timestamp", layout) == (dt.datetime(*moment), None)


def test_a_half_day_without_an_offset_is_of_the_layouts_zone(type_cell):
    layout = layout_with(timestamp_formats=("with_half_day",), time_zone="Europe/Amsterdam")
    assert type_cell("2026/07/01 1:00:00 CH", "timestamp", layout) == (dt.datetime(2026, 7, 1, 18), None)
    assert type_cell("2026/07/01 1:00:00 CH GMT+7", "timestamp", layout) == (dt.datetime(2026, 7, 1, 13), None)


@pytest.mark.parametrize(
    "raw",
    [
        *("2026/09/10 13:20:15 SA GMT+7", "2026/09/10 0:20:15 CH GMT+7", "2026/02/30 8:20:15 SA GMT+7"),
        *("2026/09/10 8:20:15 XX GMT+7", "2026/09/10 8:20:15 SA GMT+19", "2026/09/10 8:20:15 SA GMT+7 nay"),
        *("10/09/2026 8:20:15 SA GMT+7", "0026/09/10 8:20:15 SA GMT+7", "2026/09/10 SA"),
    ],
)
def test_half_days_that_are_none_are_refused(type_cell, raw):
    layout = layout_with(timestamp_formats=("ymd", "with_half_day"))
    assert type_cell(raw, "timestamp", layout) == (None, "bad_timestamp")


def test_codes_are_checked_after_the_map(type_cell):
    spec = ColumnSpec(mapping=(("Trực tuyến", "online"), ("Trực  tiếp", "direct")))
    codes = {"codes": ("online", "direct"), "spec": spec}
    assert type_cell("TRỰC TUYẾN", "code", **codes) == ("online", None)
    assert type_cell("trực\u00a0tiếp", "code", **codes) == ("direct", None)
    assert type_cell("online", "code", **codes) == ("online", None)
    assert type_cell("fax", "code", **codes) == ("fax", "unknown_code")
    assert type_cell(None, "code", **codes) == (None, None)


def test_blank_words_extract_and_required(type_cell):
    blank = ColumnSpec(blank=("EMPTY", "-"))
    assert type_cell("empty", "code", spec=blank) == (None, None)
    assert type_cell("-", "code", spec=blank, required=True) == (None, "missing_required")
    extract = ColumnSpec(extract="^(H[0-9]{2})[.]")
    assert type_cell("H99.01", "code", spec=extract, required=True) == ("H99", None)
    assert type_cell("G01", "code", spec=extract) == (None, "extract_failed")
    assert type_cell(None, "code", spec=extract, required=True) == (None, "missing_required")


@pytest.mark.parametrize("kind", ["text", "code", "integer", "timestamp", "boolean"])
def test_a_failed_formula_is_an_error_in_every_type(type_cell, kind):
    assert type_cell("#DIV/0!", kind)[1] == "excel_error"
