"""Sizes against numbers worked by hand, parts that add up, and a draw that anybody can repeat."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.surveying.allocation import allocate
from dagster_project.surveying.draw import in_draw_order
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.frame import Frame, Person
from dagster_project.surveying.planning import Design, make_plan
from dagster_project.surveying.sizes import achieved_margin, drawn_size, random_size, slovin_size

MARGIN, CONFIDENCE = Fraction(5, 100), Fraction(95, 100)
DESIGN = Design("KS-2026", "five_factor_22", MARGIN, CONFIDENCE, Fraction(70, 100), minimum=30, seed=1)


# n0 = 1,96² · 0,25 / 0,05² = 384,16; of 500: 384,16 / (1 + 383,16 / 500) = 217,5.
@pytest.mark.parametrize(
    ("population", "size"), [(500, 218), (10**9, 385), (1000, 278), (100, 80), (10_000, 370), (1, 1), (2, 2), (0, 0)]
)
def test_a_simple_random_sample_of_a_finite_population(population, size):
    assert random_size(population, MARGIN, CONFIDENCE) == size


@pytest.mark.parametrize(
    ("margin", "confidence", "size"), [("3", "95", 1068), ("5", "99", 664), ("5", "90", 271), ("10", "95", 97)]
)
def test_the_margin_and_the_confidence_move_the_size(margin, confidence, size):
    assert random_size(10**9, Fraction(margin) / 100, Fraction(confidence) / 100) == size


# 1000 / (1 + 1000 · 0,0025) = 285,7; 400 / 2 is 200 and no hair more.
@pytest.mark.parametrize(("population", "size"), [(1000, 286), (400, 200), (10**9, 400), (0, 0), (1, 1)])
def test_slovin(population, size):
    assert slovin_size(population, MARGIN) == size


def test_more_are_drawn_than_needed_but_never_more_than_there_are():
    assert drawn_size(218, 500, Fraction(7, 10)) == 312
    assert drawn_size(218, 300, Fraction(7, 10)) == 300
    assert drawn_size(70, 500, Fraction(7, 10)) == 100, "70 / 0,7 is exactly 100"
    assert drawn_size(218, 500, Fraction(1)) == 218


def test_the_margin_of_the_planned_answers_is_the_planned_one():
    assert achieved_margin([(500, 218)], CONFIDENCE) == pytest.approx(0.0498, abs=0.0001)
    assert achieved_margin([(500, 217)], CONFIDENCE) > 0.05 > achieved_margin([(500, 218)], CONFIDENCE)
    assert achieved_margin([(500, 500)], CONFIDENCE) == 0
    assert achieved_margin([(500, 0)], CONFIDENCE) is None
    assert achieved_margin([(400, 100), (100, 0)], CONFIDENCE) is None
    assert achieved_margin([], CONFIDENCE) is None
    # z² · (0,8² · 0,25 / 100 · 300/399 + 0,2² · 0,25 / 25 · 75/99) = 0,005785
    assert achieved_margin([(400, 100), (100, 25)], CONFIDENCE) == pytest.approx(0.07606, abs=0.00001)


def test_a_part_goes_by_size_and_the_rounding_to_the_largest_remainder():
    # 100 · 51/150, 50/150, 49/150 = 34, 33,33, 32,67
    assert allocate(100, {"a": 51, "b": 50, "c": 49}, 2) == {"a": 34, "b": 33, "c": 33}
    # Equal remainders: the first code.
    assert allocate(5, {"b": 10, "a": 10}, 2) == {"a": 3, "b": 2}


def test_small_strata_get_their_minimum_at_the_cost_of_the_others():
    # b takes 30 of the 100; the other 70 are parted 600 : 300.
    assert allocate(100, {"a": 600, "b": 100, "c": 300}, 30) == {"a": 40, "b": 30, "c": 30}
    assert allocate(100, {"a": 900, "b": 100}, 30) == {"a": 70, "b": 30}
    assert allocate(100, {"a": 990, "b": 10}, 30) == {"a": 90, "b": 10}, "where there are fewer, all of them"
    assert allocate(50, {"a": 500, "b": 400, "c": 100}, 30) == {"a": 30, "b": 30, "c": 30}, "the sample grows"


def test_equal_parts_but_for_strata_that_have_not_so_many():
    assert allocate(90, {"a": 500, "b": 50, "c": 50}, 2, is_equal=True) == {"a": 30, "b": 30, "c": 30}
    assert allocate(90, {"a": 500, "b": 50, "c": 10}, 2, is_equal=True) == {"a": 40, "b": 40, "c": 10}


POPULATIONS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 3000), max_size=12)


@given(POPULATIONS, st.integers(0, 5000), st.integers(2, 60), st.booleans())
def test_parts_add_up_and_keep_their_bounds(populations, total, minimum, is_equal):
    parts = allocate(total, populations, minimum, is_equal=is_equal)
    least = {code: min(minimum, count) for code, count in populations.items() if count}
    assert parts.keys() == least.keys(), "a stratum without people has no part"
    assert sum(parts.values()) == min(max(total, sum(least.values())), sum(populations.values()))
    assert all(least[code] <= part <= populations[code] for code, part in parts.items())
    assert parts == allocate(total, dict(reversed(populations.items())), minimum, is_equal=is_equal)
    if not is_equal:
        by_size = sorted(parts, key=lambda code: populations[code])
        assert all(parts[one] <= parts[two] + 1 for one, two in pairwise(by_size))


@given(st.integers(1, 10**7), st.integers(1, 500), st.integers(500, 999))
def test_a_size_is_the_smallest_that_keeps_the_margin(population, margin, confidence):
    wanted, sure = Fraction(margin, 1000), Fraction(confidence, 1000)
    size = random_size(population, wanted, sure)
    assert 0 < size <= population
    if population > 1:
        assert achieved_margin([(population, size)], sure) <= float(wanted) * (1 + 1e-9)
        if size > 1:
            assert achieved_margin([(population, size - 1)], sure) > float(wanted) * (1 - 1e-9)


def people(count: int, unit: str = "H99.01", channel: str | None = "online") -> list[Person]:
    return [Person("H99", unit, f"{unit}-{channel}-{number:05}", channel, "Hộ tịch") for number in range(count)]


def frame(*groups: list[Person]) -> Frame:
    everybody = [person for group in groups for person in group]
    names = {person.unit_code: f"Đơn vị {person.unit_code}" for person in everybody}
    return Frame("H99", tuple(everybody), len(everybody), {}, names)


def codes(found) -> list[str]:
    return [person.dossier_code for person in found]


@given(st.randoms(use_true_random=False))
def test_the_draw_does_not_depend_on_the_order_of_the_rows(shuffler: random.Random):
    everybody = people(40)
    shuffled = everybody[:]
    shuffler.shuffle(shuffled)
    assert in_draw_order(shuffled, 1, "KS-2026") == in_draw_order(everybody, 1, "KS-2026")


def test_the_draw_is_the_recorded_one_and_moves_with_seed_and_wave():
    drawn = codes(in_draw_order(people(1000), 1, "KS-2026"))
    # A sample that was drawn once must be found again by every later version.
    assert drawn[:3] == ["H99.01-online-00644", "H99.01-online-00586", "H99.01-online-00596"]
    assert drawn[:50] != codes(in_draw_order(people(1000), 2, "KS-2026"))[:50]
    assert drawn[:50] != codes(in_draw_order(people(1000), 1, "KS-2027"))[:50]
    # Whoever is gone leaves the order of the others as it was.
    assert codes(in_draw_order(people(900), 1, "KS-2026")) == [code for code in drawn if int(code[-5:]) < 900]


def test_each_dossier_is_drawn_about_equally_often():
    drawn = [0] * 20
    for seed in range(2000):
        for person in in_draw_order(people(20), seed, "KS-2026")[:5]:
            drawn[int(person.dossier_code[-5:])] += 1
    # 500 ± 19 each; chi-squared of 19 degrees with a correction for drawing without replacement.
    assert sum((count - 500) ** 2 / (500 * 0.75) for count in drawn) * 19 / 20 < 43.8


def test_a_plan_draws_main_ballots_and_replacements_from_the_same_stratum():
    listed = frame(people(1600), people(400, channel="direct"), people(300, unit="H99.02"), people(9, channel=None))
    plan = make_plan(listed, replace(DESIGN, strata="channel"))
    told = [(s.code, s.name, s.population, len(s.main), len(s.reserve)) for s in plan.strata]
    # 323 of 2009: 30 at least, so all 9 of those who do not say; 314 for the others by 1600 : 400.
    assert told == [
        ("H99.01/direct", "Trực tiếp", 400, 63, 27),
        ("H99.01/online", "Trực tuyến", 1600, 251, 108),
        ("H99.01/unknown", "Không ghi", 9, 9, 0),
        ("H99.02/online", "Trực tuyến", 300, 169, 73),
    ]
    drawn = [person.dossier_code for s in plan.strata for person in (*s.main, *s.reserve)]
    assert len(set(drawn)) == len(drawn)
    for stratum in plan.strata:
        assert stratum.base_weight * len(stratum.main) == stratum.population
        assert {(p.unit_code, p.channel_code or "unknown") for p in (*stratum.main, *stratum.reserve)} == {
            tuple(stratum.code.split("/"))
        }
    assert plan.short_of_reserve == ["H99.01"]
    assert make_plan(frame(list(reversed(listed.people))), replace(DESIGN, strata="channel")) == plan


def test_without_strata_a_unit_is_one_stratum_and_slovin_asks_for_more():
    (stratum,) = make_plan(frame(people(1000)), DESIGN).strata
    assert (stratum.code, stratum.name, len(stratum.main), stratum.drawn) == ("H99.01", "Cả đơn vị", 278, 398)
    (stratum,) = make_plan(frame(people(1000)), replace(DESIGN, method="slovin")).strata
    assert len(stratum.main) == 286


def test_fields_of_work_are_numbered_by_name():
    listed = frame([replace(person, domain_name=name) for name in ("Đất đai", "Chứng thực") for person in people(3)])
    strata = make_plan(listed, replace(DESIGN, strata="procedure_group")).strata
    assert [(s.code, s.name) for s in strata] == [("H99.01/LV01", "Chứng thực"), ("H99.01/LV02", "Đất đai")]


def test_an_empty_list_is_refused_and_a_unit_without_anybody_is_named():
    with pytest.raises(SurveyError, match="Không hồ sơ nào"):
        make_plan(frame(), DESIGN)
    listed = frame(people(10))
    listed.unit_names["H99.09"] = "Sở Vắng"
    assert make_plan(listed, DESIGN).empty_units == {"H99.09": "Sở Vắng"}
