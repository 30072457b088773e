"""The demo's score sheets and the portal's metrics: who is scored when, points that figures give, planted claims."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from dagster_project.demo import generate
from dagster_project.demo.generate import LABEL, generate_demo
from dagster_project.demo.regulations import OWN_FILES, points, read_national_leaves, read_regulations

pytestmark = pytest.mark.unit

END = date(2026, 10, 31)
SHEETS = {
    "btc_so_2025": ("01/01/2025", "31/12/2025", 12),
    "btc_xa_2025": ("01/01/2025", "31/12/2025", 120),
    "btc_so_2025_h2": ("01/07/2025", "31/12/2025", 12),
    "btc_xa_2025_h2": ("01/07/2025", "31/12/2025", 120),
    "btc_so_2026_h1": ("01/01/2026", "30/06/2026", 12),
    "btc_xa_2026_h1": ("01/01/2026", "30/06/2026", 120),
    "nq57_xa_2026_h1": ("01/01/2026", "30/06/2026", 120),
}
SCORES = ("self_score", "appraised_score_1", "appraised_score_2", "survey_score")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return generate_demo(tmp_path_factory.mktemp("scores") / "d", dossiers=6000, months=24, seed=7, end=END)


@pytest.fixture(scope="module")
def sheets(demo) -> dict[str, list[dict]]:
    return {name: rows_of(demo, f"cham_diem/cham_diem_{name}.csv") for name in SHEETS}


def rows_of(demo, name: str) -> list[dict]:
    with (demo.out / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def names_in(demo, folder: str) -> list[str]:
    return sorted(name for name in demo.rows if name.startswith(folder))


def number(text: str) -> Fraction | None:
    return Fraction(text.replace(",", ".")) if text else None


def leaves_of(row: dict) -> dict:
    last = datetime.strptime(row["period_end_date"], "%d/%m/%Y").date()
    return next(
        {leaf.code: leaf for leaf in regulation.leaves}
        for regulation in read_regulations()
        if regulation.code == row["regulation_code"] and regulation.first <= last <= regulation.last
    )


def figure(row: dict) -> Fraction | None:
    if row["measured_denominator"]:
        whole = int(row["measured_denominator"])
        return Fraction(int(row["measured_numerator"]), whole) if whole else None
    return number(row["measured_value"])


def test_the_same_parameters_give_the_same_bytes(demo, tmp_path):
    again = generate_demo(tmp_path / "d", dossiers=6000, months=24, seed=7, end=END)
    assert again.planted == demo.planted
    for folder in ("quy_dinh/", "cham_diem/", "giai_trinh/", "chi_so_766/"):
        assert names_in(demo, folder)
        for name in names_in(demo, folder):
            assert (again.out / name).read_bytes() == (demo.out / name).read_bytes(), name


def test_regulations_are_the_committed_files(demo):
    assert names_in(demo, "quy_dinh/") == [f"quy_dinh/{path.name}" for path in OWN_FILES]
    for path in OWN_FILES:
        copied = (demo.out / "quy_dinh" / path.name).read_bytes()
        assert hashlib.sha256(copied).digest() == hashlib.sha256(path.read_bytes()).digest()
        assert demo.rows[f"quy_dinh/{path.name}"] == len(rows_of(demo, f"quy_dinh/{path.name}"))


def test_a_changed_regulation_makes_another_demo(tmp_path, monkeypatch):
    small = {"dossiers": 60, "months": 1, "seed": 1, "end": date(2025, 12, 31)}
    first = generate_demo(tmp_path / "d", **small)
    changed = tmp_path / "quy_dinh.csv"
    changed.write_bytes(OWN_FILES[0].read_bytes() + b"\n")
    monkeypatch.setattr(generate, "OWN_FILES", [changed, *OWN_FILES[1:]])
    again = generate_demo(tmp_path / "d", **small)
    assert again.is_new and again.parameters_hash != first.parameters_hash


def test_a_sheet_per_regulation_and_period_with_the_units_of_its_last_day(demo, sheets):
    assert names_in(demo, "cham_diem/") == sorted(f"cham_diem/cham_diem_{name}.csv" for name in SHEETS)
    living = defaultdict(list)
    for row in rows_of(demo, "danh_muc/don_vi.csv"):
        living[row["Mã đơn vị"]].append((row["Có hiệu lực từ ngày"], row["Đến hết ngày"]))
    for name, (first, last, count) in SHEETS.items():
        rows, leaves = sheets[name], leaves_of(sheets[name][0])
        assert {(row["period_start_date"], row["period_end_date"]) for row in rows} == {(first, last)}
        units = {row["unit_code"] for row in rows}
        assert len(units) == count and len(rows) == count * len(leaves)
        assert {row["criterion_code"] for row in rows} == set(leaves)
        day = datetime.strptime(last, "%d/%m/%Y")
        for unit in units:
            spans = [
                (datetime.strptime(a, "%d/%m/%Y"), b and datetime.strptime(b, "%d/%m/%Y")) for a, b in living[unit]
            ]
            assert any(start <= day and (not end or end >= day) for start, end in spans), unit


@pytest.mark.parametrize(
    ("months", "end", "sheets"),
    [
        (10, date(2026, 10, 31), 3),  # the first half of 2026 alone
        (24, date(2026, 6, 30), 4),  # its sheets have not been sent in on its last day
        (6, date(2025, 12, 31), 0),
        (3, date(2026, 10, 31), 0),
    ],
)
def test_no_campaign_outside_the_demo(tmp_path, months, end, sheets):
    made = generate_demo(tmp_path / "d", dossiers=120, months=months, seed=1, end=end)
    assert len(names_in(made, "cham_diem/")) == sheets
    assert bool(made.planted["inflations"]) == bool(sheets)


def test_no_stage_lies_after_the_end(tmp_path):
    made = generate_demo(tmp_path / "d", dossiers=120, months=14, seed=1, end=date(2026, 2, 10))
    rows = rows_of(made, "cham_diem/cham_diem_btc_so_2025.csv")
    assert {row["self_scored_date"] for row in rows} == {"14/01/2026"}
    assert {row["appraised_date_1"] for row in rows} == {"", "03/02/2026"}
    assert not names_in(made, "giai_trinh/") and {row["appraised_score_2"] for row in rows} == {""}


def test_points_lie_within_the_maximum_and_follow_the_figures(demo, sheets):
    planted = {
        (item["campaign_code"], item["unit_code"], code)
        for item in demo.planted["inflations"]
        for code in item["criterion_codes"]
    }
    found, recounted = set(), 0
    for rows in sheets.values():
        leaves = leaves_of(rows[0])
        for row in rows:
            leaf = leaves[row["criterion_code"]]
            assert all(number(row[name]) is None or 0 <= number(row[name]) <= leaf.max_score for name in SCORES)
            if figure(row) is None:
                continue
            worth = points(leaf, figure(row))
            assert number(row["appraised_score_1"]) == worth
            recounted += 1
            key = (row["campaign_code"], row["unit_code"], row["criterion_code"])
            excess = number(row["self_score"]) - worth
            if excess > Fraction(1, 2):
                assert excess * 2 >= leaf.max_score
                found.add(key)
    assert found == planted and recounted > 5000


def test_two_departments_and_five_communes_inflate_and_the_label_says_so(demo):
    inflations = demo.planted["inflations"]
    by_campaign = defaultdict(list)
    for item in inflations:
        by_campaign[item["campaign_code"]].append(item["unit_code"])
    assert {code: len(units) for code, units in by_campaign.items()} == {
        name.upper().replace("_", "-"): 2 if "_so_" in name else 5 for name in SHEETS
    }
    assert len({item["unit_code"] for item in inflations}) == 7
    label = (demo.out / LABEL).read_text(encoding="utf-8")
    for item in inflations:
        told = f"{item['unit_code']}: đợt {item['campaign_code']}, tiêu chí {', '.join(item['criterion_codes'])}"
        assert told in label


def test_what_does_not_apply_has_nothing_and_the_rest_is_claimed(sheets):
    kinds = set()
    for name, rows in sheets.items():
        leaves = leaves_of(rows[0])
        for row in rows:
            leaf = leaves[row["criterion_code"]]
            if row["is_applicable"] == "Không":
                assert not any(row[column] for column in (*SCORES, "measured_numerator", "measured_value"))
                kinds.add(leaf.kind)
            elif not row["self_score"]:  # counted on nothing
                assert row["measured_denominator"] == "0" or leaf.input_kind == "indicator"
            elif leaf.input_code == "satisfaction_rate__five_factor_22":
                assert "2025" in name
    assert kinds == {"base", "survey"}


def test_what_the_warehouse_can_count_is_left_to_it_except_where_a_claim_was_accepted(sheets):
    open_rows = accepted = 0
    for rows in sheets.values():
        leaves = leaves_of(rows[0])
        for row in rows:
            leaf = leaves[row["criterion_code"]]
            if leaf.input_kind != "indicator" or leaf.kind == "survey" or not row["self_score"]:
                continue
            if row["appraised_score_1"]:
                assert row["appraised_score_1"] == row["self_score"]
                accepted += 1
            else:
                open_rows += 1
    assert 0 < accepted < 0.1 * open_rows


def test_an_explanation_tells_both_scores_of_the_sheet(demo, sheets):
    assert names_in(demo, "giai_trinh/") == [f"giai_trinh/giai_trinh_btc_{bloc}_2025.csv" for bloc in ("so", "xa")]
    steps = defaultdict(dict)
    for name in names_in(demo, "giai_trinh/"):
        for row in rows_of(demo, name):
            steps[row["campaign_code"], row["unit_code"], row["criterion_code"]][row["stage_code"]] = row
    explained = {
        (row["campaign_code"], row["unit_code"], row["criterion_code"]): row
        for rows in sheets.values()
        for row in rows
        if row["explanation_reference"]
    }
    assert set(steps) == set(explained) and len(steps) > 50
    raised = 0
    for key, sheet in explained.items():
        first, told, second = (steps[key][stage] for stage in ("appraisal_1", "explanation", "appraisal_2"))
        assert (first["old_score"], first["new_score"]) == (sheet["self_score"], sheet["appraised_score_1"])
        assert (told["actor_code"], told["new_score"]) == (sheet["unit_code"], "")
        assert (second["old_score"], second["new_score"]) == (sheet["appraised_score_1"], sheet["appraised_score_2"])
        assert first["actor_code"] == second["actor_code"] == "HDTD"
        moments = [datetime.strptime(row["stated_at"], "%d/%m/%Y %H:%M:%S") for row in (first, told, second)]
        assert moments == sorted(moments)
        raised += number(second["new_score"]) > number(second["old_score"])
    assert 0 < raised < len(explained)


def test_the_portal_publishes_the_last_four_full_quarters(demo, tmp_path):
    assert names_in(demo, "chi_so_766/") == [
        f"chi_so_766/chi_so_766_{quarter}.csv" for quarter in ("2025_q4", "2026_q1", "2026_q2", "2026_q3")
    ]
    short = generate_demo(tmp_path / "d", dossiers=120, months=6, seed=1, end=date(2025, 12, 15))
    assert names_in(short, "chi_so_766/") == ["chi_so_766/chi_so_766_2025_q3.csv"]


def half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_portals_points_add_up(demo):
    """Its arithmetic counted anew: metrics by their figures, groups by their metrics, totals by their groups."""
    rules = {leaf.input_code: leaf for leaf in read_national_leaves("QD766")}
    none_sent = 0
    for name in names_in(demo, "chi_so_766/"):
        metrics, groups, totals = defaultdict(Decimal), {}, {}
        for row in rows_of(demo, name):
            unit, group, score = row["unit_code"], row["group_code"], row["declared_score"].replace(",", ".")
            if row["metric_code"] == "_TOTAL":
                totals[unit] = Decimal(score)
            elif row["metric_code"] == "_GROUP":
                groups[unit, group] = Decimal(score)
            elif score:
                leaf = rules[f"{group}.{row['metric_code']}"]
                top, target = Decimal(int(leaf.max_score)), Decimal(leaf.target.numerator) / leaf.target.denominator
                share = Decimal(row["declared_value"].replace(",", ".") or 0) / 100
                if row["denominator_count"] not in ("", "0"):
                    share = Decimal(row["numerator_count"]) / Decimal(row["denominator_count"])
                if row["denominator_count"] == "0":
                    assert score == "6" and not row["declared_value"]
                    none_sent += 1
                else:
                    assert Decimal(score) == min(half_up(top * share / target), top), row
                metrics[unit, group] += Decimal(score)
        assert len(totals) == 132 and len(groups) == 132 * 6
        for (unit, group), score in metrics.items():
            assert groups[unit, group] == score
        for unit, total in totals.items():
            assert total == sum(score for (of, _), score in groups.items() if of == unit)
    assert none_sent > 50


def test_volumes_differ_and_late_units_are_late_there_too(demo):
    rows = rows_of(demo, "chi_so_766/chi_so_766_2026_q3.csv")
    on_time = {
        row["unit_code"]: (int(row["numerator_count"]), int(row["denominator_count"]))
        for row in rows
        if row["metric_code"] == "ON_TIME"
    }
    volumes = sorted(whole for _, whole in on_time.values())
    assert volumes[-1] > 20 * volumes[0] > 0
    shares = sorted(part / whole for part, whole in on_time.values())
    assert shares[0] < 0.95 < shares[len(shares) // 2] < 1
