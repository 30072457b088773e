"""Every file of the demo lands through its layout, row for row, and nothing is rejected."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import duckdb
import polars as pl
import pytest

from dagster_project.demo.generate import generate_demo
from dagster_project.landing.load import land_paths
from dagster_project.settings import Settings
from expectations.runner import check_delivery
from tests.planted_waves import planted_waves

pytestmark = pytest.mark.integration

SURVEY_TABLES = ("ballots", "waves", "totals", "declared_results")
REGULATION_TABLES = ("regulations", "criteria", "bands", "grades")


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo_landing")
    demo = generate_demo(root / "inbox" / "tinh_mau", dossiers=4000, months=3, seed=5, end=date(2025, 12, 31))
    results = land_paths([demo.out], Settings(root=root), landed_at=datetime(2026, 1, 2, 8))
    return demo, results, root / "landing"


def test_every_export_lands_and_nothing_else_is_tried(landed):
    demo, results, _ = landed
    assert {str(result.path.relative_to(demo.out)) for result in results} == set(demo.rows)
    assert Counter(result.status for result in results) == {"landed": len(demo.rows)}


def test_each_row_is_accepted(landed):
    demo, results, _ = landed
    for result in results:
        rows = demo.rows[str(result.path.relative_to(demo.out))]
        delivery = result.delivery
        assert (delivery.rows_accepted, delivery.rows_rejected) == (rows, 0), result.path.name


def test_each_kind_of_file_goes_to_its_source(landed):
    _, results, _ = landed
    layouts = {(r.path.parent.name, r.delivery.layout_code, r.delivery.source_code) for r in results}
    assert layouts == {
        ("danh_muc", "unit_registry", "unit_registry__units"),
        ("danh_muc", "procedure_registry", "procedure_registry__procedures"),
        ("ho_so", "one_stop_dossier_list", "one_stop__dossiers"),
        ("xuat_som", "one_stop_dossier_list", "one_stop__dossiers"),
        ("bo_sung", "canonical_one_stop__supplements", "one_stop__supplements"),
        ("tam_dung", "canonical_one_stop__pauses", "one_stop__pauses"),
        ("thu_xin_loi", "canonical_one_stop__apology_letters", "one_stop__apology_letters"),
        ("dong_bo", "canonical_national_portal__dossiers", "national_portal__dossiers"),
        ("nhat_ky", "one_stop_event_log", "one_stop__dossier_events"),
        ("danh_gia", "canonical_kiosk__ratings", "kiosk__ratings"),
        ("khao_sat", "survey_answers_long", "survey__answers"),
        *((("khao_sat", f"canonical_survey__{name}", f"survey__{name}")) for name in SURVEY_TABLES),
        ("bao_cao", "on_time_report_monthly", "portal__on_time_reports"),
        ("chi_so_766", "canonical_national_portal__qd766_metrics", "national_portal__qd766_metrics"),
        *((("quy_dinh", f"canonical_regulation__{name}", f"regulation__{name}")) for name in REGULATION_TABLES),
    }


def test_landed_values_are_the_written_ones(landed):
    demo, _, landing = landed
    typed = duckdb.sql(
        f"""select authority_code, count(*), count(distinct dossier_code), max(received_at),
                   sum(fee_amount), sum(supplement_count), count(due_at)
            from read_parquet('{landing}/one_stop__dossiers/*.parquet') group by 1"""
    ).fetchall()
    raw = duckdb.sql(
        f"""select 'H99', count(*), count(distinct "Mã hồ sơ"),
                   max(strptime("Ngày tiếp nhận", '%d/%m/%Y %H:%M:%S')),
                   sum("Phí, lệ phí đã thu"::decimal(18, 6)), sum("Số lần bổ sung"::bigint),
                   count("Ngày hẹn trả")
            from read_csv(['{demo.out}/ho_so/*.csv', '{demo.out}/xuat_som/*.csv'], all_varchar = true)"""
    ).fetchall()
    assert typed == raw and typed[0][1] > typed[0][2] == 4000


def test_reported_percentages_keep_their_decimals(landed):
    _, _, landing = landed
    wrong = duckdb.sql(
        f"""select count(*) filter (where denominator_count = 0 and declared_percent is not null),
                   count(*) filter (where denominator_count > 0
                       and abs(declared_percent - 100.0 * numerator_count / denominator_count) > 0.0051),
                   count(*)
            from read_parquet('{landing}/portal__on_time_reports/*.parquet')"""
    ).fetchone()
    assert wrong[:2] == (0, 0) and wrong[2] > 300


def test_what_is_scored_passes_the_first_gate(tmp_path):
    """Sheets and explanations are only there after a year; some claims lack evidence, nothing else is to be seen to."""
    demo = generate_demo(tmp_path / "d", dossiers=400, months=22, seed=5, end=date(2026, 10, 31))
    folders = [demo.out / name for name in ("quy_dinh", "cham_diem", "giai_trinh", "chi_so_766")]
    results = land_paths(folders, Settings(root=tmp_path), landed_at=datetime(2026, 11, 2, 8), gate=check_delivery)
    assert len(results) == 4 + 7 + 2 + 4
    for result in results:
        rows = demo.rows[str(result.path.relative_to(demo.out))]
        assert result.status == "landed", result.message
        assert (result.delivery.rows_accepted, result.delivery.rows_rejected) == (rows, 0), result.path.name
    sources = Counter(result.delivery.source_code for result in results)
    assert (sources["par__criterion_scores"], sources["par__score_explanations"]) == (7, 2)


def test_planted_waves_land_as_one_file_per_source(tmp_path):
    planted = planted_waves(range(12))
    planted.write(tmp_path / "waves")
    results = land_paths([tmp_path / "waves"], Settings(root=tmp_path), landed_at=datetime(2026, 1, 2, 8))
    rows = {name: getattr(planted, name).height for name in ("ballots", "waves", "totals")}
    assert {r.path.stem: (r.status, r.delivery.source_code, r.delivery.rows_accepted) for r in results} == {
        name: ("landed", f"survey__{name}", count) for name, count in rows.items()
    }
    landed = duckdb.sql(
        f"""select count(distinct wave_code), count(item_answers), sum(base_weight), min(answered_at)
            from read_parquet('{tmp_path}/landing/survey__ballots/*.parquet')"""
    ).fetchone()
    weights = planted.ballots["base_weight"].str.replace(",", ".").cast(pl.Decimal(18, 6)).sum()
    assert landed == (12, planted.ballots["item_answers"].count(), weights, datetime(2025, 9, 1, 8, 9))
