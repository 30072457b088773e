"""A build across 1 July 2025: hand-overs, both views with equal totals, rankings of the units that existed."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.demo.generate import generate_demo
from dagster_project.explaining.memberships import MEMBERSHIPS, OUTCOMES
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings
from dashboards import data_access_time
from dashboards.data_access import open_current_build
from dashboards.data_access_time import TimeScope
from tests.naive_counts import DEFINITIONS, counted_tables, definition_differences, form_differences

DISTRICTS = [f"H99.{number}" for number in range(61, 69)]


@pytest.fixture(scope="module")
def built_cases(tmp_path_factory) -> Settings:
    """A build of four months of the invented province, May to August 2025."""
    settings = Settings(root=tmp_path_factory.mktemp("reorganised"))
    demo = generate_demo(settings.root / "demo", dossiers=8_000, months=4, seed=7, end=date(2025, 8, 31))
    folders = ("danh_muc", "ban_giao", "ho_so", "bao_cao")
    assert not load_files([demo.out / name for name in folders], settings, Console()).refused
    build(settings, print, as_of=date(2025, 8, 31))
    return settings


@pytest.fixture(scope="module")
def ask(built_cases):
    """A function that runs SQL over the published tables."""
    folder = current_build(built_cases).folder
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        yield lambda sql: connection.execute(sql).fetchall()


def test_the_dossiers_handed_over_are_those_that_the_units_handed_over(built_cases):
    handed = []
    for path in (built_cases.root / "demo/ban_giao").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            handed += [(row["Mã hồ sơ"], row["Mã đơn vị giải quyết"]) for row in csv.DictReader(handle)]
    with duckdb.connect(str(built_cases.warehouse_file), read_only=True) as connection:
        found = connection.execute(
            "select dossier_code, from_unit_code, to_unit_code, transferred_date "
            "from intermediate.int_dossiers_transferred"
        ).fetchall()
        latest = dict(
            connection.execute(
                "select dossier_code, resolving_unit_code from intermediate.int_dossiers_timed"
            ).fetchall()
        )
    assert sorted(row[:2] for row in found) == sorted(handed) and len(handed) > 50
    assert all(latest[code] == to_unit for code, _, to_unit, _ in found)
    assert {row[3] for row in found} == {date(2025, 7, 1)}


def test_each_unit_is_one_unit_of_today(ask):
    assert ask(
        "select succession_status_code, count(*) from bridge_unit_successions where authority_code = 'H99' "
        "group by all order by all"
    ) == [("current", 139), ("divided", 9), ("succeeded", 258)]
    assert ask(
        "select count(*) from dim_units where (succession_status_code = 'succeeded') <> "
        "(successor_unit_name is not null)"
    ) == [(0,)]


def test_totals_are_equal_in_both_views(ask):
    by_origin = "where origin_code = 'computed'"
    found = [
        ask(
            f"""
            select authority_code, period_code, indicator_code, sum(numerator), sum(denominator)
            from {table} {where} group by all order by all
            """
        )
        for table, where in (("fct_indicator_values", by_origin), ("fct_indicator_values_by_successor", ""))
    ]
    shared = {row[2] for row in found[1]}
    assert [row for row in found[0] if row[2] in shared] == found[1]
    assert {"on_time_rate__resolved", "dossiers_received", "dossiers_open"} <= shared
    assert ask(
        "select sum(numerator) from fct_indicator_values_by_successor where indicator_code = 'dossiers_received' "
        "and period_code = '2025-06' and unit_code = 'H99'"
    ) == ask(
        "select count(*) from fct_dossiers where authority_code = 'H99' and is_counted and received_date "
        "between date '2025-06-01' and date '2025-06-30'"
    )


def test_a_commune_of_today_has_the_figures_of_its_parts_before(ask):
    before = ask(
        """
        select sum(numerator), sum(denominator) from fct_indicator_values
        where authority_code = 'H99' and period_code = '2025-06' and indicator_code = 'on_time_rate__resolved'
          and origin_code = 'computed' and unit_code in
            (select unit_code from bridge_unit_successions where current_unit_code = 'H99.102')
        """
    )
    mapped = ask(
        """
        select numerator, denominator from fct_indicator_values_by_successor
        where unit_code = 'H99.102' and period_code = '2025-06' and indicator_code = 'on_time_rate__resolved'
        """
    )
    assert before == mapped and mapped[0][1] > 0


def test_who_compares_with_the_year_before(ask):
    comparable = dict(
        ask(
            "select distinct unit_code, is_year_on_year_comparable from fct_indicator_values_by_successor "
            "where authority_code = 'H99' and period_code = '2025-07'"
        )
    )
    assert comparable["H99.02"] and comparable["H99.21"] and comparable["H99"]
    # A department that took over a part of the districts' work, a commune with a part of its district's, a district.
    assert not comparable["H99.05"] and not comparable["H99.102"] and not comparable["H99.61"]


def test_rankings_hold_the_units_of_the_last_day(ask):
    listed = ask(
        """
        select period_code, peer_group_code, count(distinct unit_code) from fct_unit_rankings
        where authority_code = 'H99' and origin_code = 'computed' and period_code in ('2025-06', '2025-07', '2025')
        group by all order by all
        """
    )
    counts = {(period, group): count for period, group, count in listed}
    assert counts["2025-06", "district"] == 8 and counts["2025-06", "commune"] == 269
    assert counts["2025-07", "commune"] == counts["2025", "commune"] == 120
    assert ("2025-07", "district") not in counts and ("2025", "district") not in counts


def test_no_rank_is_compared_across_a_change_of_the_work(ask):
    compared = ask(
        """
        select peer_group_code, count(previous_value) > 0 from fct_unit_rankings
        where authority_code = 'H99' and period_code = '2025-07' group by all order by all
        """
    )
    assert compared == [("commune", False), ("department", True), ("vertical_agency", True)]
    assert ask(
        "select count(previous_value) from fct_unit_rankings where unit_code = 'H99.05' and period_code = '2025-07'"
    ) == [(0,)]
    assert ask(
        "select count(*) from rpt_units_to_watch where reason_code = 'falling_on_time' and period_code = "
        "'2025-07' and unit_code in (select unit_code from dim_units where unit_bloc_code = 'commune')"
    ) == [(0,)]


def test_reports_are_complete_with_the_units_of_their_month(ask):
    rows = ask(
        "select period_code, unit_count, not_added_text from rpt_reported_totals "
        "where authority_code = 'H99' and peer_group_code = 'authority' order by period_code"
    )
    assert [row[:2] for row in rows] == [("2025-05", 295), ("2025-06", 295), ("2025-07", 138), ("2025-08", 138)]
    assert {row[2] for row in rows} == {None}


def test_every_count_belongs_to_the_unit_that_had_the_dossier(built_cases):
    """Received at the old unit, open there until its last day, taken over and resolved by the successor."""
    with counted_tables(built_cases) as connection:
        moved = connection.execute(
            "select sum(taken_over_count), sum(passed_on_count) from fct_form_06a "
            "where line_kind_code = 'unit' and period_code = '2025-07'"
        ).fetchone()
        assert moved[0] == moved[1] > 50
        for indicator in DEFINITIONS:
            assert definition_differences(connection, indicator) == [], indicator
        assert form_differences(connection) == []


PERIODS = {
    "2025-06": (date(2025, 6, 1), date(2025, 6, 30)),
    "2025-R07": (date(2025, 6, 15), date(2025, 7, 14)),
    "2025": (date(2025, 1, 1), date(2025, 12, 31)),
}
PART_COLUMNS = {
    "unit": "unit_code",
    "section": "section_code",
    "procedure": "procedure_code",
    "domain": "domain_name",
    "channel": "channel_code",
}


def _counted(row):
    return {"missed": row["missed_count"], "met": row["numerator"], "excluded": row["excluded_count"]}


@pytest.mark.parametrize("is_today", [False, True])
@pytest.mark.parametrize("code", MEMBERSHIPS)
def test_the_dossiers_listed_behind_a_definition_are_as_many_as_are_counted(built_cases, code, is_today):
    """At every level: the list comes from the dossiers, the counts from the sums by slice."""
    opened = open_current_build(built_cases)
    for period, days in PERIODS.items():
        whole = TimeScope("H99", period, *days, "H99", is_today)
        listed = {o: data_access_time.placed_dossiers(opened, whole, code, o, 10**6) for o in OUTCOMES}
        assert min(len(listed["missed"]), len(listed["met"])) > 10
        assert {o: len(rows) for o, rows in listed.items()} == _counted(
            data_access_time.time_totals(opened, whole, code)
        )
        units = Counter(row["unit_code"] for row in listed["missed"])
        scopes = [whole, *(replace(whole, unit_code=unit) for unit, _ in units.most_common(4))]
        scopes += [replace(scope, section_code="P01") for scope in scopes[1:]]
        for scope in scopes:
            inside = {
                o: [
                    row
                    for row in rows
                    if scope.is_authority or row["unit_code"] == scope.unit_code
                    if scope.section_code in (None, row["section_code"])
                ]
                for o, rows in listed.items()
            }
            assert data_access_time.outcome_counts(opened, scope, code) == {o: len(rows) for o, rows in inside.items()}
            for part, column in PART_COLUMNS.items():
                parts = data_access_time.time_parts(opened, scope, code, part, "missed")
                counted = {(row["part_code"], o): n for row in parts for o, n in _counted(row).items() if n}
                assert counted == Counter((row[column], o) for o, rows in inside.items() for row in rows), (scope, part)


def test_a_dossier_is_due_at_the_unit_that_had_it_on_the_day(ask):
    """It missed its date at the old unit, however late the new one ended it."""
    moved = ask(
        "select due_date < date '2025-07-01', due_unit_code in (select unit_code from dim_units "
        "where valid_to_date < date '2025-07-01'), count(*) from fct_dossiers "
        "inner join fct_dossier_verdicts using (authority_code, dossier_code) "
        "where due_unit_code <> fct_dossiers.resolving_unit_code group by all"
    )
    assert [row[:2] for row in moved] == [(True, True)] and moved[0][2] > 5
