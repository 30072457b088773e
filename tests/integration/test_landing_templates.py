"""A template that a unit has filled lands by itself: every source, its example row, as a spreadsheet would save it."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import duckdb
import pytest
import python_calamine
import xlsxwriter

from dagster_project.landing import deliveries
from dagster_project.landing.contracts import Column, SourceContract, load_contract, load_contracts
from dagster_project.landing.load import LandingResult, land_file
from dagster_project.landing.template_codes import CALCULATIONS, INPUT_KINDS, RULES, code_tables
from dagster_project.landing.templates import CODES_SHEET, DATA_SHEET, GUIDE_SHEET, LISTS_SHEET, write_template
from dagster_project.settings import Settings
from dagster_project.vault.derive import derived_fields
from expectations.runner import check_delivery
from expectations.suites import regulations

pytestmark = pytest.mark.integration

SOURCES = sorted(load_contracts())
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DATA_PART = "xl/worksheets/sheet2.xml"
EXCEL_DAY_0 = dt.datetime(1899, 12, 30)


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode("utf-8")


def moment(text: str) -> dt.datetime:
    shape = "%d/%m/%Y %H:%M:%S" if ":" in text else "%d/%m/%Y"
    return dt.datetime.strptime(text, shape)


def cell(column: Column, reference: str, style: str, text: str) -> str:
    """One cell as a spreadsheet saves what a person typed into a cell of the template's format."""
    if column.type in ("integer", "decimal"):
        return f'<c r="{reference}" s="{style}"><v>{text.replace(",", ".")}</v></c>'
    if column.type in ("date", "timestamp"):
        days = (moment(text) - EXCEL_DAY_0) / dt.timedelta(days=1)
        return f'<c r="{reference}" s="{style}"><v>{days!r}</v></c>'
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def letters(position: int) -> str:
    return chr(ord("A") + position)


def fill(path: Path, contract: SourceContract, rows: list[dict[str, str]]) -> None:
    """Type rows into the template's data sheet, from row 3 on, in the columns' own formats."""
    sheet = part(path, DATA_PART)
    styles = {
        position: col.get("style")
        for col in ElementTree.fromstring(sheet).iter(f"{NAMESPACE}col")
        for position in range(int(col.get("min")), int(col.get("max")) + 1)
    }
    lines = []
    for number, row in enumerate(rows, start=3):
        cells = [
            cell(column, f"{letters(position)}{number}", styles[position + 1], row[column.name])
            for position, column in enumerate(contract.columns)
            if row.get(column.name)
        ]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    sheet = sheet.replace("</sheetData>", "".join(lines) + "</sheetData>")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, sheet.encode() if name == DATA_PART else content)


def chosen(column: Column) -> str:
    """The example as a person picks it: the label of a code, not the code."""
    return dict(zip(column.codes, column.labels, strict=True)).get(column.example, column.example)


def expected(column: Column):
    text = column.example
    if not text:
        return None
    return {
        "integer": lambda: int(text),
        "decimal": lambda: Decimal(text.replace(",", ".")),
        "date": lambda: moment(text).date(),
        "timestamp": lambda: moment(text),
        "boolean": lambda: text == "Có",
    }.get(column.type, lambda: text)()


def landed_row(result: LandingResult, settings: Settings) -> dict:
    path = deliveries.landed_path(settings, result.delivery.source_code, result.delivery.delivery_id)
    with duckdb.connect() as connection:
        return connection.read_parquet(str(path)).fetch_arrow_table().to_pylist()[0]


# A regulation is a whole, and so is a scale: one example row is refused for what it lacks (its parent, other answers).
PART_OF_A_WHOLE = ("regulation__bands", "regulation__criteria", "regulation__grades", "survey__options")


@pytest.mark.parametrize("source", PART_OF_A_WHOLE)
def test_one_row_of_a_whole_is_read_and_refused_for_what_is_missing(source, tmp_path):
    contract, settings = load_contract(source), Settings(root=tmp_path / "root")
    path = write_template(contract, tmp_path / f"{source}.xlsx")
    fill(path, contract, [{column.name: chosen(column) for column in contract.columns}])
    result = land_file(path, settings, gate=check_delivery)
    assert result.status == "refused"
    assert "không đạt kiểm tra đầu vào" in result.message and "dòng 3" in result.message
    assert land_file(path, Settings(root=tmp_path / "ungated")).delivery.rows_accepted == 1


@pytest.mark.parametrize("source", [source for source in SOURCES if source not in PART_OF_A_WHOLE])
def test_the_filled_template_lands_as_its_example_row(source, tmp_path):
    contract, settings = load_contract(source), Settings(root=tmp_path / "root")
    path = write_template(contract, tmp_path / f"{source}.xlsx")
    fill(path, contract, [{column.name: chosen(column) for column in contract.columns}])
    result = land_file(path, settings, gate=check_delivery)
    assert result.status == "landed", result.message
    done = result.delivery
    assert (done.source_code, done.layout_code, done.sheet_name) == (source, f"canonical_{source}", DATA_SHEET)
    assert (done.rows_read, done.rows_accepted, done.rows_rejected, done.rows_ignored) == (1, 1, 0, 0)
    assert (done.unused_columns, done.withheld_columns, done.absent_columns) == ([], [], [])
    assert done.unread_tables == []
    row = landed_row(result, settings)
    assert row.pop("source_row_number") == 3
    assert row.pop("delivery_id") == done.delivery_id
    hashes = {name: None for name, _ in derived_fields(contract.identity)}
    assert row == {column.name: expected(column) for column in contract.columns} | hashes


@pytest.mark.parametrize("source", SOURCES)
def test_the_empty_template_is_refused_for_having_no_rows(source, tmp_path):
    settings = Settings(root=tmp_path / "root")
    path = write_template(load_contract(source), tmp_path / "mau.xlsx")
    result = land_file(path, settings, gate=check_delivery)
    assert result.status == "refused"
    assert "Tệp có ít nhất một dòng đọc được" in result.message and DATA_SHEET in result.message
    assert deliveries.list_deliveries(settings) == []


@pytest.mark.parametrize("source", SOURCES)
def test_every_column_has_heading_name_comment_format_and_its_list(source, tmp_path):
    contract = load_contract(source)
    path = write_template(contract, tmp_path / "mau.xlsx")
    assert re.findall(r'<sheet name="([^"]+)"', part(path, "xl/workbook.xml")) == [
        GUIDE_SHEET,
        DATA_SHEET,
        LISTS_SHEET,
        *([CODES_SHEET] if code_tables(contract) else []),
    ]
    suggested = {name for table in code_tables(contract) for name in table.columns}
    strings = [
        "".join(item.itertext()) for item in ElementTree.fromstring(part(path, "xl/sharedStrings.xml")) if len(item)
    ]
    root = ElementTree.fromstring(part(path, DATA_PART))
    rows = [[strings[int(value.text)] for value in row.iter(f"{NAMESPACE}v")] for row in root.iter(f"{NAMESPACE}row")]
    assert rows == [[column.heading for column in contract.columns], list(contract.column_names)]
    comments = ElementTree.fromstring(part(path, "xl/comments1.xml")).iter(f"{NAMESPACE}comment")
    said = {comment.get("ref"): "".join(comment.itertext()) for comment in comments}
    checks = {check.get("sqref").split(":")[0]: check for check in root.iter(f"{NAMESPACE}dataValidation")}
    for position, column in enumerate(contract.columns):
        comment = said[f"{letters(position)}1"]
        assert column.definition in comment and column.null_rule in comment and chosen(column) in comment
        check = checks.get(f"{letters(position)}3")
        kind = "list" if column.codes or column.type == "boolean" else column.type
        wanted = {"integer": "whole", "timestamp": "date", "code": None, "text": None}.get(kind, kind)
        if column.name in suggested:
            # Offered, never demanded: a cell may hold several codes, or one of a portal or a questionnaire.
            assert (check.get("type"), check.get("showErrorMessage")) == ("list", None), column.name
            continue
        assert (check.get("type") if check is not None else None) == wanted, column.name
        if wanted == "list":
            assert check.find(f"{NAMESPACE}formula1").text.startswith(f"'{LISTS_SHEET}'!$")
            assert set(column.labels or ("Có", "Không")) <= set(strings)


def sheet_rows(path: Path, name: str) -> list[list[str]]:
    """The filled cells of each row."""
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()
    return [[str(cell) for cell in row if cell != ""] for row in rows]


@pytest.mark.parametrize("source", [source for source in SOURCES if source.startswith(("regulation__", "par__"))])
def test_the_templates_of_scoring_say_codes_and_what_a_choice_asks_for(source, tmp_path):
    path = write_template(load_contract(source), tmp_path / "mau.xlsx")
    rows = sheet_rows(path, CODES_SHEET)
    for line in (
        ["department", "Sở, ban, ngành"],
        ["half_year", "6 tháng"],
        [
            "online_dossier_rate",
            "Tỷ lệ hồ sơ nộp trực tuyến",
            "Tỷ lệ, ghi từ 0 đến 1 (0,95 chứ không ghi 95)",
        ],
        [
            "Theo tỷ lệ, dưới mức sàn thì 0 điểm",
            "«Số liệu để chấm lấy từ đâu»; «Mã số liệu để chấm»; «Mức được điểm tối đa»; «Mức sàn»",
            "Mức sàn thấp hơn mức được điểm tối đa",
        ],
        ["Tăng dần từ cận dưới", "«Điểm đạt»; «Giá trị gốc»", "Giá trị gốc lớn hơn 0"],
    ):
        assert line in rows
    guide = sheet_rows(path, GUIDE_SHEET)
    examples = {row[0]: row[-1] for row in guide if len(row) == 6}
    assert all(examples[item.heading] == chosen(item) for item in load_contract(source).columns if item.example)


def test_the_lists_to_choose_from_hold_the_codes(tmp_path):
    for source, name in (
        ("regulation__regulations", "unit_bloc_codes"),
        ("regulation__regulations", "period_kind_codes"),
        ("regulation__criteria", "input_code"),
        ("regulation__criteria", "factor_input_code"),
    ):
        contract = load_contract(source)
        path = write_template(contract, tmp_path / source / "mau.xlsx")
        root = ElementTree.fromstring(part(path, DATA_PART))
        place = f"{letters(contract.column_names.index(name))}3"
        (check,) = (
            item for item in root.iter(f"{NAMESPACE}dataValidation") if item.get("sqref").split(":")[0] == place
        )
        formula = check.find(f"{NAMESPACE}formula1").text
        first, last = map(int, re.fullmatch(rf"'{CODES_SHEET}'!\$A\$(\d+):\$A\$(\d+)", formula).groups())
        column = [row[0] if row else "" for row in sheet_rows(path, CODES_SHEET)]
        (table,) = (table for table in code_tables(contract) if name in table.columns)
        assert column[first - 1 : last] == [row[0] for row in table.rows]


def test_what_a_choice_asks_for_is_said_of_every_choice():
    criteria, bands = load_contract("regulation__criteria"), load_contract("regulation__bands")
    assert set(RULES) == set(criteria.column("rule_code").codes)
    assert set(INPUT_KINDS) == set(criteria.column("input_kind_code").codes)
    assert set(CALCULATIONS) == set(bands.column("calculation_code").codes)
    own = load_contract("regulation__regulations")
    kinds = own.column("period_kind_codes").items
    assert {code for code, _ in kinds} == {*regulations.PERIOD_KINDS, *regulations.REPORT_KINDS}
    (listed,) = (table.rows for table in code_tables(own) if "period_kind_codes" in table.columns)
    assert listed == kinds
    (blocs,) = (table.rows for table in code_tables(own) if "unit_bloc_codes" in table.columns)
    assert own.column("unit_bloc_codes").items == blocs


@pytest.mark.parametrize("name", [GUIDE_SHEET, LISTS_SHEET, CODES_SHEET])
def test_a_senders_own_sheet_of_the_same_name_is_named_as_unread(name, tmp_path):
    """Known by its content too: what a sender wrote is never passed over without a word."""
    contract = load_contract("regulation__regulations")
    path = tmp_path / "gửi.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        data, own = book.add_worksheet(DATA_SHEET), book.add_worksheet(name)
        data.write_row(0, 0, contract.column_names)
        data.write_row(1, 0, [chosen(column) for column in contract.columns])
        own.write_row(0, 0, ["Mã đơn vị", "Điểm"])
        own.write_row(1, 0, ["H99.01", 7])
    result = land_file(path, Settings(root=tmp_path / "root"))
    assert result.delivery.unread_tables == [name]


def test_a_code_typed_instead_of_its_label_lands_too_and_a_stranger_is_rejected_by_its_label_list(tmp_path):
    contract, settings = load_contract("calendar__days_off"), Settings(root=tmp_path / "root")
    path = write_template(contract, tmp_path / "mau.xlsx")
    row = {"authority_code": "VN", "calendar_date": "30/04/2026", "is_confirmed": "Có"}
    fill(path, contract, [row | {"kind_code": kind} for kind in ("holiday", "LÀM BÙ", "nghỉ đâu đó")])
    result = land_file(path, settings)
    assert (result.delivery.rows_accepted, result.delivery.rows_rejected) == (2, 1)
    rejected = deliveries.rejected_path(settings, contract.source, result.delivery.delivery_id)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(rejected)).fetch_arrow_table().to_pylist()
    assert [(item["source_row_number"], item["column_name"], item["raw_value"]) for item in found] == [
        (5, "kind_code", "nghỉ đâu đó")
    ]
    assert "Ngày nghỉ lễ, Nghỉ hoán đổi, Làm bù" in found[0]["reason_text"]


def test_the_same_contract_gives_the_same_bytes(tmp_path):
    contract = load_contract("regulation__criteria")
    one, two = (write_template(contract, tmp_path / name / "mau.xlsx") for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def cchc(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("cchc")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_writes_a_template_and_never_over_a_file(tmp_path):
    done = cchc(tmp_path, "template", "kiosk__ratings")
    assert (done.returncode, done.stdout) == (0, "Đã viết mau_kiosk__ratings.xlsx\n")
    before = (tmp_path / "mau_kiosk__ratings.xlsx").read_bytes()
    again = cchc(tmp_path, "template", "kiosk__ratings")
    assert again.returncode == 1 and "để không ghi đè" in again.stderr and "Traceback" not in again.stderr
    assert (tmp_path / "mau_kiosk__ratings.xlsx").read_bytes() == before
    assert cchc(tmp_path, "template", "kiosk__ratings", "--out", "sub/khac.xlsx").returncode == 0
    assert (tmp_path / "sub" / "khac.xlsx").read_bytes() == before
    unknown = cchc(tmp_path, "template", "khong_co")
    assert unknown.returncode == 1 and 'Không có nguồn "khong_co"' in unknown.stderr
    assert "calendar__days_off" in unknown.stderr and "Traceback" not in unknown.stderr


def test_the_command_runs_as_a_module_too(tmp_path):
    command = [sys.executable, "-m", "dagster_project.cli", "template", "kiosk__ratings"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Đã viết mau_kiosk__ratings.xlsx\n"), done.stderr
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "để không ghi đè" in again.stderr and "Traceback" not in again.stderr


def test_the_command_lists_every_source(tmp_path):
    done = cchc(tmp_path, "sources")
    assert [line.split()[0] for line in done.stdout.splitlines()] == SOURCES
