"""The files of the demo: same call same bytes, keys that meet, reports that say what the dossiers say."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import fastexcel
import polars as pl
import pytest
import yaml

from dagster_project.demo.generate import LABEL, RECORD, TRUTH, generate_demo
from dagster_project.landing.layouts import LAYOUTS_DIR

pytestmark = pytest.mark.unit

PARAMETERS = {"dossiers": 5000, "months": 6, "seed": 11, "end": date(2025, 12, 31)}
SOURCES_DIR = LAYOUTS_DIR.parent / "sources"
LAYOUT_OF = {
    "danh_muc/don_vi": "unit_registry",
    "danh_muc/thu_tuc": "procedure_registry",
    "ho_so/": "one_stop_dossier_list",
    "xuat_som/": "one_stop_dossier_list",
    "nhat_ky/": "one_stop_event_log",
    "khao_sat/don_vi_tu": "survey_answers_long",
    "bao_cao/": "on_time_report_monthly",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return generate_demo(tmp_path_factory.mktemp("demo") / "tinh_mau", **PARAMETERS)


@pytest.fixture(scope="module")
def tables(demo) -> dict[str, list[dict]]:
    """Rows of each file; a report is read from below its header line."""
    return {name: read_rows(demo.out / name) for name in demo.rows}


def read_rows(path: Path) -> list[dict]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    grid = fastexcel.read_excel(path).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    lines = list(zip(*(column.to_pylist() for column in grid.to_arrow().columns), strict=True))
    start = next(number for number, line in enumerate(lines) if line[0] == "STT")
    return [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]


def rows_in(tables, folder: str) -> list[dict]:
    return [row for name, rows in tables.items() if name.startswith(folder) for row in rows]


def moment(text: str) -> datetime | None:
    return datetime.strptime(text, "%d/%m/%Y %H:%M:%S") if text else None


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_parameters_give_the_same_bytes(demo, tmp_path):
    again = generate_demo(tmp_path / "other", **PARAMETERS)
    assert hashes(again.out) == hashes(demo.out)
    assert again.rows == demo.rows and again.planted == demo.planted


def test_another_seed_gives_other_dossiers(demo, tmp_path):
    other = generate_demo(tmp_path / "other", **{**PARAMETERS, "seed": 12})
    name = "ho_so/ho_so_2025-10.csv"
    assert hashes(other.out)[name] != hashes(demo.out)[name]


def test_a_second_call_writes_nothing(tmp_path):
    small = {**PARAMETERS, "dossiers": 200, "months": 2}
    said: list[tuple[int, int, str]] = []
    first = generate_demo(tmp_path / "d", **small, progress=lambda *step: said.append(step))
    stamps = {path: path.stat().st_mtime_ns for path in first.out.rglob("*")}
    assert said[-1][0] == said[-1][1] == 200 and "12" in said[1][2]
    second = generate_demo(tmp_path / "d", **small, progress=lambda *_: pytest.fail("wrote again"))
    assert (first.is_new, second.is_new) == (True, False)
    assert second.rows == first.rows
    assert {path: path.stat().st_mtime_ns for path in first.out.rglob("*")} == stamps


def test_other_parameters_replace_the_folder_and_a_lost_file_comes_back(tmp_path):
    small = {**PARAMETERS, "dossiers": 200, "months": 2}
    generate_demo(tmp_path / "d", **small)
    grown = generate_demo(tmp_path / "d", **{**small, "dossiers": 300})
    assert grown.is_new and grown.dossier_count == 300
    (grown.out / "danh_muc/don_vi.csv").unlink()
    assert generate_demo(tmp_path / "d", **{**small, "dossiers": 300}).is_new
    assert (grown.out / "danh_muc/don_vi.csv").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d"]


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/hop.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(FileExistsError, match="không phải của tỉnh Mẫu"):
        generate_demo(tmp_path / "d", **PARAMETERS)
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["hop.csv"]


def test_what_a_killed_run_left_is_cleared(tmp_path):
    (tmp_path / ".d.part/ho_so").mkdir(parents=True)
    (tmp_path / ".d.part/ho_so/half.csv").write_text("x", encoding="utf-8")
    made = generate_demo(tmp_path / "d", **{**PARAMETERS, "dossiers": 100, "months": 1})
    assert not (tmp_path / ".d.part").exists()
    assert not (made.out / "ho_so/half.csv").exists()


def test_the_label_says_it_is_synthetic(demo):
    label = (demo.out / LABEL).read_text(encoding="utf-8")
    assert label.startswith("DỮ LIỆU GIẢ LẬP – KHÔNG CÓ THẬT")
    assert "5000 hồ sơ, 6 tháng, đến 17:00 ngày 31/12/2025, số khởi tạo 11" in label
    assert json.loads((demo.out / RECORD).read_text(encoding="utf-8"))["planted"] == demo.planted


def test_counts_in_the_summary_are_the_rows_in_the_files(demo, tables):
    assert {name: len(rows) for name, rows in tables.items()} == demo.rows
    assert demo.dossier_count == 5000


def test_keys_meet(tables):
    units = {row["Mã đơn vị"] for row in tables["danh_muc/don_vi.csv"]}
    procedures = {row["Mã TTHC"] for row in tables["danh_muc/thu_tuc.csv"]}
    dossiers = {row["Mã hồ sơ"]: row for row in rows_in(tables, "ho_so/")}
    assert len(units) == 139 and "H99" in units and len(dossiers) == 5000
    for row in dossiers.values():
        assert row["Mã TTHC"] in procedures
        assert row["Mã đơn vị giải quyết"] in units and row["Mã đơn vị tiếp nhận"] in units
        assert row["Mã hồ sơ"].startswith(row["Mã đơn vị giải quyết"] + "-")
    steps = rows_in(tables, "nhat_ky/")
    assert {row["Mã hồ sơ"] for row in steps} == set(dossiers)
    assert {row["Mã đơn vị thực hiện"] for row in steps} <= units
    assert len({(row["Mã hồ sơ"], row["Số thứ tự bước"]) for row in steps}) == len(steps)
    answers = rows_in(tables, "khao_sat/don_vi_tu")
    keys = {(row["Mã đợt"], row["Mã phiếu"], row["Mã câu hỏi"]) for row in answers}
    assert len(keys) == len(answers)
    assert {row["Mã đơn vị được đánh giá"] for row in answers} <= units
    ratings, ballots = rows_in(tables, "danh_gia/"), rows_in(tables, "khao_sat/phieu_")
    rated = [row["dossier_code"] for row in ratings]
    assert set(rated) <= set(dossiers) and len({row["rating_code"] for row in ratings}) == len(rated)
    assert {row["unit_code"] for row in ratings + ballots} <= units
    waves = {row["Mã đợt"] for row in answers} | {row["wave_code"] for row in ballots}
    assert waves == {row["wave_code"] for row in tables["khao_sat/dot_khao_sat.csv"]}


def test_the_log_tells_the_same_story_as_the_list_unless_a_finish_was_overwritten(demo, tables):
    truth = pl.read_parquet(demo.out / TRUTH / "*.parquet")
    overwritten = set(truth.filter(pl.col("cause") == "finish_changed")["dossier_code"])
    assert overwritten
    steps: dict[str, dict[str, str]] = {}
    for row in rows_in(tables, "nhat_ky/"):
        steps.setdefault(row["Mã hồ sơ"], {})[row["Thao tác"]] = row["Thời điểm thực hiện"]
    finals = {"Có kết quả", "Trả lại hồ sơ do quá hạn bổ sung", "Công dân rút hồ sơ"}
    for row in rows_in(tables, "ho_so/"):
        log = steps[row["Mã hồ sơ"]]
        assert log["Tiếp nhận hồ sơ"] == row["Ngày tiếp nhận"]
        ends = [log[name] for name in finals if name in log]
        told = [row["Ngày kết thúc xử lý"]] if row["Ngày kết thúc xử lý"] else []
        assert (ends == told) == (row["Mã hồ sơ"] not in overwritten)
        if row["Trạng thái"] == "Đã trả kết quả":
            assert log["Trả kết quả"] == row["Ngày trả kết quả"]


def test_no_moment_lies_after_the_end(tables):
    cutoff = datetime(2025, 12, 31, 17)
    happened = ["Ngày nộp", "Ngày tiếp nhận", "Ngày kết thúc xử lý", "Ngày trả kết quả"]
    happened += ["Thời điểm thực hiện", "Thời điểm trả lời", "rated_at", "started_at", "answered_at"]
    seen = 0
    for rows in tables.values():
        for row in rows:
            for name in happened:
                if row.get(name):
                    assert moment(row[name]) <= cutoff
                    seen += 1
    assert seen > 40_000


def test_each_list_holds_the_dossiers_submitted_in_its_month(tables):
    for name, rows in tables.items():
        if name.startswith("ho_so/"):
            assert {moment(row["Ngày nộp"]).strftime("%Y-%m") for row in rows} == {name[-11:-4]}
            assert [int(row["STT"]) for row in rows] == list(range(1, len(rows) + 1))


def test_ratings_cover_a_part_of_the_returned_dossiers(tables):
    returned = [row for row in rows_in(tables, "ho_so/") if row["Trạng thái"] == "Đã trả kết quả"]
    ratings = rows_in(tables, "danh_gia/")
    assert 0.15 <= len(ratings) / len(returned) <= 0.40
    assert {(row["answer_code"], row["scale_code"]) for row in ratings} == {("1", "3"), ("2", "3"), ("3", "3")}
    assert {row["mode_code"] for row in ratings} == {"Máy tại quầy", "Cổng dịch vụ công"}
    for name, rows in tables.items():
        if name.startswith("danh_gia/"):
            assert {moment(row["rated_at"]).strftime("danh_gia/kiosk_%Y-%m.csv") for row in rows} == {name}


def test_a_unit_holds_a_long_survey_of_its_own_in_the_last_two_months(tables):
    answers = tables["khao_sat/don_vi_tu_khao_sat.csv"]
    assert {(row["Đơn vị tổ chức"], row["Hình thức"], row["Bộ câu hỏi"]) for row in answers} == {
        ("Đơn vị", "Trực tuyến", "five_factor_22")
    }
    assert {row["Mã đợt"] for row in answers} == {"TU-KHAO-SAT-H99.02-2025-11", "TU-KHAO-SAT-H99.02-2025-12"}
    assert all(moment(row["Thời điểm trả lời"]).strftime("-%Y-%m") == row["Mã đợt"][-8:] for row in answers)
    assert len({row["Mã câu hỏi"] for row in answers}) == 22
    assert {row["Mã trả lời"] for row in answers} <= {"1", "2", "3", "4", "5", "9"}


def test_reports_say_what_the_dossiers_say_except_where_planted(demo, tables):
    """Form II.06a counted anew from the list, row by row."""
    counted: dict[tuple[str, str], list[int]] = {}
    for row in rows_in(tables, "ho_so/"):
        end, due = moment(row["Ngày kết thúc xử lý"]), moment(row["Ngày hẹn trả"])
        if row["Trạng thái"] not in ("Đã xử lý xong", "Đã trả kết quả", "Công dân yêu cầu rút hồ sơ"):
            continue
        good = row["Trạng thái"].startswith("Công dân") or due is None or end.date() <= due.date()
        cell = counted.setdefault((row["Mã đơn vị giải quyết"], f"{end:%Y-%m}"), [0, 0])
        cell[0] += 1
        cell[1] += good
    since = {item["unit_code"]: item["from_month"] for item in demo.planted["flatteries"]}
    silent = {(item["unit_code"], month) for item in demo.planted["silences"] for month in item["months"]}
    flattered, reported = set(), set()
    for name, rows in tables.items():
        month = name[-12:-5]
        for row in rows if name.startswith("bao_cao/") else []:
            unit = row["Mã đơn vị"]
            resolved, on_time = counted.get((unit, month), [0, 0])
            reported.add((unit, month))
            assert int(row["Đã giải quyết"]) == resolved
            assert int(row["Quá hạn"]) == resolved - int(row["Trước hạn và đúng hạn"])
            assert (row["Tỷ lệ đúng hạn (%)"] == "-") == (resolved == 0)
            if int(row["Trước hạn và đúng hạn"]) != on_time:
                assert int(row["Trước hạn và đúng hạn"]) > on_time and month >= since[unit]
                flattered.add(unit)
    assert len(reported) == 138 * 6 - len(silent) and not reported & silent
    assert flattered and flattered <= set(since) and len(since) == 6


def test_a_month_cut_short_has_no_report(tmp_path):
    made = generate_demo(tmp_path / "d", dossiers=300, months=3, seed=1, end=date(2025, 12, 15))
    reports = [name for name in made.rows if name.startswith("bao_cao/")]
    assert reports == [f"bao_cao/bao_cao_dung_han_2025-{month}.xlsx" for month in ("10", "11")]


def load_layout(code: str) -> tuple[dict, dict]:
    """A layout as written, and the columns of its source contract by name."""
    layout = yaml.safe_load((LAYOUTS_DIR / f"{code}.yml").read_text(encoding="utf-8"))
    source = yaml.safe_load((SOURCES_DIR / f"{layout['source']}.yml").read_text(encoding="utf-8"))
    return layout, {column["name"]: column for column in source["columns"]}


def header_of(spec: dict, headers: list[str]) -> str | None:
    synonyms = spec.get("from", [])
    wanted = {name.casefold() for name in ([synonyms] if isinstance(synonyms, str) else synonyms)}
    return next((header for header in headers if header.casefold() in wanted), None)


@pytest.mark.parametrize(("start", "code"), LAYOUT_OF.items())
def test_each_file_has_every_header_its_layout_reads(tables, start, code):
    layout, _ = load_layout(code)
    names = [name for name in tables if name.startswith(start)]
    assert names and layout["layout"] == code
    for name in names:
        headers = list(tables[name][0])
        assert set(layout["fingerprint"]) <= {header.casefold() for header in headers}
        absent = [column for column, spec in layout["columns"].items() if not header_of(spec, headers)]
        assert all("constant" in layout["columns"][column] for column in absent), (name, absent)


@pytest.mark.parametrize(("start", "code"), LAYOUT_OF.items())
def test_every_label_is_one_of_the_contract_or_mapped_to_its_code(tables, start, code):
    layout, contract = load_layout(code)
    rows = rows_in(tables, start)
    checked = 0
    for column, spec in layout["columns"].items():
        codes = contract[column].get("codes", {})
        if not codes or "constant" in spec:
            continue
        labels = {row[header_of(spec, list(rows[0]))] for row in rows} - {"", None}
        assert labels <= {*spec.get("map", {}), *codes.values(), *codes}, column
        assert set(spec.get("map", {}).values()) <= set(codes), column
        checked += 1
    assert checked


def test_letters_apologise_for_dossiers_that_are_shown_late(tables):
    cutoff = datetime(2025, 12, 31, 17)
    dossiers = {row["Mã hồ sơ"]: row for row in rows_in(tables, "ho_so/")}
    letters = rows_in(tables, "thu_xin_loi/")
    assert len({row["dossier_code"] for row in letters}) == len(letters) > 50
    for row in letters:
        dossier = dossiers[row["dossier_code"]]
        due, end = moment(dossier["Ngày hẹn trả"]), moment(dossier["Ngày kết thúc xử lý"]) or cutoff
        assert end.date() > due.date() and row["due_at_before"] == dossier["Ngày hẹn trả"]
        created, issued = moment(row["created_at"]), moment(row["issued_at"])
        assert moment(dossier["Ngày tiếp nhận"]) < created < (issued or end) <= end
        assert not row["due_at_after"] or moment(row["due_at_after"]) > due
    late = [row for row in dossiers.values() if row["Ngày hẹn trả"] and is_shown_late(row)]
    assert 0.4 < len(letters) / len(late) < 0.9
    for column in ("signer_role_code", "late_cause_code", "due_at_after", "issued_at"):
        assert len({bool(row[column]) for row in letters}) == 1 + (column != "late_cause_code"), column
    in_time = sum(
        moment(row["issued_at"]).date() < moment(row["due_at_before"]).date() for row in letters if row["issued_at"]
    )
    assert 0.3 < in_time / len(letters) < 0.9


def is_shown_late(row: dict) -> bool:
    finished = moment(row["Ngày kết thúc xử lý"])
    return finished is not None and finished.date() > moment(row["Ngày hẹn trả"]).date()


def test_officers_are_codes_of_their_unit_and_some_are_slow(tables):
    rows = [*rows_in(tables, "ho_so/"), *rows_in(tables, "xuat_som/")]
    officers = {row["Mã hồ sơ"]: row["Mã cán bộ xử lý"] for row in rows_in(tables, "ho_so/")}
    assert all(row["Mã cán bộ xử lý"].startswith(f"{row['Mã đơn vị giải quyết']}.CB0") for row in rows)
    assert all(officers[row["Mã hồ sơ"]] == row["Mã cán bộ xử lý"] for row in rows_in(tables, "xuat_som/"))
    late = [row for row in rows_in(tables, "ho_so/") if row["Ngày hẹn trả"] and is_shown_late(row)]
    assert sum(row["Mã cán bộ xử lý"].endswith("CB01") for row in late) > 0.4 * len(late)
    assert sum(officer.endswith("CB01") for officer in officers.values()) < 0.25 * len(officers)


def test_a_way_of_return_is_known_of_what_was_returned(tables):
    for row in rows_in(tables, "ho_so/"):
        assert bool(row["Hình thức trả kết quả"]) == bool(row["Ngày trả kết quả"])
    assert {row["Hình thức trả kết quả"] for row in rows_in(tables, "xuat_som/")} == {""}
    ways = {row["Hình thức trả kết quả"] for row in rows_in(tables, "ho_so/")} - {""}
    assert ways == {"Trực tiếp", "Trực tuyến", "Bưu chính công ích"}


def test_required_columns_are_never_empty(tables):
    dossier = ["Mã hồ sơ", "Mã đơn vị giải quyết", "Ngày tiếp nhận", "Trạng thái", "Kênh nộp"]
    step = ["Mã hồ sơ", "Số thứ tự bước", "Thao tác", "Thời điểm thực hiện"]
    for folder, columns in (("ho_so/", dossier), ("nhat_ky/", step)):
        assert all(row[column] for row in rows_in(tables, folder) for column in columns)


def test_nothing_can_be_taken_for_a_real_unit(tables):
    for row in tables["danh_muc/don_vi.csv"]:
        assert "Mẫu" in row["Tên đơn vị"] and row["Dữ liệu giả lập"] == "Có"
    assert all(row["Mã TTHC"].startswith("9.") for row in tables["danh_muc/thu_tuc.csv"])


def test_a_shortened_limit_is_a_second_version_without_gap_or_overlap(tables):
    versions: dict[str, list[dict]] = {}
    for row in tables["danh_muc/thu_tuc.csv"]:
        versions.setdefault(row["Mã TTHC"], []).append(row)
    changed = [pair for pair in versions.values() if len(pair) == 2]
    assert len(changed) == 5
    for before, after in changed:
        assert (before["Đến hết ngày"], after["Có hiệu lực từ ngày"]) == ("31/12/2025", "01/01/2026")
        assert int(before["Thời hạn giải quyết"]) > int(after["Thời hạn giải quyết"])
        assert after["Đến hết ngày"] == ""
