"""The page on surveys in a real Chromium: its figures are read again from the published Parquet by this file."""

import csv
import json
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote

import duckdb
import pytest
from screenshot import settle

from dagster_project.settings import PROJECT_ROOT
from dashboards import data_access, data_access_surveys, state
from dashboards.app_pages import satisfaction_print

pytestmark = pytest.mark.browser

DEMO = "H99"
WHOLE = "Toàn địa phương: chỉ số chung và các nhóm câu"


@pytest.fixture(scope="module")
def query(built_demo):
    """A function that runs SQL on the published tables."""
    build_id = (built_demo.published / "CURRENT").read_text().strip()
    folder = built_demo.published / build_id
    connection = duckdb.connect()
    for name in json.loads((folder / "manifest.json").read_text())["tables"]:
        connection.execute(f"create view {name} as from read_parquet('{folder}/{name}.parquet')")
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


@pytest.fixture(scope="module")
def provincial(query):
    """The newest wave of the province itself: code and questionnaire."""
    return query(
        f"select wave_code, instrument_code from dim_survey_waves where authority_code = '{DEMO}' "
        "and survey_owner_code = 'province' order by end_date desc limit 1"
    )[0]


def _percent(rate):
    return str((Decimal(rate) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)).replace(".", ",")


def _address(wave, **more):
    filters = {"authority": DEMO, "wave": "|".join(wave), **more}
    return "/hai-long?" + "&".join(f"{name}={quote(text)}" for name, text in filters.items())


def _rows(page, label):
    rows = page.locator(f"table[aria-label='{label}'] tbody tr:not(.median)")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def test_index_and_factors_are_the_published_ones_with_interval_and_ballots(open_at, query, provincial):
    wanted = query(
        f"""
        select estimate, interval_low, interval_high, answered_ballot_count from fct_survey_estimates
        where unit_code = '{DEMO}' and wave_code = '{provincial[0]}' and group_kind_code = 'all' and is_chosen_formula
          and measure_level_code in ('overall', 'part', 'factor')
        """
    )
    page = open_at(_address(provincial))
    shown = [[cell.strip() for cell in row[1:4]] for row in _rows(page, WHOLE)]
    assert sorted(shown) == sorted(
        [f"{_percent(value)}%", f"{_percent(low)} – {_percent(high)}%", f"{count:,}".replace(",", ".")]
        for value, low, high, count in wanted
    )
    assert page.locator(".badge", has_text="chưa đối chiếu").count() == 1


def test_units_outside_the_limits_are_named(open_at, query, provincial):
    names = query(
        f"""
        select unit_name from rpt_survey_funnels join dim_units using (authority_code, unit_code)
        where wave_code = '{provincial[0]}' and position_code <> 'within'
        """
    )
    page = open_at(_address(provincial))
    if not names:
        assert "ngoài giới hạn 95%" in page.locator("[data-testid=stMain]").inner_text()
        return
    listed = page.locator(".box", has_text="Đơn vị ngoài giới hạn").locator("dd a").all_inner_texts()
    assert sorted(listed) == sorted(name for (name,) in names)


def test_another_wave_is_chosen_in_its_box(open_at, query, provincial):
    other = query(
        f"select wave_code, instrument_code, wave_name from dim_survey_waves where authority_code = '{DEMO}' "
        f"and survey_owner_code = 'unit' order by wave_code limit 1"
    )[0]
    page = open_at(_address(provincial))
    page.locator("[data-testid=stSelectbox]", has_text="Đợt khảo sát").locator("input").click()
    page.get_by_role("option", name=other[2]).click()
    page.wait_for_url(f"**wave={other[0]}*")
    settle(page)
    assert other[2] in page.locator(".box").first.inner_text()
    assert "chỉ hỏi về một đơn vị" in page.locator("body").inner_text()
    assert "không đủ mẫu" in page.locator("body").inner_text()


def test_waves_of_different_owners_are_refused_with_the_reason(open_at, query, provincial):
    other = query(
        f"select wave_code, instrument_code from dim_survey_waves where authority_code = '{DEMO}' "
        f"and survey_owner_code = 'unit' order by wave_code limit 1"
    )[0]
    page = open_at(_address(provincial, against="|".join(other)))
    warning = page.locator(".note.warn").inner_text()
    assert f"Không so được đợt «{provincial[0]}» với đợt «{other[0]}»" in warning
    assert "người hỏi khác nhau" in warning
    assert page.locator("table[aria-label*='so với']").count() == 0


def test_one_unit_fits_a_phone(open_at, query, provincial):
    unit = query(
        f"""
        select unit_code from fct_survey_comparisons
        where wave_code = '{provincial[0]}' and comparison_code = 'peers' order by unit_code limit 1
        """
    )[0][0]
    page = open_at(_address(provincial, unit=unit), width=390, height=844)
    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth]"
    )
    assert max(widths) <= 390
    cut = page.evaluate(
        "[...document.querySelectorAll('.table-wrap')].filter(box => box.scrollWidth > box.clientWidth + 1)"
        ".map(box => box.firstChild.ariaLabel)"
    )
    assert cut == []


def test_the_unit_prints_on_one_page(open_at, query, provincial, chromium, tmp_path):
    unit = query(
        f"""
        select unit_code from fct_survey_comparisons
        where wave_code = '{provincial[0]}' and comparison_code = 'peers' order by unit_code limit 1
        """
    )[0][0]
    page = open_at(_address(provincial, unit=unit))
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải trang in A4 của đơn vị").click()
    path = tmp_path / "unit.html"
    download.value.save_as(path)
    printed = chromium.new_page()
    printed.goto(path.as_uri())
    pdf = printed.pdf(format="A4", prefer_css_page_size=True)
    printed.close()
    assert pdf.count(b"/Type /Page\n") == 1


FIGURES = {"value_status": "ok", "answered_ballot_count": 1234, "estimate": Decimal("0.754")}
FIGURES |= {"interval_low": Decimal("0.701"), "interval_high": Decimal("0.803")}
PEERS = {"difference": Decimal("-0.211"), "difference_low": Decimal("-0.328"), "difference_high": Decimal("-0.094")}
PEERS |= {"adjusted_chance": Decimal("0.6"), "compared_estimate": Decimal("0.965"), "compared_unit_count": 128}


@pytest.fixture
def longest_form(monkeypatch):
    """The page of a unit reads the form of two parts, nine groups of questions; its weakest are the longest ones."""
    with (PROJECT_ROOT / "dbt" / "seeds" / "survey_items.csv").open(encoding="utf-8") as file:
        items = [row for row in csv.DictReader(file) if row["instrument_code"] == "policy_service_33"]
    items = [row | {"is_indexed": row["is_indexed"] == "true", "good_text": "«Không»"} for row in items]
    indexed = [row for row in items if row["is_indexed"]]
    names = {("overall", "overall"): None} | {("part", row["part_code"]): None for row in indexed}
    names |= {("factor", row["factor_code"]): row["factor_name"] for row in indexed}
    measures = [
        FIGURES | {"measure_level_code": level, "measure_code": code, "factor_name": name}
        for (level, code), name in names.items()
    ]
    assert len(measures) == 1 + 2 + 9
    asked = (row for row in items if row["part_code"] != "expectation")
    weakest = [row | FIGURES | PEERS for row in sorted(asked, key=lambda row: -len(row["item_text"]))]
    counts = {"listed_count": 2000, "answered_count": 1234, "ineligible_count": 102, "response_rate": Decimal("0.65")}
    for name, found in {
        "measures": measures,
        "gaps": weakest,
        "survey_units": [FIGURES | PEERS | {"unit_code": "H99.1"}],
        "unit_responses": counts,
    }.items():
        monkeypatch.setattr(data_access_surveys, name, lambda *_, found=found: found)


def test_a_unit_prints_on_one_page_with_the_longest_form(longest_form, built_demo, chromium, tmp_path):
    build = data_access.open_current_build(built_demo)
    wave = {
        **data_access_surveys.waves(build, DEMO)[0],
        "wave_name": "Đo lường sự hài lòng của người dân đối với sự phục vụ của cơ quan hành chính nhà nước năm 2026",
        "frame_name": "Hộ gia đình chọn mẫu nhiều giai đoạn theo khu phố, thôn",
        "instrument_name": "Phiếu SIPAS chính sách và phục vụ, 33 câu (từ năm 2022)",
        "legal_basis": "QĐ 1001/QĐ-BNV ngày 11/12/2023 (công thức chưa đối chiếu được toàn văn)",
        "is_confirmed": False,
    }
    view = state.View(build, DEMO, "Tỉnh Mẫu", True, True)
    html = satisfaction_print.unit_page(view, None, wave, "H99.1", "Sở Nông nghiệp và Môi trường tỉnh Mẫu")
    path = tmp_path / "unit.html"
    path.write_text(html, encoding="utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert pdf.count(b"/Type /Page\n") == 1


def test_no_button_of_a_file_is_cut(open_at, query, provincial):
    unit = query(
        f"""
        select unit_code from fct_survey_comparisons
        where wave_code = '{provincial[0]}' and comparison_code = 'peers' order by unit_code limit 1
        """
    )[0][0]
    page = open_at(_address(provincial, unit=unit))
    names = [button.inner_text() for button in page.locator("[data-testid=stDownloadButton] button").all()]
    for name in ("Số khác", "Số khác của đơn vị", "So với cùng khối", "Các đợt", "Mong đợi"):
        assert f"Tải CSV: {name}" in names and f"Tải Excel: {name}" in names
    cut = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stDownloadButton] button *')]"
        ".filter(part => part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1).map(part => part.innerText)"
    )
    assert cut == []
