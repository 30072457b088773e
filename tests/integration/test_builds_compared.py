"""Two published builds side by side, and the register of official ones, on small builds written by hand."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from dagster_project.explaining.comparison import COLUMNS, heading, rows_of
from dagster_project.publishing.builds import point_to
from dagster_project.publishing.comparing import compare_builds
from dagster_project.publishing.errors import BuildBrokenError, BuildError, BuildMissingError
from dagster_project.publishing.methods_book import BOOK_FILE
from dagster_project.publishing.official import (
    difference_line,
    fault_of,
    find_build,
    official_line,
    sign,
    signatures,
    unlisted_lines,
)
from dagster_project.publishing.scoring_engine import ENGINE_FILE
from dagster_project.settings import Settings
from expectations.suites.published import PROMISED_COLUMNS, PROMISED_PRESENT

pytestmark = pytest.mark.integration

# Columns that the comparison reads; without a type they are text.
COLUMNS_OF = {
    "dim_regulations": "authority_code regulation_code regulation_version_code regulation_name unit_bloc_codes "
    "score_order_code rounding_mode_code rounding_digits:integer rounding_stage_code percent_digits:integer "
    "tie_tolerance:decimal(18,6) minimum_denominator:integer volume_tier_bounds total_input_code "
    "grade_basis_code",
    "dim_criteria": "authority_code regulation_version_code criterion_code parent_criterion_code kind_code rule_code "
    "max_score:decimal(18,6) weight:decimal(18,6) total_weight:decimal(18,6) input_kind_code input_code "
    "factor_input_code target_value:decimal(18,6) floor_value:decimal(18,6) zero_denominator_code "
    "rounding_digits:integer",
    "dim_criterion_bands": "authority_code regulation_version_code criterion_code band_number:integer "
    "lower_value:decimal(18,6) is_lower_included:boolean upper_value:decimal(18,6) is_upper_included:boolean "
    "answer_code calculation_code awarded_score:decimal(18,6) base_value:decimal(18,6)",
    "dim_grades": "authority_code regulation_version_code unit_bloc_code grade_code grade_name "
    "lower_value:decimal(18,6)",
    "dim_indicators": "indicator_code indicator_name direction_code rank_digits:integer minimum_denominator:integer "
    "multiplier:integer value_digits:integer unit_of_measure_code numerator_text denominator_text exclusions_text "
    "method_version",
    "dim_peer_groups": "authority_code peer_group_code peer_group_name",
    "dim_periods": "period_code period_name",
    "dim_units": "authority_code unit_code unit_name",
    "fct_score_inputs": "authority_code regulation_code regulation_version_code period_code unit_code criterion_code "
    "is_applicable:boolean self_score:decimal(18,6) appraised_score_1:decimal(18,6) appraised_score_2:decimal(18,6) "
    "survey_score:decimal(18,6) declared_score:decimal(18,6) numerator:bigint denominator:bigint "
    "factor_numerator:bigint factor_denominator:bigint has_counts:boolean",
    "fct_criterion_scores": "authority_code regulation_code regulation_version_code period_code unit_code "
    "criterion_code is_leaf:boolean final_score:decimal(18,6) final_source_code numerator:bigint denominator:bigint",
    "fct_score_rankings": "authority_code regulation_code regulation_version_code period_code peer_group_code "
    "unit_code unit_rank:integer total_percent:decimal(18,6) value_status grade_name",
    "fct_unit_rankings": "authority_code peer_group_code period_code indicator_code origin_code unit_code "
    "unit_rank:integer value:decimal(18,6) value_status numerator:bigint denominator:bigint",
}
VERSION = {"authority_code": "H99", "regulation_version_code": "BTC@2026-01-01"}
RANKED = VERSION | {"regulation_code": "BTC", "period_code": "2026"}
# Points of 100 that each unit has in the one criterion; u2 and u3 as numerators over 100.
POINTS = {"u1": 90, "u2": 80, "u3": 70}


def scored(points: dict[str, int], rate: int = 1) -> dict[str, list[dict]]:
    """A build in which each unit has ``rate`` points for each hundredth; ranks are those of the points."""
    order = sorted(points, key=lambda unit: -points[unit])
    inputs, scores, rankings, values = [], [], [], []
    for unit, count in points.items():
        key = RANKED | {"unit_code": unit}
        figure = {"numerator": count, "denominator": 100}
        inputs.append(key | figure | {"criterion_code": "1.1", "is_applicable": True, "has_counts": True})
        scores.append(key | figure | {"criterion_code": "1.1", "is_leaf": True, "final_score": count * rate})
        rank = {"unit_rank": order.index(unit) + 1, "peer_group_code": "department", "value_status": "ok"}
        rankings.append(key | rank | {"total_percent": count * rate, "grade_name": "Khá"})
        values.append(
            {"authority_code": "H99", "period_code": "2026", "indicator_code": "rate", "unit_code": unit}
            | figure
            | rank
            | {"origin_code": "computed", "value": count / 100}
        )
    return {
        "dim_regulations": [RANKED | {"regulation_name": "Bộ tiêu chí", "percent_digits": 2}],
        "dim_criteria": [
            VERSION
            | {"criterion_code": "1.1", "rule_code": "linear", "max_score": 100 * rate}
            | {"input_kind_code": "indicator", "input_code": "rate"}
        ],
        "dim_criterion_bands": [],
        "dim_grades": [VERSION | {"unit_bloc_code": "", "grade_code": "kha", "grade_name": "Khá", "lower_value": 70}],
        "dim_indicators": [{"indicator_code": "rate", "indicator_name": "Đúng hạn", "unit_of_measure_code": "rate"}],
        "dim_peer_groups": [
            {"authority_code": "H99", "peer_group_code": "department", "peer_group_name": "Sở, ban, ngành"}
        ],
        "dim_periods": [{"period_code": "2026", "period_name": "Năm 2026"}],
        "dim_units": [{"authority_code": "H99", "unit_code": unit, "unit_name": f"Sở {unit}"} for unit in points],
        "fct_score_inputs": inputs,
        "fct_criterion_scores": scores,
        "fct_score_rankings": rankings,
        "fct_unit_rankings": values,
    }


def split(column: str) -> tuple[str, str, str]:
    return column.partition(":")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(root=tmp_path)


@pytest.fixture
def publish(settings):
    """Write a published build, whole enough to be signed; returns it verified."""
    empty = settings.root / "empty.parquet"
    with duckdb.connect() as connection:
        connection.execute("create table t (authority_code varchar)")
        connection.table("t").write_parquet(str(empty))

    def write(build_id: str, tables: dict[str, list[dict]], *, as_of="2026-12-31", deliveries=("d1",), code="c1"):
        folder = settings.published / build_id
        folder.mkdir(parents=True)
        entries = {}
        for table, rows in tables.items():
            path = folder / f"{table}.parquet"
            types = [(name, kind or "varchar") for name, _, kind in map(split, COLUMNS_OF[table].split())]
            with duckdb.connect() as connection:
                connection.execute(f"create table t ({', '.join(map(' '.join, types))})")
                for row in rows:
                    known = {name: row[name] for name, _ in types if name in row}
                    marks = ", ".join("?" * len(known))
                    connection.execute(f"insert into t ({', '.join(known)}) values ({marks})", list(known.values()))
                connection.table("t").write_parquet(str(path))
            entries[table] = {"rows": len(rows), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        # The comparison reads none of these.
        for table in {*PROMISED_COLUMNS, *PROMISED_PRESENT} - set(COLUMNS_OF):
            shutil.copy(empty, folder / f"{table}.parquet")
            entries[table] = {"rows": 0, "sha256": hashlib.sha256(empty.read_bytes()).hexdigest()}
        files = {}
        for name in (ENGINE_FILE, BOOK_FILE):
            (folder / name).write_text(name, encoding="utf-8")
            files[name] = {"sha256": hashlib.sha256(name.encode()).hexdigest()}
        manifest = {"build_id": build_id, "as_of_date": as_of, "code_version": "1", "code_hash": code}
        manifest["deliveries"] = [{"delivery_id": each, "file_name": f"{each}.csv"} for each in deliveries]
        (folder / "manifest.json").write_text(
            json.dumps(manifest | {"tables": entries, "files": files}), encoding="utf-8"
        )
        return find_build(settings, build_id)

    return write


def causes(comparison) -> dict[tuple[str, str], list[str]]:
    return {(move.kind_code, move.unit_code): comparison.causes(move) for move in comparison.moves}


def test_corrected_data_moves_the_unit_itself_and_its_peers(publish):
    before = publish("aaaa1", scored(POINTS))
    after = publish("bbbb1", scored(POINTS | {"u3": 85}), deliveries=("d1", "d2"))
    comparison = compare_builds(before, after, limit=0)
    assert causes(comparison) == {
        ("regulation", "u3"): ["own_data"],
        ("regulation", "u2"): ["peer_data"],
        ("indicator", "u3"): ["own_data"],
        ("indicator", "u2"): ["peer_data"],
    }
    assert (comparison.moved_count, comparison.moved_ranking_count, comparison.kept_rank_count) == (4, 2, 0)
    moved = {(move.kind_code, move.unit_code): move for move in comparison.moves}
    u3 = moved["regulation", "u3"]
    assert (u3.rank_before, u3.rank_after, u3.value_before, u3.value_after) == (3, 2, 70, 85)
    [change] = u3.criteria
    assert (change.criterion_code, change.score_before, change.score_after) == ("1.1", Decimal(70), Decimal(85))
    assert (change.figure_before.numerator, change.figure_after.numerator) == (70, 85)
    assert moved["regulation", "u2"].criteria == ()
    row = dict(zip(COLUMNS, rows_of(comparison, is_text=True)[-1], strict=True))
    assert row["Vì sao"] == "số liệu của đơn vị đã đổi"
    assert "Tệp nạp khác: thêm d2.csv." in heading(comparison)


def test_falls_stand_before_rises_and_whoever_fell_out_stands_first(publish):
    points = {"u1": 90, "u2": 80, "u3": 70, "u4": 60}
    later = scored({"u1": 75, "u2": 80, "u3": 85, "u4": 60})
    for table in ("fct_score_rankings", "fct_unit_rankings"):
        later[table][3] |= {"unit_rank": None, "value_status": "insufficient_sample"}
    before, after = publish("aaaa1", scored(points)), publish("bbbb1", later, deliveries=("d2",))
    comparison = compare_builds(before, after, limit=0)
    ways = [(m.unit_code, m.rank_before, m.rank_after) for m in comparison.moves if m.kind_code == "regulation"]
    assert ways == [("u4", 4, None), ("u1", 1, 3), ("u3", 3, 1)]
    shown = compare_builds(before, after, limit=1)
    assert (len(shown.moves), shown.moved_count) == (1, 6)
    everything = compare_builds(before, after, limit=0, is_everything=True)
    assert len(everything.moves) == 6


def test_a_changed_rule_is_told_from_changed_data(publish):
    later = scored(POINTS)
    # The rule now gives the second the most; what it is counted on stays.
    later["dim_criteria"][0]["floor_value"] = 85
    for row, rank, percent in zip(later["fct_score_rankings"], (2, 1, 3), (80, 90, 70), strict=True):
        row |= {"unit_rank": rank, "total_percent": percent}
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, deliveries=("d1", "quy_dinh"))
    comparison = compare_builds(before, after, limit=0)
    assert causes(comparison) == {("regulation", "u1"): ["rule"], ("regulation", "u2"): ["rule"]}
    assert {move.changed_criteria for move in comparison.moves} == {"1.1"}
    assert rows_of(comparison, is_text=True)[0][10] == "quy định đã đổi: tiêu chí 1.1"


def test_a_criterion_that_asks_for_something_else_is_a_rule_and_no_data(publish):
    later = scored({"u1": 80, "u2": 90, "u3": 70})
    later["dim_criteria"][0] |= {"input_code": "other_rate"}
    later["fct_unit_rankings"] = scored(POINTS)["fct_unit_rankings"]
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, deliveries=("d1", "quy_dinh"))
    assert set(map(tuple, causes(compare_builds(before, after, limit=0)).values())) == {("rule",)}


def test_another_version_of_the_regulation_is_the_same_ranking(publish):
    later = scored({"u1": 80, "u2": 90, "u3": 70})
    for rows in later.values():
        for row in rows:
            if "regulation_version_code" in row:
                row["regulation_version_code"] = "BTC@2026-07-01"
    later["dim_regulations"][0]["percent_digits"] = 1
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, deliveries=("d2",))
    comparison = compare_builds(before, after, limit=0)
    assert causes(comparison)["regulation", "u1"] == ["own_data", "rule"]
    assert comparison.moves[-1].changed_criteria is None
    assert (comparison.only_before_count, comparison.only_after_count) == (0, 0)


def test_a_changed_definition_of_an_indicator_is_a_rule_of_all_that_use_it(publish):
    later = scored(POINTS | {"u3": 85})
    later["dim_indicators"][0]["method_version"] = "2"
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, code="c2")
    found = causes(compare_builds(before, after, limit=0))
    assert found == {key: ["rule", "code"] for key in found} and len(found) == 4


def test_another_day_is_a_cause_only_where_figures_differ(publish):
    later = scored(POINTS | {"u3": 85})
    later["fct_unit_rankings"] = scored(POINTS)["fct_unit_rankings"]
    for row, rank in zip(later["fct_unit_rankings"], (1, 3, 2), strict=True):
        row["unit_rank"] = rank
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, as_of="2026-11-30", code="c2")
    found = causes(compare_builds(before, after, limit=0))
    assert found["regulation", "u3"] == ["as_of", "code"]
    assert found["indicator", "u3"] == ["code"]


def test_a_units_own_claim_is_not_what_it_is_scored_by(publish):
    later = scored(POINTS | {"u3": 85})
    later["fct_score_inputs"][1]["self_score"] = 100
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, deliveries=("d2",))
    assert causes(compare_builds(before, after, limit=0))["regulation", "u2"] == ["peer_data"]


def test_rankings_of_one_build_only_are_counted_and_nobody_moved_in_them(publish):
    later = scored(POINTS)
    later["fct_unit_rankings"] = [row | {"period_code": "2027"} for row in later["fct_unit_rankings"]]
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, as_of="2027-12-31")
    comparison = compare_builds(before, after, limit=0, is_everything=True)
    assert comparison.moves == ()
    assert (comparison.only_before_count, comparison.only_after_count) == (1, 1)


def test_a_unit_listed_in_one_build_only_is_named(publish):
    before = publish("aaaa1", scored(POINTS | {"u4": 95}))
    after = publish("bbbb1", scored(POINTS), deliveries=("d2",))
    gone = compare_builds(before, after, limit=0).moves[0]
    assert (gone.unit_code, gone.unit_name, gone.rank_before, gone.rank_after) == ("u4", "Sở u4", 1, None)
    assert gone.is_listed_once


def test_numbers_are_vietnamese_on_the_screen_and_plain_in_json(publish):
    later = scored(POINTS | {"u3": 85})
    later["fct_score_rankings"][2]["total_percent"] = 85.5
    before, after = publish("aaaa1", scored(POINTS)), publish("bbbb1", later, deliveries=("d2",))
    comparison = compare_builds(before, after, limit=0)
    text = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(comparison, is_text=True)]
    mine = next(row for row in text if row["Mã đơn vị"] == "u3" and row["Bảng xếp hạng"] == "Bộ tiêu chí")
    assert (mine["Giá trị trước"], mine["Giá trị sau"]) == ("70 %", "85,5 %")
    assert mine["Tiêu chí đổi điểm"] == "1.1: 70 → 85 (70/100 → 85/100)"
    rate = next(row for row in text if row["Bảng xếp hạng"] == "Đúng hạn – tính từ hồ sơ, phiếu")
    assert rate["Giá trị trước"] == "80 %"
    plain = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(comparison, is_text=False)]
    assert plain[text.index(mine)]["Tiêu chí đổi điểm"][0]["Tử số sau"] == 85


def test_points_that_stand_on_no_figure_are_told_without_one(publish):
    given = scored(POINTS)
    later = scored(POINTS | {"u3": 85})
    for tables in (given, later):
        for table in ("fct_score_inputs", "fct_criterion_scores"):
            for row in tables[table]:
                row |= {"numerator": None, "denominator": None}
    for row, points in zip(later["fct_score_inputs"], (90, 80, 85), strict=True):
        row["appraised_score_1"] = points
    before, after = publish("aaaa1", given), publish("bbbb1", later, deliveries=("d2",))
    comparison = compare_builds(before, after, limit=0)
    told = {row[4]: row[11] for row in rows_of(comparison, is_text=True) if row[1] == "Bộ tiêu chí"}
    assert told["u3"] == "1.1: 70 → 85"


def test_a_build_of_other_software_without_the_tables_is_refused_by_name(publish):
    old = {table: rows for table, rows in scored(POINTS).items() if table != "fct_score_inputs"}
    before, after = publish("aaaa1", old), publish("bbbb1", scored(POINTS))
    with pytest.raises(BuildError, match="aaaa1 thiếu bảng fct_score_inputs"):
        compare_builds(before, after, limit=0)


WHEN = datetime(2026, 12, 31, 15, 30)
WORDS = {"signed_by": "Sở Nội vụ", "note": "Xếp hạng năm 2026"}


def test_a_signature_is_read_back_and_said(publish, settings):
    publish("aaaa1", scored(POINTS))
    assert official_line(settings, "aaaa1") is None
    signature = sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert signatures(settings) == [signature]
    assert official_line(settings, "aaaa1") == (
        "Bản công bố chính thức, ký ngày 31/12/2026, Sở Nội vụ: Xếp hạng năm 2026"
    )
    assert (signature.as_of_date, signature.signed_at) == ("2026-12-31", "2026-12-31T15:30:00")


def test_a_build_is_signed_once_and_a_newer_one_stands_beside_it(publish, settings):
    publish("aaaa1", scored(POINTS))
    publish("bbbb1", scored(POINTS))
    first = sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert sign(settings, "aaaa1", signed_at=WHEN.replace(hour=16), **WORDS) == first
    with pytest.raises(BuildError, match="đã được ký với nội dung khác"):
        sign(settings, "aaaa1", signed_at=WHEN, signed_by="Sở Nội vụ", note="Bản khác")
    second = sign(settings, "bbbb1", signed_at=WHEN.replace(hour=17), **WORDS)
    assert signatures(settings) == [second, first]
    assert find_build(settings, "official").build_id == "bbbb1"


@pytest.mark.parametrize("words", [{"note": " "}, {"signed_by": ""}])
def test_nobody_signs_without_a_name_and_words(publish, settings, words):
    publish("aaaa1", scored(POINTS))
    with pytest.raises(BuildError, match="Phải ghi"):
        sign(settings, "aaaa1", signed_at=WHEN, **(WORDS | words))
    assert signatures(settings) == []


def test_whoever_changes_a_signed_build_is_seen(publish, settings):
    build = publish("aaaa1", scored(POINTS))
    signature = sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert fault_of(settings, signature) is None
    # A number changed together with its hash in the manifest: files and manifest agree, the signature does not.
    table = build.folder / "dim_periods.parquet"
    with duckdb.connect() as connection:
        connection.execute("create table t as select '2026' as period_code, 'Năm khác' as period_name")
        connection.table("t").write_parquet(str(table))
    manifest = json.loads((build.folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["tables"]["dim_periods"]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    (build.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "KHÔNG CÒN NGUYÊN VẸN: bản kê manifest.json đã bị thay đổi sau khi ký" in official_line(settings, "aaaa1")
    point_to(settings, "aaaa1")
    for name in ("official", "aaaa1", "CURRENT"):
        with pytest.raises(BuildBrokenError, match=r"không còn nguyên vẹn: .*khôi phục .*từ bản sao lưu"):
            find_build(settings, name)
    shutil.rmtree(build.folder)
    assert fault_of(settings, signature) == "bản đã ký không còn trong kho"


@pytest.mark.parametrize("name", ["dim_periods.parquet", ENGINE_FILE, BOOK_FILE])
def test_a_changed_file_of_a_signed_build_is_seen_and_restored_not_rebuilt(publish, settings, name):
    build = publish("aaaa1", scored(POINTS))
    unsigned = publish("bbbb1", scored(POINTS))
    signature = sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    for folder in (build.folder, unsigned.folder):
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert fault_of(settings, signature) == f"tệp {name} khác với manifest.json"
    assert f"KHÔNG CÒN NGUYÊN VẸN: tệp {name} khác với manifest.json" in official_line(settings, "aaaa1")
    with pytest.raises(BuildBrokenError, match=r"khôi phục .* từ bản sao lưu") as refused:
        find_build(settings, "aaaa1")
    assert "cchc build" not in str(refused.value)
    with pytest.raises(BuildBrokenError, match="Hãy chạy «cchc build» để dựng lại"):
        find_build(settings, "bbbb1")


@pytest.mark.parametrize(
    ("part", "name", "told"),
    [
        ("files", ENGINE_FILE, ENGINE_FILE),
        ("files", BOOK_FILE, BOOK_FILE),
        ("tables", "fct_indicator_values", "fct_indicator_values.parquet"),
    ],
)
def test_a_build_that_is_not_whole_is_not_signed(publish, settings, part, name, told):
    build = publish("aaaa1", scored(POINTS))
    manifest = json.loads((build.folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest[part][name]
    (build.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BuildError, match=f"không đủ để ký: manifest.json không kê {told}"):
        sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert signatures(settings) == []


def test_a_query_of_a_signed_build_with_another_manifest_warns_beside_the_result(publish, settings, cchc):
    build = publish("aaaa1", scored(POINTS))
    point_to(settings, "aaaa1")
    sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    environment = {**os.environ, "CCHC_DATA": str(settings.root)}
    asked = [*cchc, "query", "select 1 as n", "--format", "csv"]
    told = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    assert "Cảnh báo" not in told.stderr
    manifest = build.folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8") + " ", encoding="utf-8")
    warned = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    assert warned.stdout == told.stdout
    assert "Cảnh báo: bản công bố chính thức aaaa1 không còn nguyên vẹn" in warned.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"note": "Xếp hạng\x1b[2J năm 2026"}, "--note có ký tự điều khiển"),
        ({"note": "Xếp hạng\nnăm 2026"}, "--note có ký tự điều khiển"),
        ({"signed_by": "Sở \u202eNội vụ"}, "--signed-by có ký tự điều khiển"),
        ({"signed_by": "S" * 201}, "--signed-by dài 201 ký tự; nhiều nhất 200"),
        ({"note": "N" * 501}, "--note dài 501 ký tự; nhiều nhất 500"),
    ],
)
def test_a_signature_is_one_short_line_of_plain_text(publish, settings, words, told):
    publish("aaaa1", scored(POINTS))
    with pytest.raises(BuildError, match=told):
        sign(settings, "aaaa1", signed_at=WHEN, **(WORDS | words))
    assert signatures(settings) == []


def test_signing_again_refuses_a_build_that_was_changed_after_it_was_signed(publish, settings):
    build = publish("aaaa1", scored(POINTS))
    sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    manifest = build.folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(
        BuildBrokenError, match=r"không còn nguyên vẹn: bản kê manifest\.json đã bị thay đổi sau khi ký"
    ):
        sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    (build.folder / "dim_periods.parquet").write_bytes(b"")
    with pytest.raises(BuildBrokenError, match=r"tệp dim_periods\.parquet"):
        sign(settings, "aaaa1", signed_at=WHEN, **WORDS)


def test_a_signed_build_that_cannot_be_read_is_listed_as_broken_and_refused_by_name(publish, settings):
    build = publish("aaaa1", scored(POINTS))
    sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert unlisted_lines(settings, {"aaaa1"}) == []
    (build.folder / "manifest.json").write_text("{", encoding="utf-8")
    (line,) = unlisted_lines(settings, set())
    assert line.startswith("! aaaa1  HỎNG: không đọc được manifest.json của bản dựng")
    assert "Sở Nội vụ: Xếp hạng năm 2026" in line
    with pytest.raises(BuildBrokenError, match=r"Không đọc được manifest\.json của bản dựng aaaa1"):
        find_build(settings, "aaaa1")
    shutil.rmtree(build.folder)
    (line,) = unlisted_lines(settings, set())
    assert "thư mục của bản dựng không còn" in line


def test_a_damaged_register_is_said_and_shown(publish, settings):
    publish("aaaa1", scored(POINTS))
    sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    path = settings.published / "_official" / "aaaa1.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(BuildBrokenError, match=r"_official/aaaa1\.json"):
        signatures(settings)
    assert "_official/aaaa1.json" in official_line(settings, "aaaa1")
    path.rename(path.with_name("bbbb1.json"))
    assert "_official/bbbb1.json" in difference_line(settings, "cccc1")


def test_only_an_unsigned_build_beside_an_official_one_says_that_it_differs(publish, settings):
    publish("aaaa1", scored(POINTS))
    assert difference_line(settings, "bbbb1") is None
    sign(settings, "aaaa1", signed_at=WHEN, **WORDS)
    assert difference_line(settings, "aaaa1") is None
    assert difference_line(settings, "bbbb1") == (
        "Số liệu này khác bản công bố chính thức aaaa1 ngày 31/12/2026; xem «cchc builds diff official CURRENT»."
    )


def test_builds_are_named_by_the_beginning_of_one_id_by_current_and_by_official(publish, settings):
    first = publish("aaaa1", scored(POINTS))
    publish("aaaa2", scored(POINTS))
    point_to(settings, "aaaa2")
    assert find_build(settings, "CURRENT").build_id == "aaaa2"
    assert replace(find_build(settings, "aaaa1"), published_at=first.published_at) == first
    with pytest.raises(BuildMissingError, match="phần đầu của 2 bản dựng"):
        find_build(settings, "aaaa")
    for nothing in ("aaa", "zzzz"):
        with pytest.raises(BuildMissingError, match=f"Không có bản dựng nào có mã «{nothing}»"):
            find_build(settings, nothing)
    with pytest.raises(BuildMissingError, match="Chưa có bản công bố chính thức nào"):
        find_build(settings, "official")


def test_the_list_of_builds_shows_the_broken_signed_one(publish, settings, cchc):
    for build_id in ("aaaa1", "bbbb1"):
        build = publish(build_id, scored(POINTS))
        sign(settings, build_id, signed_at=WHEN, **WORDS)
    (build.folder / "manifest.json").write_text("{", encoding="utf-8")
    environment = {**os.environ, "CCHC_DATA": str(settings.root)}
    done = subprocess.run([*cchc, "builds"], env=environment, capture_output=True, text=True, check=True)
    assert "  aaaa1  chốt 31/12/2026" in done.stdout
    assert "! bbbb1  HỎNG: không đọc được manifest.json" in done.stdout
