"""What is flagged of ballots and ratings that nobody may have given, and what honest field work may look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_expectations_gate1 import GOOD, changed, check
from tests.survey_rows import BALLOT, BALLOTS, ITEMS, minute, packed

pytestmark = pytest.mark.integration

SOURCE = "survey__ballots"
ALL = range(BALLOTS)


def flagged(rule: str, changes: dict[int, dict], folder: Path, source: str = SOURCE) -> int:
    return check(source, changed(source, changes), folder)[rule].failed_count


@pytest.mark.parametrize(
    "difference",
    [
        {"device_code": "MAY-04"},
        {"unit_code": "H99.02"},
        {"wave_code": "SIPAS-2025"},
        {"item_answers": packed(4).replace("F1.1=4", "F1.1=5")},
        # The same ballot twice in the file is told by another rule.
        {"ballot_code": "P-1"},
    ],
)
def test_ballots_that_differ_anywhere_are_no_copies(difference, tmp_path):
    changes = {1: {"item_answers": packed(4)}, 2: {"item_answers": packed(4)} | difference}
    assert flagged("ballots.no_copies", changes, tmp_path) == 0


@pytest.mark.parametrize("device", ["MAY-03", None])
def test_copies_are_found_with_and_without_a_device_and_nine_answers_are_too_few_to_tell(device, tmp_path):
    for count, found in ((9, 0), (10, 2)):
        same = {"item_answers": ";".join(packed(4).split(";")[:count]), "device_code": device}
        assert flagged("ballots.no_copies", {1: same, 2: same}, tmp_path) == found


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (packed([5] + [4] * 11), 0),
        (packed([4] * 9 + [9, 9, 9]), 0),
        (packed([4] * 10 + [9, 9]), 1),
        # Nobody is lazy who knows nothing of twelve things.
        (packed(9), 0),
        # Off the scale: told by another rule, and no answer.
        (packed(6), 0),
        # Whether it was on time, what is expected: many honest ballots say the same throughout.
        (";".join(f"E{number}=3" for number in range(1, 10)) + ";X2=2;X3=2", 0),
    ],
)
def test_one_answer_throughout_is_of_ten_valid_answers_on_satisfaction(answers, found, tmp_path):
    assert flagged("ballots.not_one_answer_throughout", {1: {"item_answers": answers}}, tmp_path) == found


def test_of_a_questionnaire_of_the_provinces_own_every_answer_counts(tmp_path):
    own = {"instrument_code": "PHIEU-TINH-2026", "item_answers": packed(4)}
    assert flagged("ballots.not_one_answer_throughout", {1: own}, tmp_path) == 1
    results = check(SOURCE, changed(SOURCE, {row: own | {"item_answers": "A=10;B=11"} for row in ALL}), tmp_path)
    # What its items and scales are, another delivery says.
    assert results["ballots.answers_mostly_on_scale"].checked_count == 0
    assert results["ballots.answers_on_scale"].is_passed and results["ballots.items_known"].is_passed


@pytest.mark.parametrize(
    ("started", "answered", "found"),
    [
        ("2026-09-10 08:00:00", "2026-09-10 08:00:23", 1),
        ("2026-09-10 08:00:00", "2026-09-10 08:00:24", 0),
        ("2026-09-10 08:00:00", "2026-09-11 08:00:00", 0),
        ("2026-09-10 08:00:00", "2026-09-11 08:00:01", 1),
        # Days only: nothing is known of the hours.
        ("2026-09-10 00:00:00", "2026-09-10 00:00:00", 0),
        ("2026-09-10 00:00:00", "2026-09-12 00:00:00", 0),
        ("2026-09-10 08:05:00", "2026-09-10 08:00:00", 0),
        (None, "2026-09-10 08:00:00", 0),
    ],
)
def test_a_ballot_takes_two_seconds_an_answer_and_a_day_at_most(started, answered, found, tmp_path):
    assert len(ITEMS) == 12
    moments = {"started_at": started, "answered_at": answered}
    assert flagged("ballots.duration_possible", {1: moments}, tmp_path) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({row: {"answered_at": minute(3 * row)} for row in ALL}, 21),
        # The last of 21 comes after the hour.
        ({row: {"answered_at": minute(3 * row + row // 20)} for row in ALL}, 0),
        ({row: {"answered_at": minute(row), "device_code": f"MAY-{row % 2}"} for row in ALL}, 0),
        ({row: {"answered_at": minute(row), "device_code": None} for row in ALL}, 0),
        ({row: {"answered_at": minute(row), "result_code": "refused" if row == 5 else None} for row in ALL}, 0),
        ({row: {"answered_at": "2026-09-10 00:00:00"} for row in ALL}, 0),
        ({row: {"answered_at": "2026-09-10 08:31:00"} for row in ALL}, 21),
    ],
    ids=["an hour", "longer", "two devices", "no device", "one refused", "days only", "one moment"],
)
def test_more_than_twenty_ballots_of_a_device_in_an_hour_are_a_burst(changes, found, tmp_path):
    assert flagged("ballots.ballots_spread", changes, tmp_path) == found


def test_only_the_burst_is_flagged_of_a_device(tmp_path):
    """Twenty-one within the hour, between two that stand alone."""
    alone = [BALLOT | {"ballot_code": f"A-{hour}", "device_code": "MAY-03", "answered_at": f"2026-09-10 {hour}:00:00"}
             for hour in ("06", "15")]  # fmt: skip
    rows = [*changed(SOURCE, {row: {"answered_at": minute(2 * row)} for row in ALL}), *alone]
    result = check(SOURCE, rows, tmp_path)["ballots.ballots_spread"]
    assert (result.failed_count, result.sample[0]) == (21, "dòng 2")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, 11),
        ({"mode_code": "kiosk"}, 11),
        ({"mode_code": "portal"}, 0),
        ({"rated_at": "2026-01-10 00:00:00"}, 0),
        ({"unit_code": "H99.02"}, 11),
    ],
)
def test_eleven_ratings_of_a_counter_in_a_minute_are_a_burst(change, found, tmp_path):
    source = "kiosk__ratings"
    changes = {row: {"rated_at": f"2026-01-10 08:31:{6 * row % 60:02d}"} | change for row in range(11)}
    assert flagged("ratings.ratings_spread", changes, tmp_path, source) == found


def test_two_machines_and_several_questions_of_one_rating_are_no_burst(tmp_path):
    source = "kiosk__ratings"
    at_once = {"rated_at": "2026-01-10 08:31:07"}
    machines = {row: at_once | {"device_code": f"KIOSK-{row % 2}"} for row in range(11)}
    assert flagged("ratings.ratings_spread", machines, tmp_path, source) == 0
    one_rating = [GOOD[source][0] | at_once | {"item_code": str(number)} for number in range(20)]
    assert check(source, one_rating, tmp_path)["ratings.ratings_spread"].is_passed
