"""What moved between real builds and why, what is signed, what readers see of it: on the real figures of a province."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from dagster_project.commands import build, load_files
from dagster_project.console import Console
from dagster_project.publishing.builds import PublishedBuild, current_build
from dagster_project.publishing.comparing import compare_builds
from dagster_project.publishing.official import difference_line, official_line
from dagster_project.settings import Settings

FIGURES = "qd766_gialai_agencies_metrics_20261010.csv"
AS_SENT = 'H21.17,"Sở Văn hóa, Thể thao và Du lịch",TDGQ,ON_TIME,653,654,99.85,19.97,20'
CORRECTED = 'H21.17,"Sở Văn hóa, Thể thao và Du lịch",TDGQ,ON_TIME,53,654,8.1,1.62,20'
# A regulation of two criteria on figures of the national portal; the corrected one lets the second count more.
REGULATION = """\
authority_code,regulation_code,regulation_name,unit_bloc_codes,period_kind_codes,score_order_code,rounding_mode_code,rounding_digits,rounding_stage_code,percent_digits,tie_tolerance,minimum_denominator,total_input_code,grade_basis_code,valid_from_date,valid_to_date,legal_basis,source_sha256,is_confirmed
H21,THU,Bộ tiêu chí thử,,window,computed_first,half_up,2,leaf,2,0,0,,percent,01/01/2026,31/12/2026,,,Không
"""
CRITERIA = """\
authority_code,regulation_code,criterion_code,parent_criterion_code,level_code,criterion_name,kind_code,rule_code,max_score,weight,input_kind_code,input_code,factor_input_code,target_value,floor_value,zero_denominator_code,rounding_digits,evidence_text,display_order,valid_from_date,valid_to_date,legal_basis,is_confirmed
H21,THU,1,,field,Đúng hạn,base,linear,{first},,portal_metric,TDGQ.ON_TIME,,1,,zero,,,1,01/01/2026,31/12/2026,,Không
H21,THU,2,,field,Kết nối,base,linear,{second},,portal_metric,MDSH.CITIZEN_DATA_CONNECTED_DOSSIER,,1,,zero,,,2,01/01/2026,31/12/2026,,Không
"""  # noqa: E501


def load(settings: Settings, folder: Path, **texts: str) -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    assert not load_files([folder], settings, Console()).refused


@pytest.fixture(scope="module")
def three_builds(built_real, tmp_path_factory) -> tuple[Settings, list[PublishedBuild]]:
    """The real files; then corrected figures and a regulation of the province; then that regulation corrected."""
    folder = tmp_path_factory.mktemp("official")
    settings = Settings(root=shutil.copytree(built_real.root, folder / "root"))
    first = current_build(settings)
    sent = (Path(__file__).parents[1] / "fixtures" / "real" / FIGURES).read_text(encoding="utf-8")
    assert sent.count(AS_SENT) == 1
    load(
        settings,
        folder / "sua_so_lieu",
        qd766_gialai=sent.replace(AS_SENT, CORRECTED),
        quy_dinh=REGULATION,
        tieu_chi=CRITERIA.format(first=60, second=40),
    )
    second = build(settings, print)
    load(settings, folder / "sua_quy_dinh", tieu_chi=CRITERIA.format(first=5, second=95))
    return settings, [first, second, build(settings, print)]


def ranks(published: PublishedBuild, regulation: str) -> dict[str, int]:
    path = published.folder / "fct_score_rankings.parquet"
    return dict(
        duckdb.execute(
            f"select unit_code, unit_rank from '{path}' where authority_code = 'H21' and regulation_code = ?",
            [regulation],
        ).fetchall()
    )


def test_a_correction_moves_the_unit_down_and_the_ones_it_passes_up(three_builds):
    _, (first, second, _) = three_builds
    comparison = compare_builds(first, second, limit=0)
    before, after = ranks(first, "QD766"), ranks(second, "QD766")
    moved = {unit: (before[unit], after[unit]) for unit in before if before[unit] != after[unit]}
    assert {move.unit_code: (move.rank_before, move.rank_after) for move in comparison.moves} == moved
    assert moved["H21.17"][0] == 1 and len(moved) > 1
    worst = comparison.moves[0]
    assert (worst.unit_code, comparison.causes(worst)) == ("H21.17", ["own_data"])
    [change] = worst.criteria
    assert (change.criterion_code, str(change.score_before), str(change.score_after)) == (
        "TDGQ.ON_TIME",
        "19.970000",
        "1.620000",
    )
    assert (change.figure_before.numerator, change.figure_after.numerator) == (653, 53)
    assert {tuple(comparison.causes(move)) for move in comparison.moves[1:]} == {("peer_data",)}
    assert comparison.only_after_count == 1  # the province's own regulation


def test_a_corrected_regulation_moves_units_whose_figures_stayed(three_builds):
    _, (_, second, third) = three_builds
    comparison = compare_builds(second, third, limit=0)
    before, after = ranks(second, "THU"), ranks(third, "THU")
    moved = {unit: (before[unit], after[unit]) for unit in before if before[unit] != after[unit]}
    assert {move.unit_code: (move.rank_before, move.rank_after) for move in comparison.moves} == moved and moved
    assert {tuple(comparison.causes(move)) for move in comparison.moves} == {("rule",)}
    assert {move.changed_criteria for move in comparison.moves} == {"1, 2"}
    assert all(move.criteria for move in comparison.moves)


def run(cchc: list[str], settings: Settings, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "CCHC_DATA": str(settings.root)}
    return subprocess.run([*cchc, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_what_is_signed_stays_and_later_corrections_are_a_difference(three_builds, cchc):
    settings, (first, _, third) = three_builds
    words = ["--note", "Xếp hạng đến 10/10/2026", "--signed-by", "Sở Nội vụ"]
    files = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    signed = run(cchc, settings, "publish", first.build_id[:8], *words)
    assert signed.returncode == 0, signed.stderr
    assert signed.stdout.startswith(f"{first.build_id}: Bản công bố chính thức, ký ngày ")
    listed = run(cchc, settings, "builds").stdout.splitlines()
    place = next(number for number, line in enumerate(listed) if first.build_id in line)
    assert listed[place + 1].strip() == official_line(settings, first.build_id)
    assert sum("Bản công bố chính thức" in line for line in listed) == 1
    again = run(cchc, settings, "publish", first.build_id, "--note", "Khác", "--signed-by", "Sở Nội vụ")
    assert (again.returncode, "đã được ký với nội dung khác" in again.stderr) == (1, True)
    assert first.build_id in difference_line(settings, third.build_id)
    told = run(cchc, settings, "builds", "diff", "official", "CURRENT", "--limit", "1")
    assert f"Trước: bản {first.build_id}" in told.stdout and "Sở Văn hóa, Thể thao và Du lịch" in told.stdout
    assert "19,97 → 1,62 (653/654 → 53/654)" in told.stdout
    plain = json.loads(run(cchc, settings, "builds", "diff", "official", "CURRENT", "--format", "json").stdout)
    assert plain[0]["Tiêu chí đổi điểm"][0]["Tử số sau"] == 53
    assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == files


def test_faults_of_regulations_are_told_by_the_build_and_with_a_score(three_builds, cchc):
    settings, (_, _, third) = three_builds
    fault = "Quy định THU@2026-01-01 (H21): đã nêu cách xếp loại nhưng chưa có thang xếp loại nào"
    again = run(cchc, settings, "build")
    assert f"bản dựng {third.build_id} đã có" in again.stderr
    assert again.stderr.count(fault) == 1
    told = run(cchc, settings, "explain", "score", "H21.17", "--regulation", "THU", "--period", "20260101-20261010")
    assert f"  Lỗi của quy định: {fault}" in told.stdout
    other = run(cchc, settings, "explain", "score", "H21.17", "--regulation", "QD766", "--period", "20260101-20261010")
    assert other.returncode == 0 and "Lỗi của quy định" not in other.stdout


def test_an_unknown_build_is_refused_in_one_sentence(three_builds, cchc):
    settings, _ = three_builds
    done = run(cchc, settings, "builds", "diff", "khong_co", "CURRENT")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Không có bản dựng nào có mã «khong_co».")


def test_the_draws_of_weights_look_uniform_and_independent(built_real):
    weights = "intermediate.int_criterion_weights_drawn"
    with duckdb.connect(str(built_real.warehouse_file), read_only=True) as connection:
        count, lowest, highest, draws = connection.execute(
            "select count(*), min(weight_ten_thousandths), max(weight_ten_thousandths), count(distinct draw_number) "
            f"from {weights}"
        ).fetchone()
        bins = connection.execute(
            f"select count(*) from {weights} group by (weight_ten_thousandths - 7500) * 20 // 5001"
        ).fetchall()
        beside, next_draw, sums = (
            connection.execute(
                f"select corr(one.weight_ten_thousandths, other.weight_ten_thousandths) from {weights} as one "
                f"inner join {weights} as other on {condition}"
            ).fetchone()[0]
            for condition in (
                "one.draw_number = other.draw_number and one.position_number + 1 = other.position_number",
                "one.draw_number + 1 = other.draw_number and one.position_number = other.position_number",
                "one.draw_number + 1 = other.draw_number and one.position_number + 1 = other.position_number",
            )
        )
    assert draws == 200 and count > 4000 and 7500 <= lowest < 7510 and 12490 < highest <= 12500
    # Chi-square over 20 equal bins, 19 degrees of freedom: above 43.8 once in a thousand. Correlations within 4 / √n.
    assert len(bins) == 20 and sum((n - count / 20) ** 2 / (count / 20) for (n,) in bins) < 43.8
    assert max(abs(beside), abs(next_draw), abs(sums)) < 4 / count**0.5


def test_ranks_of_the_real_table_are_put_to_the_test(built_real):
    folder = current_build(built_real).folder
    rows = duckdb.execute(
        f"select unit_rank, best_drawn_rank, worst_drawn_rank, kept_third_rate, draw_count, is_confirmed "
        f"from '{folder}/rpt_rank_robustness.parquet' where authority_code = 'H21' order by unit_rank"
    ).fetchall()
    assert len(rows) == 14
    assert all(best <= rank <= worst and 0 < kept <= 1 for rank, best, worst, kept, _, _ in rows)
    assert {(draws, is_confirmed) for *_, draws, is_confirmed in rows} == {(200, False)}
    saturated = duckdb.execute(
        f"select criterion_code from '{folder}/rpt_saturated_criteria.parquet' where is_saturated order by 1"
    ).fetchall()
    naive = duckdb.execute(
        f"select criterion_code from '{folder}/fct_criterion_scores.parquet' where is_leaf and final_score is not null "
        "and kind_code in ('base', 'survey') and applicable_max_score > 0 "
        "group by regulation_version_code, period_code, authority_code, criterion_code "
        "having count(*) >= 10 and avg((final_score >= applicable_max_score)::integer) > 0.9 order by 1"
    ).fetchall()
    assert saturated == naive and naive
