"""Surveys from file to published estimate: planted waves, an example by hand, published figures, an English form."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.commands import build, compared_surveys, load_files
from dagster_project.console import Console
from dagster_project.publishing.builds import current_build
from dagster_project.settings import PROJECT_ROOT, Settings
from tests import planted_waves as planted
from tests import small_waves
from tests.survey_reference import mean_of_shares, mean_value, share, weighted

SURVEY = PROJECT_ROOT / "tests" / "fixtures" / "survey"
# An interval of 95 % holds the truth in 95 of 100 waves on average, in 92 or 98 of the next hundred: four hundred tell.
SEEDS = range(400)
FACTORS = [[f"F{factor}.{number}" for number in range(1, count + 1)] for factor, count in enumerate((4, 5, 6, 3, 4), 1)]
ITEMS = [item for factor in FACTORS for item in factor]
HAND = "VI-DU"
# Two strata of 4 and 10 hamlets, two drawn of each; people of the hamlet, weight, answers to the question (9: none).
HAND_CLUSTERS = [
    ("T1", 4, "A", 6, "4", ["4", "5", "2"]),
    ("T1", 4, "B", 5, "5", ["4", "9"]),
    ("T2", 10, "C", 4, "10", ["3", "5"]),
    ("T2", 10, "D", 8, "20", ["5", "4"]),
]
ENGLISH_COUNT = 60


def write(folder: Path, name: str, rows: list[dict]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_csv(folder / f"{name}.csv")
    return folder / f"{name}.csv"


def hand_files(folder: Path) -> list[Path]:
    """The example: a questionnaire of one question, and a wave of nine ballots."""
    key = {"authority_code": "H94", "instrument_code": HAND}
    item = {"item_code": "Q1", "item_order": 1, "part_code": "service", "factor_code": "F", "factor_name": "Nhóm"}
    return [
        write(
            folder,
            "instruments",
            [
                key
                | {"instrument_name": "Ví dụ tính tay", "kind_code": "survey", "index_formula_code": "pooled"}
                | {"minimum_ballot_count": 5, "method_version": "ví dụ", "is_confirmed": "Không"}
            ],
        ),
        write(
            folder,
            "items",
            [
                key
                | item
                | {"item_text": "Hài lòng", "scale_code": "satisfaction_5", "is_indexed": "Có"}
                | {"is_on_time_question": "Không", "valid_from_date": "2025-01-01", "is_confirmed": "Không"}
            ],
        ),
        write(
            folder,
            "ballots",
            [
                key
                | {"wave_code": "TAY", "unit_code": "H94.01", "ballot_code": f"{cluster}{number}"}
                | {"item_answers": f"Q1={answer}", "stratum_code": stratum, "cluster_code": cluster}
                | {"stratum_total": hamlets, "cluster_total": people, "base_weight": weight}
                | {"answered_at": "01/09/2025 08:00:00"}
                for stratum, hamlets, cluster, people, weight, answers in HAND_CLUSTERS
                for number, answer in enumerate(answers)
            ],
        ),
    ]


def declared_file(folder: Path) -> Path:
    """What has been published of two provinces, as of a report and a decision."""
    row = {"measure_code": "overall", "ranked_count": None, "ballot_count": None}
    return write(
        folder,
        "declared",
        [
            row
            | {"authority_code": "H14", "unit_code": "H14", "survey_owner_code": "ministry"}
            | {"period_start_date": "2020-01-01", "period_end_date": "2020-12-31", "declared_percent": "78.8"}
            | {
                "change_points": "0.11",
                "declared_rank": None,
                "method_version": "G2",
                "source_name": "Báo cáo năm 2021",
            },
            row
            | {"authority_code": "H01", "unit_code": "H01.12", "survey_owner_code": "province"}
            | {"period_start_date": "2021-01-01", "period_end_date": "2021-12-31", "declared_percent": "94.59"}
            | {"change_points": None, "declared_rank": "2", "method_version": "tỉnh"}
            | {"source_name": "QĐ 851/QĐ-UBND ngày 27/04/2022"},
        ],
    )


def small_files(folder: Path) -> list[Path]:
    """Waves of few people, with their questionnaire."""
    return [
        write(folder, "instruments", [small_waves.instrument_row()]),
        write(folder, "items", small_waves.item_rows()),
        write(folder, "ballots", small_waves.ballot_rows()),
    ]


def english_rows() -> list[dict]:
    """Sixty answers of an English form: 1–5, 9 for "don't know", weights of three sizes."""
    return [
        {
            "Respondent ID": f"E-{number:03d}",
            "Department": "H99.01",
            "Stratum": "Urban" if number % 3 else "Rural",
            "PSU": "",
            "PSUs in stratum": "",
            "Persons in PSU": "",
            "Weight": ("1.5", "2", "4.25")[number % 3],
            "Outcome": "Complete",
            "Q1. Staff were polite": "9" if number % 7 == 0 else str(1 + number % 5),
            "Q2. The result was right": "Don't know" if number % 4 == 0 else str(5 - number % 3),
            "Q3. Was it on time?": "Yes" if number % 2 else "No",
            "Q4. Waiting room": "n/a",
            "Any other comment?": "",
            "Phone": "",
            "Interviewed": "2026-09-05 09:10",
        }
        for number in range(ENGLISH_COUNT)
    ]


@pytest.fixture(scope="module")
def waves() -> planted.PlantedWaves:
    return planted.planted_waves(SEEDS)


@pytest.fixture(scope="session")
def built_surveys(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data root with a build of surveys alone."""
    settings = Settings(root=tmp_path_factory.mktemp("survey_root"))
    files = tmp_path_factory.mktemp("survey_files")
    planted.planted_waves(SEEDS).write(files / "planted")
    settings.layouts.mkdir(parents=True)
    (settings.layouts / "english.yml").write_bytes((SURVEY / "english_layout.yml").read_bytes())
    paths = [
        *sorted((files / "planted").glob("*.csv")),
        *hand_files(files / "hand"),
        declared_file(files),
        *small_files(files / "small"),
        *(SURVEY / f"{name}.csv" for name in ("instruments", "items", "options")),
    ]
    assert not load_files(paths, settings, Console()).refused
    english = write(files, "english", english_rows())
    given = {"wave_code": "EN-2026"}
    assert not load_files([english], settings, Console(), given=given).refused
    build(settings, print, as_of=dt.date(2026, 9, 30))
    return settings


@pytest.fixture(scope="module")
def ask(built_surveys):
    """SQL over the published tables."""
    folder = current_build(built_surveys).folder
    connection = duckdb.connect()
    for path in folder.glob("*.parquet"):
        connection.execute(f"create view {path.stem} as from read_parquet('{path}')")

    def rows(query: str, *values) -> list[tuple]:
        return connection.execute(query, list(values)).fetchall()

    yield rows
    connection.close()


def estimates(ask, wave: str, unit: str, level: str, statistic: str) -> dict[str, tuple]:
    found = ask(
        "select measure_code, estimate, standard_error, interval_low, interval_high from fct_survey_estimates "
        "where wave_code = ? and unit_code = ? and group_kind_code = 'all' and measure_level_code = ? "
        "and statistic_code = ?",
        wave,
        unit,
        level,
        statistic,
    )
    return {row[0]: row[1:] for row in found}


def reference_ballots(waves: planted.PlantedWaves, seed: int) -> list:
    wave = planted.wave_code(seed)
    rows = csv.DictReader(io.StringIO(waves.ballots.filter(pl.col("wave_code") == wave).write_csv()))
    results = {"Từ chối trả lời": "refused", "Không gặp được": "not_reached", "Không thuộc diện hỏi": "ineligible"}
    kept = [
        row | {"result_code": results.get(row["result_code"]), "base_weight": row["base_weight"].replace(",", ".")}
        for row in rows
    ]
    totals = waves.totals.filter(pl.col("wave_code") == wave)
    known = {(row["unit_code"], row["group_code"]): row["person_count"] for row in totals.iter_rows(named=True)}
    return weighted(kept, known)


def test_an_example_worked_by_hand(ask):
    """Stratified, two stages, one missing answer; every fraction below is written out from the nine ballots.

    Weights: A (4/2)(6/3) = 4, B (4/2)(5/2) = 5, C (10/2)(4/2) = 10, D (10/2)(8/2) = 20.
    Valid weight 12 + 5 + 20 + 40 = 77, satisfied 8 + 5 + 10 + 40 = 63, so p = 9/11; z = w (y − p) / 77.
    In units of 1/(11 · 77): A 8, 8, −36; B 10 and 0 (no answer); C −90, 20; D 40, 40.
    Between clusters: T1 sums −20, 10: ½ · 2 · 450 = 450; T2 sums −70, 80: 0.8 · 2 · 11250 = 18000.
    Within: A ½ · ½ · 3/2 · 11616/9 = 484; B ½ · 0.6 · 2 · 50 = 30; C 0.2 · ½ · 2 · 6050 = 1210; D 0.
    """
    ((estimate, error, freedom),) = ask(
        "select estimate, standard_error, degrees_of_freedom from fct_survey_estimates where wave_code = 'TAY' "
        "and unit_code = 'H94.01' and group_kind_code = 'all' and measure_code = 'Q1' and statistic_code = 'share'"
    )
    variance = Fraction(450 + 18000 + 484 + 30 + 1210, (11 * 77) ** 2)
    assert abs(float(estimate) - 9 / 11) < 1e-9
    assert abs(float(error) - float(variance) ** 0.5) < 1e-9
    assert freedom == 2


@pytest.mark.parametrize("seed", [0, 1, 17, 64])
def test_estimates_and_errors_are_those_of_the_textbook(ask, waves, seed):
    ballots = reference_ballots(waves, seed)
    wave, unit = planted.wave_code(seed), planted.UNIT

    def everybody(_) -> bool:
        return True

    shares = estimates(ask, wave, unit, "item", "share")
    assert set(shares) == set(ITEMS)
    for item in ITEMS:
        expected = share(ballots, [item], everybody)
        assert abs(float(shares[item][0]) - expected[0]) < 1e-8
        assert abs(float(shares[item][1]) - expected[1]) < 1e-8
    told = estimates(ask, wave, unit, "item", "mean")
    for item in ITEMS:
        expected = mean_value(ballots, item, everybody)
        assert [abs(float(a) - b) < 1e-8 for a, b in zip(told[item], expected, strict=False)] == [True] * 2
    pooled = estimates(ask, wave, unit, "overall", "pooled")["overall"]
    assert [abs(float(a) - b) < 1e-8 for a, b in zip(pooled, share(ballots, ITEMS, everybody), strict=False)] == [
        True
    ] * 2
    means = estimates(ask, wave, unit, "overall", "mean_of_shares")["overall"]
    expected = mean_of_shares(ballots, FACTORS, everybody)
    assert [abs(float(a) - b) < 1e-8 for a, b in zip(means, expected, strict=False)] == [True] * 2


def covered(ask, waves, statistic: str, truth: str) -> int:
    """Waves whose interval of the index holds the truth."""
    known = {row["wave_code"]: row[truth] for row in waves.truth.iter_rows(named=True) if row["code"] == "overall"}
    intervals = ask(
        "select wave_code, interval_low, interval_high from fct_survey_estimates where authority_code = ? "
        "and unit_code = ? and group_kind_code = 'all' and measure_level_code = 'overall' and statistic_code = ?",
        planted.AUTHORITY,
        planted.UNIT,
        statistic,
    )
    assert len(intervals) == len(SEEDS)
    return sum(float(low) <= known[wave] <= float(high) for wave, low, high in intervals)


@pytest.mark.parametrize(("statistic", "truth"), [("pooled", "pooled_share"), ("mean_of_shares", "mean_of_shares")])
def test_the_index_holds_the_planted_truth_in_95_of_100_waves(ask, waves, statistic, truth):
    assert covered(ask, waves, statistic, truth) >= 0.95 * len(SEEDS)


def test_the_formulas_differ_exactly_where_silence_differs(ask):
    """Over the items of a factor: where each is left out as often, both formulas are one figure."""
    rows = ask(
        "select wave_code, max(case when statistic_code = 'pooled' then estimate end) as pooled, "
        "max(case when statistic_code = 'mean_of_shares' then estimate end) as mean from fct_survey_estimates "
        "where authority_code = ? and unit_code = ? and group_kind_code = 'all' and measure_level_code = 'factor' "
        "group by wave_code, measure_code",
        planted.AUTHORITY,
        planted.UNIT,
    )
    seeds = {planted.wave_code(seed): seed for seed in SEEDS}
    for wave, pooled, mean in rows:
        is_same = abs(pooled - mean) <= Decimal("0.000000002")
        assert is_same == planted.is_silence_equal(seeds[wave]), wave
    assert len(rows) == len(SEEDS) * len(FACTORS)


def test_published_figures_stand_beside_and_not_in_the_estimates(ask):
    sides = ask(
        "select authority_code, unit_code, period_code, side_code, method_version, satisfied_percent, change_points, "
        "declared_rank from rpt_survey_sides where authority_code in ('H14', 'H01') order by all"
    )
    assert sides == [
        ("H01", "H01.12", "2021", "declared", "tỉnh", Decimal("94.5900"), None, 2),
        ("H14", "H14", "2020", "declared", "G2", Decimal("78.8000"), Decimal("0.110000"), None),
    ]
    assert ask("select count(*) from fct_survey_estimates where authority_code in ('H14', 'H01')") == [(0,)]


def test_an_english_form_lands_by_a_layout_and_leaves_out_what_people_do_not_know(ask):
    rows = english_rows()
    for item, header in (("Q1", "Q1. Staff were polite"), ("Q2", "Q2. The result was right")):
        known = [(row[header], Fraction(row["Weight"])) for row in rows if row[header] not in ("9", "Don't know")]
        expected = sum(weight for answer, weight in known if answer in ("4", "5")) / sum(weight for _, weight in known)
        ((estimate, count),) = ask(
            "select estimate, valid_count from fct_survey_estimates where wave_code = 'EN-2026' "
            "and unit_code = 'H99.01' and group_kind_code = 'all' and measure_code = ? and statistic_code = 'share'",
            item,
        )
        assert abs(float(estimate) - float(expected)) < 1e-9
        assert count == len(known) < ENGLISH_COUNT
    ((kind,),) = ask("select weight_kind_code from dim_survey_waves where wave_code = 'EN-2026'")
    assert kind == "final"


def test_no_published_group_is_smaller_than_five_or_follows_from_the_others(ask):
    assert ask("select count(*) from fct_survey_estimates where ballot_count < 5 and group_kind_code <> 'all'") == [
        (0,)
    ]
    # Where a unit asked people of one group only, there is no other to withhold it with, nor to work it out from.
    alone = ask(
        "select wave_code, unit_code, group_kind_code from fct_survey_estimates where group_kind_code <> 'all' "
        "and measure_code = 'overall' group by all "
        "having count(*) filter (where value_status = 'suppressed') = 1 and count(*) > 1"
    )
    assert alone == []


def whole_units(ask) -> dict[str, list[dict]]:
    """Published rows of all people of each unit, by wave of few people."""
    names = ["wave_code", "unit_code", "measure_code", "statistic_code", "value_status"]
    names += ["answered_ballot_count", "estimate"]
    found: dict[str, list[dict]] = {small_waves.wave_code(seed): [] for seed in small_waves.SEEDS}
    for row in ask(
        f"select {', '.join(names)} from fct_survey_estimates where authority_code = ? and group_kind_code = 'all' "
        "order by all",
        small_waves.AUTHORITY,
    ):
        found[row[0]].append(dict(zip(names, row, strict=True)))
    return found


def test_no_figure_of_fewer_than_five_follows_from_the_published_ones(ask):
    waves = whole_units(ask)
    statuses = {row["value_status"] for rows in waves.values() for row in rows}
    assert statuses == {"ok", "insufficient_sample", "suppressed"}
    assert {wave: told for wave, rows in waves.items() if (told := small_waves.told_by_the_rest(rows, 5))} == {}
    assert {wave: thin for wave, rows in waves.items() if (thin := small_waves.too_thin(rows, 5))} == {}
    # Withheld is what has to be, so most of what may be told is.
    told = [row["estimate"] is not None for rows in waves.values() for row in rows if row["answered_ballot_count"] > 4]
    assert sum(told) > 0.75 * len(told)


def test_a_reader_who_adds_up_works_out_a_small_unit_where_only_it_is_withheld(ask):
    """The two readers see what they are asked to look for."""
    rows = [
        {"unit_code": unit, "measure_code": "X1", "statistic_code": "share"}
        | {"answered_ballot_count": count, "estimate": estimate}
        for unit, count, estimate in (("H95", 23, 0.5), ("H95.01", 20, 0.5), ("H95.02", 3, None))
    ]
    assert small_waves.told_by_the_rest(rows, 5) == [("H95.02", "X1")]
    assert small_waves.too_thin(rows, 5) == [("X1", "share")]


def test_two_waves_are_compared_as_the_published_table_does(built_surveys, ask):
    rows = ask(
        """
        select compared_wave_code, wave_code, unit_code, estimate, compared_estimate, chance, adjusted_chance
        from fct_survey_comparisons
        where comparison_code = 'previous_wave' and measure_level_code = 'overall' and authority_code = 'H93'
          and chance between 0.01 and 0.9
        order by chance limit 3
        """
    )
    assert len(rows) == 3
    for before, after, unit, later, earlier, chance, adjusted in rows:
        told = compared_surveys(before, after, unit, built_surveys)
        assert unit in told
        # As a reader has it who subtracts the two figures.
        difference = round(100 * later, 2) - round(100 * earlier, 2)
        assert f"{abs(difference):.2f} điểm phần trăm".replace(".", ",") in told
        assert f"ít nhất như vậy là {chance:.3f}:".replace(".", ",") in told
        assert f"hiệu chỉnh (Holm) là {adjusted:.3f}:".replace(".", ",") in told
