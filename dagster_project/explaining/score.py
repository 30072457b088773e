"""The story of a score: where a unit's points come from, down to the rule, the figure and the rows behind it.

The command line and the page Giải thích điểm tell it from here. Does not belong here: computing any of it (the dbt
models), rules in words (rule_words), what would be if (simulation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dagster_project.console import vi_count, vi_moment
from dagster_project.explaining.dossier import Ask
from dagster_project.explaining.figures import (
    NO_DATA,
    OF_SHEET,
    ORDERS,
    SYNTHETIC,
    VALUE_STATUSES,
    TakenOut,
    answers_text,
    counted_text,
    exact_text,
    figure_text,
    interval_gap_text,
    interval_text,
    no_value_text,
    percent_text,
    points_or_none,
    points_shown,
    quality_grade_text,
    rank_text,
    rate_text,
    rounded,
    sheet_line_text,
    source_text,
    taken_out,
)
from dagster_project.explaining.memberships import LISTINGS, MEMBERSHIPS, listed_dossiers
from dagster_project.explaining.regulations import regulation_faults
from dagster_project.explaining.rule_words import (
    basis_text,
    input_text,
    number_text,
    points_text,
    rule_text,
)
from dagster_project.explaining.simulation import ScoreKey
from dagster_project.publishing.errors import BuildError

# So many dossiers are named; the count is of all.
SHOWN = 20
FEW_ANSWERS = "ít người chọn, không nêu số"
SURVEY_OWNERS = {"ministry": "Bộ Nội vụ", "province": "tỉnh", "unit": "đơn vị"}
SURVEY_POPULATIONS = {"clients": "người đã nhận kết quả", "households": "người dân, hộ gia đình"}
SCORES = (
    ("self_score", "Tự chấm"),
    ("appraised_score_1", "Thẩm định lần 1"),
    ("appraised_score_2", "Thẩm định lần 2"),
    ("survey_score", "Điều tra xã hội học"),
    ("computed_score", "Tính từ số liệu"),
    ("declared_score", "Nơi khác công bố"),
)
STAGES = {
    "self": "Tự chấm",
    "appraisal_1": "Thẩm định lần 1",
    "explanation": "Giải trình",
    "appraisal_2": "Thẩm định lần 2",
}
# The source that a figure of this kind lands from; indicators are computed here.
SHEETS = "par__criterion_scores"
LANDED_FROM = {
    "portal_metric": "national_portal__qd766_metrics",
    "quality_index": "one_stop__quality_scores",
    "measured": SHEETS,
    "none": SHEETS,
}
# A survey's answers land ballot by ballot or answer by answer.
SURVEY_SOURCES = ("survey__ballots", "survey__answers")
# What a list of dossiers is called, by the side of the fraction that it holds.
SIDE_TEXTS = {
    "rest": "Hồ sơ ở mẫu số mà không ở tử số",
    "numerator": "Hồ sơ ở tử số",
    "excluded": "Hồ sơ không tính",
}
# Criteria that nobody scored: what keeps a total, or the sum of a group, from being told.
HOLES = ("not_scored", "outside_scale", "incomplete")
Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Leaf:
    """A criterion that adds to a total: ``contribution`` is None where it adds nothing of its own."""

    criterion_code: str
    name: str
    text: str
    contribution: Decimal | None


@dataclass(frozen=True)
class UnitStory:
    """A unit's total taken apart. The contributions of ``leaves`` add up to ``unrounded_score`` exactly.

    ``total_score`` is None while criteria have no score: a total of what is there would look like a result.
    """

    title: str
    facts: Lines
    leaves: tuple[Leaf, ...]
    unrounded_score: Decimal
    total_score: Decimal | None
    taken_out: tuple[TakenOut, ...]
    digits: int


@dataclass(frozen=True)
class Behind:
    """The rows behind a figure. ``count`` is how many there are, None where rows are no count; ``items`` the first.

    ``hint`` says how to go on from one of them.
    """

    text: str
    count: int | None = None
    items: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Listed:
    """Which dossiers behind a figure are listed: the side of the fraction (None: where to look first), how many."""

    side: str | None = None
    limit: int = SHOWN


@dataclass(frozen=True)
class CriterionStory:
    """One criterion of one unit: facts, scores side by side, rule, figure, the rows behind, what was explained.

    ``parts`` are what lies directly below; a criterion with parts has no figure and no rows of its own.
    """

    title: str
    facts: Lines
    scores: Lines
    rule: Lines
    figure: Lines
    parts: tuple[Leaf, ...]
    behind: tuple[Behind, ...]
    explanations: Lines
    digits: int


def find_score(
    ask: Ask,
    unit_code: str,
    period_code: str | None = None,
    regulation_code: str | None = None,
    authority_code: str | None = None,
) -> ScoreKey:
    """The one score that is meant. BuildError with the choices when there is none or more than one."""
    found = ask(
        "select authority_code, regulation_code, regulation_version_code, period_code from fct_unit_scores "
        "where unit_code = ? order by all",
        [unit_code],
    )
    if not found:
        raise BuildError(_unscored(ask, unit_code))
    of_authority = [row for row in found if authority_code in (None, row["authority_code"])]
    if len({row["authority_code"] for row in of_authority}) != 1:
        raise BuildError(
            f"Mã đơn vị «{unit_code}» có điểm ở các địa phương: {_listed(found, 'authority_code')}. "
            "Hãy chọn một bằng --authority."
        )
    in_period = [row for row in of_authority if period_code in (None, row["period_code"])]
    if len({row["period_code"] for row in in_period}) != 1:
        told = f"Đơn vị {unit_code} không có điểm ở kỳ «{period_code}»" if period_code else "Hãy chọn kỳ bằng --period"
        raise BuildError(f"{told}. Các kỳ có điểm: {_listed(of_authority, 'period_code')}.")
    meant = [row for row in in_period if _is_of(row, regulation_code)]
    if not meant:
        raise BuildError(_not_scored_by(of_authority, in_period, unit_code, regulation_code))
    if len(meant) != 1:
        raise BuildError(
            f"Kỳ {in_period[0]['period_code']}, đơn vị {unit_code} được chấm theo: "
            f"{_listed(in_period, 'regulation_code')}. Hãy chọn một bằng --regulation."
        )
    one = meant[0]
    return ScoreKey(one["authority_code"], one["regulation_version_code"], one["period_code"], unit_code)


def _is_of(row: dict, regulation_code: str | None) -> bool:
    return regulation_code in (None, row["regulation_code"], row["regulation_version_code"])


def _not_scored_by(of_authority: list[dict], in_period: list[dict], unit_code: str, regulation_code: str | None) -> str:
    """That a regulation does not score the unit in the period, with the periods in which it does."""
    period = in_period[0]["period_code"]
    elsewhere = [row for row in of_authority if _is_of(row, regulation_code)]
    told = f"Kỳ {period}, đơn vị {unit_code} không được chấm theo quy định «{regulation_code}»"
    there = f"; quy định ấy có điểm của đơn vị ở các kỳ: {_listed(elsewhere, 'period_code')}" if elsewhere else ""
    return f"{told}{there}. Kỳ này được chấm theo: {_listed(in_period, 'regulation_code')}."


def _unscored(ask: Ask, unit_code: str) -> str:
    found = ask("select authority_code, unit_bloc_code from dim_units where unit_code = ? order by all", [unit_code])
    if found:
        told = f"Đơn vị {unit_code} chưa được quy định nào chấm điểm trong bản dựng đang phục vụ."
        # A unit outside the blocs is one that no regulation is meant for, whatever its faults.
        faults = (
            regulation_faults(ask, row["authority_code"], bloc_code=row["unit_bloc_code"])
            for row in found
            if row["unit_bloc_code"]
        )
        return " ".join([told, *(fault for several in faults for fault in several)])
    return f"Bản dựng đang phục vụ không có đơn vị «{unit_code}». Hãy xem lại mã đơn vị."


def _listed(rows: Sequence[dict], column: str) -> str:
    return ", ".join(sorted({row[column] for row in rows}))


def unit_story(ask: Ask, key: ScoreKey) -> UnitStory:
    """A unit's total: facts and every criterion that adds to it, in the order of the regulation."""
    where, arguments = _where(key)
    score = ask(f"select * from fct_unit_scores {where}", arguments)[0]
    rows = _criteria(ask, key)
    digits = _regulation(ask, key)["rounding_digits"]
    leaves = [row for row in rows if row["is_leaf"] or row["contribution_score"] is not None]
    return UnitStory(
        title=f"Điểm của {_unit_name(ask, key)}",
        facts=(*_common_facts(ask, key), *_total_facts(ask, key, score, digits)),
        leaves=tuple(_leaf(row, digits) for row in leaves),
        unrounded_score=score["base_score"] + score["bonus_score"] - score["penalty_score"],
        total_score=None if score["total_percent"] is None else score["total_score"],
        taken_out=tuple(taken_out(rows)),
        digits=digits,
    )


def _criteria(ask: Ask, key: ScoreKey) -> list[dict]:
    """Every criterion of a unit in the order of the regulation: scores, rule, and what was said of its figure."""
    where, arguments = _where(key)
    return ask(
        f"""
        select s.*, c.criterion_name, c.rule_code, c.input_kind_code, c.zero_denominator_code, i.is_applicable
        from fct_criterion_scores as s
        inner join dim_criteria as c using (authority_code, regulation_version_code, criterion_code)
        inner join fct_score_inputs as i
          using (authority_code, regulation_version_code, period_code, unit_code, criterion_code)
        {where} order by c.display_order, criterion_code
        """,
        arguments,
    )


def criterion_story(ask: Ask, key: ScoreKey, criterion_code: str, listed: Listed | None = None) -> CriterionStory:
    """One criterion of a unit; BuildError with the criteria there are when the regulation has none of that code.

    ``listed`` asks for certain dossiers: a criterion that is not counted on dossiers one by one is then refused.
    """
    where, arguments = _where(key)
    rows = _criteria(ask, key)
    found = [row for row in rows if row["criterion_code"] == criterion_code]
    criteria = ask(
        "select * from dim_criteria where authority_code = ? and regulation_version_code = ? order by display_order",
        [key.authority_code, key.regulation_version_code],
    )
    if not found:
        choices = ", ".join(row["criterion_code"] for row in criteria)
        raise BuildError(
            f"Quy định {key.regulation_version_code} không có tiêu chí «{criterion_code}». Các tiêu chí: {choices}."
        )
    score = found[0]
    criterion = next(row for row in criteria if row["criterion_code"] == criterion_code)
    figure = ask(
        "select i.*, r.interval_low, r.interval_high from fct_score_inputs as i left join fct_rule_scores as r "
        "using (authority_code, regulation_version_code, period_code, unit_code, criterion_code) "
        f"{where} and criterion_code = ?",
        [*arguments, criterion_code],
    )[0]
    bands = criterion_bands(ask, criterion)
    is_leaf = score["is_leaf"]
    if listed and not (criterion["input_kind_code"] == "indicator" and criterion["input_code"] in LISTINGS):
        raise BuildError(
            f"Tiêu chí {criterion_code} không có danh sách hồ sơ: số liệu không đếm từng hồ sơ trong kho. "
            "Hãy bỏ --list và --limit."
        )
    parts = [row for row in rows if row["parent_criterion_code"] == criterion_code]
    digits = _regulation(ask, key)["rounding_digits"]
    return CriterionStory(
        title=f"Tiêu chí {criterion_code} – {criterion['criterion_name']}: {_unit_name(ask, key)}",
        facts=_common_facts(ask, key),
        scores=tuple(_scores(score, parts, digits)),
        rule=tuple(_rule(ask, key, criterion, bands)),
        figure=tuple(_figure(ask, criterion, bands, figure, score, digits)) if is_leaf else (),
        parts=tuple(_leaf(row, digits) for row in parts),
        behind=tuple(_behind(ask, key, criterion, figure, listed or Listed())) if is_leaf else (),
        explanations=tuple(_explanations(ask, key, criterion["regulation_code"], criterion_code, digits)),
        digits=digits,
    )


def criterion_bands(ask: Ask, criterion: dict) -> list[dict]:
    """The bands of a criterion, in their order."""
    return ask(
        "select * from dim_criterion_bands "
        "where authority_code = ? and regulation_version_code = ? and criterion_code = ? order by band_number",
        [criterion["authority_code"], criterion["regulation_version_code"], criterion["criterion_code"]],
    )


def _where(key: ScoreKey) -> tuple[str, list]:
    condition = "where authority_code = ? and regulation_version_code = ? and period_code = ? and unit_code = ?"
    return condition, [key.authority_code, key.regulation_version_code, key.period_code, key.unit_code]


def _unit_name(ask: Ask, key: ScoreKey) -> str:
    found = ask(
        "select unit_name from dim_units where authority_code = ? and unit_code = ?",
        [key.authority_code, key.unit_code],
    )
    return f"{key.unit_code} – {found[0]['unit_name']}"


def _common_facts(ask: Ask, key: ScoreKey) -> Lines:
    regulation = _regulation(ask, key)
    period = _period(ask, key)
    as_of = ask("select max(counted_to_date) as day from dim_periods", [])[0]["day"]
    mark = "" if regulation["is_confirmed"] else " (chưa được xác nhận)"
    is_synthetic = ask("select is_synthetic from dim_authorities where authority_code = ?", [key.authority_code])
    facts = [
        ("Quy định", f"{key.regulation_version_code} – {regulation['regulation_name']}{mark}"),
        ("Kỳ", period["period_name"] + ("" if period["is_complete"] else " (chưa hết kỳ)")),
        ("Số liệu chốt đến hết ngày", f"{as_of:%d/%m/%Y}"),
    ]
    if is_synthetic and is_synthetic[0]["is_synthetic"]:
        facts.append(("Lưu ý", SYNTHETIC))
    return tuple(facts)


def _regulation(ask: Ask, key: ScoreKey) -> dict:
    return ask(
        "select * from dim_regulations where authority_code = ? and regulation_version_code = ?",
        [key.authority_code, key.regulation_version_code],
    )[0]


def _period(ask: Ask, key: ScoreKey) -> dict:
    return ask("select * from dim_periods where period_code = ?", [key.period_code])[0]


def _total_facts(ask: Ask, key: ScoreKey, score: dict, digits: int) -> Lines:
    where, arguments = _where(key)
    # A unit stands in one peer group.
    rank = ask(f"select * from fct_score_rankings {where}", arguments)[0]
    facts = [("Tổng điểm", _total(score, digits))]
    if score["percent_low"] is not None:
        low, high = percent_text(score["percent_low"]), percent_text(score["percent_high"])
        told = counted_text(score["counted_max_score"], score["applicable_max_score"])
        facts.append(("Khoảng 95 % của tỷ lệ đạt", f"{low} – {high}, {told}"))
    elif score["total_percent"] is not None:
        told = interval_gap_text(score["counted_max_score"], score["uncounted_max_score"])
        facts.append(("Khoảng 95 % của tỷ lệ đạt", told))
    facts.append(("Hạng", _rank(rank)))
    facts.append(("Xếp loại", _grade(score)))
    faults = regulation_faults(ask, key.authority_code, version_code=key.regulation_version_code)
    facts += [("Lỗi của quy định", fault) for fault in faults]
    facts.append(("Chất lượng dữ liệu", quality_grade_text(rank["quality_grade_code"], rank["quality_grade_status"])))
    largest = score["largest_denominator"]
    facts.append(("Mẫu số lớn nhất", NO_DATA if largest is None else vi_count(largest)))
    if score["declared_score"] is not None:
        facts.append(("Tổng điểm nơi khác công bố", points_shown(score["declared_score"], digits)))
    return tuple(facts)


def _total(score: dict, digits: int) -> str:
    if score["total_percent"] is not None:
        share = percent_text(score["total_percent"])
        return f"{_out_of(score['total_score'], score['applicable_max_score'], digits)}, đạt {share}"
    return (
        f"chưa có: mới có điểm {score['scored_leaf_count']} trên {score['leaf_count']} tiêu chí, "
        f"còn thiếu các tiêu chí tối đa {points_text(score['missing_max_score'])}"
    )


def _rank(row: dict) -> str:
    if row["unit_rank"] is None:
        return VALUE_STATUSES[row["value_status"]]
    tied = ", đồng hạng" if row["is_tied"] else ""
    rank = rank_text(row["unit_rank"], row["rank_low"], row["rank_high"])
    return f"{rank}{tied}, trong {row['ranked_unit_count']} đơn vị được xếp hạng của khối"


def _grade(score: dict) -> str:
    if score["grade_name"] is None:
        return "chưa xếp loại"
    return score["grade_name"] + ("" if score["is_grade_confirmed"] else " (mức chưa được xác nhận)")


def _out_of(score: Decimal, most: Decimal, digits: int) -> str:
    return f"{number_text(rounded(score, digits))}/{points_text(most)}{exact_text(score, digits)}"


def _leaf(row: dict, digits: int) -> Leaf:
    return Leaf(row["criterion_code"], row["criterion_name"], _score_text(row, digits), row["contribution_score"])


def _score_text(row: dict, digits: int) -> str:
    """The final points with where they come from, or why there are none."""
    if row["final_score"] is None:
        return source_text(row)
    return f"{_out_of(row['final_score'], row['max_score'], digits)}, {source_text(row)}"


def _scores(score: dict, parts: Sequence[dict], digits: int) -> list[tuple[str, str]]:
    told = [("Điểm cuối", _score_text(score, digits))]
    holes = [part["criterion_code"] for part in parts if part["score_status"] in HOLES]
    if score["final_source_code"] == "declared" and holes:
        told.append(("Bên dưới chưa có điểm", ", ".join(holes)))
    if score["contribution_score"] is not None:
        told.append(("Góp vào tổng điểm", points_shown(score["contribution_score"], digits)))
    names = dict(SCORES)
    if score["input_kind_code"] == "measured":
        names["computed_score"] = f"{OF_SHEET[0].upper()}{OF_SHEET[1:]}"
    named = ((name, score[column]) for column, name in names.items())
    return told + [(name, points_shown(value, digits)) for name, value in named if value is not None]


def _rule(ask: Ask, key: ScoreKey, criterion: dict, bands: list[dict]) -> list[tuple[str, str]]:
    regulation = _regulation(ask, key)
    told = [("Cách chấm", rule_text(criterion, bands)), ("Căn cứ", basis_text(criterion))]
    if criterion["is_leaf"]:
        told.append(("Điểm cuối khi có nhiều điểm", ORDERS[regulation["score_order_code"]]))
    return told


def _figure(
    ask: Ask, criterion: dict, bands: list[dict], figure: dict, score: dict, digits: int
) -> list[tuple[str, str]]:
    """What the rule is asked for: words of the figure, its parts, its interval and what one more would give."""
    told = _figure_words(ask, criterion)
    answers = answers_text(figure)
    told += [("Số phiếu trả lời hợp lệ", answers)] if answers else []
    if figure["denominator"] is None:
        return [*told, ("Giá trị", no_value_text(figure))] if criterion["input_kind_code"] != "none" else told
    told.append(("Giá trị", figure_text(criterion, bands, figure)))
    if figure["factor_denominator"]:
        told.append(("Nhân với", rate_text(figure["factor_numerator"], figure["factor_denominator"])))
    interval = interval_text(figure["interval_low"], figure["interval_high"])
    if interval:
        told.append(("Khoảng 95 % của tỷ lệ", interval))
    if score["score_low"] is not None:
        told.append(("Khoảng điểm", _points_range(score, digits)))
    now = score["survey_score"] if criterion["kind_code"] == "survey" else score["computed_score"]
    if score["one_more_score"] is not None and now is not None:
        gain = score["one_more_score"] - now
        change = f"{'tăng' if gain >= 0 else 'giảm'} {points_shown(abs(gain), digits)}"
        told.append(("Nếu tử số thêm 1", f"{points_shown(score['one_more_score'], digits)}, {change}"))
    if figure["is_small_sample"]:
        told.append(("Lưu ý", "mẫu số dưới mức tối thiểu của chỉ số: tỷ lệ dễ lệch do ngẫu nhiên"))
    return told


def _points_range(score: dict, digits: int) -> str:
    low, high = (rounded(score[name], digits) for name in ("score_low", "score_high"))
    return f"{number_text(low)} – {points_text(high)}"


def _figure_words(ask: Ask, criterion: dict) -> list[tuple[str, str]]:
    kind, code = criterion["input_kind_code"], criterion["input_code"]
    told = [("Số liệu", input_text(criterion) + (f" ({code})" if code else ""))]
    if kind != "indicator":
        return told
    indicator = _indicator(ask, code)
    mark = "" if indicator["is_confirmed"] else " (chưa được xác nhận)"
    told = [("Chỉ số", f"{indicator['indicator_name']} ({code}){mark}"), ("Tử số", indicator["numerator_text"])]
    if indicator["denominator_text"]:
        told.append(("Mẫu số", indicator["denominator_text"]))
    return [*told, ("Không tính", indicator["exclusions_text"])] if indicator["exclusions_text"] else told


def _indicator(ask: Ask, code: str) -> dict:
    return ask("select * from dim_indicators where indicator_code = ?", [code])[0]


def _behind(ask: Ask, key: ScoreKey, criterion: dict, figure: dict, listed: Listed) -> list[Behind]:
    """The rows behind the figure: dossiers, answers, files, evidence."""
    kind, code = criterion["input_kind_code"], criterion["input_code"]
    told = []
    if kind == "indicator" and figure["denominator"] is not None:
        told.append(_behind_indicator(ask, key, code, figure, listed))
    elif kind == "survey_item":
        told.append(_behind_survey(ask, key, code, figure))
    elif kind == "survey_index":
        told.append(survey_behind(ask, key, figure))
        files = (_files(ask, key, source) for source in SURVEY_SOURCES)
        told += [listed for listed in files if listed.items]
    elif kind in LANDED_FROM:
        told.append(_sheets(ask, key, figure) if LANDED_FROM[kind] == SHEETS else _files(ask, key, LANDED_FROM[kind]))
    if figure["evidence_reference"]:
        told.append(Behind(f"Tài liệu kiểm chứng: {figure['evidence_reference']}"))
    elif criterion["evidence_text"]:
        told.append(Behind(f"Tài liệu kiểm chứng phải nộp: {criterion['evidence_text']}; phiếu chưa nêu tài liệu nào"))
    if figure["explanation_reference"]:
        told.append(Behind(f"Văn bản giải trình: {figure['explanation_reference']}"))
    return told


def _behind_indicator(ask: Ask, key: ScoreKey, code: str, figure: dict, listed: Listed) -> Behind:
    if not figure["denominator"]:
        return Behind("Không có dòng nào ở mẫu số")
    if code in LISTINGS:
        return dossiers_behind(ask, key, code, figure, listed)
    instrument = _indicator(ask, code)["instrument_code"]
    if instrument:
        return _unhappy_answers(ask, key, instrument, figure)
    if not figure["has_counts"]:
        return Behind("Kho đếm chỉ số này theo đơn vị và kỳ, không liệt kê từng hồ sơ")
    lacking = figure["denominator"] - figure["numerator"]
    return Behind(
        f"Mẫu số trừ tử số: {vi_count(lacking)}; kho đếm chỉ số này theo đơn vị và kỳ, không liệt kê từng hồ sơ"
    )


def first_side(direction_code: str) -> str:
    """The side of a fraction where what went wrong is: the numerator where less is better."""
    return "numerator" if direction_code == "lower_is_better" else "rest"


def dossiers_behind(ask: Ask, key: ScoreKey, indicator_code: str, figure: dict, listed: Listed) -> Behind:
    """The dossiers on one side of an indicator's fraction, the first due ones by name, with the rows of their files."""
    period = _period(ask, key)
    side = listed.side or first_side(_indicator(ask, indicator_code)["direction_code"])
    query = listed_dossiers(indicator_code, side)
    arguments = [key.authority_code, key.unit_code, period["start_date"], period["counted_to_date"]]
    count = ask(f"select count(*) as n from ({query})", arguments)[0]["n"]
    limit = f"limit {int(listed.limit)}" if listed.limit else ""
    rows = ask(f"select * from ({query}) order by shown_due_at nulls last, dossier_code {limit}", arguments)
    is_missed = side == "rest" and indicator_code in MEMBERSHIPS
    name = "Hồ sơ tính là quá hạn" if is_missed else SIDE_TEXTS[side]
    return Behind(
        f"{name}: {vi_count(count)}{_held(side, count, figure)}",
        count,
        tuple(_dossier_line(row) for row in rows),
        "Xem một hồ sơ: cchc explain dossier MÃ_HỒ_SƠ" if rows else "",
    )


def _held(side: str, count: int, figure: dict) -> str:
    """How the number of listed dossiers stands to the figure."""
    if side == "excluded":
        return ""
    whole, name = {
        "rest": (figure["denominator"] - figure["numerator"], "mẫu số trừ tử số"),
        "numerator": (figure["numerator"], "tử số"),
    }[side]
    return f" (bằng {name})" if count == whole else f" ({name} là {vi_count(whole)})"


def _dossier_line(row: dict) -> str:
    days = [
        f"{name} {row[column]:%d/%m/%Y}"
        for name, column in (("tiếp nhận", "received_date"), ("hạn", "shown_due_at"), ("xong", "finished_at"))
        if row[column]
    ]
    return f"{row['dossier_code']}: {', '.join(days)}; «{row['file_name']}» dòng {row['source_row_number']}"


def _unhappy_answers(ask: Ask, key: ScoreKey, instrument_code: str, figure: dict) -> Behind:
    """Answers that are not positive, by question, as far as they are published: few of a kind are not."""
    rows = ask(
        """
        select item_code, sum(answer_count) as n, bool_or(is_withheld) as is_partial from fct_score_answers
        where authority_code = ? and unit_code = ? and period_code = ? and instrument_code = ? and is_indexed
          and option_kind_code in ('neutral', 'negative')
        group by item_code order by n desc nulls last, item_code
        """,
        [key.authority_code, key.unit_code, key.period_code, instrument_code],
    )
    told = [row for row in rows if row["n"] is not None]
    items = [f"câu {row['item_code']}: {_at_least(row)}" for row in told]
    if len(told) < len(rows):
        items.append(f"{len(rows) - len(told)} câu khác: {FEW_ANSWERS}")
    count = figure["denominator"] - figure["numerator"]
    return Behind(f"Lượt trả lời không hài lòng: {vi_count(count)}", None, tuple(items))


def _at_least(row: dict) -> str:
    """How many gave an answer; only the least where some of them are withheld."""
    return f"ít nhất {vi_count(int(row['n']))}" if row["is_partial"] else vi_count(int(row["n"]))


def _behind_survey(ask: Ask, key: ScoreKey, instrument_code: str, figure: dict) -> Behind:
    rows = ask(
        """
        select answer_code, sum(answer_count) as n, bool_or(is_withheld) as is_partial from fct_score_answers
        where authority_code = ? and unit_code = ? and period_code = ? and instrument_code = ?
        group by answer_code order by answer_code
        """,
        [key.authority_code, key.unit_code, key.period_code, instrument_code],
    )
    items = tuple(f"{row['answer_code']}: {FEW_ANSWERS if row['n'] is None else _at_least(row)}" for row in rows)
    return Behind(f"Lượt trả lời theo phương án có điểm: {vi_count(figure['sample_count'] or 0)}", None, items)


def survey_behind(ask: Ask, key: ScoreKey, figure: dict) -> Behind:
    """The wave behind a survey's index (a row of fct_score_inputs): who asked whom when, how many answered."""
    if figure["wave_code"] is None:
        return Behind(
            "Chưa có đợt khảo sát nào đã khai báo, của bộ câu hỏi, nơi hỏi và người được hỏi này, kết thúc trong kỳ mà "
            "có phiếu trả lời về đơn vị"
        )
    instrument_code, owner_code, population_code, *factor = figure["input_code"].split(":")
    found = ask(
        """
        select w.*, e.value_status, e.ballot_count, e.answered_ballot_count, e.effective_count, e.interval_low,
          e.interval_high
        from fct_survey_estimates as e
        inner join dim_survey_waves as w using (authority_code, wave_code, instrument_code)
        where authority_code = ? and wave_code = ? and instrument_code = ? and unit_code = ?
          and group_kind_code = 'all' and is_chosen_formula and measure_level_code = ? and measure_code = ?
        """,
        [key.authority_code, figure["wave_code"], instrument_code, key.unit_code]
        + (["factor", factor[0]] if factor else ["overall", "overall"]),
    )[0]
    days = f"từ {found['start_date']:%d/%m/%Y} đến {found['end_date']:%d/%m/%Y}"
    asked = f"do {SURVEY_OWNERS[owner_code]} hỏi {SURVEY_POPULATIONS[population_code]}"
    return Behind(
        f"Đợt khảo sát {found['wave_name']} ({found['wave_code']}), {days}, {asked}",
        None,
        tuple(_wave_items(found)),
    )


def _wave_items(wave: dict) -> list[str]:
    mark = "" if wave["is_confirmed"] else " (chưa đối chiếu)"
    told = [
        f"Bộ câu hỏi: {wave['instrument_name']}, phương pháp {wave['method_version']}{mark}",
        f"Số phiếu có trả lời: {vi_count(wave['ballot_count'])}; "
        f"trả lời phần được tính: {vi_count(wave['answered_ballot_count'])}",
    ]
    interval = interval_text(wave["interval_low"], wave["interval_high"])
    if wave["value_status"] == "insufficient_sample":
        fewest = vi_count(wave["minimum_ballot_count"])
        return [*told, f"Không đủ mẫu: cần ít nhất {fewest} phiếu, nên không nêu chỉ số"]
    if wave["value_status"] == "suppressed":
        return [*told, "Chỉ số được giữ kín, vì nêu ra thì biết được câu trả lời của dưới 5 người ở đơn vị khác"]
    if interval is None:
        return [*told, "Khoảng tin cậy 95 % theo cách chọn mẫu: không tính được"]
    if wave["effective_count"] is None:
        return [*told, "Hỏi hết mọi người nên không có sai số chọn mẫu"]
    size = vi_count(round(wave["effective_count"]))
    return [*told, f"Khoảng tin cậy 95 % theo cách chọn mẫu: {interval} (cỡ mẫu hiệu dụng {size})"]


def _sheets(ask: Ask, key: ScoreKey, figure: dict) -> Behind:
    """The row of the unit's sheet, and the files that it can stand in."""
    line = sheet_line_text(figure)
    line = f"{line[0].upper()}{line[1:]}"
    if figure["campaign_code"] is None:
        return Behind(line)
    files = _files(ask, key, SHEETS)
    return Behind(f"{line}. {files.text}", None, files.items)


def _files(ask: Ask, key: ScoreKey, source_code: str) -> Behind:
    """The files of a source that figures of the period can have landed from, the last to supersede last."""
    rows = ask(
        """
        select file_name, delivery_id from fct_deliveries
        inner join fct_delivery_authorities using (delivery_id)
        where source_code = ? and authority_code = ? and coalesce(data_until_date >= ?, true)
        order by delivery_sequence
        """,
        [source_code, key.authority_code, _period(ask, key)["start_date"]],
    )
    items = tuple(f"«{row['file_name']}» (lần nạp {row['delivery_id']})" for row in rows[-SHOWN:])
    if not rows:
        return Behind("Chưa nạp tệp nào của nguồn này có số liệu từ đầu kỳ trở đi")
    return Behind(
        "Tệp đã nạp của nguồn này có số liệu từ đầu kỳ trở đi; trùng dòng thì tệp nêu sau thay tệp nêu trước",
        None,
        items,
    )


def _explanations(
    ask: Ask, key: ScoreKey, regulation_code: str, criterion_code: str, digits: int
) -> list[tuple[str, str]]:
    rows = ask(
        """
        select * from fct_score_explanations
        where authority_code = ? and regulation_code = ? and period_code = ? and unit_code = ? and criterion_code = ?
        order by stated_at, stage_code
        """,
        [key.authority_code, regulation_code, key.period_code, key.unit_code, criterion_code],
    )
    return [
        (
            f"{vi_moment(row['stated_at'])} {STAGES[row['stage_code']]} ({row['actor_code']})",
            f"{row['reason_text']}: {points_or_none(row['old_score'], digits)} → "
            f"{points_or_none(row['new_score'], digits) if row['new_score'] is not None else 'không đổi điểm'}",
        )
        for row in rows
    ]


def told_unit(story: UnitStory) -> str:
    """A unit's story as lines of text for a terminal."""
    lines = [story.title, *_lines(story.facts)]
    if story.taken_out:
        whole = points_text(sum(one.max_score for one in story.taken_out))
        lines += [f"Bỏ khỏi điểm tối đa: {whole}", *(_taken_out_line(one) for one in story.taken_out)]
    lines += ["Từng tiêu chí", *(_leaf_line(leaf, story.digits) for leaf in story.leaves)]
    if story.total_score is None:
        return "\n".join(lines)
    lines.append(f"  Cộng phần góp của các tiêu chí: {points_shown(story.unrounded_score, story.digits)}")
    if story.unrounded_score != story.total_score:
        lines.append(f"  Làm tròn theo quy định: {points_shown(story.total_score, story.digits)}")
    return "\n".join(lines)


def _taken_out_line(one: TakenOut) -> str:
    return f"  {one.criterion_code} {one.name}: {points_text(one.max_score)}, {one.reason}"


def told_criterion(story: CriterionStory) -> str:
    """A criterion's story as lines of text for a terminal."""
    lines = [story.title, *_lines(story.facts)]
    for title, part in (("Điểm", story.scores), ("Quy tắc", story.rule), ("Số liệu", story.figure)):
        lines += [title, *_lines(part)] if part else []
    lines += ["Các phần bên dưới", *(_leaf_line(leaf, story.digits) for leaf in story.parts)] if story.parts else []
    lines += ["Phía sau số liệu"] if story.behind else []
    for behind in story.behind:
        lines.append(f"  {behind.text}")
        lines += [f"    {item}" for item in behind.items]
        left = 0 if behind.count is None else behind.count - len(behind.items)
        lines += [f"    … và {vi_count(left)} nữa; thêm --limit 0 để xem tất cả"] if left else []
        lines += [f"    {behind.hint}"] if behind.hint else []
    lines += ["Giải trình", *_lines(story.explanations)] if story.explanations else []
    return "\n".join(lines)


def _lines(part: Lines) -> list[str]:
    return [f"  {label}: {text}" for label, text in part]


def _leaf_line(leaf: Leaf, digits: int) -> str:
    added = "" if leaf.contribution is None else f"; góp {points_shown(leaf.contribution, digits)}"
    return f"  {leaf.criterion_code} {leaf.name}: {leaf.text}{added}"
