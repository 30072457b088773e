"""The three real inputs come out as they were published, through the command a user types."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy

REAL = Path(__file__).parents[1] / "fixtures" / "real"


def ask(cchc: list[str], settings, sql: str) -> list[dict]:
    done = subprocess.run(
        [*cchc, "query", sql, "--format", "json"],
        env={**os.environ, "CCHC_DATA": str(settings.root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def real_rows(name: str) -> list[dict]:
    lines = [line for line in (REAL / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_phu_tho_totals(built_real, cchc):
    totals = ask(
        cchc,
        built_real,
        "select denominator, numerator, unit_count, reporting_unit_count, value from rpt_reported_totals "
        "where authority_code = 'H44' and peer_group_code = 'authority'",
    )
    assert totals == [
        {
            "denominator": 597918,
            "numerator": 528684,
            "unit_count": 163,
            "reporting_unit_count": 163,
            "value": "0.884208",
        }
    ]


def test_phu_tho_every_score_equals_the_published_one(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select unit_code, value, value_status from fct_indicator_values "
        "where authority_code = 'H44' and unit_code <> 'H44' and indicator_code = 'on_time_score__qd766'",
    )
    ours = {row["unit_code"]: row for row in rows}
    published = {row["code"]: row for row in real_rows("qd766_phutho_ontime_2026.csv")}
    assert len(ours) == len(published) == 163
    for code, row in published.items():
        if row["received"] == "0":
            continue
        assert Decimal(ours[code]["value"]) == Decimal(row["score"]), code
    # Nothing received within the period, or too little to be ranked, still has a status of its own.
    assert [code for code, row in ours.items() if row["value_status"] == "no_activity"] == [
        code for code, row in published.items() if row["received"] == "0"
    ]


def test_phu_tho_unit_without_dossiers_has_no_rate(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select value, value_status, denominator from fct_indicator_values where authority_code = 'H44' "
        "and indicator_code = 'on_time_rate__qd766' and denominator = 0",
    )
    assert rows == [{"value": None, "value_status": "no_activity", "denominator": 0}]


def test_units_are_ranked_per_peer_group(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select peer_group_code, max(ranked_unit_count) as ranked, max(listed_unit_count) as listed "
        "from fct_unit_rankings where authority_code = 'H44' and indicator_code = 'on_time_rate__qd766' "
        "group by peer_group_code order by peer_group_code",
    )
    levels = {"COMMUNE": "commune", "PROVINCE": "department"}
    published = real_rows("qd766_phutho_ontime_2026.csv")
    listed = Counter(levels[row["level"]] for row in published)
    # The registry's minimum for a rate is 30 cases.
    ranked = Counter(levels[row["level"]] for row in published if int(row["received"]) >= 30)
    assert rows == [
        {"peer_group_code": group, "ranked": ranked[group], "listed": listed[group]} for group in sorted(listed)
    ]


def wabo_verdict(row: dict) -> str:
    if not row["enddate"]:
        return "open_late"  # every deadline lies years before the as-of date
    return "on_time" if datetime.fromisoformat(row["enddate"]) <= datetime.fromisoformat(row["deadline"]) else "late"


def test_wabo_counts_by_timestamp(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select timeliness_by_timestamp_code as code, count(*) as n from fct_dossiers "
        "where authority_code = 'NL-WABO' group by 1",
    )
    assert {row["code"]: row["n"] for row in rows} == {"on_time": 952, "late": 377, "open_late": 105}


def test_wabo_by_channel_and_department_as_computed_independently(built_real, cchc):
    channels = {
        "Internet": "online",
        "Desk": "direct",
        "Post": "postal",
        "e-mail": "email",
        "Intern": "internal",
    }
    expected = Counter(
        (channels[row["channel"]], row["department"], wabo_verdict(row)) for row in real_rows("wabo_receipt_cases.csv")
    )
    rows = ask(
        cchc,
        built_real,
        "select channel_code, resolving_unit_code, timeliness_by_timestamp_code, count(*) as n from fct_dossiers "
        "where authority_code = 'NL-WABO' group by all",
    )
    assert {tuple(list(row.values())[:3]): row["n"] for row in rows} == expected


def test_wabo_events_all_landed(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select count(*) as events, count(distinct dossier_code) as dossiers from fct_dossier_events "
        "where authority_code = 'NL-WABO'",
    )
    assert rows == [{"events": 8577, "dossiers": 1434}]


def wabo_moment(text: str) -> datetime:
    """Vietnamese wall time, as landed."""
    return datetime.fromisoformat(text).astimezone(timezone(timedelta(hours=7))).replace(tzinfo=None)


def seconds_between(began: datetime, ended: datetime) -> int:
    """Whole seconds by the clock on the wall."""
    return int((ended.replace(microsecond=0) - began.replace(microsecond=0)).total_seconds())


def wabo_steps() -> list[dict]:
    """The log told without SQL: an event closes the time since the one before, and no time lies before the start."""
    cases = {row["case_id"]: row for row in real_rows("wabo_receipt_cases.csv")}
    logs = defaultdict(list)
    for row in real_rows("wabo_receipt_phase.csv"):
        logs[row["case:concept:name"]].append((wabo_moment(row["time:timestamp"]), row["concept:name"]))
    steps = []
    for code, log in logs.items():
        start = began = wabo_moment(cases[code]["startdate"])
        finish = wabo_moment(cases[code]["enddate"]) if cases[code]["enddate"] else datetime.max
        for ended, activity in sorted(log, key=lambda event: event[0]):
            if ended > finish:
                began = max(began, finish)
            seconds = seconds_between(min(began, ended), ended)
            steps.append({"case": code, "activity": activity, "seconds": seconds, "ended": ended, "finish": finish})
            began = max(ended, start)
    return steps


def test_wabo_steps_of_every_open_or_late_case_add_up_to_its_duration(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select dossier_code, sum(elapsed_seconds) as seconds from fct_dossier_steps "
        "where authority_code = 'NL-WABO' and not is_open group by 1",
    )
    cases = {row["case_id"]: row for row in real_rows("wabo_receipt_cases.csv")}
    last = {step["case"]: step["ended"] for step in wabo_steps()}
    durations = {}
    for code, row in cases.items():
        if wabo_late_or_open(row):
            ended = max(last[code], wabo_moment(row["enddate"])) if row["enddate"] else last[code]
            durations[code] = seconds_between(wabo_moment(row["startdate"]), ended)
    assert {row["dossier_code"]: int(row["seconds"]) for row in rows} == durations
    assert len(durations) > 400


def wabo_late_or_open(row: dict) -> bool:
    """Late by the clock, as all that are late by date, or without an end."""
    return not row["enddate"] or wabo_moment(row["enddate"]) > wabo_moment(row["deadline"])


def test_wabo_step_times_are_those_of_the_log(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select activity_name, period_code, step_count, median_seconds, p90_seconds, total_elapsed_seconds "
        "from fct_step_times where authority_code = 'NL-WABO' and level_code = 'authority' and length(period_code) = 4",
    )
    found = {(row["activity_name"], row["period_code"]): list(row.values())[2:] for row in rows}
    expected = defaultdict(list)
    for step in wabo_steps():
        if step["ended"] <= step["finish"]:
            expected[step["activity"], str(step["ended"].year)].append(step["seconds"])
    assert found.keys() == expected.keys() and len(found) > 40
    for key, seconds in expected.items():
        count, median, p90, total = map(int, found[key])
        assert (count, total) == (len(seconds), sum(seconds)), key
        assert abs(median - numpy.percentile(seconds, 50)) <= 0.5, key
        assert abs(p90 - numpy.percentile(seconds, 90)) <= 0.5, key


def test_cao_bang_denominators_stay_apart(built_real, cchc):
    rows = ask(
        cchc,
        built_real,
        "select indicator_code, unit_code, numerator, denominator, value, unit_rank, ranked_unit_count "
        "from fct_unit_rankings where authority_code = 'CAOBANG' and value is not null order by indicator_code",
    )
    percents = [(Decimal(row["value"]) * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) for row in rows]
    assert percents == [Decimal("98.10"), Decimal("97.58")]
    assert [(row["indicator_code"], row["unit_code"], row["ranked_unit_count"]) for row in rows] == [
        ("on_time_rate__received", "CAOBANG.HQ", 1),
        ("on_time_rate__resolved", "CAOBANG.TP", 1),
    ]
