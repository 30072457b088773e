"""The story of a score holds to the published tables, down to the dossiers; the methods book leaves nothing out."""

from __future__ import annotations

import os
import re
import subprocess
from html import escape

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.explaining.memberships import LISTINGS, SIDES, listed_dossiers
from dagster_project.explaining.score import (
    Listed,
    ScoreKey,
    criterion_story,
    dossiers_behind,
    find_score,
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


@pytest.mark.parametrize("indicator", LISTINGS)
def test_the_dossiers_on_each_side_of_a_fraction_are_as_many_as_it_says(ask, indicator):
    """At units and periods of every kind: numerator, the rest of the denominator and what is left out, each once."""
    rows = ask(
        "select v.*, p.start_date, p.counted_to_date from fct_indicator_values as v "
        "inner join dim_periods as p using (period_code) where authority_code = 'H99' and unit_code <> 'H99' "
        "and indicator_code = ? and origin_code = 'computed' and denominator > 0 "
        "and period_code in ('2026-03', '2025-H2', 'R2026-03') order by all",
        [indicator],
    )
    assert len(rows) > 50 and sum(row["numerator"] for row in rows) > 0
    for row in rows[:: max(len(rows) // 120, 1)]:
        arguments = ["H99", row["unit_code"], row["start_date"], row["counted_to_date"]]
        found = {
            side: ask(f"select count(*) as n, count(distinct dossier_code) as m from ({query})", arguments)[0]
            for side, query in ((side, listed_dossiers(indicator, side)) for side in SIDES)
        }
        assert all(counts["n"] == counts["m"] for counts in found.values())
        said = (row["numerator"], row["denominator"] - row["numerator"], row["excluded_count"])
        assert (found["numerator"]["n"], found["rest"]["n"], found["excluded"]["n"]) == said, row


def test_a_list_names_the_rows_of_the_files_and_says_how_to_go_on(ask):
    row = ask(
        "select * from fct_indicator_values where authority_code = 'H99' and unit_code <> 'H99' "
        "and period_code = '2026' and indicator_code = 'apology_rate__before_due' "
        "and numerator between 3 and denominator - 3 order by all limit 1"
    )[0]
    key = ScoreKey("H99", "", "2026", row["unit_code"])
    rest = dossiers_behind(ask, key, row["indicator_code"], row, Listed(limit=2))
    assert rest.text == (
        f"Hồ sơ ở mẫu số mà không ở tử số: {row['denominator'] - row['numerator']} (bằng mẫu số trừ tử số)"
    )
    assert rest.hint == "Xem một hồ sơ: cchc explain dossier MÃ_HỒ_SƠ" and len(rest.items) == 2
    code, file_name, number = re.match(r"(\S+): .*; «(.+)» dòng (\d+)$", rest.items[0]).groups()
    found = ask(
        "select file_name, source_row_number from fct_dossiers inner join fct_deliveries using (delivery_id) "
        "where authority_code = 'H99' and dossier_code = ?",
        [code],
    )
    assert found == [{"file_name": file_name, "source_row_number": int(number)}]
    good = dossiers_behind(ask, key, row["indicator_code"], row, Listed("numerator", 0))
    assert good.text.endswith(" (bằng tử số)") and len(good.items) == row["numerator"]


def test_the_page_lists_the_dossiers_behind_what_the_page_on_time_does_not(ask, built_demo, monkeypatch):
    monkeypatch.setenv("CCHC_DATA", str(built_demo.root))
    row = ask(
        "select * from fct_criterion_scores where regulation_version_code like 'BTC-SO@%' and criterion_code = '3.3' "
        "and period_code = '2025' and numerator between 1 and denominator - 1 order by all limit 1"
    )[0]
    asked = {"regulation": row["regulation_version_code"], "kind": "year", "period": "2025"}
    asked |= {"unit": row["unit_code"], "criterion": "3.3"}
    script = (
        "import streamlit as st\n"
        f"st.query_params.from_dict({asked!r})\n"
        "from dagster_project.settings import load_settings\n"
        "from dashboards import data_access, state\n"
        "from dashboards.app_pages import score_explanation\n"
        "build = data_access.open_current_build(load_settings())\n"
        "score_explanation.render(state.View(build, 'H99', 'Tỉnh Mẫu', True, True))\n"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    (listed,) = (box for box in app.selectbox if box.label == "Danh sách")
    assert listed.options[0] == f"Hồ sơ ở mẫu số mà không ở tử số ({row['denominator'] - row['numerator']})"
    assert listed.options[1] == f"Hồ sơ ở tử số ({row['numerator']})"
    listed.set_value("numerator").run()
    assert not app.exception
    shown = "".join(element.proto.body for element in app.get("html"))
    table = shown.split('aria-label="Hồ sơ làm căn cứ"')[1].split("</table>")[0]
    assert table.count("» dòng ") == min(row["numerator"], 25)


def test_what_left_the_maximum_adds_up_to_what_it_lacks(ask):
    rows = ask(
        "select s.*, g.max_score from fct_unit_scores as s inner join dim_regulations as g "
        "using (authority_code, regulation_version_code) "
        "where period_code = '2025' and applicable_max_score is not null"
    )
    lacking = 0
    for row in rows:
        key = ScoreKey(*(row[name] for name in ScoreKey.__dataclass_fields__))
        taken = sum(one.max_score for one in unit_story(ask, key).taken_out)
        assert taken == row["max_score"] - row["applicable_max_score"], key
        lacking += bool(taken)
    assert lacking > 0


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
        [[item.split(":")[0] for item in behind.items]],
    )
    assert [row["resolved_verdict_code"] for row in late] == ["missed"] * 20
    assert f"… và {behind.count - 20} nữa" in told_criterion(story)


def test_a_figure_of_a_sheet_is_told_with_its_row_and_no_file_from_before_the_period(ask):
    figures = ask(
        "select * from fct_score_inputs where input_kind_code = 'measured' "
        "order by campaign_code is null, period_code desc, unit_code, criterion_code"
    )
    for figure in (figures[0], figures[-1]):
        key = ScoreKey(*(figure[name] for name in ScoreKey.__dataclass_fields__))
        behind = criterion_story(ask, key, figure["criterion_code"]).behind[0]
        where = f"đơn vị {figure['unit_code']}, tiêu chí {figure['criterion_code']}"
        if figure["campaign_code"] is None:
            assert (behind.text, behind.items) == (f"Chưa nạp phiếu nào có dòng của {where} trong kỳ", ())
            continue
        campaign = f"đợt chấm {figure['campaign_code']}, bộ tiêu chí {figure['regulation_code']}, {where};"
        assert behind.text.startswith(f"Dòng của phiếu: {campaign}") and behind.items
        (start,) = ask("select start_date from dim_periods where period_code = ?", [figure["period_code"]])
        before = ask(
            "select file_name from fct_deliveries where source_code = 'par__criterion_scores' and data_until_date < ?",
            [start["start_date"]],
        )
        assert not [row for row in before if any(row["file_name"] in item for item in behind.items)]
    assert figures[0]["campaign_code"] is not None and figures[-1]["campaign_code"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("H98.77", None), "không có đơn vị «H98.77»"),
        (("H99", None), "chưa được quy định nào chấm điểm"),
        (("H99.01", None), "Hãy chọn kỳ bằng --period. Các kỳ có điểm: 2025, 2025-H2"),
        (("H99.01", "1999"), "không có điểm ở kỳ «1999». Các kỳ có điểm: 2025, 2025-H2"),
        (("H99.01", "2025", "XX"), "không được chấm theo quy định «XX». Kỳ này được chấm theo: BTC-SO"),
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
        is_told = "Không có số đếm nguyên nào cho đúng 98,5%: tử số được làm tròn lên, thành 42/42 (100%)" in simulated
        assert is_told == (option[0] == "--if-rate")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--if-more", "1"], "Hãy nêu tiêu chí cần mô phỏng"),
        (["TDGQ.ON_TIME", "--if-more", "1", "--if-rate", "98"], "Chỉ dùng một trong hai"),
        (["TDGQ.ON_TIME", "--if-rate", "nhiều"], "«nhiều» không phải một tỷ lệ phần trăm"),
        (
            ["TDGQ", "--if-more", "1"],
            "đây là nhóm, không có số liệu của riêng nó. Hãy chọn một tiêu chí bên dưới: TDGQ.O",
        ),
        (["TDGQ.ON_TIME", "--if-rate", "150"], "Tỷ lệ 150% cao hơn 100%"),
        (["--list", "rest"], "Hãy nêu tiêu chí cần liệt kê"),
        (["TDGQ.ON_TIME", "--list", "rest"], "Tiêu chí TDGQ.ON_TIME không có danh sách hồ sơ"),
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
