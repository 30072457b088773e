"""Every rule shape in words: parameters, open and closed ends, zero denominators, deductions."""

import re
from decimal import Decimal
from itertools import product

import duckdb
import pytest

from dagster_project.console import Console
from dagster_project.explaining.figures import (
    ORDERS,
    ROUNDINGS,
    SOURCES,
    answers_text,
    figure_text,
    points_shown,
    quality_grade_text,
    sheet_line_text,
    source_text,
    taken_out,
)
from dagster_project.explaining.regulations import regulation_faults
from dagster_project.explaining.rule_words import basis_text, input_text, number_text, rule_text
from dagster_project.landing.contracts import load_contracts
from dagster_project.settings import PROJECT_ROOT
from tests.bench.measure import PROGRESS

pytestmark = pytest.mark.unit


def criterion(rule_code, max_score="8", **given):
    row = {
        "rule_code": rule_code,
        "kind_code": "base",
        "is_leaf": True,
        "max_score": Decimal(max_score),
        "input_kind_code": "measured",
        "factor_input_code": None,
        "target_value": None,
        "floor_value": None,
        "zero_denominator_code": None,
        "rounding_digits": None,
    }
    return {**row, **given}


def band(number, lower=None, upper=None, calculation="fixed", **given):
    """``lower`` and ``upper`` are (value, is included) or None."""
    row = {
        "band_number": number,
        "lower_value": Decimal(lower[0]) if lower else None,
        "is_lower_included": lower[1] if lower else None,
        "upper_value": Decimal(upper[0]) if upper else None,
        "is_upper_included": upper[1] if upper else None,
        "answer_code": None,
        "calculation_code": calculation,
        "awarded_score": None,
        "base_value": None,
    }
    return {**row, **given}


def test_bands_tell_open_and_closed_ends_and_the_proportional_one():
    bands = [
        band(3, upper=("0.95", False), awarded_score=Decimal(0)),
        band(1, lower=("1", True), awarded_score=Decimal(8)),
        band(2, lower=("0.95", True), upper=("1", False), calculation="proportional", base_value=Decimal(1)),
    ]
    text = rule_text(criterion("bands"), bands)
    assert text == (
        "Theo mức: từ 100%: 8 điểm; từ 95% đến dưới 100%: tỷ lệ × 8 điểm; dưới 95%: 0 điểm. Tối đa 8 điểm. "
        "Mẫu số bằng 0 thì không chấm."
    )


def test_a_deduction_that_grows_with_each_day_is_told_in_days_not_percent():
    bands = [
        band(1, upper=("0", True), awarded_score=Decimal(0)),
        band(2, lower=("0", False), upper=("2", True), awarded_score=Decimal(1)),
        band(3, lower=("2", False), calculation="incremental", awarded_score=Decimal(1), base_value=Decimal(1)),
    ]
    text = rule_text(criterion("bands", "5", kind_code="penalty", zero_denominator_code="zero"), bands)
    assert text.startswith("Điểm trừ, ngoài điểm tối đa. Theo mức: đến 0: 0 điểm; trên 0 đến 2: trừ 1 điểm; ")
    assert "trên 2: trừ 1 điểm, trừ thêm 1 điểm cho mỗi 1 vượt quá 2." in text
    assert "%" not in text and text.endswith("Mẫu số bằng 0 thì được 0 điểm.")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (criterion("all_or_nothing", target_value=Decimal(1)), "Đạt từ 100% thì được 8 điểm, không đạt thì 0 điểm."),
        (
            criterion("linear", "5", target_value=Decimal("0.70")),
            "Điểm = tỷ lệ ÷ 70% × 5 điểm, tối đa 5 điểm khi đạt từ 70%.",
        ),
        (
            criterion("linear", "2", target_value=Decimal(2), input_kind_code="quality_index"),
            "Điểm = giá trị ÷ 2 × 2 điểm, tối đa 2 điểm khi đạt từ 2.",
        ),
        (
            criterion("linear_above_floor", "10", target_value=Decimal("0.85"), floor_value=Decimal("0.6")),
            "Dưới 60% thì 0 điểm; từ 60%: điểm = tỷ lệ ÷ 85% × 10 điểm, tối đa 10 điểm.",
        ),
        (criterion("manual", "1.5"), "Hội đồng chấm, từ 0 đến 1,5 điểm."),
        (
            criterion("manual", "2", kind_code="survey", input_kind_code="none"),
            "Lấy điểm do cơ quan điều tra công bố, từ 0 đến 2 điểm.",
        ),
        (
            criterion("manual", "12", input_kind_code="portal_metric"),
            "Lấy điểm nơi khác công bố, từ 0 đến 12 điểm; cách tính không được công bố.",
        ),
        (criterion("sum", is_leaf=False), "Cộng điểm các phần bên dưới, tối đa 8 điểm."),
        (criterion("mean", "3", is_leaf=False), "Bình quân tỷ lệ đạt của các phần bên dưới, nhân điểm tối đa"),
        (
            criterion("weighted_sum", "3", is_leaf=False),
            "Bình quân tỷ lệ đạt của các phần bên dưới theo trọng số, nhân điểm tối đa",
        ),
        (criterion("sum", "5", is_leaf=False, kind_code="bonus"), "Điểm thưởng, ngoài điểm tối đa."),
    ],
)
def test_every_shape_says_its_parameters(row, said):
    assert said in rule_text(row, [])
    assert ("Mẫu số bằng 0" in rule_text(row, [])) == (row["is_leaf"] and row["rule_code"] != "manual")


def test_survey_options_are_shares_of_the_maximum():
    bands = [
        band(number, answer_code=code, awarded_score=Decimal(share))
        for number, (code, share) in enumerate((("A", "1"), ("B", "0.6"), ("C", "0.2"), ("D", "0")), start=1)
    ]
    text = rule_text(criterion("survey_options", "4", input_kind_code="survey_item"), bands)
    assert "mỗi phương án được một phần của 4 điểm: A: 100%; B: 60%; C: 20%; D: 0%." in text


def test_factor_rounding_and_unconfirmed_basis_are_said():
    row = criterion("linear", target_value=Decimal(1), factor_input_code="dossier_sync_rate", rounding_digits=2)
    assert "nhân với «dossier_sync_rate» trước khi chấm." in rule_text(row, [])
    assert "nhân với «Đồng bộ» trước khi chấm." in rule_text({**row, "factor_input_name": "Đồng bộ"}, [])
    assert rule_text(row, []).endswith("Làm tròn đến 2 chữ số thập phân.")
    assert basis_text({"legal_basis": "QĐ 1", "is_confirmed": False}) == "QĐ 1 (chưa được xác nhận)"
    assert basis_text({"legal_basis": None, "is_confirmed": True}) == "chưa nêu căn cứ"


def test_an_unknown_rule_is_refused():
    with pytest.raises(KeyError):
        rule_text(criterion("lottery", target_value=Decimal(1)), [])


def test_numbers_have_the_digits_they_have():
    assert [number_text(Decimal(text)) for text in ("8.000000", "0.50", "1250", "-1.5", "100")] == [
        "8",
        "0,5",
        "1.250",
        "−1,5",
        "100",
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_sources_is_the_one_the_model_chooses_by(order):
    """For every set of scores that a criterion may have: the first of them in the sentence is the one chosen."""
    model = PROJECT_ROOT / "dbt" / "models" / "marts" / "scoring" / "fct_criterion_scores.sql"
    choice = re.search(r"case\s+when not is_in_maximum.*?end as final_source_code", model.read_text(), re.S).group()
    columns = {
        "appraised_2": "appraised_score_2",
        "appraised_1": "appraised_score_1",
        "survey": "told_survey_score",
        "computed": "computed_score",
        "declared": "declared_score",
    }
    said = sorted(columns, key=lambda code: ORDERS[order].index(SOURCES[code].split(",")[0]))
    for there in product((False, True), repeat=len(columns)):
        known = dict(zip(columns, there, strict=True))
        given = ", ".join(f"{1 if known[code] else 'null'} as {column}" for code, column in columns.items())
        (chosen,) = duckdb.sql(
            f"select {choice} from (select true as is_in_maximum, '{order}' as score_order_code, {given})"
        ).fetchone()
        assert chosen == next((code for code in said if known[code]), None), known


def node(code, parent=None, status="ok", **given):
    row = {
        "criterion_code": code, "parent_criterion_code": parent, "criterion_name": f"Tên {code}", "kind_code": "base",
        "rule_code": "linear", "is_leaf": True, "is_applicable": True, "score_status": status,
        "final_source_code": "computed" if status == "ok" else None, "max_score": Decimal(5),
    }  # fmt: skip
    return {**row, **given}


def test_not_applicable_says_who_said_so():
    assert source_text(node("1", status="not_applicable", is_applicable=False)) == "không áp dụng (theo phiếu chấm)"
    assert source_text(node("1", status="not_applicable")) == (
        "không áp dụng (mẫu số bằng 0, theo quy định thì bỏ khỏi điểm tối đa)"
    )
    assert source_text(node("1", status="not_applicable", is_leaf=False, rule_code="sum")) == (
        "không áp dụng (mọi tiêu chí bên dưới không áp dụng)"
    )
    empty = {"numerator": 0, "denominator": 0, "has_counts": True}
    for stated, told in (("full", "quy định: được điểm tối đa"), (None, "quy định không nêu, nên không chấm")):
        row = criterion("linear", target_value=Decimal(1), zero_denominator_code=stated)
        assert figure_text(row, [], empty) == f"0/0: mẫu số bằng 0; {told}"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("sum", "cộng từ các phần bên dưới"),
        ("mean", "bình quân các phần bên dưới"),
        ("weighted_sum", "bình quân có trọng số các phần bên dưới"),
    ],
)
def test_a_group_says_how_its_parts_make_it_up(rule, told):
    assert source_text(node("1", is_leaf=False, rule_code=rule, final_source_code="parts")) == told


def test_a_group_with_a_published_score_says_why_it_stands():
    told = source_text(node("1", is_leaf=False, rule_code="sum", final_source_code="declared"))
    assert told == "nơi khác công bố cho cả nhóm; lấy điểm ấy vì bên dưới còn tiêu chí chưa có điểm"


def test_what_left_the_maximum_is_named_and_a_part_of_a_mean_takes_nothing_along():
    rows = [
        node("1", rule_code="sum", is_leaf=False),
        node("1.1", "1", "not_applicable", is_applicable=False),
        node("1.2", "1", rule_code="mean", is_leaf=False),
        node("1.2.1", "1.2", "not_applicable"),
        node("1.2.2", "1.2"),
        node("2", None, "not_applicable", rule_code="mean", is_leaf=False),
        node("2.1", "2", "not_applicable"),
        node("B", None, "not_applicable", kind_code="bonus"),
    ]
    found = [(one.criterion_code, one.max_score, one.reason) for one in taken_out(rows)]
    assert found == [("1.1", 5, "theo phiếu chấm"), ("2", 5, "mọi tiêu chí bên dưới không áp dụng")]


def test_a_figure_that_a_unit_states_is_not_called_counted_here():
    stated = node("1", input_kind_code="measured", appraised_score_1=None, appraised_score_2=None)
    assert source_text(stated) == "tính từ số liệu đơn vị nêu trong phiếu, chưa thẩm định"
    seen = stated | {"appraised_score_2": Decimal(4)}
    assert source_text(seen) == "tính từ số liệu đơn vị nêu trong phiếu"
    assert source_text(stated | {"input_kind_code": "indicator"}) == "tính từ số liệu"
    assert source_text(seen | {"final_source_code": "appraised_2"}) == "thẩm định lần 2, sau giải trình"


def test_rounding_and_quality_have_the_same_words_everywhere():
    (column,) = (
        column for column in load_contracts()["regulation__regulations"].columns if column.name == "rounding_mode_code"
    )
    assert dict(zip(column.codes, map(str.lower, column.labels), strict=True)) == ROUNDINGS
    graded = [("B", "ok"), (None, "insufficient_sample"), (None, "no_data"), (None, None)]
    told = [quality_grade_text(*each) for each in graded]
    assert told == ["B", "chưa đủ số liệu để xếp", "không có số liệu", "không có số liệu"]


def test_the_row_of_a_sheet_is_told_by_its_key():
    figure = {"campaign_code": "D1", "regulation_code": "BTC", "unit_code": "H1.1", "criterion_code": "1.2"}
    assert sheet_line_text(figure) == (
        "dòng của phiếu: đợt chấm D1, bộ tiêu chí BTC, đơn vị H1.1, tiêu chí 1.2; kho không công bố dòng ấy ở tệp nào"
    )
    missing = sheet_line_text(figure | {"campaign_code": None})
    assert missing == "chưa nạp phiếu nào có dòng của đơn vị H1.1, tiêu chí 1.2 trong kỳ"


def test_points_of_a_survey_are_no_councils_and_say_how_many_answered():
    survey = {"kind_code": "survey", "input_kind_code": "none"}
    assert input_text(survey) == "không lấy số liệu, điểm do cơ quan điều tra công bố"
    assert input_text(survey | {"kind_code": "base"}) == "không lấy số liệu, hội đồng chấm"
    assert input_text(survey | {"input_kind_code": "survey_item"}) == "câu hỏi khảo sát"
    figure = {"survey_score": Decimal(2), "survey_answer_count": 1250}
    assert answers_text(figure) == "1.250"
    assert answers_text(figure | {"survey_answer_count": None}) == "không được cho biết"
    assert answers_text({"survey_score": None, "survey_answer_count": None}) is None


def test_points_have_no_more_digits_than_the_regulation_and_say_when_they_were_cut():
    assert points_shown(Decimal("53.955000"), 2) == "53,96 điểm (đúng 53,955)"
    assert points_shown(Decimal("53.955000"), 3) == "53,955 điểm"
    assert points_shown(Decimal("20.000000"), 2) == "20 điểm"


def test_faults_of_regulations_are_told_once_with_what_to_do():
    with duckdb.connect() as connection:
        connection.execute(
            "create table dim_regulations as select * from (values "
            "('H1', 'A@1', 'percent', false, 'chưa có tiêu chí nào', null), ('H2', 'A@1', 'percent', false, "
            "'chưa có tiêu chí nào', null), ('H1', 'B@1', 'percent', true, null, 'department; commune'), "
            "('H1', 'C@1', 'percent', true, null, null)) as t(authority_code, regulation_version_code, "
            "grade_basis_code, is_scorable, faults_text, unit_bloc_codes)"
        )
        connection.execute("create table dim_grades as select 'H1' as authority_code, 'C@1' as regulation_version_code")

        def asked(sql: str, parameters: list) -> list[dict]:
            cursor = connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        assert regulation_faults(asked) == [
            "Quy định A@1 (H1, H2): không chấm điểm được, vì chưa có tiêu chí nào. "
            "Hãy sửa các bảng của quy định rồi nạp lại.",
            "Quy định B@1 (H1): đã nêu cách xếp loại nhưng chưa có thang xếp loại nào, nên không xếp loại ai. "
            "Hãy nạp bảng regulation__grades.",
        ]
        assert len(regulation_faults(asked, "H2")) == 1
        (of_version,) = regulation_faults(asked, "H1", version_code="B@1")
        assert of_version.startswith("Quy định B@1 (H1)")
        assert regulation_faults(asked, "H1", version_code="C@1") == []
        of_bloc = {bloc: regulation_faults(asked, "H1", bloc_code=bloc) for bloc in ("commune", "agency")}
        assert (len(of_bloc["commune"]), [text[:13] for text in of_bloc["agency"]]) == (2, ["Quy định A@1 "])


def test_progress_has_a_decimal_comma(capsys):
    Console().say("Nạp tệp…")
    line = capsys.readouterr().err.rstrip("\n")
    assert re.match(r"\[ +\d+,\d giây\] Nạp tệp…", line)
    # The bench reads when each was said.
    assert PROGRESS.match(line)[2] == "Nạp tệp…"
