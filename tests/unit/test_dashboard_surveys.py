"""The page on surveys: what may be said of a wave, what is refused, what is hidden; and its queries."""

import re
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.landing.contracts import load_contract
from dagster_project.settings import PROJECT_ROOT, load_settings
from dashboards import charts_surveys, data_access, download_buttons, downloads, labels_surveys, state
from dashboards import data_access_surveys as surveys
from dashboards.app_pages import satisfaction_items, satisfaction_print
from dashboards.data_access_surveys import WaveScope
from tests.unit.test_dashboard_build import _publish

pytestmark = pytest.mark.unit

SCOPE = WaveScope("H99", "KS-2026", "form")
PAGE = """
from dagster_project.settings import load_settings
from dashboards import data_access, state
from dashboards.app_pages import satisfaction
build = data_access.open_current_build(load_settings())
satisfaction.render(state.View(build, {code!r}, "Tỉnh Mẫu", True, True))
"""


@pytest.fixture
def settings(tmp_path):
    found = load_settings(tmp_path)
    _publish(found.root, "a1")
    return found


@pytest.fixture
def build(settings):
    return data_access.open_current_build(settings)


def _run(settings, monkeypatch, code="H99", **query):
    """The page alone with these query parameters, as HTML; it may not raise."""
    monkeypatch.setenv("CCHC_DATA", str(settings.root))
    app = AppTest.from_string(PAGE.format(code=code), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return "".join(element.proto.body for element in app.get("html"))


def test_the_newest_and_largest_wave_stands_first(build):
    assert [row["wave_code"] for row in surveys.waves(build, "H99")] == ["KS-2026", "TU-1", "KS-2025"]
    assert surveys.waves(build, "H44") == []


def test_units_are_lowest_first_and_those_without_an_index_last(build):
    rows = surveys.survey_units(build, SCOPE)
    assert [row["unit_code"] for row in rows] == ["H99.1", "H99.2", "H99.3"]
    assert [row["position_code"] for row in rows] == ["far_below", "within", None]
    assert [labels_surveys.verdict(row) for row in rows[:2]] == ["khác rõ", "chưa đủ để nói là khác"]
    assert labels_surveys.missing_text(rows[2], 30) == "không đủ mẫu (n = 12, cần ít nhất 30)"


def test_what_cannot_be_computed_says_why_on_every_list(build):
    lists = [
        surveys.survey_units(build, SCOPE),
        surveys.measures(build, SCOPE, "H99.1"),
        surveys.items(build, SCOPE, "H99.1"),
        surveys.groups(build, SCOPE, "H99.1"),
        surveys.index_series(build, "H99", "H99.1"),
    ]
    for rows in lists:
        told = labels_surveys.missing_text({**rows[0], "value_status": "ok", "estimate": None}, 30)
        assert told == "không tính được, vì các phiếu có trả lời đều có trọng số gần bằng 0 so với cả đợt"


def test_a_difference_without_luck_is_no_difference_without_an_error():
    row = {"difference": Decimal("0.1"), "difference_low": Decimal("0.1"), "adjusted_chance": None}
    assert labels_surveys.verdict(row) == "khác, vì đã hỏi hết mọi người"
    assert labels_surveys.verdict({**row, "difference_low": None}) == "không tính được sai số"


def test_the_method_of_a_wave_says_what_became_of_known_totals(build):
    told = {row["wave_code"]: dict(labels_surveys.method_facts(row)) for row in surveys.waves(build, "H99")}
    texts = {wave: facts["Tổng thể đã biết"] for wave, facts in told.items()}
    assert texts["KS-2026"] == "dùng 6 trên 6 tổng số đã nạp để hiệu chỉnh trọng số"
    assert texts["KS-2025"].startswith("dùng 5 trên 6 tổng số đã nạp") and "không phiếu nào" in texts["KS-2025"]
    reason = "phiếu không có, hoặc không có đủ, trọng số chọn mẫu"
    assert texts["TU-1"] == f"không được dùng (2 tổng số đã nạp): {reason}"


def test_every_reason_for_which_totals_are_not_used_has_words():
    model = (PROJECT_ROOT / "dbt/models/marts/surveys/dim_survey_waves.sql").read_text(encoding="utf-8")
    model += (PROJECT_ROOT / "dbt/models/intermediate/surveys/int_survey_ballots_weighted.sql").read_text(
        encoding="utf-8"
    )
    cases = re.findall(r"case((?:(?!\bcase\b).)*?)end as totals_use_code", model, re.DOTALL)
    codes = {code for case in cases for code in re.findall(r"(?:then|else) '(\w+)'", case)}
    assert codes == {"used", "none", *labels_surveys.TOTALS_UNUSED_TEXT}


def test_a_question_is_worded_as_when_the_wave_ended(build):
    texts = {row["item_code"]: row["item_text"] for row in surveys.items(build, SCOPE, "H99.1")}
    assert texts["F1.2"] == "Lời mới"
    assert list(texts) == ["F1.1", "F1.2", "X1", "E1", "E2"]


def test_the_index_stands_before_factors_with_the_other_formula_beside(build):
    rows = surveys.measures(build, SCOPE, "H99")
    assert [(labels_surveys.measure_name(row), row["other_estimate"] is None) for row in rows] == [
        ("Chỉ số chung", False),
        ("F1. Tiếp cận", True),
    ]


@pytest.fixture
def publish_with(settings, monkeypatch):
    """A function that publishes the tables anew with these texts of their SQL replaced: table, old, new."""

    def _publish_with(*changes):
        tables = _publish.__globals__["TABLES"]
        for table, old, new in changes:
            assert old in tables[table]
            monkeypatch.setitem(tables, table, tables[table].replace(old, new))
        _publish(settings.root, "b2")
        return data_access.open_current_build(settings)

    return _publish_with


PARTS = (
    ("dim_survey_items", "'service', 'F1', 'Tiếp cận', 'Lời mới'", "'policy', 'P1', 'Góp ý', 'Lời mới'"),
    (
        "fct_survey_estimates",
        "('KS-2026', 'H99', 'factor', 'F1'",
        """('KS-2026', 'H99', 'part', 'policy', 'ok', 409, 0.6, 0.5, 0.7),
  ('KS-2026', 'H99', 'factor', 'P1', 'ok', 409, 0.6, 0.5, 0.7),
  ('KS-2026', 'H99', 'part', 'service', 'ok', 409, 0.8, 0.7, 0.9),
  ('KS-2026', 'H99', 'factor', 'F1'""",
    ),
)


def test_each_part_stands_before_its_factors_in_the_order_of_the_form(publish_with):
    rows = surveys.measures(publish_with(*PARTS), SCOPE, "H99")
    names = ["Chỉ số chung", "Phần phục vụ", "F1. Tiếp cận", "Phần chính sách", "P1. Góp ý"]
    assert [labels_surveys.measure_name(row) for row in rows] == names


def test_questions_name_their_part_where_the_index_has_several(settings, monkeypatch, publish_with):
    assert "Phần phục vụ · " not in _run(settings, monkeypatch, unit="H99.1")
    publish_with(*PARTS)
    html = _run(settings, monkeypatch, unit="H99.1")
    assert html.index("Phần phục vụ · F1. Tiếp cận<") < html.index("Phần chính sách · P1. Góp ý<")
    assert "Phần trải nghiệm · " not in html  # it has no share in the index
    assert "<b>Phần chính sách</b></td>" in html and '<span class="level-2">P1. Góp ý</span></td>' in html


def test_a_question_outside_the_index_says_which_answer_is_counted(settings, monkeypatch, build, publish_with):
    told = {row["item_code"]: row["good_text"] for row in surveys.items(build, SCOPE, "H99.1")}
    assert told["F1.1"] == "«Tốt» hoặc «Rất tốt»" and told["X1"] == "«Có»"
    html = _run(settings, monkeypatch, unit="H99.1")
    assert "không tính vào chỉ số; tỷ lệ trả lời «Có»<" in html
    assert "Tỷ lệ người trả lời «Rất nhiều», nhiều nhất" in html
    # «Có» to a question on something bad; the gap to peers and the printed page say so too.
    other = publish_with(
        ("dim_survey_options", "('yes', '1', 'Có', 'positive', 1)", "('yes', '1', 'Có', 'negative', 1)"),
        ("dim_survey_options", "('yes', '2', 'Không', 'negative', 2)", "('yes', '2', 'Không', 'positive', 2)"),
        ("fct_survey_comparisons", "'H99.1', 'item', 'F1.2'", "'H99.1', 'item', 'X1'"),
        ("fct_survey_comparisons", "0.65, 0.60, 1.0", "0.65, 0.70, 1.0"),
    )
    html = _run(settings, monkeypatch, unit="H99.1")
    assert 'Trả đúng hẹn<span class="counted">tỷ lệ trả lời «Không»</span></td>' in html
    printed = satisfaction_print.unit_page(
        state.View(other, "H99", "Tỉnh", True, True), SCOPE, surveys.waves(other, "H99")[0], "H99.1", "Sở Đất"
    )
    assert "Trả đúng hẹn (tỷ lệ trả lời «Không»)" in printed


UNREGISTERED = (
    "dim_survey_waves",
    "('TU-1', 'form', 'Tự khảo sát', 'unit', 'clients', date '2026-02-01', date '2026-02-28'",
    "('TU-1', 'form', 'TU-1', null, null, null, null",
)


def test_an_unregistered_wave_says_what_is_not_known_and_what_to_do(settings, monkeypatch, publish_with):
    assert "chưa ai nạp danh sách đợt khảo sát" not in _run(settings, monkeypatch, wave="KS-2025|form")
    build = publish_with(UNREGISTERED)
    html = _run(settings, monkeypatch, wave="TU-1|form")
    assert "chưa ai nạp danh sách đợt khảo sát" in html and "đợt chưa đăng ký" in html
    assert "<dd>TU-1, chưa đăng ký</dd>" in html  # its code, once, as nobody named it
    assert "<dt>Ai hỏi</dt><dd>không rõ</dd>" in html
    assert "ngắt vì chưa rõ ai hỏi ai" in html
    # Without a day it is not the oldest.
    assert [row["wave_code"] for row in surveys.index_series(build, "H99", "H99")] == ["KS-2025", "KS-2026", "TU-1"]


def test_each_way_of_asking_has_words():
    codes = {column.name: column.codes for column in load_contract("survey__waves").columns}["mode_code"]
    assert set(codes) == set(labels_surveys.MODE_TEXT) - {None}


@pytest.fixture
def sheets(settings, monkeypatch):
    """A function that runs the page and gives what its buttons would hand out, by name."""

    def _sheets(**query):
        found = {}
        monkeypatch.setattr(
            download_buttons, "draw", lambda view, made, name, workbook=None: found.update({name: made})
        )
        _run(settings, monkeypatch, **query)
        return found

    return _sheets


def _records(sheet):
    assert len(sheet.widths) == len(sheet.headers)
    assert downloads.table_xlsx(sheet)[:2] == b"PK"
    return [dict(zip(sheet.headers, row, strict=True)) for row in sheet.rows]


def test_other_figures_expectations_waves_and_gaps_can_be_taken_along(sheets):
    found = sheets(unit="H99.1")
    sides = _records(found["hai-long_so-khac_2026_H99"])
    assert [(row["Số liệu"], row["Hài lòng (%)"], row["n"]) for row in sides] == [
        ("Khảo sát, tính từ phiếu", Decimal("75.00"), 410),
        ("Nơi khác công bố", Decimal("81.375"), 900),
        ("Đánh giá sau giải quyết (kiosk, cổng)", Decimal("90.50"), 2000),
    ]
    # All digits that were published, and no zeros that were not.
    assert [str(sides[1][name]) for name in ("Hài lòng (%)", "Nơi công bố nêu so kỳ trước (điểm %)")] == [
        "81.375",
        "0.645",
    ]
    assert (sides[1]["Nơi công bố nêu hạng"], sides[1]["Trong số nơi được xếp hạng"]) == (19, 63)
    assert sides[2]["Đánh giá trên kết quả đã trả (%)"] == Decimal("25.00")
    assert "không cộng, không lấy trung bình" in dict(found["hai-long_so-khac_2026_H99"].head)["Lưu ý khi đọc"]
    wishes = _records(found["hai-long_mong-doi_KS-2026_H99.1"])
    assert [(row["Mã câu"], row["Tỷ lệ (%)"]) for row in wishes] == [("E2", Decimal("40.00")), ("E1", Decimal("30.00"))]
    gaps = _records(found["hai-long_so-cung-khoi_KS-2026_H99.1"])
    assert [(row["Mã câu"], row["Chênh lệch (điểm %)"], row["Kết luận"]) for row in gaps] == [
        ("F1.1", Decimal("-20.00"), "khác rõ"),
        ("F1.2", Decimal("5.00"), "chưa đủ để nói là khác"),
    ]
    waves = _records(found["hai-long_cac-dot_H99.1"])
    assert (waves[0]["Số đơn vị của đợt"], waves[0]["Hình thức hỏi"]) == (3, "phỏng vấn trực tiếp")
    assert [(row["Chuỗi"], row["Mã đợt"], row["Ai hỏi"], row["Chỉ số (%)"]) for row in waves] == [
        (1, "KS-2025", "tỉnh", Decimal("60.00")),
        (1, "KS-2026", "tỉnh", Decimal("55.00")),
    ]
    questions = _records(found["hai-long_cau-hoi_KS-2026_H99.1"])
    assert (questions[0]["Phần"], questions[0]["Trả lời tính là hài lòng"]) == ("Phần phục vụ", "«Tốt» hoặc «Rất tốt»")


def test_a_part_called_overall_is_not_taken_for_the_index():
    rows = [{"measure_level_code": level, "measure_code": "overall"} for level in ("overall", "part")]
    assert [labels_surveys.measure_name(row) for row in rows] == ["Chỉ số chung", "Phần đánh giá chung"]


def test_an_expectation_is_no_weakness(build):
    assert [row["measure_code"] for row in surveys.gaps(build, SCOPE, "H99.1")] == ["F1.1", "F1.2"]
    assert surveys.gaps(build, SCOPE, "H99") == []


def test_the_authority_stands_before_the_widest_gap_in_timeliness(build):
    assert [row["unit_code"] for row in surveys.on_time_perceptions(build, SCOPE)] == [
        "H99",
        "H99.1",
        "H99.2",
        "H99.3",
    ]


def test_bars_go_from_bad_to_good_whatever_the_scale_and_keep_what_is_hidden_apart(build):
    parts = satisfaction_items.parts_of_items(surveys.answer_shares(build, SCOPE, "H99.1"))
    assert [css for css, _, _ in parts["X1"]] == ["negative", "positive"]
    kinds = ["negative-2", "negative", "neutral", "positive", "missing", "merged"]
    assert [css for css, _, _ in parts["F1.1"]] == kinds


def test_no_line_joins_waves_of_different_series_and_each_break_has_its_reason(build):
    rows = surveys.index_series(build, "H99", "H99")
    assert [[row["wave_code"] for row in found] for found in charts_surveys.in_series(rows)] == [
        ["KS-2025", "KS-2026"],
        ["TU-1"],
    ]
    spec = charts_surveys.wave_chart(rows).to_dict()
    marks = {layer["mark"]["type"]: layer for layer in spec["layer"]}
    assert marks["line"]["encoding"]["detail"]["field"] == "series"
    breaks = [row for rows in spec["datasets"].values() for row in rows if "reasons" in row]
    assert {(row["place"], row["reasons"]) for row in breaks} == {(1.5, "khác người hỏi")}
    other = {**rows[0], "instrument_code": "khác", "survey_owner_code": None}
    assert labels_surveys.break_reasons(rows[0], other) == ["khác bộ câu hỏi", "chưa rõ ai hỏi ai"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"against": "TU-1|form"}, "Không so được đợt «KS-2026» với đợt «TU-1»: người hỏi khác nhau"),
        ({"against": "KS-2025|form"}, "KS-2026 so với KS-2025"),
        ({"wave": "KS-2025|form", "against": "KS-2026|form"}, "KS-2026 so với KS-2025"),
        ({"unit": "H99.1", "against": "KS-2025|form"}, "một trong hai đợt không đủ phiếu ở đây"),
    ],
)
def test_waves_are_compared_only_within_a_series(settings, monkeypatch, query, said):
    html = _run(settings, monkeypatch, **query)
    assert said in html
    assert ("Chênh lệch</th>" in html.split("So hai đợt")[1].split("Theo nhóm")[0]) == said.startswith("KS-")


def test_waves_of_a_series_that_are_not_neighbours_are_not_compared(settings, monkeypatch):
    from tests import survey_tables

    waves = survey_tables.SURVEY_TABLES["dim_survey_waves"]
    monkeypatch.setitem(
        _publish.__globals__["TABLES"], "dim_survey_waves", waves.replace("'KS-2025', null)", "'KS-0', null)")
    )
    _publish(settings.root, "b2")
    assert "không phải đợt liền trước" in _run(settings, monkeypatch, against="KS-2025|form")


def test_the_page_says_how_sure_it_is_and_what_it_hides(settings, monkeypatch):
    html = _run(settings, monkeypatch, unit="H99.1")
    for said in (
        "chưa đối chiếu",
        # 410 of the 820 who could be asked.
        "410 phiếu trên 840 người, tỷ lệ trả lời 50,0%, không tính 20 người không thuộc diện<",
        "không cộng, không lấy trung bình",
        "không đủ mẫu (n = 21, cần ít nhất 30)",
        "được giữ kín, vì nêu ra thì biết được câu trả lời của dưới 5 người</",
        "được giữ kín, vì nêu ra thì biết được câu trả lời của dưới 5 người (n = 12)</",
        "được giữ kín, vì hai cách tính cùng nêu thì biết được câu trả lời của dưới 5 người</",
        "từng mức trả lời được giữ kín, vì nêu ra thì biết được mức mà dưới 5 người chọn",
        "khác &lt;lạ&gt;",
        "Chỗ ngồi &lt;chờ&gt;",
        "Bộ &lt;công bố&gt;",
        "gộp 10,0%",
        "+9,0 điểm %</span>, hệ thống ghi cao hơn lời người dân",
    ):
        assert said in html, said
    assert html.index("Nhanh hơn") < html.index("Bớt giấy tờ")
    assert "chưa đối chiếu" not in _run(settings, monkeypatch, wave="KS-2025|form")


def test_a_published_figure_is_told_as_published_on_a_phone_too(settings, monkeypatch):
    html = _run(settings, monkeypatch)
    assert '<span class="rate">81,375%</span>' in html and '<span class="rate">90,5%</span>' in html
    told = "nơi công bố nêu +0,645 điểm % so kỳ trước; nơi công bố xếp hạng 19/63"
    assert f'<td class="wide words">{told}</td>' in html
    # Columns for the asker and the remarks are hidden there.
    assert f'<span class="sub">Bộ; {told}</span>' in html
    assert '<span class="sub">tỉnh hỏi</span>' in html


WITHIN = "trong giới hạn ngẫu nhiên"


def test_a_unit_has_a_place_in_the_funnel_only_where_one_is_drawn(settings, monkeypatch, publish_with, sheets):
    assert "không vẽ được phễu" in (html := _run(settings, monkeypatch))
    assert WITHIN not in html and "ngoài giới hạn 99,8 %" not in html
    assert {row["Trong phễu"] for row in _records(sheets()["hai-long_don-vi_KS-2026"])} == {""}
    publish_with(
        (
            "rpt_survey_funnels",
            "('H99.2', 0.80, 120.5, 'within')",
            "('H99.2', 0.80, 120.5, 'within'), ('H99.3', 0.8, 50.5, 'above')",
        ),
        (
            "fct_survey_estimates",
            "('KS-2026', 'H99.3', 'overall', 'overall', 'insufficient_sample', 12, null, null, null)",
            "('KS-2026', 'H99.3', 'overall', 'overall', 'ok', 32, 0.8, 0.7, 0.9)",
        ),
    )
    html = _run(settings, monkeypatch)
    assert "không vẽ được phễu" not in html and f">{WITHIN}</td>" in html
    assert WITHIN in {row["Trong phễu"] for row in _records(sheets()["hai-long_don-vi_KS-2026"])}


OTHER_UNITS = (
    ("dim_survey_waves", "6, 5, 400, 3, 'KS-2025'", "6, 5, 400, 138, 'KS-2025'"),
    ("dim_survey_waves", "6, 6, 410, 3, 'KS-2025'", "6, 6, 410, 3, 'KS-2026'"),
)


def test_waves_of_other_units_are_not_joined_and_compared_with_a_caution(settings, monkeypatch, build, publish_with):
    caution = "Hai đợt không cùng các đơn vị: khác nhau có thể do đơn vị được hỏi."
    html = _run(settings, monkeypatch, against="KS-2025|form")
    assert "KS-2026: 3 đơn vị, phỏng vấn trực tiếp; KS-2025: 3 đơn vị, phỏng vấn trực tiếp<" in html
    assert caution not in html and "ngắt vì khác các đơn vị" not in html
    other = publish_with(*OTHER_UNITS)
    html = _run(settings, monkeypatch, against="KS-2025|form")
    assert "KS-2026: 3 đơn vị, phỏng vấn trực tiếp; KS-2025: 138 đơn vị, phỏng vấn trực tiếp<" in html
    assert caution in html and "ngắt vì khác các đơn vị được hỏi<" in html
    rows = surveys.index_series(other, "H99", "H99")
    # Though a wave of another series stands between them in time.
    assert [[row["wave_code"] for row in found] for found in charts_surveys.in_series(rows)] == [
        ["KS-2025"],
        ["KS-2026"],
        ["TU-1"],
    ]
    # A unit is itself whatever other units were asked.
    assert [len(found) for found in charts_surveys.in_series(surveys.index_series(other, "H99", "H99.1"))] == [2]


def test_points_of_one_month_are_told_apart_by_their_wave(build):
    names = [charts_surveys.wave_label(row) for row in surveys.index_series(build, "H99", "H99")]
    assert names == ["KS-2025|12/2025|tỉnh hỏi", "TU-1|02/2026|đơn vị tự hỏi", "KS-2026|03/2026|tỉnh hỏi"]


def test_an_authority_without_ballots_is_told_so(settings, monkeypatch):
    assert "không có phiếu khảo sát nào" in _run(settings, monkeypatch, code="H44")


def test_the_printed_page_has_figures_weakest_questions_and_method(build):
    view = state.View(build, "H99", "Tỉnh <Mẫu>", True, True)
    wave = surveys.waves(build, "H99")[0]
    html = satisfaction_print.unit_page(view, SCOPE, wave, "H99.1", "Sở Đất")
    for said in (
        "55,0%",
        "n = 61 phiếu",
        "−25,0 điểm %",
        "khác rõ",
        "Chỗ ngồi &lt;chờ&gt;",
        "61 phiếu trả lời trên 122 người trong danh sách, tỷ lệ trả lời 50,0%<",
    ):
        assert said in html, said
    assert "Dữ liệu giả lập" in html
    assert "<Mẫu>" not in html
    assert "Lời mới" not in html  # the unit is ahead of its peers there
    small = satisfaction_print.unit_page(view, SCOPE, wave, "H99.3", "Sở Trống")
    assert "không đủ mẫu (n = 12, cần ít nhất 30)" in small


def test_groups_are_read_in_words_those_gathered_for_being_few_last():
    assert labels_surveys.group_name("rare") == "Nhóm ít người, gộp lại"
    assert list(labels_surveys.GROUP_TEXT)[-1] == "rare"
