"""Questionnaires with one column a question: they land by a layout alone, packed into one column of answers."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))  # table_writers.py stands beside the tiers, outside any package

from table_writers import Sheet, csv_file, xlsx_file

from dagster_project.cli import app
from dagster_project.commands import given_values
from dagster_project.landing import layouts
from dagster_project.landing.deliveries import landed_path, rejected_path
from dagster_project.landing.drafting import draft_layout
from dagster_project.landing.load import land_file
from dagster_project.publishing.errors import BuildError
from dagster_project.settings import PROJECT_ROOT, load_settings

SURVEY = Path(__file__).parents[1] / "fixtures" / "survey"
GIVEN = {"authority_code": "H99", "wave_code": "SIPAS-2026"}
ENGLISH = {"wave_code": "SIPAS-2026"}
MOMENT = dt.datetime(2026, 11, 1, 8, 30)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "key.json"))
    found = load_settings(tmp_path / "data")
    found.layouts.mkdir(parents=True)
    (found.layouts / "english.yml").write_bytes((SURVEY / "english_layout.yml").read_bytes())
    return found


@pytest.fixture
def land(settings, tmp_path):
    """Land a file's content; what was read is accounted for row by row."""

    def landed(name: str, content: bytes, **options):
        path = tmp_path / name
        path.write_bytes(content)
        result = land_file(path, settings, landed_at=MOMENT, **options)
        for done in result.deliveries:
            assert done.rows_read == done.rows_accepted + done.rows_rejected + done.rows_ignored
        return result

    return landed


def rows(settings, delivery, *columns, of=landed_path):
    """Values of the landed rows in file order."""
    path = of(settings, delivery.source_code, delivery.delivery_id)
    with duckdb.connect() as con:
        found = con.execute(f"select {', '.join(columns)} from read_parquet('{path}') order by source_row_number")
        return found.fetchall()


def answers(settings, delivery):
    return [packed for (packed,) in rows(settings, delivery, "item_answers")]


def english_rows():
    with (SURVEY / "english_ballots.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def english_with(number, header, value):
    """The English file with another value in one cell."""
    lines = english_rows()
    lines[number][lines[0].index(header)] = value
    return csv_file([Sheet("s", lines)], "utf-8", ",")


# --- a wide questionnaire in English, by a layout of the province


def test_an_english_questionnaire_lands_by_a_layout_alone(land, settings):
    (delivery,) = land("wave.csv", (SURVEY / "english_ballots.csv").read_bytes(), given=ENGLISH).deliveries
    assert delivery.layout_code == "english_questionnaire"
    assert (delivery.rows_read, delivery.rows_accepted) == (5, 5)
    assert answers(settings, delivery) == ["Q1=5;Q2=4;Q3=1;Q4=9", "Q1=5;Q2=9;Q3=2", None, "Q1=1;Q3=9;Q4=3", None]
    assert delivery.absent_columns == ["item_answers: Q5"]
    assert delivery.spare_columns == []
    names = ("ballot_code", "result_code", "unit_code", "stratum_code", "cluster_code", "stratum_total", "final_weight")
    assert rows(settings, delivery, *names)[:3] == [
        ("R-001", "answered", "H99.01", "Urban", "U1", 40, Decimal("13.125")),
        ("R-002", "answered", "H99.01", "Urban", "U1", 40, Decimal("12.5")),
        ("R-003", "not_reached", "H99.01", "Urban", "U2", 40, Decimal("11")),
    ]
    same = rows(settings, delivery, "authority_code", "wave_code", "instrument_code")
    assert set(same) == {("H99", "SIPAS-2026", "H99-ENGLISH")}


def test_a_phone_number_in_a_comment_goes_to_the_vault_and_is_only_flagged(land, settings):
    (delivery,) = land("wave.csv", (SURVEY / "english_ballots.csv").read_bytes(), given=ENGLISH).deliveries
    assert sorted(delivery.identity_columns) == ["Any other comment?", "Phone"]
    flags = rows(settings, delivery, "has_phone_in_answer_free_text")
    assert flags == [(True,), (None,), (None,), (False,), (None,)]
    for path in settings.landing.rglob("*.parquet"):
        with duckdb.connect() as con:
            assert "0912345678" not in str(con.execute(f"from read_parquet('{path}')").fetchall())


@pytest.mark.parametrize(("name", "count"), [("instruments", 1), ("items", 4), ("options", 9)])
def test_the_provinces_own_instrument_lands_as_canonical_files(land, name, count):
    (delivery,) = land(f"{name}.csv", (SURVEY / f"{name}.csv").read_bytes()).deliveries
    assert (delivery.layout_code, delivery.rows_accepted) == (f"canonical_survey__{name}", count)


# --- what may be wrong in a cell


@pytest.mark.parametrize("value", ["4;5", "a=b"])
def test_an_answer_with_a_packing_mark_rejects_its_row_by_the_name_of_its_column(land, settings, value):
    # The layout's extract lets nothing else through: without it the mark itself is the fault.
    own = settings.layouts / "english.yml"
    own.write_text(own.read_text(encoding="utf-8").replace("    extract:", "    # extract:"), encoding="utf-8")
    (delivery,) = land("wave.csv", english_with(2, "Q2. The result was right", value), given=ENGLISH).deliveries
    assert (delivery.rows_accepted, delivery.rows_rejected) == (4, 1)
    ((row, column, code, text),) = rows(
        settings, delivery, "source_row_number", "column_name", "reason_code", "reason_text", of=rejected_path
    )
    assert (row, column, code) == (3, "item_answers", "unpackable_answer")
    assert text.startswith('Cột "Q2. The result was right": câu trả lời có dấu «;» hoặc «=»')


def test_an_answer_that_the_layouts_pattern_does_not_fit_rejects_its_row_by_the_name_of_its_column(land, settings):
    content = english_with(1, "Q4. Waiting room", "quite good")
    (delivery,) = land("wave.csv", content, given=ENGLISH).deliveries
    ((row, code, text),) = rows(settings, delivery, "source_row_number", "reason_code", "reason_text", of=rejected_path)
    assert (row, code) == (2, "extract_failed") and text.startswith('Cột "Q4. Waiting room": không tách được')


def test_a_phone_number_in_an_answer_never_lands(land, settings):
    own = settings.layouts / "english.yml"
    own.write_text(own.read_text(encoding="utf-8").replace("    extract:", "    # extract:"), encoding="utf-8")
    content = english_with(1, "Q4. Waiting room", "other, call 0987654321")
    (delivery,) = land("wave.csv", content, given=ENGLISH).deliveries
    ((code, text, shown),) = rows(settings, delivery, "reason_code", "reason_text", "raw_value", of=rejected_path)
    assert code == "personal_answer" and text.startswith('Cột "Q4. Waiting room": câu trả lời có số điện thoại')
    assert shown == "(đã che)" and "0987654321" not in str(rows(settings, delivery, "*"))


def test_a_broken_formula_in_an_answer_rejects_its_row(land, settings):
    content = english_with(1, "Q1. Staff were polite", "#REF!")
    (delivery,) = land("wave.csv", content, given=ENGLISH).deliveries
    assert [code for (code,) in rows(settings, delivery, "reason_code", of=rejected_path)] == ["excel_error"]


def test_a_messy_workbook_keeps_every_answer(land, settings):
    header, *data = english_rows()
    first = header.index("Q1. Staff were polite")
    lines = [["Telephone survey, wave 1"], [], header]
    for row in data:
        lines.append(
            [Decimal(c) if first <= n < first + 4 and c in ("4", "9", "1", "3") else c for n, c in enumerate(row)]
        )
        lines.append([])
    lines.append([None, "Total", *[None] * (first - 2), 7, 13])
    result = land("wave.xlsx", xlsx_file([Sheet("Data", lines)]), given=ENGLISH)
    (delivery,) = result.deliveries
    assert (delivery.rows_accepted, delivery.rows_rejected) == (5, 0)
    assert {kind["reason_code"]: kind["row_count"] for kind in delivery.ignored_rows} == {"blank": 5, "total": 1}
    assert answers(settings, delivery) == ["Q1=5;Q2=4;Q3=1;Q4=9", "Q1=5;Q2=9;Q3=2", None, "Q1=1;Q3=9;Q4=3", None]


def test_a_question_that_stands_there_twice_refuses_the_file(land, settings):
    lines = [[*row, row[8]] for row in english_rows()]
    result = land("wave.csv", csv_file([Sheet("s", lines)], "utf-8", ","), given=ENGLISH)
    assert 'cột "Q1. Staff were polite" xuất hiện nhiều lần' in result.message
    assert not list(settings.landing.rglob("*.parquet"))


def test_of_two_names_of_one_question_the_unread_one_is_told(land, settings):
    header, *data = english_rows()
    lines = [[*header, "Q3. On time?"], *([*row, "Yes"] for row in data)]
    (delivery,) = land("wave.csv", csv_file([Sheet("s", lines)], "utf-8", ","), given=ENGLISH).deliveries
    said = 'chỉ lấy cột "Q3. On time?", không đọc cột "Q3. Was it on time?" cùng nghĩa (item_answers: Q3)'
    assert delivery.spare_columns == [said]


# --- a cell that comes packed already

CANONICAL = ["authority_code", "wave_code", "instrument_code", "unit_code", "ballot_code", "item_answers"]


def canonical(*cells):
    data = [["H99", "W", "five_factor_22", "H99.01", f"P-{n}", cell] for n, cell in enumerate(cells)]
    return csv_file([Sheet("s", [CANONICAL, *data])], "utf-8", "\t")


def test_packed_answers_are_tidied(land, settings):
    content = canonical("F1.1=5; F1.2 = 4 ;", "F1.1=5;;F1.2=;X1=1", "", ";", "Q9.1=5\u00a0; Q9.2=4")
    (delivery,) = land("phieu.csv", content).deliveries
    assert answers(settings, delivery) == ["F1.1=5;F1.2=4", "F1.1=5;X1=1", None, None, "Q9.1=5;Q9.2=4"]


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        ("F1.1:5", "bad_packing", "cần «mã câu=mã trả lời» cách nhau bằng dấu chấm phẩy"),
        ("F1.1=5,F1.2=4", "bad_packing", "cần «mã câu=mã trả lời»"),
        ("F1.1=5;4", "bad_packing", "cần «mã câu=mã trả lời»"),
        (" =5", "bad_packing", "cần «mã câu=mã trả lời»"),
        ("F1.1=5;F1.1 =5", "item_twice", "một câu ghi hai lần"),
        ("F1.1=5;F1.2=gọi 0912345678", "personal_answer", "có số điện thoại"),
        (f"F1.1=5;{'F' * 101}=4", "code_too_long", "dài quá 100 ký tự"),
    ],
)
def test_a_malformed_packed_cell_rejects_its_row_in_words(land, settings, cell, code, words):
    (delivery,) = land("phieu.csv", canonical("F1.1=4", cell)).deliveries
    assert answers(settings, delivery) == ["F1.1=4"]
    ((row, found, text),) = rows(
        settings, delivery, "source_row_number", "reason_code", "reason_text", of=rejected_path
    )
    assert (row, found) == (3, code) and words in text and text.startswith('Cột "item_answers"')


# --- codes and names: they are shown as they are


BALLOT = dict(zip(CANONICAL, ("H99", "W", "five_factor_22", "H99.01", "P-1", "F1.1=5"), strict=True))
WAVE = {
    "authority_code": "H99",
    "wave_code": "W",
    "wave_name": "Đợt 1",
    "instrument_code": "five_factor_22",
    "survey_owner_code": "province",
    "population_code": "clients",
    "start_date": "01/09/2026",
    "end_date": "15/12/2026",
}


def one_row(row):
    return csv_file([Sheet("s", [list(row), list(row.values())])], "utf-8", "\t")


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (BALLOT, "occupation_code", "Nguyễn Văn A, CCCD 001085012345"),
        (BALLOT, "gender_code", "0912345678"),
        (BALLOT, "education_code", "a@b.vn"),
        (BALLOT, "unit_code", "0912 345 678"),
        (BALLOT, "stratum_code", "001085012345"),
        (BALLOT, "cluster_code", "+84912345678"),
        (BALLOT, "device_code", "123456789"),
        (BALLOT, "wave_code", "đợt 0912345678"),
        (BALLOT, "ballot_code", "0912345678"),
        (BALLOT, "ballot_code", "001085012345"),
        (BALLOT, "ballot_code", "lan@gmail.com"),
        (WAVE, "wave_name", "Gọi chị Lan 0912345678"),
        (WAVE, "frame_name", "Danh sách của Trần Văn C 001085012345"),
    ],
)
def test_what_tells_who_somebody_is_stands_in_no_code_and_no_name(land, settings, row, column, value):
    (delivery,) = land("tep.csv", one_row(row | {column: value})).deliveries
    ((name, code, text, shown),) = rows(
        settings, delivery, "column_name", "reason_code", "reason_text", "raw_value", of=rejected_path
    )
    assert (name, code) == (column, "personal_value")
    assert text.startswith(f'Cột "{column}": có số điện thoại, số giấy tờ') and shown == "(đã che)"


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        # A year and a number, a number filled up with zeros, a moment with a day in it.
        (BALLOT, "ballot_code", "202600001"),
        (BALLOT, "ballot_code", "W_202600001"),
        (BALLOT, "ballot_code", "000000000123"),
        (BALLOT, "ballot_code", "05-09-2026 14:02:59"),
        (BALLOT, "dossier_code", "000.00.16.H97-260926-0001"),
        (BALLOT, "dossier_code", "001085012345"),
        (BALLOT, "occupation_code", "Nông dân"),
        (BALLOT, "cluster_code", "x" * 100),
        (WAVE, "wave_name", "Khảo sát 01.09.2026-15.12.2026"),
    ],
)
def test_what_only_looks_like_a_number_of_a_person_lands(land, settings, row, column, value):
    (delivery,) = land("tep.csv", one_row(row | {column: value})).deliveries
    assert rows(settings, delivery, column) == [(value,)]


@pytest.mark.parametrize("column", ["wave_code", "ballot_code", "unit_code", "stratum_code", "gender_code"])
@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("x" * 101, "code_too_long", "mã dài quá 100 ký tự"),
        ("W\n2", "code_with_controls", "dấu xuống dòng"),
        ("W\u20282", "code_with_controls", "dấu xuống dòng"),
        ("W\x072", "code_with_controls", "ký tự điều khiển"),
    ],
)
def test_a_code_of_a_survey_is_short_and_of_one_line(land, settings, column, value, code, words):
    (delivery,) = land("tep.csv", one_row(BALLOT | {column: value})).deliveries
    ((name, found, text),) = rows(settings, delivery, "column_name", "reason_code", "reason_text", of=rejected_path)
    assert (name, found) == (column, code) and words in text


def test_a_word_of_a_list_may_be_broken_in_two_lines(land, settings):
    (delivery,) = land("tep.csv", one_row(BALLOT | {"result_code": "Đã trả\nlời"})).deliveries
    assert rows(settings, delivery, "result_code") == [("answered",)]


def test_a_given_code_is_held_to_the_same_rules(land, settings):
    content = csv_file([Sheet("s", english_rows())], "utf-8", ",")
    (delivery,) = land("wave.csv", content, given={"wave_code": "x" * 101}).deliveries
    found = rows(settings, delivery, "column_name", "reason_code", of=rejected_path)
    assert delivery.rows_accepted == 0 and set(found) == {("wave_code", "code_too_long")}


@pytest.mark.parametrize("value", ["W\n2", "W\u20282", "W\x1b[2J", "x" * 201])
def test_a_given_value_of_several_lines_or_without_end_is_refused_at_once(value):
    with pytest.raises(BuildError, match="«--set wave_code» có dấu xuống dòng hoặc ký tự điều khiển, hoặc dài quá 200"):
        given_values([f"wave_code={value}"])


# --- the shipped layouts


def national_items():
    with (PROJECT_ROOT / "dbt" / "seeds" / "survey_items.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["instrument_code"] == "five_factor_22"]


@pytest.mark.parametrize("code", ["survey_google_forms", "survey_ballots_wide"])
def test_the_layouts_of_the_national_form_have_its_questions(code):
    packed = dict(layouts.load_layouts()[code].columns["item_answers"].packed)
    assert list(packed) == [item["item_code"] for item in national_items()]
    if code == "survey_google_forms":
        assert {item: headers[0] for item, headers in packed.items()} == {
            item["item_code"]: item["item_text"] for item in national_items()
        }


def test_google_forms_with_words_for_answers(land, settings):
    (delivery,) = land("form.csv", (SURVEY / "google_forms.csv").read_bytes(), given=GIVEN).deliveries
    assert (delivery.layout_code, delivery.rows_accepted, delivery.rows_rejected) == ("survey_google_forms", 3, 0)
    first, second, third = answers(settings, delivery)
    assert first == (
        "F1.1=5;F1.2=4;F1.3=3;F1.4=2;F2.1=1;F2.2=5;F2.3=9;F2.4=4;F3.1=5;F3.2=4;F3.3=3;F3.4=2;F3.5=1;F3.6=5;F4.1=9;F4.2=4;"
        "F5.1=5;F5.2=4;F5.3=3;F5.4=2;X1=1;X2=2;X3=1;E1=2;E2=3;E3=1;E4=2;E5=3;E6=1;E7=2;E8=3;E9=1"
    )
    assert second.startswith("F1.1=5;F1.2=9;F1.3=4;F2.1=5;") and third.startswith("F1.1=4;F1.2=3;")
    assert rows(settings, delivery, "ballot_code", "answered_at", "gender_code", "mode_code")[:2] == [
        ("05/09/2026 8:31:12", dt.datetime(2026, 9, 5, 8, 31, 12), "female", "online"),
        ("25/09/2026 14:02:59", dt.datetime(2026, 9, 25, 14, 2, 59), "male", "online"),
    ]
    assert rows(settings, delivery, "has_phone_in_answer_free_text") == [(None,), (True,), (None,)]
    assert delivery.identity_columns == ["Địa chỉ email", "Ý kiến khác", "Họ và tên", "Số điện thoại"]


def test_a_form_in_english_of_one_unit_is_asked_for_the_unit(land, settings):
    text = (SURVEY / "google_forms.csv").read_text(encoding="utf-8")
    content = text.replace("Dấu thời gian", "Timestamp").replace("Mã đơn vị", "Phòng").encode()
    refused = land("form.csv", content, given=GIVEN)
    assert "«--set unit_code=H99.01»" in refused.message
    (delivery,) = land("form.csv", content, given=GIVEN | {"unit_code": "H99.07"}).deliveries
    assert set(rows(settings, delivery, "unit_code")) == {("H99.07",)}


def test_the_forms_own_csv_has_the_half_of_the_day_and_an_offset(land, settings):
    text = (SURVEY / "google_forms.csv").read_text(encoding="utf-8")
    morning = text.replace("05/09/2026 8:31:12", "2026/09/05 8:31:12 SA GMT+7")
    content = morning.replace("25/09/2026 14:02:59", "2026/09/25 2:02:59 CH GMT+7")
    (delivery,) = land("form.csv", content.encode(), given=GIVEN).deliveries
    assert (delivery.layout_code, delivery.rows_accepted, delivery.rows_rejected) == ("survey_google_forms", 3, 0)
    assert rows(settings, delivery, "answered_at")[:2] == [
        (dt.datetime(2026, 9, 5, 8, 31, 12),),
        (dt.datetime(2026, 9, 25, 14, 2, 59),),
    ]


def test_an_hour_that_is_none_rejects_its_row_in_words(land, settings):
    text = (SURVEY / "google_forms.csv").read_text(encoding="utf-8")
    content = text.replace("05/09/2026 8:31:12", "2026/09/05 13:31:12 SA GMT+7").encode()
    (delivery,) = land("form.csv", content, given=GIVEN).deliveries
    assert (delivery.rows_accepted, delivery.rows_rejected) == (2, 1)
    ((reason,),) = rows(settings, delivery, "reason_text", of=rejected_path)
    assert 'Cột "Dấu thời gian": không đọc được' in reason
    assert "giờ:phút:giây SA hoặc CH (AM, PM), giờ từ 1 đến 12, có thể kèm múi giờ GMT+7" in reason


def test_kobo_names_its_questions_with_their_groups(land, settings):
    given = GIVEN | {"instrument_code": "five_factor_22"}
    (delivery,) = land("kobo.csv", (SURVEY / "kobo.csv").read_bytes(), given=given).deliveries
    assert (delivery.layout_code, delivery.rows_accepted) == ("survey_kobo", 2)
    assert answers(settings, delivery) == ["F1.1=5;F1.2=4;F1.3=9;X1=1", "F1.1=5;F1.3=2;F1.4=1;X1=2"]
    found = rows(settings, delivery, "ballot_code", "started_at", "device_code", "has_phone_in_answer_free_text")
    assert found == [
        ("0b6f-1", dt.datetime(2026, 9, 5, 8, 20, 11, 512000), "collect:aB1", None),
        ("0b6f-2", dt.datetime(2026, 9, 5, 8, 40), "collect:aB1", True),
    ]


def test_two_columns_of_one_pattern_and_question_refuse_the_file(land):
    text = (SURVEY / "kobo.csv").read_text(encoding="utf-8").replace("phuc_vu/F1_4", "khac/F1_1")
    result = land("kobo.csv", text.encode(), given=GIVEN | {"instrument_code": "five_factor_22"})
    assert 'hai cột "phuc_vu/F1_1" và "khac/F1_1" cùng là câu F1.1' in result.message


def test_paper_ballots_typed_by_number_with_blank_rows_and_a_total(land, settings):
    (delivery,) = land("phieu.csv", (SURVEY / "ballots_wide.csv").read_bytes(), given=GIVEN).deliveries
    assert (delivery.layout_code, delivery.rows_accepted, delivery.rows_rejected) == ("survey_ballots_wide", 3, 0)
    first, second, third = answers(settings, delivery)
    assert first.startswith("F1.1=1;F1.2=2;F1.3=3;F1.4=4;F2.1=5;") and first.endswith(";F5.3=1;F5.4=2")
    assert second is None and third.startswith("F1.1=5;F1.2=9;") and third.endswith("F5.3=4")
    assert rows(settings, delivery, "result_code", "base_weight") == [
        ("answered", Decimal("12.5")), ("not_reached", Decimal("12.5")), (None, Decimal("30"))
    ]  # fmt: skip
    # 34 questions in the layout, 22 on this paper.
    assert [name for name in delivery.absent_columns if name.startswith("item_answers")] == [
        f"item_answers: {item}" for item in sorted(["X1", "X2", "X3", *(f"E{number}" for number in range(1, 10))])
    ]


def test_questions_of_two_header_rows_are_named_by_their_path(land, settings, tmp_path):
    own = yaml.safe_load((SURVEY / "english_layout.yml").read_text(encoding="utf-8"))
    own |= {"layout": "two_rows", "fingerprint": ["Mã", "Cán bộ > Lịch sự"], "identity": {}}
    own["columns"] = {name: own["columns"][name] for name in ("authority_code", "wave_code", "instrument_code")} | {
        "authority_code": {"constant": "H99"}, "unit_code": {"constant": "H99.01"}, "ballot_code": {"from": "Mã"},
        "item_answers": {"packed": {"1": "Cán bộ > Lịch sự", "2": "Hồ sơ > Lịch sự", "3": "Hồ sơ > Nhanh"}},
    }  # fmt: skip
    (settings.layouts / "two.yml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    lines = [["Mã", "Cán bộ", "Hồ sơ", None], [None, "Lịch sự", "Lịch sự", "Nhanh"], ["P1", "5", "4", "3"]]
    (delivery,) = land("hai.xlsx", xlsx_file([Sheet("s", lines)]), given=ENGLISH).deliveries
    assert (delivery.header_rows, answers(settings, delivery)) == ([1, 2], ["1=5;2=4;3=3"])


def test_a_file_with_none_of_the_questions_is_not_of_the_layout(land, settings):
    own = yaml.safe_load((SURVEY / "english_layout.yml").read_text(encoding="utf-8"))
    own |= {"fingerprint": ["Respondent ID", "Department"], "layout": "loose"}
    (settings.layouts / "english.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    lines = [["Respondent ID", "Department", "Outcome"], ["R-1", "H99.01", "Complete"]]
    result = land("none.csv", csv_file([Sheet("s", lines)], "utf-8"), given=ENGLISH)
    assert result.status == "refused"
    assert 'thiếu cột nhận dạng "Q1. Staff were polite" của bố cục loose' in result.message


# --- sniff and drafts


def test_sniff_tells_which_question_a_column_is_and_which_are_not_there(settings, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    said = CliRunner().invoke(app, ["sniff", str(SURVEY / "english_ballots.csv"), "--set", "wave_code=W"]).stdout
    assert "item_answers: câu Q1" in said and "coi như không hỏi: item_answers: Q5." in said
    assert "0912345678" not in said


def test_a_draft_of_a_wide_file_lists_its_questions_and_takes_none_for_a_person(tmp_path):
    path = tmp_path / "la.csv"
    lines = [
        ["STT", "Mã phiếu", "Thái độ của người tiếp nhận", "Nội dung rõ ràng", "Họ tên", "Đánh giá thêm"],
        ["1", "P1", "5.0", "4", "Lò Văn Giấu", "tốt"],
    ]
    path.write_bytes(csv_file([Sheet("s", lines)], "utf-8"))
    text = draft_layout(path, "la", "survey__ballots").text
    document = yaml.safe_load(text)
    assert document["identity"] == {"respondent_name": "Họ tên"}
    assert not {"item_answers", "started_at"} & set(document["columns"])
    assert {name: document["columns"][name] for name in ("wave_code", "instrument_code", "unit_code")} == {
        name: {"given": True} for name in ("wave_code", "instrument_code", "unit_code")
    }
    assert '  #   packed:\n  #     "…": "Thái độ của người tiếp nhận"\n  #     "…": "Nội dung rõ ràng"\n' in text
    # A person writes the codes and takes the marks away.
    finished = text
    for code, header in (("1", "Thái độ của người tiếp nhận"), ("2", "Nội dung rõ ràng")):
        finished = finished.replace(f'  #     "…": "{header}"', f'      "{code}": "{header}"')
    finished = finished.replace("  # item_answers:", "  item_answers:").replace("  #   packed:", "    packed:")
    packed = layouts.parse_layout(yaml.safe_load(finished)).columns["item_answers"].packed
    assert packed == (("1", ("Thái độ của người tiếp nhận",)), ("2", ("Nội dung rõ ràng",)))
