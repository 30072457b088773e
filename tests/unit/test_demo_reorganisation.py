"""The demo across March and July 2025: registers without gaps, units that existed, open dossiers handed over."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import fastexcel
import pytest

from dagster_project.demo.generate import generate_demo

pytestmark = pytest.mark.unit

END = date(2025, 8, 31)
BREAKS = {date(2025, 3, 1), date(2025, 7, 1)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return generate_demo(tmp_path_factory.mktemp("demo") / "d", dossiers=12_000, months=9, seed=7, end=END).out


def rows_in(demo: Path, pattern: str) -> list[dict]:
    rows = []
    for path in sorted(demo.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as handle:
            rows += csv.DictReader(handle)
    return rows


def day(text: str) -> date | None:
    return datetime.strptime(text[:10], "%d/%m/%Y").date() if text else None


@pytest.fixture(scope="module")
def spans(demo) -> dict[str, tuple[date, date]]:
    """From when to when each unit of the register existed."""
    spans: dict[str, tuple[date, date]] = {}
    for row in rows_in(demo, "danh_muc/don_vi.csv"):
        first, last = day(row["Có hiệu lực từ ngày"]), day(row["Đến hết ngày"]) or date.max
        known = spans.get(row["Mã đơn vị"], (first, last))
        spans[row["Mã đơn vị"]] = (min(first, known[0]), max(last, known[1]))
    return spans


@pytest.fixture(scope="module")
def changes(demo) -> list[dict]:
    return rows_in(demo, "danh_muc/thay_doi_don_vi.csv")


def test_every_unit_that_ended_has_successors_and_gives_them_everything(spans, changes):
    shares, kinds = defaultdict(float), defaultdict(set)
    for row in changes:
        old, new, when = row["predecessor_unit_code"], row["successor_unit_code"], day(row["effective_date"])
        assert when in BREAKS and (when - spans[old][1]).days == 1
        assert spans[new][0] <= when <= spans[new][1]
        shares[old] += float(row["share_rate"].replace(",", "."))
        kinds[old].add(row["change_code"])
    ended = {unit for unit, (_, last) in spans.items() if last < END}
    assert set(shares) == ended and len(ended) == 277
    assert all(abs(share - 1) < 0.001 for share in shares.values())
    assert {frozenset(kind) for kind in kinds.values()} == {frozenset({"Sáp nhập"}), frozenset({"Chia tách"})}


def test_a_name_is_borne_by_two_units_one_after_the_other(demo):
    names = defaultdict(set)
    for row in rows_in(demo, "danh_muc/don_vi.csv"):
        names[row["Tên đơn vị"]].add(row["Mã đơn vị"])
    assert len(names["Sở Xây dựng tỉnh Mẫu"]) == len(names["Phường An Mẫu 01"]) == 2


def test_units_took_in_and_ended_dossiers_while_they_existed(demo, spans):
    listed = rows_in(demo, "ho_so/*.csv")
    assert len(listed) == len({row["Mã hồ sơ"] for row in listed}) == 12_000
    for row in listed:
        received, ended = day(row["Ngày tiếp nhận"]), day(row["Ngày kết thúc xử lý"]) or END
        for unit, when in (
            (row["Mã đơn vị tiếp nhận"], received),
            (row["Mã hồ sơ"].split("-")[0], received),
            (row["Mã đơn vị giải quyết"], ended),
        ):
            assert spans[unit][0] <= when <= spans[unit][1], (row["Mã hồ sơ"], unit, when)


def test_exactly_the_dossiers_open_at_the_end_of_their_unit_are_handed_over(demo, spans, changes):
    linked = {(row["predecessor_unit_code"], row["successor_unit_code"]) for row in changes}
    listed = {row["Mã hồ sơ"]: row for row in rows_in(demo, "ho_so/*.csv")}
    moved = {code for code, row in listed.items() if code.split("-")[0] != row["Mã đơn vị giải quyết"]}
    handed = rows_in(demo, "ban_giao/*.csv")
    assert {row["Mã hồ sơ"] for row in handed} == moved and len(handed) == len(moved) > 100
    for row in handed:
        assert (row["Mã đơn vị giải quyết"], listed[row["Mã hồ sơ"]]["Mã đơn vị giải quyết"]) in linked
        assert row["Ngày kết thúc xử lý"] == row["Ngày trả kết quả"] == ""
        assert day(row["Ngày tiếp nhận"]) <= spans[row["Mã đơn vị giải quyết"]][1]
    steps = [row for row in rows_in(demo, "nhat_ky/*.csv") if row["Thao tác"] == "Bàn giao hồ sơ"]
    assert {row["Mã hồ sơ"] for row in steps} == moved and len(steps) == len(moved)
    assert {day(row["Thời điểm thực hiện"]) for row in steps} == BREAKS


def test_steps_ratings_and_supplements_name_units_of_their_day(demo, spans):
    found = 0
    for pattern, unit, when in (
        ("nhat_ky/*.csv", "Mã đơn vị thực hiện", "Thời điểm thực hiện"),
        ("danh_gia/*.csv", "unit_code", "rated_at"),
        ("bo_sung/*.csv", "unit_code", "requested_at"),
        ("tam_dung/*.csv", "unit_code", "paused_at"),
    ):
        for row in rows_in(demo, pattern):
            first, last = spans[row[unit]]
            assert first <= day(row[when]) <= last
            found += 1
    assert found > 60_000


def test_reports_follow_the_units_of_their_month(demo, spans):
    """Counted as form II.06a counts, for the unit that had the dossier when it ended."""
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows_in(demo, "ho_so/*.csv"):
        if row["Trạng thái"] in ("Đã xử lý xong", "Đã trả kết quả", "Công dân yêu cầu rút hồ sơ"):
            counted[row["Mã đơn vị giải quyết"], f"{day(row['Ngày kết thúc xử lý']):%Y-%m}"] += 1
    units_of = {}
    for path in sorted((demo / "bao_cao").glob("*.xlsx")):
        month = path.stem[-7:]
        grid = fastexcel.read_excel(path).load_sheet(0, header_row=3, dtypes="string").to_polars()
        for unit, resolved in grid.select("Mã đơn vị", "Đã giải quyết").iter_rows():
            assert int(resolved) == counted[unit, month]
        units_of[month] = set(grid["Mã đơn vị"])
        first = date.fromisoformat(f"{month}-01")
        assert all(spans[unit][0] <= first <= spans[unit][1] for unit in units_of[month])
    districts = {f"H99.{number}" for number in range(61, 69)}
    assert districts <= units_of["2025-06"] and not districts & units_of["2025-07"]


def test_a_demo_after_the_changes_knows_nothing_of_them(tmp_path):
    made = generate_demo(tmp_path / "d", dossiers=500, months=2, seed=7, end=END)
    assert made.rows["danh_muc/don_vi.csv"] == 139
    assert not [name for name in made.rows if name.startswith(("ban_giao/", "danh_muc/thay_doi"))]
