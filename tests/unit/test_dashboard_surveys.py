"""The page on surveys: what may be said of a wave, what is refused, what is hidden; and its queries."""

import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.settings import load_settings
from dashboards import charts_surveys, data_access, labels_surveys, state
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
    assert labels_surveys.break_reasons(rows[0], other) == ["khác bộ câu hỏi", "khác người hỏi"]


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
        "410 phiếu trả lời trên 820 người trong danh sách, tỷ lệ trả lời 50,0%",
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
        "61 phiếu trả lời trên 122",
    ):
        assert said in html, said
    assert "Dữ liệu giả lập" in html
    assert "<Mẫu>" not in html
    assert "Lời mới" not in html  # the unit is ahead of its peers there
    small = satisfaction_print.unit_page(view, SCOPE, wave, "H99.3", "Sở Trống")
    assert "không đủ mẫu (n = 12, cần ít nhất 30)" in small
