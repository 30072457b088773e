"""The demo's yearly waves: drawn as they say, answered by some, with the truth beside them and the planted ballots."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from dagster_project.demo.calendar import WorkCalendar
from dagster_project.demo.generate import DAYS_OFF
from dagster_project.demo.survey_clients import ITEMS, QUESTIONS, break_straight_lines, is_satisfied
from dagster_project.demo.survey_files import ballot_frame, pack, totals_frame, wave_code, write_survey_truth
from dagster_project.demo.survey_samples import true_shares
from dagster_project.demo.surveys import build_wave, own_waves, wave_years
from dagster_project.demo.world import build_world
from dagster_project.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

SEEDS = PROJECT_ROOT / "dbt" / "seeds"
END = date(2026, 10, 31)
YEARS = (2024, 2025, 2026)  # before and after units changed, and a wave cut short


def world_of(dossiers: int, seed: int = 7):
    return build_world(WorkCalendar.read(DAYS_OFF), dossiers=dossiers, months=24, seed=seed, end=END)


def waves_of(world) -> dict:
    return {year: build_wave(world, year, first, last) for year, first, last in wave_years(world)}


@pytest.fixture(scope="module")
def world():
    return world_of(60_000)


@pytest.fixture(scope="module")
def waves(world) -> dict:
    return waves_of(world)


@pytest.fixture(scope="module")
def ballots(world, waves) -> dict[int, pl.DataFrame]:
    weight = pl.col("base_weight").str.replace(",", ".").cast(pl.Float64)
    return {year: ballot_frame(world, wave).with_columns(weight) for year, wave in waves.items()}


@pytest.fixture(scope="module")
def truths(tmp_path_factory, world, waves) -> dict[int, tuple[pl.DataFrame, pl.DataFrame]]:
    """True shares and suspicious ballots of each wave, as they lie in the demo's folder."""
    folder = tmp_path_factory.mktemp("truth")
    for wave in waves.values():
        write_survey_truth(folder, world, wave)
    names = ("ty_le", "phieu_nghi_van")
    return {year: tuple(pl.read_parquet(folder / f"{name}_{year}.parquet") for name in names) for year in waves}


def answers_of(frame: pl.DataFrame) -> list[dict[str, str]]:
    """Question → code of each ballot."""
    cells = frame["item_answers"].fill_null("").to_list()
    return [dict(pair.split("=") for pair in cell.split(";")) if cell else {} for cell in cells]


def test_a_wave_is_the_same_whenever_it_is_drawn_and_another_with_another_seed(world, ballots):
    year, first, last = wave_years(world)[1]
    again = ballot_frame(world, build_wave(world, year, first, last))
    assert again.drop("base_weight").equals(ballots[year].drop("base_weight"))
    other = world_of(60_000, seed=8)
    assert not ballot_frame(other, build_wave(other, year, first, last))["item_answers"].equals(again["item_answers"])


@pytest.mark.parametrize("year", YEARS)
def test_each_unit_of_the_day_has_its_ballots(world, ballots, year):
    frame = ballots[year]
    assert frame["ballot_code"].is_unique().all() and (frame["wave_code"] == f"KHAO-SAT-TINH-{year}").all()
    answered = frame.filter(pl.col("result_code") == "Đã trả lời").group_by("unit_code").len()
    parts = world.reorganisation
    _, first, last = next(found for found in wave_years(world) if found[0] == year)
    existing = {code for code, is_there in zip(parts.units.codes, parts.exists(first, last), strict=True) if is_there}
    assert set(answered["unit_code"]) <= existing
    if year > 2024:
        assert answered.height == 138 and answered["len"].is_between(40, 140).all()
    assert 60 * 138 < answered["len"].sum() < 120 * 138


@pytest.mark.parametrize("year", YEARS)
def test_weights_are_those_of_the_plan_and_add_up_to_the_people(world, waves, ballots, year):
    frame, totals = ballots[year], totals_frame(world, waves[year])
    plain = frame.filter(pl.col("cluster_code").is_null()).group_by("unit_code", "stratum_code")
    sums = plain.agg(pl.col("base_weight").sum(), pl.col("stratum_total").unique())
    assert (sums["base_weight"] - sums["stratum_total"].list.get(0)).abs().max() < 1e-3
    assert (sums["stratum_total"].list.len() == 1).all()
    hamlets = frame.filter(pl.col("cluster_code").is_not_null()).group_by("stratum_code", "cluster_code")
    sums = hamlets.agg(pl.col("base_weight").sum(), pl.col("stratum_total", "cluster_total").first())
    drawn = sums.group_by("stratum_code").agg(pl.len().alias("drawn"))
    sums = sums.join(drawn, on="stratum_code")
    right = pl.col("cluster_total") * pl.col("stratum_total") / pl.col("drawn")
    assert sums.select((pl.col("base_weight") - right).abs().max()).item() < 1e-3
    assert sums["stratum_code"].n_unique() > 20 and (sums["drawn"] >= 2).all()
    people = dict(totals.group_by("unit_code").agg(pl.col("person_count").sum()).iter_rows())
    by_unit = frame.group_by("unit_code").agg(pl.col("base_weight").sum(), pl.col("cluster_code").count())
    for unit, weight, clustered in by_unit.iter_rows():
        assert clustered or weight == pytest.approx(people[unit], abs=1e-2)
    assert by_unit["base_weight"].sum() == pytest.approx(sum(people.values()), rel=0.01)
    assert totals.height == 2 * len(people) and totals["person_count"].min() > 0


@pytest.mark.parametrize("year", YEARS)
def test_who_does_not_answer_says_nothing_and_women_answer_more_often(ballots, year):
    frame = ballots[year]
    is_met = pl.col("result_code") == "Đã trả lời"
    told = ["item_answers", "started_at", "answered_at", "education_code", "occupation_code"]
    for column in told:
        assert frame.filter(pl.col(column).is_not_null() != is_met).is_empty(), column
    rates = dict(frame.group_by("gender_code").agg(is_met.mean()).iter_rows())
    assert 0.80 < rates["female"] < 0.86 and 0.62 < rates["male"] < 0.68
    assert set(frame["result_code"]) == {"Đã trả lời", "Từ chối trả lời", "Không gặp được"}


def test_answers_are_of_the_form_and_some_are_missing(ballots):
    scales, options = {}, {}
    with (SEEDS / "survey_items.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["instrument_code"] == "five_factor_22":
                scales[row["item_code"]] = row["scale_code"]
    with (SEEDS / "survey_options.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            options.setdefault(row["scale_code"], set()).add(row["answer_code"])
    assert list(scales) == QUESTIONS
    missing = dict.fromkeys(QUESTIONS, 0)
    told = [ballot for ballot in answers_of(ballots[2025]) if ballot]
    for ballot in told:
        assert all(code in options[scales[question]] for question, code in ballot.items())
        for question in QUESTIONS:
            missing[question] += ballot.get(question, "9") == "9"
    shares = {question: count / len(told) for question, count in missing.items()}
    assert all((0.10 if q.startswith("F5") else 0.01) < share < 0.16 for q, share in shares.items())
    assert max(share for q, share in shares.items() if not q.startswith("F5")) < 0.04
    assert any(question not in ballot for ballot in told for question in QUESTIONS)


def test_truth_by_hand():
    """Three people of one unit and one of another; factor 1 only, of which the second item is often left out."""
    answers = np.full((4, len(ITEMS)), 3)
    answers[:, 0], answers[:, 1] = [5, 4, 2, 4], [5, 1, 3, 4]
    silence = np.zeros((2, len(ITEMS)))
    silence[0, 1], silence[1] = 0.5, 0.25
    found = true_shares(answers, np.array([0, 0, 0, 1]), silence, ["A", "B"])

    def shares(unit, code):
        is_unit = pl.col("unit_code").is_null() if unit is None else pl.col("unit_code") == unit
        return found.filter(is_unit & (pl.col("code") == code)).select("client_count", pl.col("^.*share.*$")).row(0)

    assert shares("A", "F1.1") == pytest.approx((3, 2 / 3, 2 / 3, 2 / 3))
    assert shares("A", "F1.2") == pytest.approx((3, 1 / 3, 1 / 3, 1 / 3))
    # Given: 3 + 1.5 + 3 + 3 answers, of which 2 + 0.5 satisfied; shares 2/3, 1/3, 0, 0.
    assert shares("A", "F1")[2:] == pytest.approx((2.5 / 10.5, 1 / 4))
    assert shares("A", "overall")[2:] == pytest.approx((2.5 / (10.5 + 18 * 3), 1 / 4 / 5))
    assert shares("B", "F1")[2:] == pytest.approx((1 / 2, 1 / 2))
    # Together: three of four satisfied with the first item, (2 + 0.75) of (3 + 0.75) such answers given.
    assert shares(None, "F1.1") == pytest.approx((4, 3 / 4, 2.75 / 3.75, 2.75 / 3.75))
    assert shares(None, "F1")[2] == pytest.approx((2.5 + 1.5) / (10.5 + 3))


@pytest.mark.parametrize("year", YEARS)
def test_truth_is_that_of_the_people_and_the_sample_comes_near(waves, ballots, truths, year):
    shares, wave = truths[year][0], waves[year]
    of_all = {
        code: pair
        for code, *pair in shares.filter(pl.col("unit_code") == "H99")
        .select("code", "satisfied_share", "pooled_share")
        .iter_rows()
    }
    assert shares["wave_code"].unique().to_list() == [wave_code(wave)]
    assert shares.height == (len(wave.surveyed.listed) + 1) * (len(QUESTIONS) + 5 + 1)
    place = ITEMS.index("F5.2")
    assert of_all["F5.2"][0] == pytest.approx((wave.clients.answers[:, place] >= 4).mean(), abs=1e-12)
    assert of_all["X2"][0] == pytest.approx((wave.clients.answers[:, QUESTIONS.index("X2")] == 2).mean(), abs=1e-12)
    assert 0.70 < of_all["overall"][1] < 0.92
    good = valid = 0.0
    frame = ballots[year]
    for ballot, weight in zip(answers_of(frame), frame["base_weight"], strict=True):
        codes = [code for question, code in ballot.items() if question in ITEMS and code != "9"]
        good, valid = good + weight * sum(code in "45" for code in codes), valid + weight * len(codes)
    assert good / valid == pytest.approx(of_all["overall"][1], abs=0.02)


@pytest.mark.parametrize("year", YEARS)
def test_suspicious_ballots_are_exactly_the_planted_ones(ballots, truths, year):
    planted: dict[str, set] = {}
    for code, kind, other in truths[year][1].select("ballot_code", "kind", "other_ballot_code").iter_rows():
        planted.setdefault(kind, set()).add(frozenset((code, other)) if other else code)
    assert {kind: len(found) for kind, found in planted.items()} == {
        "burst": 24,
        "duplicate": 3,
        "straight_line": 5,
        "too_quick": 1,
        "too_slow": 1,
    }
    frame = ballots[year].with_columns(spent=(pl.col("answered_at") - pl.col("started_at")).dt.total_seconds())
    told, codes = answers_of(frame), frame["ballot_code"].to_list()
    rated = [[code for q, code in ballot.items() if q in ITEMS and code != "9"] for ballot in told]
    found = {code for code, answers in zip(codes, rated, strict=True) if len(answers) >= 10 and len(set(answers)) == 1}
    assert found == planted["straight_line"]
    assert set(frame.filter(pl.col("spent") < 2 * 34)["ballot_code"]) == planted["too_quick"]
    assert set(frame.filter(pl.col("spent") > 24 * 3600)["ballot_code"]) == planted["too_slow"]
    assert frame["spent"].median() > 300
    assert copied_pairs(frame) == planted["duplicate"]
    busy = busy_ballots(frame)
    # Whoever else was met with that device within the hour is caught in it; no other device ever is.
    assert planted["burst"] <= busy and len(busy) < 40
    assert frame.filter(pl.col("ballot_code").is_in(busy))["device_code"].n_unique() == 1


def copied_pairs(frame: pl.DataFrame) -> set[frozenset]:
    """Pairs of ballots of one unit and device with the same answers."""
    same = frame.drop_nulls("item_answers").group_by("unit_code", "device_code", "item_answers").agg("ballot_code")
    return {frozenset(pair) for codes in same["ballot_code"] for pair in combinations(codes, 2)}


def busy_ballots(frame: pl.DataFrame) -> set[str]:
    """Ballots that lie within one hour with twenty others of the same device."""
    busy = set()
    for _, of in frame.drop_nulls("answered_at").sort("answered_at").group_by("device_code"):
        for moment in of["answered_at"]:
            within = of.filter(pl.col("answered_at").is_between(moment, moment + timedelta(hours=1)))
            busy |= set(within["ballot_code"]) if within.height > 20 else set()
    return busy


def test_who_is_late_is_told_so(world, waves, truths):
    told = truths[2025][0].filter((pl.col("code") == "X1") & (pl.col("unit_code") != "H99"))["satisfied_share"]
    late = world.late_rate[waves[2025].surveyed.today, world.month_of(np.array([waves[2025].first * 86_400]))[0]]
    assert np.corrcoef(told, late)[0, 1] < -0.8


def test_a_straight_line_is_broken_without_changing_what_is_satisfied():
    rng = np.random.default_rng(1)
    rated = np.repeat(np.arange(1, 6), 3)[:, None] * np.ones(len(ITEMS), np.int8)[None, :]
    rated[3] = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    before = rated.copy()
    break_straight_lines(rng, rated)
    assert (is_satisfied(rated) == is_satisfied(before)).all() and (rated[3] == before[3]).all()
    changed = (rated != before).sum(axis=1)
    assert (np.delete(changed, 3) == 4).all()


def test_an_empty_ballot_is_an_empty_cell():
    answers = np.array([[5, 0, 9], [0, 0, 0], [0, 1, 0]])
    assert pack(["F1.1", "F1.2", "X1"], answers).to_list() == ["F1.1=5;X1=9", None, "F1.2=1"]


def test_a_small_demo_asks_at_least_five_per_unit():
    small = world_of(500)
    year, first, last = wave_years(small)[1]
    drawn = ballot_frame(small, build_wave(small, year, first, last)).group_by("unit_code").len()
    assert drawn.height == 138 and drawn["len"].min() >= 5 and drawn["len"].sum() < 138 * 10
    assert [(world.month_label(own.month), len(own.answer)) for world in [small] for own in own_waves(small)] == [
        ("2026-09", 5),
        ("2026-10", 5),
    ]
