"""The three real inputs come out as they were published, through the command a user types."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

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
