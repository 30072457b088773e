"""What the commands say to whoever writes a layout: drafts, and the columns of a source."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.landing import layouts
from dagster_project.landing.contracts import load_contract, load_contracts
from dagster_project.landing.drafting import draft_layout
from dagster_project.landing.errors import LandingError

pytestmark = pytest.mark.integration


def table(tmp_path, header, row):
    path = tmp_path / "lạ.csv"
    path.write_text(f"{';'.join(header)}\n{';'.join(row)}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["Số ĐT", "ĐT", "Tel", "SĐT", "Điện thoại", "số điện thoại", "Di động"])
def test_a_phone_by_any_of_its_names_goes_to_the_vault_in_a_draft(tmp_path, header):
    path = table(tmp_path, ["Mã hồ sơ", "Ngày tiếp nhận", header], ["A", "05/01/2026", "0912345678"])
    drafted = draft_layout(path, "la", "one_stop__dossiers").text
    assert yaml.safe_load(drafted)["identity"] == {"applicant_phone": header}
    assert "0912345678" not in drafted
    # A source without such a column does not land it.
    assert yaml.safe_load(draft_layout(path, "la", "unit_registry__units").text)["withheld"] == [header]


def test_a_draft_without_a_source_is_refused_when_hardly_a_column_is_known(tmp_path):
    path = table(tmp_path, ["Biên nhận", "Mã TTHC", "Mã hồ sơ"], ["A", "1", "2"])
    with pytest.raises(LandingError, match=r"chưa đoán được .* 1 cột bắt buộc\. .*«cchc sources».* --source "):
        draft_layout(path, "la")
    assert draft_layout(path, "la", "one_stop__dossiers").source == "one_stop__dossiers"
    known = table(tmp_path, ["Mã hồ sơ", "Ngày tiếp nhận", "Ngày hẹn trả", "Trạng thái"], ["1", "05/01/2026", "", "x"])
    assert draft_layout(known, "la").source == "one_stop__dossiers"


def test_a_draft_lists_every_column_of_its_source_once(tmp_path):
    path = table(tmp_path, ["Mã hồ sơ", "Ngày tiếp nhận", "Lĩnh vực"], ["A", "05/01/2026", "Hộ tịch"])
    text = draft_layout(path, "la", "one_stop__dossiers").text
    for name in load_contract("one_stop__dossiers").column_names:
        assert sum(line.strip(" #?").startswith(f"{name}:") for line in text.splitlines()) == 1, name
    assert '  # fee_amount: {from: "…"}   # Phí, lệ phí đã thu (đồng)' in text
    # A person takes away the mark and names the header, no more.
    finished = text.replace('# ? resolving_unit_code: {from: "…"}', "resolving_unit_code: {constant: H99.01}")
    finished = finished.replace('  # procedure_name: {from: "…"}', '  procedure_name: {from: "Thủ tục"}')
    assert "procedure_name" in layouts.parse_layout(yaml.safe_load(finished)).columns


@pytest.mark.parametrize("source", list(load_contracts()))
def test_the_columns_of_a_source_are_told_with_type_null_rule_meaning_and_example(source):
    said = CliRunner().invoke(app, ["sources", source]).stdout
    lines = {line.split()[0]: line for line in said.splitlines() if line}
    contract = load_contract(source)
    for column in contract.columns:
        line = lines[column.name]
        assert column.null_rule in line and column.definition in line and column.example in line
        assert all(f"{code} = {label}" in line for code, label in zip(column.codes, column.labels, strict=True))
    assert all(name in said for name in contract.identity)


def test_an_unknown_source_is_named_with_those_there_are():
    result = CliRunner().invoke(app, ["sources", "khong_co"])
    assert result.exit_code == 1 and 'Không có nguồn "khong_co". Các nguồn: calendar__days_off' in str(result.exception)
