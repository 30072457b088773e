"""The invented province knows the truth about each of its dossiers; the models, which never see it, find the same."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.demo.generate import TRUTH, generate_demo
from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

DOSSIERS = 200_000


@pytest.fixture(scope="module")
def built_truth(tmp_path_factory) -> Settings:
    """A build of 200,000 dossiers across 1 July 2025; logs and surveys are not needed for it."""
    settings = Settings(root=tmp_path_factory.mktemp("truth"))
    demo = generate_demo(settings.root / "demo", dossiers=DOSSIERS, months=14, seed=766, end=date(2026, 2, 28))
    folders = ("danh_muc", "ban_giao", "ho_so", "xuat_som", "bo_sung", "tam_dung", "dong_bo")
    assert not load_files([demo.out / name for name in folders], settings, Console()).refused
    build(settings, print, as_of=date(2026, 2, 28))
    return settings


@pytest.fixture(scope="module")
def compared(built_truth):
    """The truth beside what was published, one row per dossier, as the table ``compared``."""
    folder = current_build(built_truth).folder
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table compared as
            select truth.*, found.dossier_code is not null as is_found,
                found.recomputed_due_at, found.timeliness_by_date_code as shown,
                found.timeliness_recomputed_by_date_code as recomputed,
                coalesce(found.difference_cause_code, '') as found_cause, found.declared_timeliness_code as claimed
            from read_parquet('{built_truth.root}/demo/{TRUTH}/*.parquet') as truth
            full join (from read_parquet('{folder}/fct_dossiers.parquet') where authority_code = 'H99') as found
            using (dossier_code)
            """
        )
        connection.execute(
            f"""
            create table copies as
            select truth.*, found.match_code, coalesce(found.cause_code, '') as found_cause,
                coalesce(found.is_late_local, false) as found_late_local,
                coalesce(found.is_late_national, false) as found_late_national
            from read_parquet('{built_truth.root}/demo/{TRUTH}/dong_bo/*.parquet') as truth
            full join read_parquet('{folder}/fct_sync_differences.parquet') as found using (dossier_code)
            """
        )
        connection.execute(f"create view sync_totals as from read_parquet('{folder}/rpt_sync_totals.parquet')")
        connection.execute(f"create view changes as from read_parquet('{folder}/fct_dossier_date_changes.parquet')")
        yield connection


def test_every_dossier_is_there_once(compared):
    counts = compared.execute(
        "select count(*), count(distinct dossier_code), bool_and(is_found) from compared"
    ).fetchone()
    assert counts == (DOSSIERS, DOSSIERS, True)


def test_due_date_is_recomputed_to_the_second(compared):
    wrong = compared.execute(
        "select * from compared where verdict <> 'not_counted' and recomputed_due_at is distinct from due_at limit 5"
    ).fetchall()
    assert wrong == []


def test_verdict_is_the_true_one(compared):
    wrong = compared.execute("select * from compared where recomputed <> verdict limit 5").fetchall()
    assert wrong == []


def test_cause_of_each_difference_is_the_planted_one(compared):
    wrong = compared.execute("select * from compared where found_cause <> cause limit 5").fetchall()
    assert wrong == []


def test_every_cause_is_planted_and_what_is_shown_is_then_not_the_truth(compared):
    rows = compared.execute(
        """
        select cause, count(*) >= 20,
            bool_and((shown in ('early', 'on_time', 'open_in_time'))
                <> (verdict in ('early', 'on_time', 'open_in_time')) or shown = 'no_due_date')
        from compared where cause <> '' group by cause order by cause
        """
    ).fetchall()
    causes = "due_date_changed finish_changed missing_due_date other_calendar_or_limit "
    causes += "stop_not_accepted stop_not_credited"
    assert rows == [(cause, True, True) for cause in causes.split()]


def test_overwritten_dates_are_rows_with_their_effect(compared):
    """What nobody announced and made a late dossier look on time is exactly what was overwritten."""
    rows = compared.execute(
        """
        select cause, count(*) from changes inner join compared using (dossier_code)
        where effect_code = 'became_met' and coalesce(announced_by_code, 'nobody') = 'nobody'
        group by cause order by cause
        """
    ).fetchall()
    planted = compared.execute(
        "select cause, count(*) from compared where cause in ('due_date_changed', 'finish_changed') "
        "group by 1 order by 1"
    ).fetchall()
    assert rows == planted


def test_the_flag_is_what_the_system_shows_except_where_an_untrue_one_was_planted(compared):
    rows = compared.execute(
        """
        select is_flag_untrue, claimed = 'on_time' and shown = 'late', count(*) > 20 from compared
        where claimed is distinct from case when shown not in ('no_due_date', 'not_counted') then shown end
            or is_flag_untrue
        group by all
        """
    ).fetchall()
    assert rows == [(True, True, True)]


def test_what_is_wrong_on_the_national_portal_is_found_dossier_by_dossier(compared):
    wrong = compared.execute(
        """
        select * from copies
        where (match, cause, is_late_local, is_late_national)
            is distinct from (match_code, found_cause, found_late_local, found_late_national) limit 5
        """
    ).fetchall()
    assert wrong == []


def test_three_fifths_of_the_dossiers_late_on_the_portal_were_finished_in_time(compared):
    planted = compared.execute(
        "select cause, count(*) from copies where is_late_national group by 1 order by 1"
    ).fetchall()
    found = compared.execute(
        "select found_cause, count(*) from copies where found_late_national group by 1 order by 1"
    ).fetchall()
    counts = dict(found)
    assert found == planted and set(counts) >= {"", "synchronisation_delay", "date_changed"}
    assert round(counts["synchronisation_delay"] / sum(counts.values()), 2) == 0.61
    totals = compared.execute("select sum(late_national_count), sum(synchronisation_delay_count) from sync_totals")
    assert totals.fetchone() == (sum(counts.values()), counts["synchronisation_delay"])


def test_every_way_in_which_the_portal_differs_is_planted(compared):
    rows = compared.execute("select match, cause, count(*) >= 20 from copies group by 1, 2 order by 1, 2").fetchall()
    causes = ["date_changed", "definition", "finish_vs_hand_over", "synchronisation_delay"]
    assert rows == [
        *(("differing", cause, True) for cause in causes),
        ("only_local", "not_synchronised", True),
        ("only_national", "not_in_local", True),
        ("same", "", True),
    ]
