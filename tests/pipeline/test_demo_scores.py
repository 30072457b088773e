"""The demo's scores as published: nearly all units scored, the portal's totals reproduced, planted claims on top."""

from __future__ import annotations

import json

import duckdb
import pytest

from dagster_project.commands import DEMO_FOLDER
from dagster_project.demo.generate import RECORD
from dagster_project.publishing.builds import current_build

pytestmark = pytest.mark.pipeline

TABLES = ("fct_unit_scores", "fct_criterion_scores", "fct_score_inputs", "fct_score_rankings", "rpt_score_differences")


@pytest.fixture(scope="module")
def published(built_demo):
    folder = current_build(built_demo).folder
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(
                f"create view {table} as from read_parquet('{folder}/{table}.parquet') where authority_code = 'H99'"
            )
        yield connection


def test_every_scored_unit_has_a_total(published):
    counts = published.execute(
        """select regulation_code, period_code, count(*) filter (where value_status = 'ok'), count(*)
           from fct_unit_scores where period_code in ('2026-H1', '2026-Q2') group by 1, 2 order by 1, 2"""
    ).fetchall()
    assert counts == [
        # What fewer than 30 dossiers or answers speak of is listed, whatever larger figures a unit states of itself.
        ("BTC-SO", "2026-H1", 11, 12),
        ("BTC-XA", "2026-H1", 88, 120),
        ("NQ57-XA", "2026-H1", 120, 120),
        ("QD766", "2026-Q2", 132, 138),  # the portal publishes nothing of the six central agencies
    ]


def test_the_portals_points_come_out_again(published):
    groups, wrong = published.execute(
        """select count(*), count(*) filter (where scores.final_score <> inputs.declared_score)
           from fct_criterion_scores as scores inner join fct_score_inputs as inputs
               using (regulation_version_code, period_code, unit_code, criterion_code)
           where scores.regulation_code = 'QD766' and inputs.declared_score is not null"""
    ).fetchone()
    assert groups > 132 * 6 * 3 and wrong == 0
    totals, wrong = published.execute(
        """select count(*), count(*) filter (where total_score <> declared_score)
           from fct_unit_scores where regulation_code = 'QD766' and declared_score is not null"""
    ).fetchone()
    assert (totals, wrong) == (132 * 3, 0)


def test_ranks_have_room_for_chance_and_a_quarter_before(published):
    wrong = published.execute(
        "select * from fct_score_rankings where unit_rank is not null and not unit_rank between rank_low and rank_high"
    ).fetchall()
    assert wrong == []
    compared, alone = published.execute(
        """select count(*) filter (where previous_percent is not null), count(*) from fct_score_rankings
           where regulation_code = 'QD766' and period_code in ('2026-Q2', '2026-Q3') and value_status = 'ok'"""
    ).fetchone()
    assert compared == alone == 2 * 132


def test_the_largest_claims_are_the_planted_ones(published, built_demo):
    record = json.loads((built_demo.inbox / DEMO_FOLDER / RECORD).read_text(encoding="utf-8"))
    for regulation in ("BTC-SO", "BTC-XA", "NQ57-XA"):
        planted = {
            (item["unit_code"], code)
            for item in record["planted"]["inflations"]
            if item["campaign_code"] == f"{regulation}-2026-H1"
            for code in item["criterion_codes"]
        }
        top = published.execute(
            """select unit_code, criterion_code from rpt_score_differences
               where regulation_code = ? and period_code = '2026-H1' order by severity_order limit ?""",
            [regulation, len(planted)],
        ).fetchall()
        assert planted and set(top) == planted
