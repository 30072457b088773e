"""The story of a score holds to the published tables, down to the dossiers; the methods book leaves nothing out."""

from __future__ import annotations

import os
import re
import subprocess
from html import escape

import duckdb
import pytest

from dagster_project.explaining.score import (
    LISTED,
    ScoreKey,
    criterion_story,
    find_score,
    missed_dossiers,
    told_criterion,
    told_unit,
    unit_story,
)
from dagster_project.publishing.builds import current_build
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.methods_book import BOOK_FILE, write_methods_book
from dagster_project.publishing.reading import open_tables

GIA_LAI = "20260101-20261010"


@pytest.fixture(scope="module")
def ask(built_demo):
    """How the stories ask the published tables."""
    build = current_build(built_demo)
    with open_tables(build.folder, build.manifest["tables"]) as connection:

        def asked(sql: str, parameters: list | None = None) -> list[dict]:
            cursor = connection.execute(sql, parameters or [])
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield asked


@pytest.fixture(scope="module")
def book(built_demo) -> str:
    return (current_build(built_demo).folder / BOOK_FILE).read_text(encoding="utf-8")


def test_every_units_leaves_add_up_to_its_total(ask):
    rows = ask(
        "select authority_code, regulation_version_code, period_code, unit_code, total_score, total_percent "
        "from fct_unit_scores where period_code in ('2025', '20260101-20261010') order by all"
    )
    assert {row["authority_code"] for row in rows} == {"H21", "H99"}
    for row in rows:
        key = ScoreKey(*(row[name] for name in ScoreKey.__dataclass_fields__))
        story = unit_story(ask, key)
        assert sum(leaf.contribution for leaf in story.leaves if leaf.contribution is not None) == story.unrounded_score
        assert story.total_score == (None if row["total_percent"] is None else row["total_score"])
        assert story.title in told_unit(story)


def test_every_criterion_of_a_unit_is_told(ask):
    for unit, period, regulation in (
        ("H21.01", GIA_LAI, None),
        ("H99.01", "2025", None),
        ("H99.101", "2025", "BTC-XA"),
    ):
        key = find_score(ask, unit, period, regulation)
        criteria = ask(
            "select criterion_code, final_score, is_leaf from fct_criterion_scores where authority_code = ? "
            "and regulation_version_code = ? and period_code = ? and unit_code = ?",
            [key.authority_code, key.regulation_version_code, key.period_code, key.unit_code],
        )
        assert len(criteria) > 20
        for row in criteria:
            story = criterion_story(ask, key, row["criterion_code"])
            assert bool(story.parts) != row["is_leaf"]
            assert dict(story.rule)["Cách chấm"]
            assert ("Dữ liệu giả lập" in told_criterion(story)) == (key.authority_code == "H99")


@pytest.mark.parametrize("indicator", LISTED)
def test_the_dossiers_behind_a_rate_are_as_many_as_it_lacks(ask, indicator):
    """At every unit, in periods of every kind that the calendar has, whole and begun."""
    rows = ask(
        "select * from fct_indicator_values where authority_code = 'H99' and unit_code <> 'H99' "
        "and indicator_code = ? and origin_code = 'computed' and denominator > 0 "
        "and period_code in ('2026-03', '2026-Q2', '2025-H2', '2026', 'R2026-03') order by all",
        [indicator],
    )
    assert len(rows) > 150
    found = 0
    for row in rows:
        key = ScoreKey("H99", "", row["period_code"], row["unit_code"])
        behind = missed_dossiers(ask, key, indicator, row, limit=1000)
        assert behind.count == len(set(behind.items)) == row["denominator"] - row["numerator"], row
        assert "(bằng mẫu số trừ tử số)" in behind.text
        found += behind.count
    assert found > 0


def test_a_score_is_told_from_the_points_to_the_dossiers(ask):
    worst = ask(
        """
        select unit_code, period_code, regulation_version_code, numerator, denominator from fct_criterion_scores
        where regulation_version_code like 'BTC%@2026%' and criterion_code = '3.2'
        order by denominator - numerator desc, unit_code, period_code limit 1
        """
    )[0]
    regulation = worst["regulation_version_code"]
    story = criterion_story(ask, find_score(ask, worst["unit_code"], worst["period_code"], regulation), "3.2")
    assert dict(story.rule)["Cách chấm"].startswith("Theo mức: từ 100%: 8 điểm; từ 90% đến dưới 100%: tỷ lệ × 8 điểm")
    assert dict(story.figure)["Giá trị"].startswith(f"{worst['numerator']}/{worst['denominator']} (".replace(",", "."))
    (behind,) = story.behind
    assert behind.count == worst["denominator"] - worst["numerator"] > len(behind.items) == 20
    late = ask(
        "select resolved_verdict_code from fct_dossier_verdicts "
        "where authority_code = 'H99' and list_contains(?, dossier_code)",
        [list(behind.items)],
    )
    assert [row["resolved_verdict_code"] for row in late] == ["missed"] * 20
    assert f"… và {behind.count - 20} nữa" in told_criterion(story)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("H98.77", None), "không có đơn vị «H98.77»"),
        (("H99", None), "chưa được quy định nào chấm điểm"),
        (("H99.01", None), "Hãy chọn kỳ bằng --period. Các kỳ có điểm: 2025, 2025-H2"),
        (("H99.01", "1999"), "không có điểm ở kỳ «1999». Các kỳ có điểm: 2025, 2025-H2"),
        (("H99.01", "2025", "XX"), "được chấm theo: BTC-SO. Hãy chọn một bằng --regulation"),
        (("H99.01", "2025", None, "H21"), "có điểm ở các địa phương: H99. Hãy chọn một bằng --authority"),
    ],
)
def test_what_is_not_there_or_not_alone_is_told_with_the_choices(ask, arguments, told):
    with pytest.raises(BuildError, match=re.escape(told)):
        find_score(ask, *arguments)


def test_a_criterion_that_is_not_there_is_told_with_the_others(ask):
    with pytest.raises(BuildError, match=r"không có tiêu chí «9\.9»\. Các tiêu chí: 1, 1\.1, 1\.2"):
        criterion_story(ask, find_score(ask, "H99.01", "2025"), "9.9")


def explained(cchc, settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CCHC_DATA": str(settings.root)}
    return subprocess.run(
        [*cchc, "explain", "score", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_tells_a_total_a_criterion_and_a_simulation(built_demo, cchc):
    total = explained(cchc, built_demo, "H21.01", "--period", GIA_LAI).stdout
    assert "Tổng điểm: 65,54/100 điểm, đạt 65,54%" in total
    assert "Hạng: 6, trong 14 đơn vị" in total
    assert "không nêu được: 24 điểm lấy từ điều tra hoặc số liệu nơi khác mà không cho biết đếm" in total
    assert "Mẫu số lớn nhất: 47" in total
    assert "Cộng phần góp của các tiêu chí: 65,54 điểm" in total
    plain = explained(cchc, built_demo, "H21.01", "TDGQ.ON_TIME", "--period", GIA_LAI).stdout
    assert "Giá trị: 41/42 (97,62%)" in plain
    assert "Nếu tử số thêm 1: 20 điểm, tăng 0,48 điểm" in plain
    assert "«qd766_gialai_agencies_metrics_20261010.csv»" in plain
    assert "MÔ PHỎNG" not in plain
    for option in (("--if-more", "1"), ("--if-rate", "98,5 %")):
        simulated = explained(cchc, built_demo, "H21.01", "TDGQ.ON_TIME", "--period", GIA_LAI, *option).stdout
        assert "MÔ PHỎNG – không phải kết quả\n  Tử số / mẫu số: 41/42 (97,62%) → 42/42 (100%)" in simulated
        assert "Tổng điểm: 65,54 điểm → 66,02 điểm" in simulated


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--if-more", "1"], "Hãy nêu tiêu chí cần mô phỏng"),
        (["TDGQ.ON_TIME", "--if-more", "1", "--if-rate", "98"], "Chỉ dùng một trong hai"),
        (["TDGQ.ON_TIME", "--if-rate", "nhiều"], "«nhiều» không phải một tỷ lệ phần trăm"),
        (["TDGQ.ON_TIME", "--if-rate", "NaN"], "«NaN» không phải một tỷ lệ phần trăm"),
    ],
)
def test_the_command_refuses_with_a_sentence(built_demo, cchc, arguments, told):
    done = explained(cchc, built_demo, "H21.01", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_every_indicator_is_in_the_methods_book(ask, book):
    indicators = ask("select * from dim_indicators")
    assert set(re.findall(r'data-indicator="([^"]+)"', book)) == {row["indicator_code"] for row in indicators}
    for row in indicators:
        section = book.split(f'data-indicator="{row["indicator_code"]}"')[1].split("<h3")[0]
        words = [row["indicator_name"], row["numerator_text"], row["legal_basis"], row["method_version"]]
        assert all(escape(text) in section for text in words if text), row["indicator_code"]
        assert ("chưa xác nhận" in section) == (not row["is_confirmed"])
        assert "Ví dụ: " in section


def test_every_criterion_is_in_the_methods_book(ask, book):
    criteria = ask("select * from dim_criteria")
    codes = {escape(f"{row['regulation_version_code']}/{row['criterion_code']}") for row in criteria}
    assert set(re.findall(r'data-criterion="([^"]+)"', book)) == codes
    for row in criteria:
        line = book.split(f'data-criterion="{row["regulation_version_code"]}/{row["criterion_code"]}"')[1]
        assert escape(row["criterion_name"]) in line.split("</tr>")[0]
    scored = {
        f"{row['regulation_version_code']}/{row['criterion_code']}"
        for row in ask(
            "select distinct regulation_version_code, criterion_code from fct_rule_scores where rule_score is not null"
        )
    }
    told = re.findall(r'data-criterion="([^"]+)">((?:(?!</tr>).)*)</tr>', book, re.DOTALL)
    assert {code for code, line in told if "Ví dụ: " in line} == scored
    for row in ask("select regulation_version_code, regulation_name from dim_regulations"):
        assert f'data-regulation="{row["regulation_version_code"]}"' in book
        assert escape(row["regulation_name"]) in book


def test_an_indicator_or_criterion_left_out_of_the_book_is_noticed(built_demo, tmp_path):
    """The book follows the tables: what is added to them stands in it."""
    build = current_build(built_demo)
    for name in build.manifest["tables"]:
        (tmp_path / f"{name}.parquet").hardlink_to(build.folder / f"{name}.parquet")
    for name, column in (("dim_indicators", "indicator_code"), ("dim_criteria", "criterion_code")):
        path = tmp_path / f"{name}.parquet"
        path.unlink()
        duckdb.execute(
            f"copy (select * replace ('<' || {column} || '>' as {column}) "
            f"from read_parquet('{build.folder / path.name}')) to '{path}' (format parquet)"
        )
    seeds = built_demo.dbt_project / "seeds"
    text = write_methods_book(tmp_path, seeds, build.build_id, build.as_of_date).read_text(encoding="utf-8")
    assert 'data-indicator="&lt;online_dossier_rate&gt;"' in text
    assert 'data-criterion="QD766@2022-08-01/&lt;TDGQ.ON_TIME&gt;"' in text
    assert "<TDGQ.ON_TIME>" not in text


def test_the_book_stands_alone_and_calls_the_invented_invented(book):
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?://", book)
    examples = re.findall(r"Ví dụ: ([^<]*)</p>", book)
    of_demo = [text for text in examples if "(H99, mã" in text]
    assert of_demo
    assert all("dữ liệu giả lập" in text for text in of_demo)
    assert [text for text in examples if "(H21, mã" in text and "giả lập" not in text]
    assert "Tỉnh Mẫu (H99; dữ liệu giả lập)" in book


def test_the_book_is_found_from_the_list_of_builds(built_demo, cchc):
    environment = {**os.environ, "CCHC_DATA": str(built_demo.root)}
    done = subprocess.run([*cchc, "builds"], env=environment, capture_output=True, text=True, check=True)
    assert str(current_build(built_demo).folder / BOOK_FILE) in done.stdout
