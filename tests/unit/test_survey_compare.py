"""`cchc survey compare`: two waves of one series with a test, or the reason why they are not compared."""

from __future__ import annotations

import duckdb
import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.surveying.comparing import compared_waves, uncomputed_text
from dagster_project.surveying.errors import SurveyError

TABLES = {
    "dim_survey_waves": """
        select 'H99' as authority_code, *, 'Phiếu thử' as instrument_name, date '2026-09-01' as start_date,
          date '2026-09-30' as end_date,
          instrument_code || '|' || survey_owner_code || '|' || population_code as series_code
        from (values
          ('W24', 'five', 'province', 'clients', 'online', 3, 'W24'),
          ('W25', 'five', 'province', 'clients', 'face_to_face', 1138, 'W25'),
          ('W26', 'five', 'province', 'clients', 'face_to_face', 1138, 'W25'),
          ('TU', 'five', 'unit', 'clients', null, 1, 'TU'),
          ('TRONG', 'five', 'province', 'clients', null, 0, null),
          ('MOI', 'six', 'province', 'clients', null, 3, 'MOI'),
          ('W25', 'six', 'province', 'clients', null, 3, 'MOI'))
        as t(wave_code, instrument_code, survey_owner_code, population_code, mode_code, unit_count, unit_set_code)""",
    "dim_units": "select 'H99' as authority_code, 'H99.01' as unit_code, 'Sở Thử' as unit_name",
    "fct_survey_estimates": """
        select 'H99' as authority_code, 'five' as instrument_code, *, 'all' as group_kind_code,
          'overall' as measure_level_code, true as is_chosen_formula, 'pooled' as statistic_code,
          cast(estimate - half as decimal(18, 6)) as interval_low,
          cast(estimate + half as decimal(18, 6)) as interval_high
        from (values
          ('W24', 'H99', 'ok', 400, cast(0.80 as decimal(18, 9)), 0.02, 0.02),
          ('W25', 'H99', 'ok', 1400, 0.76, 0.03, 0.02), ('W26', 'H99', 'ok', 500, 0.90, 0.04, 0.02),
          ('W24', 'H99.01', 'ok', 60, 0.80, null, null), ('W25', 'H99.01', 'ok', 60, 0.70, null, null),
          ('W26', 'H99.01', 'insufficient_sample', 12, null, null, null),
          -- Everybody was asked.
          ('W24', 'H99.02', 'ok', 30, 0.80, 0, 0), ('W25', 'H99.02', 'ok', 30, 0.70, 0, 0),
          -- All answered alike: an interval and no error of its own.
          ('W26', 'H99.02', 'ok', 30, 1.00, null, 0.1),
          ('W24', 'H99.03', 'ok', 30, 1.00, null, 0.1), ('W25', 'H99.03', 'ok', 30, null, null, null),
          ('W24', 'H99.04', 'ok', 30, 0.71164, 0.01, 0.02), ('W25', 'H99.04', 'ok', 30, 0.75866, 0.01, 0.02))
        as t(wave_code, unit_code, value_status, ballot_count, estimate, standard_error, half)""",
    "fct_survey_comparisons": """
        select 'H99' as authority_code, 'W26' as wave_code, 'five' as instrument_code, 'H99' as unit_code,
          'overall' as measure_level_code, 'previous_wave' as comparison_code, 'W25' as compared_wave_code,
          0.3 as adjusted_chance, 20 as family_size""",
}


@pytest.fixture
def ask():
    connection = duckdb.connect()
    for name, sql in TABLES.items():
        connection.execute(f"create table {name} as {sql}")

    def _ask(sql, parameters):
        cursor = connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    yield _ask
    connection.close()


def test_the_difference_is_that_of_the_second_wave_with_its_interval_and_chance(ask):
    told = compared_waves(ask, "W25", "W26", None)
    covered = "1.138 đơn vị, phỏng vấn trực tiếp"
    assert f"Đợt W25 (01/09/2026 – 30/09/2026), {covered}: 76,00 % (74,00 – 78,00 %), 1.400 phiếu." in told
    # 0.14 with errors 0.03 and 0.04: z = 2.8.
    assert "+14,00 điểm phần trăm, khoảng tin cậy 95 %: +4,20 đến +23,80." in told
    assert "là 0,005: hai đợt khác nhau" in told
    # Among all that are looked at together it is one of twenty.
    assert "Xem cùng lúc 20 nơi" in told and "(Holm) là 0,300: chưa đủ để nói hai đợt khác nhau." in told
    assert compared_waves(ask, "W26", "W25", None).count("−14,00 điểm phần trăm") == 1


def test_waves_that_do_not_follow_each_other_are_tested_all_the_same(ask):
    told = compared_waves(ask, "W24", "W26", None)
    assert "+10,00 điểm phần trăm" in told and "là 0,025: hai đợt khác nhau" in told
    assert "Xem cùng lúc" not in told
    assert "là 0,267: chưa đủ để nói hai đợt khác nhau" in compared_waves(ask, "W24", "W25", None)


CAUTION = "Hai đợt không cùng các đơn vị: khác nhau có thể do đơn vị được hỏi."


def test_two_waves_of_other_units_are_compared_with_a_caution(ask):
    told = compared_waves(ask, "W24", "W25", None)
    assert "Đợt W24 (01/09/2026 – 30/09/2026), 3 đơn vị, trực tuyến: 80,00 %" in told
    assert told.endswith(CAUTION)
    assert CAUTION not in compared_waves(ask, "W25", "W26", None)
    # A unit is itself whatever other units were asked.
    told = compared_waves(ask, "W24", "W25", "H99.01")
    assert CAUTION not in told and "trực tuyến" not in told


def test_a_reader_who_subtracts_the_printed_figures_gets_the_printed_difference(ask):
    # 75.866 % and 71.164 %, whose exact difference is 4.70.
    told = compared_waves(ask, "W24", "W25", "H99.04")
    assert ": 71,16 %" in told and ": 75,87 %" in told
    assert "+4,71 điểm phần trăm, khoảng tin cậy 95 %" in told


def test_what_has_no_index_or_no_error_is_not_tested(ask):
    told = compared_waves(ask, "W25", "W26", "H99.01")
    assert "Sở Thử (H99.01)" in told and "Đợt W26 (01/09/2026 – 30/09/2026): không đủ mẫu." in told
    assert told.endswith("Không so được: có đợt không có chỉ số.")
    told = compared_waves(ask, "W24", "W25", "H99.01")
    assert told.endswith("−10,00 điểm phần trăm. Không tính được sai số nên không kiểm định được.")


def test_where_everybody_was_asked_there_is_no_error_and_nothing_to_test(ask):
    told = compared_waves(ask, "W24", "W25", "H99.02")
    assert "80,00 % (hỏi hết mọi người nên không có sai số chọn mẫu), 30 phiếu." in told
    assert told.endswith("Cả hai đợt đều hỏi hết mọi người nên không có sai số chọn mẫu và không cần kiểm định.")


def test_where_all_answer_alike_the_interval_says_how_far_the_rest_may_lie(ask):
    told = compared_waves(ask, "W25", "W26", "H99.02")
    assert "W26 (01/09/2026 – 30/09/2026): 100,00 % (90,00 – 110,00 %)" in told
    # The other wave has no error, so the interval is the one of the wave that was alike.
    assert "+30,00 điểm phần trăm, khoảng tin cậy 95 %: +20,00 đến +40,00." in told
    assert "Nơi mọi phiếu trả lời như nhau không có sai số chuẩn" in told
    assert "hỏi hết mọi người nên không có sai số chọn mẫu và không cần" not in told
    assert "như nhau" not in compared_waves(ask, "W25", "W26", None)


def test_an_index_that_cannot_be_computed_says_why_by_its_formula(ask):
    told = compared_waves(ask, "W24", "W25", "H99.03")
    assert "không tính được, vì các phiếu có trả lời đều có trọng số gần bằng 0 so với cả đợt." in told
    assert "câu không ai trả lời" in uncomputed_text("mean_of_shares")


@pytest.mark.parametrize(
    ("a", "b", "unit", "said"),
    [
        ("W26", "TU", None, "người hỏi khác nhau (tỉnh và đơn vị)"),
        ("W26", "MOI", None, "bộ câu hỏi khác nhau"),
        ("W26", "W26", None, "cùng một đợt"),
        ("W26", "W27", None, "không có đợt «W27». Các đợt đang có: MOI, TRONG, TU, W24, W25, W26."),
        ("W24", "W25", "H99.77", "Đợt «W24» không hỏi đơn vị «H99.77»"),
        ("W24", "TRONG", None, "Đợt «TRONG» chưa có phiếu nào trả lời."),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_reason(ask, a, b, unit, said):
    with pytest.raises(SurveyError) as refusal:
        compared_waves(ask, a, b, unit)
    assert said in str(refusal.value)


def test_the_command_asks_for_two_waves(tmp_path, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(tmp_path))
    done = CliRunner().invoke(app, ["survey", "compare", "--wave", "W26"])
    assert done.exit_code == 1
    assert "Hãy nêu đúng hai đợt: --wave ĐỢT_TRƯỚC --wave ĐỢT_SAU." in done.output
