"""Published results that the engine must give again, and what only a whole build shows of regulations.

`tests/fixtures/scoring/` holds an invented province (H96) whose sheets give three published results, a survey with
options, nine indices of quality, and a regulation with a fault; and the scheme of a foreign index (authority VN): PCI
2013, whose ten sub-indices the test takes from the workbook of its publisher.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import python_calamine

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.explaining.score import ScoreKey, criterion_story
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = FIXTURES / "scoring"
WORKBOOK = FIXTURES / "workbooks" / "PCI_2013_VCCI.xlsx"
PORTAL = FIXTURES / "real" / "qd766_gialai_agencies_metrics_20261010.csv"
# The sheets of sub-indices spell these otherwise than the summary.
SPELLINGS = {"TT- Huế": "TT.Huế", "Đắk Lắk": "Đăk Lăk", "Đắk Nông": "Đăk Nông", "Bắc Kạn": "Bắc Cạn"}
# Groups whose score is the sum of the metrics that the portal publishes.
FOLLOWING = ("CKMB", "TDGQ", "MDSH", "MDHL")


def open_tables(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for path in current_build(settings).folder.glob("*.parquet"):
        connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
    return connection


def asking(connection: duckdb.DuckDBPyConnection):
    """How stories ask these tables."""

    def asked(sql: str, parameters: list) -> list[dict]:
        cursor = connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return asked


@pytest.fixture(scope="module")
def real(built_real):
    with open_tables(built_real) as connection:
        yield connection


@pytest.fixture(scope="module")
def built_scores(tmp_path_factory) -> Settings:
    """A build of the cases alone."""
    settings = Settings(root=tmp_path_factory.mktemp("scoring"))
    sheets = settings.inbox / "pci.csv"
    sheets.parent.mkdir(parents=True)
    write_sub_indices(sheets)
    write_survey(settings.inbox)
    surveyed = [settings.inbox / f"{name}.csv" for name in ("ballots", "waves")]
    first = [path for path in sorted(CASES.glob("*.csv")) if path.stem != "regulations_next_year"]
    assert not load_files([sheets, *surveyed, *first], settings, Console()).refused
    assert not load_files([CASES / "regulations_next_year.csv"], settings, Console()).refused
    build(settings, print, as_of=dt.date(2026, 10, 31))
    return settings


@pytest.fixture(scope="module")
def cases(built_scores):
    with open_tables(built_scores) as connection:
        yield connection


def write_sub_indices(path: Path) -> None:
    """The ten sub-indices of each province as a scoring sheet; one sheet of the workbook holds one sub-index."""
    book = python_calamine.CalamineWorkbook.from_path(WORKBOOK)
    names = [name for name in book.sheet_names if not name.startswith("Summary")]
    period = {"period_start_date": "2013-01-01", "period_end_date": "2013-12-31"}
    with path.open("w", encoding="utf-8", newline="") as handle:
        head = ("authority_code", "campaign_code", "regulation_code", *period, "unit_code", "criterion_code")
        writer = csv.DictWriter(handle, [*head, "measured_value"])
        writer.writeheader()
        for number, name in enumerate(names, start=1):
            for row in book.get_sheet_by_name(name).to_python():
                if isinstance(row[0], float):
                    keys = {"authority_code": "VN", "campaign_code": "PCI-2013", "regulation_code": "PCI"}
                    scored = {"unit_code": row[1], "criterion_code": number, "measured_value": row[2]}
                    writer.writerow(keys | period | scored)


def write_survey(folder: Path) -> None:
    """Two waves: of the later, 40 ballots on H96.84 (8 content with F1.1 alone, 32 with both), 10 on H96.66."""
    key = {"authority_code": "H96", "instrument_code": "five_factor_22"}
    with (folder / "ballots.csv").open("w", encoding="utf-8", newline="") as handle:
        head = [*key, "wave_code", "unit_code", "ballot_code", "item_answers", "answered_at"]
        writer = csv.DictWriter(handle, head)
        writer.writeheader()
        for wave, unit, count in (("KS1", "H96.84", 30), ("KS2", "H96.84", 40), ("KS2", "H96.66", 10)):
            for number in range(count):
                answers = "F1.1=5;F2.1=2" if wave == "KS1" or number < 8 else "F1.1=4;F2.1=4"
                ballot = {"wave_code": wave, "unit_code": unit, "ballot_code": f"{unit}-{number}"}
                moment = "2025-04-10 09:00:00" if wave == "KS1" else "2025-11-10 09:00:00"
                writer.writerow(key | ballot | {"item_answers": answers, "answered_at": moment})
    with (folder / "waves.csv").open("w", encoding="utf-8", newline="") as handle:
        days = {"start_date": "2025-04-01", "end_date": "2025-04-30"}
        wave = {"wave_code": "KS1", "wave_name": "Đợt mùa xuân", "survey_owner_code": "province"}
        first = key | wave | {"population_code": "clients"} | days
        later = {"wave_code": "KS2", "wave_name": "Đợt mùa thu", "start_date": "2025-11-01", "end_date": "2025-11-30"}
        writer = csv.DictWriter(handle, list(first))
        writer.writeheader()
        writer.writerows([first, first | later])


def published_index() -> dict[str, tuple[float, int, str]]:
    """Province → total, rank and tier as published."""
    sheet = python_calamine.CalamineWorkbook.from_path(WORKBOOK).get_sheet_by_name("Summary_VN").to_python()
    rows = [row for row in sheet if isinstance(row[0], float)]
    found = {}
    for row in rows:
        name, tier = (unicodedata.normalize("NFC", text) for text in (row[21], row[24]))
        found[SPELLINGS.get(name, name)] = (row[22], int(row[23]), tier)
    return found


def portal_rows() -> list[dict[str, str]]:
    lines = [line for line in PORTAL.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_all_published_metric_scores_of_the_portal_follow_from_their_counts(real):
    expected = {
        (row["unit_code"], f"{row['group']}.{row['metric']}"): Decimal(row["score"])
        for row in portal_rows()
        if row["score"] and not row["metric"].startswith("_")
    }
    assert len(expected) == 203
    found = real.execute(
        "select unit_code, criterion_code, computed_score from fct_criterion_scores "
        "where authority_code = 'H21' and regulation_code = 'QD766' and is_leaf"
    ).fetchall()
    computed = {(unit, criterion): score for unit, criterion, score in found}
    assert {key: computed[key] for key in expected} == expected


def test_groups_that_follow_are_sums_and_the_others_stand_as_declared(real):
    expected = {
        (row["unit_code"], row["group"]): Decimal(row["score"]) for row in portal_rows() if row["metric"] == "_GROUP"
    }
    found = real.execute(
        "select unit_code, criterion_code, final_score, final_source_code from fct_criterion_scores "
        "where authority_code = 'H21' and regulation_code = 'QD766' and level_number = 1"
    ).fetchall()
    assert {(unit, group): score for unit, group, score, _ in found} == expected
    assert {(group, source) for _, group, _, source in found} == {
        *((group, "parts") for group in FOLLOWING),
        ("CLGQ", "declared"),
        ("TTTT", "declared"),
    }


def test_totals_of_the_portal_are_the_sums_of_the_groups(real):
    expected = {row["unit_code"]: Decimal(row["score"]) for row in portal_rows() if row["metric"] == "_TOTAL"}
    found = real.execute(
        "select unit_code, total_score, declared_score from fct_unit_scores "
        "where authority_code = 'H21' and regulation_code = 'QD766'"
    ).fetchall()
    assert len(found) == 14
    assert {unit: total for unit, total, _ in found} == {unit: total for unit, _, total in found} == expected


def test_null_is_not_zero_no_petition_is_full_marks_and_no_vote_is_none(real):
    found = real.execute(
        "select criterion_code, final_score, score_status from fct_criterion_scores "
        "where unit_code = 'H21.20' and criterion_code in ('CKMB.DOSSIER_SYNC', 'MDHL.PETITION_PROCESSING_ON_TIME', "
        "'MDHL.DOSSIER_RECEIVING_SATISFACTION', 'TTTT.C_third_term') order by 1"
    ).fetchall()
    assert found == [
        ("CKMB.DOSSIER_SYNC", None, "not_assessed"),
        ("MDHL.DOSSIER_RECEIVING_SATISFACTION", Decimal(0), "ok"),
        ("MDHL.PETITION_PROCESSING_ON_TIME", Decimal(6), "ok"),
        ("TTTT.C_third_term", None, "not_scored"),
    ]


def test_a_ranking_carries_its_denominator_and_no_range_where_luck_is_not_known(real):
    """24 of 100 points are published as groups or as a value: nobody says on how many dossiers they are counted."""
    found = real.execute(
        "select unit_code, unit_rank, rank_low, rank_high, distinct_group_number, largest_denominator, "
        "uncounted_max_score from fct_score_rankings where authority_code = 'H21' order by unit_rank"
    ).fetchall()
    assert [row[1] for row in found] == list(range(1, 15))
    assert found[0] == ("H21.17", 1, None, None, None, 654, Decimal(24))
    assert found[-1][0] == "H21.20"
    assert {row[2:5] for row in found} == {(None, None, None)}
    assert {
        row[0]
        for row in real.execute(
            "select distinct criterion_code from fct_criterion_scores "
            "where authority_code = 'H21' and uncertainty_code = 'uncounted'"
        ).fetchall()
    } == {"CLGQ", "TTTT", "MDSH.ELECTRONIC_CERTIFIED_COPY"}


@pytest.mark.parametrize(
    ("unit", "points", "maximum", "percent"),
    [
        ("H96.84", "68.32", "84.00", "81.33"),
        ("H96.66", "62.62", "66.27", "94.49"),
        ("H96.65", "54.14", "65.26", "82.96"),
    ],
)
def test_published_percents_of_an_applicable_maximum(cases, unit, points, maximum, percent):
    found = cases.execute(
        "select total_score, applicable_max_score, total_percent, value_status from fct_unit_scores "
        "where regulation_code = 'published' and unit_code = ?",
        [unit],
    ).fetchall()
    assert found == [(Decimal(points), Decimal(maximum), Decimal(percent), "ok")]


def test_a_foreign_index_is_a_regulation_without_code(cases):
    published = published_index()
    found = cases.execute(
        "select unit_code, total_score, unit_rank, grade_name from fct_score_rankings where authority_code = 'VN'"
    ).fetchall()
    assert len(found) == len(published) == 63
    assert {unit: (rank, tier) for unit, _, rank, tier in found} == {
        name: (rank, tier) for name, (_, rank, tier) in published.items()
    }
    # The sub-indices are published to six digits, the total to five: its last digit may be off by one.
    assert max(abs(float(total) - published[unit][0]) for unit, total, _, _ in found) < 1.5e-5
    assert len({tier for _, _, _, tier in found}) == 6


def test_options_of_a_survey_give_their_shares_and_silence_gives_nothing(cases):
    found = cases.execute(
        "select unit_code, final_score, final_source_code, score_status, denominator from fct_criterion_scores "
        "where regulation_code = 'survey' order by unit_code"
    ).fetchall()
    # An answer that is none of the options counts for nobody.
    assert found == [
        ("H96.65", None, None, "not_scored", None),
        ("H96.66", Decimal(10), "survey", "ok", 2_000_000),
        ("H96.84", Decimal("4.5"), "survey", "ok", 4_000_000),
    ]


def test_an_index_of_a_survey_is_scored_by_its_last_wave_with_the_luck_of_its_sample(cases):
    found = cases.execute(
        "select unit_code, criterion_code, i.numerator, wave_code, is_small_sample, final_score, "
        "score_status, uncertainty_code, score_low is not null and score_low < final_score "
        "from fct_score_inputs as i inner join fct_criterion_scores as s "
        "using (authority_code, regulation_version_code, period_code, unit_code, criterion_code) "
        "where i.regulation_code = 'index' and i.period_code = '2025' order by unit_code, criterion_code"
    ).fetchall()
    nothing = (None, "not_scored", None, False)
    assert found == [
        ("H96.65", "1", None, None, False, *nothing),
        ("H96.65", "2", None, None, False, *nothing),
        ("H96.66", "1", None, "KS2", True, *nothing),
        ("H96.66", "2", None, "KS2", True, *nothing),
        ("H96.84", "1", 900_000, "KS2", False, Decimal(10), "ok", "counted", True),
        # All content: as far as luck reaches down, it stays above the target.
        ("H96.84", "2", 1_000_000, "KS2", False, Decimal(10), "ok", "counted", False),
    ]


def test_where_nothing_varies_the_interval_comes_from_the_number_asked(cases):
    """In the first wave everybody was content with one of two questions: half, with no spread to learn luck from."""
    found = cases.execute(
        "select distinct estimate, interval_low, interval_high from fct_survey_estimates "
        "where wave_code = 'KS1' and unit_code = 'H96.84' and measure_code = 'overall' and group_kind_code = 'all'"
    ).fetchall()
    assert found == [(Decimal("0.5"), Decimal("0.325093"), Decimal("0.674907"))]


def test_the_story_of_an_index_names_the_wave_its_method_and_how_many_answered(cases):
    def told(unit: str, regulation: str, criterion: str) -> tuple[str, tuple[str, ...], tuple]:
        key = ScoreKey("H96", f"{regulation}@2025-01-01", "2025", unit)
        story = criterion_story(asking(cases), key, criterion)
        return story.behind[0].text, story.behind[0].items, story.figure

    text, items, figure = told("H96.84", "index", "1")
    assert text == "Đợt khảo sát Đợt mùa thu (KS2), từ 01/11/2025 đến 30/11/2025, do tỉnh hỏi người đã nhận kết quả"
    assert items[0] == "Bộ câu hỏi: Phiếu SIPAS năm yếu tố, 22 tiêu chí (2017–2020), phương pháp G2 (chưa đối chiếu)"
    assert items[1] == "Số phiếu có trả lời: 40; trả lời phần được tính: 40"
    assert re.fullmatch(r"Khoảng tin cậy 95 % theo cách chọn mẫu: [\d,]+% – [\d,]+% \(cỡ mẫu hiệu dụng \d+\)", items[2])
    assert ("Giá trị", "90%") in figure
    _, items, figure = told("H96.66", "index", "2")
    assert items[1:] == (
        "Số phiếu có trả lời: 10; trả lời phần được tính: 10",
        "Không đủ mẫu: cần ít nhất 30 phiếu, nên không nêu chỉ số",
    )
    assert ("Giá trị", "không đủ mẫu, nên không có giá trị") in figure
    text, items, _ = told("H96.65", "index", "1")
    assert text.startswith("Chưa có đợt khảo sát nào")


def test_few_answers_behind_a_score_are_not_told(cases):
    key = ScoreKey("H96", "survey@2025-01-01", "2025", "H96.84")
    (behind,) = criterion_story(asking(cases), key, "8.2").behind
    assert behind.text == "Lượt trả lời theo phương án có điểm: 4"
    assert behind.items == tuple(f"{option}: ít người chọn, không nêu số" for option in "ABCD")
    assert cases.execute("select count(answer_count) from fct_score_answers where unit_code = 'H96.84'").fetchone() == (
        0,
    )


def test_exactly_fifteen_of_eighteen_is_the_grade_from_fifteen(cases):
    found = cases.execute(
        "select unit_code, total_score, applicable_max_score, grade_name, is_grade_confirmed from fct_unit_scores "
        "where regulation_code = 'TT-01-2018-VPCP' and value_status = 'ok' order by unit_code"
    ).fetchall()
    assert found == [
        ("H96.66", Decimal("14.5"), Decimal(18), "Tốt", True),
        ("H96.84", Decimal(15), Decimal(18), "Xuất sắc", False),
    ]


def test_a_regulation_with_a_fault_scores_nobody_and_says_why(cases):
    found = cases.execute("select is_scorable, faults_text from dim_regulations where regulation_code = 'faulty'")
    is_scorable, text = found.fetchone()
    assert not is_scorable
    assert "chưa có thang điểm, ví dụ 1" in text
    assert cases.execute("select count(*) from fct_unit_scores where regulation_code = 'faulty'").fetchone() == (0,)


def test_a_new_year_ends_the_one_before_and_leaves_its_points(cases):
    versions = cases.execute(
        "select regulation_version_code, valid_to_date from dim_regulations "
        "where regulation_code = 'published' order by 1"
    ).fetchall()
    assert versions == [("published@2025-01-01", dt.date(2025, 12, 31)), ("published@2026-01-01", None)]
    scored = cases.execute(
        "select distinct regulation_version_code from fct_unit_scores where regulation_code = 'published'"
    ).fetchall()
    assert scored == [("published@2025-01-01",)]
