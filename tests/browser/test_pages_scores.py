"""The pages on points in a real Chromium: every figure is read again from the published Parquet by this file."""

import csv
import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import parse_qs, quote, urlsplit

import duckdb
import fastexcel
import pytest
from screenshot import settle

pytestmark = pytest.mark.browser

DEMO, GIA_LAI = "H99", "H21"


@pytest.fixture(scope="module")
def published(built_demo):
    """The manifest, and a function that runs SQL on the published tables."""
    build_id = (built_demo.published / "CURRENT").read_text().strip()
    folder = built_demo.published / build_id
    manifest = json.loads((folder / "manifest.json").read_text())
    connection = duckdb.connect()
    for name in manifest["tables"]:
        connection.execute(f"create view {name} as from read_parquet('{folder}/{name}.parquet')")
    yield manifest, lambda sql: connection.execute(sql).fetchall()
    connection.close()


def _number(value, digits=2):
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return f"−{text}" if rounded < 0 else text


def _table(page, label):
    """The visible cells of a table, row by row; lines that head a group are left out."""
    rows = page.locator(f"table[aria-label='{label}'] tbody tr:not(.median)")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def _address(page_name, regulation, period, **more):
    """The address of a page with a regulation and the row of its period."""
    filters = {"authority": DEMO, "regulation": regulation, "kind": period[1], "period": period[0], **more}
    return f"/{page_name}?" + "&".join(f"{name}={quote(text)}" for name, text in filters.items())


def _ranked(query, regulation, group):
    """The version of the regulation and the newest complete period (code, kind) in which it ranks units of a group."""
    rows = query(
        f"""
        select r.regulation_version_code, r.period_code, p.period_kind_code
        from fct_score_rankings r join dim_periods p using (period_code)
        where r.authority_code = '{DEMO}' and r.regulation_code = '{regulation}' and r.peer_group_code = '{group}'
          and r.unit_rank is not null and p.is_complete
        order by p.end_date desc, p.start_date limit 1
        """
    )
    assert rows, f"the demo ranks nobody by {regulation}"
    return rows[0][0], rows[0][1:]


RANKINGS = [("BTC-SO", "department"), ("BTC-XA", "commune"), ("QD766", "department")]


@pytest.mark.parametrize(("regulation", "group"), RANKINGS)
def test_a_ranking_by_points_is_the_published_one_with_its_ranges(open_at, published, regulation, group):
    _, query = published
    version, period = _ranked(query, regulation, group)
    where = (
        f"r.authority_code = '{DEMO}' and r.regulation_version_code = '{version}' and r.period_code = '{period[0]}' "
        f"and r.peer_group_code = '{group}'"
    )
    expected = query(
        f"""
        select case when is_tied then '=' else '' end || unit_rank, rank_low, rank_high, unit_name, total_percent,
          total_score, applicable_max_score
        from fct_score_rankings r join dim_units u using (authority_code, unit_code)
        where {where} and unit_rank is not null
        """
    )
    page = open_at(_address("xep-hang", version, period, by="regulation", group=group))
    shown = _table(page, "Xếp hạng theo điểm")
    has_ranges = expected[0][1] is not None
    assert has_ranges == (regulation != "QD766")  # of 24 points there nobody knows what they are counted on
    wanted = sorted(
        (
            rank,
            *([f"hạng {low}" if low == high else f"hạng {low}–{high}"] if has_ranges else []),
            name,
            [f"{_number(percent)}%", f"{_number(score)} / {_number(most)} điểm"],
        )
        for rank, low, high, name, percent, score, most in expected
    )
    place = 3 if has_ranges else 2
    assert sorted((*map(str.strip, row[:place]), row[place].split("\n")) for row in shown) == wanted
    ranks = [int(row[0].lstrip("=")) for row in shown]
    assert ranks == sorted(ranks)
    ((listed, distinct),) = query(
        f"select count(*), count(distinct distinct_group_number) from fct_score_rankings r where {where}"
    )
    assert len(shown) + len(_table(page, "Đơn vị không xếp hạng")) == listed
    assert page.locator("table[aria-label='Xếp hạng theo điểm'] tr.median").count() == distinct
    if not has_ranges:
        assert "24 điểm lấy từ" in page.locator("p.lead", has_text="Khoảng hạng không nêu được").inner_text()
        return
    # A bar for every rank, from the best to the worst rank that is possible, on an axis over all ranks.
    boxes = page.evaluate(
        """[...document.querySelectorAll('td.rank-range .track')].map(track => {
          const fill = track.querySelector('.fill').getBoundingClientRect(), axis = track.getBoundingClientRect();
          return [(fill.left - axis.left) / axis.width, (fill.right - axis.left) / axis.width];
        })"""
    )
    for (left, right), row in zip(boxes, shown, strict=True):
        low, _, high = row[1].strip().removeprefix("hạng ").partition("–")
        assert left == pytest.approx((int(low) - 1) / len(shown), abs=0.02)
        assert right == pytest.approx(int(high or low) / len(shown), abs=0.02)


def test_an_unconfirmed_regulation_and_grade_say_so(open_at, published):
    _, query = published
    version, period = _ranked(query, "BTC-SO", "department")
    page = open_at(_address("xep-hang", version, period, by="regulation", group="department"))
    assert "quy định chưa được xác nhận" in page.locator(".note").first.inner_text()
    assert {row[4].split("\n")[1] for row in _table(page, "Xếp hạng theo điểm")} == {"mức chưa xác nhận"}


def test_a_change_of_unknown_luck_has_no_arrow(open_at, published):
    _, query = published
    version, period = _ranked(query, "QD766", "commune")
    ((units, compared, known),) = query(
        f"""
        select count(*), count(previous_percent), count(is_change_beyond_chance) from fct_score_rankings
        where authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
          and peer_group_code = 'commune' and unit_rank is not null
        """
    )
    assert units == compared > known == 0  # the demo has a quarter before, and 24 points counted on nobody knows what
    page = open_at(_address("xep-hang", version, period, by="regulation", group="commune"))
    assert "So kỳ trước" not in page.locator("table[aria-label='Xếp hạng theo điểm'] thead").inner_text()
    assert not re.search("[▲▼]", page.locator("table[aria-label='Xếp hạng theo điểm']").inner_text())


def test_the_downloads_of_a_ranking_carry_ranges_quality_denominator_and_date(open_at, published):
    manifest, query = published
    version, period = _ranked(query, "BTC-SO", "department")
    page = open_at(_address("xep-hang", version, period, by="regulation", group="department"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải CSV").click()
    lines = list(csv.reader(io.StringIO(download.value.path().read_bytes().decode("utf-8-sig")), delimiter=";"))
    head = {line[0]: line[1] for line in lines[1 : lines.index([])]}
    year, month, day = manifest["as_of_date"].split("-")
    assert head["Số liệu chốt đến ngày"] == f"{day}/{month}/{year}"
    assert head["Bản dựng"] == manifest["build_id"]
    assert head["Bản quy định"] == version and head["Lưu ý"] == "Dữ liệu giả lập (không có thật)"
    headers, *rows = lines[lines.index([]) + 1 :]
    expected = query(
        f"""
        select unit_code, cast(rank_low as varchar), cast(rank_high as varchar), quality_grade_code, d.denominator
        from fct_score_rankings r
        left join (
          select unit_code, max(denominator) as denominator from fct_score_inputs
          where authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
            and has_counts and input_kind_code <> 'measured' and is_applicable
          group by unit_code
        ) as d using (unit_code)
        where authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
          and peer_group_code = 'department' and unit_rank is not null
        """
    )
    found = {row[2]: dict(zip(headers, row, strict=True)) for row in rows}
    assert set(found) >= {unit for unit, *_ in expected}
    for unit, low, high, grade, denominator in expected:
        line = found[unit]
        assert (line["Hạng tốt nhất còn có thể"], line["Hạng kém nhất còn có thể"]) == (low, high)
        assert line["Chất lượng dữ liệu"] == (grade or line["Chất lượng dữ liệu"]) != ""
        assert line["Mẫu số lớn nhất"] == str(denominator)
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải Excel").click()
    cells = fastexcel.read_excel(download.value.path().read_bytes()).load_sheet(0, header_row=None, dtypes="string")
    assert [row[3] for row in cells.to_polars().rows()][-len(rows) :] == [row[3] for row in rows]


def _missed_criterion(query):
    """A unit, a criterion that scores it by dossiers on time with some missed, and how many are."""
    version, period = _ranked(query, "BTC-SO", "department")
    rows = query(
        f"""
        select s.unit_code, u.unit_name, s.criterion_code, c.criterion_name, s.denominator - s.numerator,
          s.numerator, s.denominator
        from fct_criterion_scores s
        join dim_criteria c using (authority_code, regulation_version_code, criterion_code)
        join dim_units u using (authority_code, unit_code)
        where s.authority_code = '{DEMO}' and s.regulation_version_code = '{version}' and s.period_code = '{period[0]}'
          and c.input_code = 'on_time_rate__resolved' and s.denominator > s.numerator
        order by 5 desc, 1 limit 1
        """
    )
    return version, period, rows[0]


def test_from_a_rank_to_the_dossiers_in_three_clicks(open_at, published):
    _, query = published
    version, period, (unit, name, code, criterion, missed, numerator, denominator) = _missed_criterion(query)
    page = open_at(_address("xep-hang", version, period, by="regulation", group="department"))
    page.locator("table[aria-label='Xếp hạng theo điểm'], table[aria-label='Đơn vị không xếp hạng']").get_by_role(
        "link", name=name, exact=True
    ).click()
    page.wait_for_url("**/giai-thich-diem**")
    settle(page)
    page.locator("table[aria-label='Điểm từng tiêu chí']").get_by_role("link", name=f"{code}. {criterion}").click()
    page.wait_for_url(f"**criterion={code}**")
    settle(page)
    steps = dict(_table(page, "Giải thích tiêu chí"))
    assert steps["Cách chấm"].startswith("Theo mức: từ 100%:")
    assert f"{_number(numerator, 0)}/{_number(denominator, 0)} = " in steps["Số liệu"]
    page.get_by_role("link", name="Hồ sơ không đạt").click()
    page.wait_for_url("**/dung-han**")
    settle(page)
    asked = {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}
    assert (asked["unit"], asked["period"], asked["list"]) == (unit, period[0], "missed")
    assert f"{_number(missed, 0)} không đạt" in page.locator(".equation").first.inner_text()
    listed = page.locator("table.data", has=page.locator("a[href^='ho-so']")).first
    assert listed.locator("a[href^='ho-so']").count() == min(missed, 50)


@pytest.mark.parametrize(("regulation", "group"), RANKINGS)
def test_the_leaves_shown_add_up_to_the_published_total(open_at, published, regulation, group):
    _, query = published
    version, period = _ranked(query, regulation, group)
    unit, total, rank = query(
        f"""
        select unit_code, total_score, unit_rank from fct_score_rankings
        where authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
          and peer_group_code = '{group}' and unit_rank is not null
        order by unit_rank desc, unit_code limit 1
        """
    )[0]
    page = open_at(_address("giai-thich-diem", version, period, unit=unit))
    parts = [row[3] for row in _table(page, "Điểm từng tiêu chí") if row[3]]
    added = sum(Decimal(part.replace(".", "").replace(",", ".").replace("−", "-")) for part in parts)
    assert abs(added - total) <= Decimal("0.005")
    said = page.locator(".equation").inner_text()
    assert said.startswith(f"Cộng phần đóng góp của {len(parts)} tiêu chí: ")
    assert said.endswith(("đúng bằng tổng điểm.", f"thành tổng {_number(total)} điểm."))
    cards = page.locator(".card").all_inner_texts()
    assert cards[1].splitlines()[1].split("/")[0].lstrip("=") == str(rank)


def test_scores_stand_side_by_side_and_claims_over_the_data_lead_to_their_ground(open_at, published):
    _, query = published
    version, period = _ranked(query, "BTC-SO", "department")
    expected = query(
        f"""
        select u.unit_name, d.unit_code, d.criterion_code, d.claimed_score, d.computed_score, d.difference_score,
          c.input_kind_code
        from rpt_score_differences d join dim_units u using (authority_code, unit_code)
        join dim_criteria c using (authority_code, regulation_version_code, criterion_code)
        where d.authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
          and d.difference_score <> 0
        order by severity_order
        """
    )
    page = open_at(_address("so-sanh-diem", version, period))
    shown = _table(page, "Điểm nêu và điểm kho tính")
    assert [row[0].splitlines()[0] for row in shown] == [row[0] for row in expected[:25]]
    assert [row[3].lstrip("+") for row in shown] == [_number(row[5]) for row in expected[:25]]
    assert f"{_number(len(expected), 0)} chỗ khác nhau" in page.locator("[data-testid='stMain']").inner_text()
    page.locator("table[aria-label='Điểm nêu và điểm kho tính'] a").first.click()
    page.wait_for_url("**/giai-thich-diem**")
    settle(page)
    _, unit, code, claimed, computed, _, kind = expected[0]
    asked = {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}
    assert (asked["unit"], asked["criterion"]) == (unit, code)
    told = dict(_table(page, "Giải thích tiêu chí"))["Các điểm đã có"]
    origin = "tính từ số liệu đơn vị nêu trong phiếu" if kind == "measured" else "kho tính"
    assert f"tự chấm {_number(claimed)}" in told and f"{origin} {_number(computed)}" in told


def test_differences_have_pages_and_the_page_is_kept_in_the_address(open_at, published):
    _, query = published
    version, period = _ranked(query, "BTC-XA", "commune")
    names = query(
        f"""
        select u.unit_name from rpt_score_differences d join dim_units u using (authority_code, unit_code)
        where d.authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
          and d.difference_score <> 0
        order by severity_order
        """
    )
    assert len(names) > 25
    page = open_at(_address("so-sanh-diem", version, period))
    page.get_by_role("link", name="trang sau").click()
    page.wait_for_url("**page=2**")
    settle(page)
    shown = [row[0].splitlines()[0] for row in _table(page, "Điểm nêu và điểm kho tính")]
    assert shown == [name for (name,) in names[25:50]]


def test_a_regulation_and_period_chosen_are_a_link_that_can_be_sent(open_at, published):
    _, query = published
    version, period = _ranked(query, "QD766", "department")
    page = open_at(f"/xep-hang?authority={DEMO}")
    (name,) = query(
        f"select regulation_name from dim_regulations where authority_code = '{DEMO}' "
        f"and regulation_version_code = '{version}'"
    )[0]
    page.get_by_role("combobox", name="Quy định").click()
    page.get_by_role("option", name=name, exact=True).click()
    page.wait_for_url(f"**regulation={quote(version)}**")
    settle(page)
    sent = urlsplit(page.url)
    again = open_at(f"{sent.path}?{sent.query}")
    assert _table(again, "Xếp hạng theo điểm") == _table(page, "Xếp hạng theo điểm") != []
    assert parse_qs(sent.query)["period"] == [period[0]]


def test_a_dossier_says_which_criteria_it_costs_points_in(open_at, published):
    _, query = published
    version, period, _ = _missed_criterion(query)
    dossier, gain = query(
        f"""
        select v.dossier_code, s.one_more_score - s.computed_score
        from fct_dossier_verdicts v
        join dim_periods p on p.period_code = '{period[0]}' and v.closed_date between p.start_date and p.end_date
        join fct_criterion_scores s on v.authority_code = s.authority_code and v.resolving_unit_code = s.unit_code
        join dim_criteria c
          on s.authority_code = c.authority_code and s.regulation_version_code = c.regulation_version_code
          and s.criterion_code = c.criterion_code
        where s.authority_code = '{DEMO}' and s.regulation_version_code = '{version}' and s.period_code = '{period[0]}'
          and c.input_code = 'on_time_rate__resolved' and v.resolved_verdict_code like 'missed%'
          and s.one_more_score > s.computed_score
        order by 1 limit 1
        """
    )[0]
    page = open_at(f"/ho-so?authority={DEMO}&dossier={quote(dossier)}")
    rows = _table(page, "Tiêu chí bị mất điểm vì hồ sơ này")
    (name,) = query(f"select period_name from dim_periods where period_code = '{period[0]}'")[0]
    assert f"+{_number(gain)}" in [row[3] for row in rows if row[1] == name]


def test_real_published_metrics_are_ranked_and_lead_to_their_file(open_at, published):
    _, query = published
    page = open_at(f"/xep-hang?authority={GIA_LAI}")
    shown = _table(page, "Xếp hạng theo điểm")
    assert len(shown) == 14 and page.locator(".page-head .badge").count() == 0
    assert "không có số liệu hồ sơ của kỳ này" in page.locator("[data-testid='stMain']").inner_text()
    page.locator("table[aria-label='Xếp hạng theo điểm'] a").first.click()
    page.wait_for_url("**/giai-thich-diem**")
    settle(page)
    page.get_by_role("link", name="Hồ sơ giải quyết đúng hạn hoặc còn trong hạn").click()
    page.wait_for_url("**criterion=TDGQ.ON_TIME**")
    settle(page)
    steps = dict(_table(page, "Giải thích tiêu chí"))
    (file,) = query(
        "select distinct file_name from fct_deliveries where source_code = 'national_portal__qd766_metrics' "
        "and file_name like '%gialai%'"
    )[0]
    assert file in steps["Dòng làm căn cứ"]
    assert steps["Cách chấm"].startswith("Điểm = tỷ lệ × 20 điểm, tối đa 20 điểm khi đạt từ 100%.")


@pytest.mark.parametrize("name", ["xep-hang", "giai-thich-diem", "so-sanh-diem"])
def test_pages_on_points_fit_a_phone(open_at, published, name):
    _, query = published
    version, period, (unit, _, code, *_) = _missed_criterion(query)
    more = {"unit": unit, "criterion": code} if name != "xep-hang" else {"by": "regulation", "group": "department"}
    addresses = [_address(name, version, period, **more), f"/{name}?authority={GIA_LAI}"]
    addresses += [f"/{name}?authority={GIA_LAI}&criterion=MDSH.SYNCED_WITH_DVCQG_PERSONAL_STORAGE"]
    if name == "giai-thich-diem":
        ((other,),) = query(
            f"""
            select min(o.unit_code) from fct_score_rankings as r
            inner join fct_score_rankings as o
              using (authority_code, regulation_version_code, period_code, peer_group_code)
            where authority_code = '{DEMO}' and regulation_version_code = '{version}' and period_code = '{period[0]}'
              and r.unit_code = '{unit}' and o.unit_code <> '{unit}'
            """
        )
        addresses.append(_address(name, version, period, unit=unit, other=other))
    for address in addresses:
        page = open_at(address, width=390, height=844)
        assert page.locator("[data-testid='stException']").count() == 0
        widths = page.evaluate(
            "[document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth]"
        )
        assert max(widths) <= 390
        cut = page.evaluate(
            "[...document.querySelectorAll('.table-wrap')].filter(x => x.scrollWidth > x.clientWidth + 1).length"
        )
        assert cut == 0
