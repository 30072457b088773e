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
    ORDERS,
    SOURCES,
    STATUSES,
    SYNTHETIC,
    VALUE_STATUSES,
    counted_text,
    figure_text,
    interval_gap_text,
    interval_text,
    percent_text,
    points_or_none,
    rank_text,
    rate_text,
)
from dagster_project.explaining.memberships import MEMBERSHIPS, OUTCOMES, Membership
from dagster_project.explaining.rule_words import (
    INPUT_KINDS,
    basis_text,
    number_text,
    points_text,
    rule_text,
)
from dagster_project.explaining.simulation import ScoreKey
from dagster_project.publishing.errors import BuildError

# So many dossiers are named; the count is of all.
SHOWN = 20
# A cell of fewer people than these is not told.
FEWEST_PEOPLE = 5
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
LANDED_FROM = {
    "portal_metric": "national_portal__qd766_metrics",
    "quality_index": "one_stop__quality_scores",
    "measured": "par__criterion_scores",
    "none": "par__criterion_scores",
}
# The flag of the sender places a dossier on one day too, though its parts are not summed (fct_timeliness_counts).
LISTED = {**MEMBERSHIPS, "on_time_rate__declared_flag": Membership()}
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


@dataclass(frozen=True)
class Behind:
    """The rows behind a figure. ``count`` is how many there are, None where rows are no count; ``items`` the first."""

    text: str
    count: int | None = None
    items: tuple[str, ...] = ()


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
    meant = [
        row for row in in_period if regulation_code in (None, row["regulation_code"], row["regulation_version_code"])
    ]
    if len(meant) != 1:
        raise BuildError(
            f"Kỳ {in_period[0]['period_code']}, đơn vị {unit_code} được chấm theo: "
            f"{_listed(in_period, 'regulation_code')}. Hãy chọn một bằng --regulation."
        )
    one = meant[0]
    return ScoreKey(one["authority_code"], one["regulation_version_code"], one["period_code"], unit_code)


def _unscored(ask: Ask, unit_code: str) -> str:
    if ask("select unit_code from dim_units where unit_code = ?", [unit_code]):
        return f"Đơn vị {unit_code} chưa được quy định nào chấm điểm trong bản dựng đang phục vụ."
    return f"Bản dựng đang phục vụ không có đơn vị «{unit_code}». Hãy xem lại mã đơn vị."


def _listed(rows: Sequence[dict], column: str) -> str:
    return ", ".join(sorted({row[column] for row in rows}))


def unit_story(ask: Ask, key: ScoreKey) -> UnitStory:
    """A unit's total: facts and every criterion that adds to it, in the order of the regulation."""
    where, arguments = _where(key)
    score = ask(f"select * from fct_unit_scores {where}", arguments)[0]
    rows = ask(
        f"""
        select s.*, c.criterion_name from fct_criterion_scores as s
        inner join dim_criteria as c using (authority_code, regulation_version_code, criterion_code)
        {where} and (s.is_leaf or s.contribution_score is not null)
        order by c.display_order, criterion_code
        """,
        arguments,
    )
    return UnitStory(
        title=f"Điểm của {_unit_name(ask, key)}",
        facts=(*_common_facts(ask, key), *_total_facts(ask, key, score)),
        leaves=tuple(_leaf(row) for row in rows),
        unrounded_score=score["base_score"] + score["bonus_score"] - score["penalty_score"],
        total_score=None if score["total_percent"] is None else score["total_score"],
    )


def criterion_story(ask: Ask, key: ScoreKey, criterion_code: str) -> CriterionStory:
    """One criterion of a unit; BuildError with the criteria there are when the regulation has none of that code."""
    where, arguments = _where(key)
    found = ask(f"select * from fct_criterion_scores {where} and criterion_code = ?", [*arguments, criterion_code])
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
    figure = ask(f"select * from fct_score_inputs {where} and criterion_code = ?", [*arguments, criterion_code])[0]
    bands = criterion_bands(ask, criterion)
    is_leaf = score["is_leaf"]
    return CriterionStory(
        title=f"Tiêu chí {criterion_code} – {criterion['criterion_name']}: {_unit_name(ask, key)}",
        facts=_common_facts(ask, key),
        scores=tuple(_scores(score)),
        rule=tuple(_rule(ask, key, criterion, bands)),
        figure=tuple(_figure(ask, criterion, bands, figure, score)) if is_leaf else (),
        parts=() if is_leaf else tuple(_parts(ask, key, criterion_code)),
        behind=tuple(_behind(ask, key, criterion, figure)) if is_leaf else (),
        explanations=tuple(_explanations(ask, key, criterion["regulation_code"], criterion_code)),
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
    mark = "" if regulation["is_confirmed"] else " (chưa đối chiếu với văn bản)"
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


def _total_facts(ask: Ask, key: ScoreKey, score: dict) -> Lines:
    where, arguments = _where(key)
    # A unit stands in one peer group.
    rank = ask(f"select * from fct_score_rankings {where}", arguments)[0]
    facts = [("Tổng điểm", _total(score))]
    if score["percent_low"] is not None:
        low, high = percent_text(score["percent_low"]), percent_text(score["percent_high"])
        told = counted_text(score["counted_max_score"], score["applicable_max_score"])
        facts.append(("Khoảng 95 % của tỷ lệ đạt", f"{low} – {high}, {told}"))
    elif score["total_percent"] is not None:
        told = interval_gap_text(score["counted_max_score"], score["uncounted_max_score"])
        facts.append(("Khoảng 95 % của tỷ lệ đạt", told))
    facts.append(("Hạng", _rank(rank)))
    facts.append(("Xếp loại", _grade(score)))
    facts.append(("Chất lượng dữ liệu", rank["quality_grade_code"] or "chưa xếp được"))
    largest = score["largest_denominator"]
    facts.append(("Mẫu số lớn nhất", NO_DATA if largest is None else vi_count(largest)))
    if score["declared_score"] is not None:
        facts.append(("Tổng điểm nơi khác công bố", points_text(score["declared_score"])))
    return tuple(facts)


def _total(score: dict) -> str:
    if score["total_percent"] is not None:
        share = percent_text(score["total_percent"])
        return f"{_out_of(score['total_score'], score['applicable_max_score'])}, đạt {share}"
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
    return score["grade_name"] + ("" if score["is_grade_confirmed"] else " (mức chưa đối chiếu với văn bản)")


def _out_of(score: Decimal, most: Decimal) -> str:
    return f"{number_text(score)}/{points_text(most)}"


def _leaf(row: dict) -> Leaf:
    return Leaf(row["criterion_code"], row["criterion_name"], _score_text(row), row["contribution_score"])


def _score_text(row: dict) -> str:
    """The final points with where they come from, or why there are none."""
    if row["final_score"] is None:
        return STATUSES.get(row["score_status"], "chưa có điểm")
    return f"{_out_of(row['final_score'], row['max_score'])}, {SOURCES[row['final_source_code']]}"


def _scores(score: dict) -> list[tuple[str, str]]:
    told = [("Điểm cuối", _score_text(score))]
    if score["contribution_score"] is not None:
        told.append(("Góp vào tổng điểm", points_text(score["contribution_score"])))
    return told + [(name, points_text(score[column])) for column, name in SCORES if score[column] is not None]


def _rule(ask: Ask, key: ScoreKey, criterion: dict, bands: list[dict]) -> list[tuple[str, str]]:
    regulation = _regulation(ask, key)
    told = [("Cách chấm", rule_text(criterion, bands)), ("Căn cứ", basis_text(criterion))]
    if criterion["is_leaf"]:
        told.append(("Điểm cuối khi có nhiều điểm", ORDERS[regulation["score_order_code"]]))
    return told


def _figure(ask: Ask, criterion: dict, bands: list[dict], figure: dict, score: dict) -> list[tuple[str, str]]:
    """What the rule is asked for: words of the figure, its parts, its interval and what one more would give."""
    told = _figure_words(ask, criterion)
    if figure["denominator"] is None:
        return [*told, ("Giá trị", NO_DATA)] if criterion["input_kind_code"] != "none" else told
    told.append(("Giá trị", figure_text(criterion, bands, figure)))
    if figure["factor_denominator"]:
        told.append(("Nhân với", rate_text(figure["factor_numerator"], figure["factor_denominator"])))
    interval = interval_text(figure["interval_low"], figure["interval_high"])
    if interval:
        told.append(("Khoảng 95 % của tỷ lệ", interval))
    if score["score_low"] is not None:
        told.append(("Khoảng điểm", f"{number_text(score['score_low'])} – {points_text(score['score_high'])}"))
    now = score["survey_score"] if criterion["kind_code"] == "survey" else score["computed_score"]
    if score["one_more_score"] is not None and now is not None:
        gain = points_text(score["one_more_score"] - now)
        told.append(("Nếu tử số thêm 1", f"{points_text(score['one_more_score'])}, tăng {gain}"))
    if figure["is_small_sample"]:
        told.append(("Lưu ý", "mẫu số dưới mức tối thiểu của chỉ số: tỷ lệ dễ lệch do ngẫu nhiên"))
    return told


def _figure_words(ask: Ask, criterion: dict) -> list[tuple[str, str]]:
    kind, code = criterion["input_kind_code"], criterion["input_code"]
    told = [("Số liệu", INPUT_KINDS[kind] + (f" ({code})" if code else ""))]
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


def _parts(ask: Ask, key: ScoreKey, criterion_code: str) -> list[Leaf]:
    where, arguments = _where(key)
    rows = ask(
        f"""
        select s.*, c.criterion_name from fct_criterion_scores as s
        inner join dim_criteria as c using (authority_code, regulation_version_code, criterion_code)
        {where} and s.parent_criterion_code = ? order by c.display_order, criterion_code
        """,
        [*arguments, criterion_code],
    )
    return [_leaf(row) for row in rows]


def _behind(ask: Ask, key: ScoreKey, criterion: dict, figure: dict) -> list[Behind]:
    """The rows behind the figure: dossiers, answers, files, evidence."""
    kind, code = criterion["input_kind_code"], criterion["input_code"]
    told = []
    if kind == "indicator" and figure["denominator"] is not None:
        told.append(_behind_indicator(ask, key, code, figure))
    elif kind == "survey_item":
        told.append(_behind_survey(ask, key, code))
    elif kind in LANDED_FROM:
        told.append(_files(ask, key, LANDED_FROM[kind]))
    if figure["evidence_reference"]:
        told.append(Behind(f"Tài liệu kiểm chứng: {figure['evidence_reference']}"))
    elif criterion["evidence_text"]:
        told.append(Behind(f"Tài liệu kiểm chứng phải nộp: {criterion['evidence_text']}; phiếu chưa nêu tài liệu nào"))
    if figure["explanation_reference"]:
        told.append(Behind(f"Văn bản giải trình: {figure['explanation_reference']}"))
    return told


def _behind_indicator(ask: Ask, key: ScoreKey, code: str, figure: dict) -> Behind:
    if code in LISTED:
        return missed_dossiers(ask, key, code, figure)
    instrument = _indicator(ask, code)["instrument_code"]
    if instrument:
        return _unhappy_answers(ask, key, instrument)
    lacking = figure["denominator"] - figure["numerator"]
    return Behind(
        f"Mẫu số trừ tử số: {vi_count(lacking)}; kho đếm chỉ số này theo đơn vị và kỳ, không liệt kê từng hồ sơ"
    )


def missed_dossiers(ask: Ask, key: ScoreKey, indicator_code: str, figure: dict, limit: int = SHOWN) -> Behind:
    """The dossiers that an on-time rate counts as missed: denominator minus numerator of them, the first by day."""
    membership, period = LISTED[indicator_code], _period(ask, key)
    missed = f"""
        select dossier_code, {membership.day} as counted_date from (
          select *, {indicator_code.removeprefix("on_time_rate__")}_verdict_code as verdict_code
          from fct_dossier_verdicts
        )
        where authority_code = ? and {membership.unit} = ? and {membership.day} between ? and ? and {OUTCOMES["missed"]}
    """
    arguments = [key.authority_code, key.unit_code, period["start_date"], period["counted_to_date"]]
    count = ask(f"select count(*) as n from ({missed})", arguments)[0]["n"]
    rows = ask(f"{missed} order by counted_date, dossier_code limit {int(limit)}", arguments)
    lacking = figure["denominator"] - figure["numerator"]
    held = "bằng mẫu số trừ tử số" if count == lacking else f"mẫu số trừ tử số là {vi_count(lacking)}"
    codes = tuple(row["dossier_code"] for row in rows)
    return Behind(f"Hồ sơ tính là quá hạn: {vi_count(count)} ({held})", count, codes)


def _unhappy_answers(ask: Ask, key: ScoreKey, instrument_code: str) -> Behind:
    """Answers that are not positive, by question; a question with few of them is not told, so that nobody is found."""
    period = _period(ask, key)
    rows = ask(
        """
        select item_code, count(*) as n from fct_survey_answers
        where authority_code = ? and unit_code = ? and instrument_code = ? and is_valid and not is_positive
          and answered_date between ? and ?
        group by item_code order by n desc, item_code
        """,
        [key.authority_code, key.unit_code, instrument_code, period["start_date"], period["counted_to_date"]],
    )
    count = sum(row["n"] for row in rows)
    many = [row for row in rows if row["n"] >= FEWEST_PEOPLE]
    items = [f"câu {row['item_code']}: {vi_count(row['n'])}" for row in many]
    if len(many) < len(rows):
        items.append(f"{len(rows) - len(many)} câu khác, mỗi câu dưới {FEWEST_PEOPLE}")
    return Behind(f"Lượt trả lời không hài lòng: {vi_count(count)}", None, tuple(items))


def _behind_survey(ask: Ask, key: ScoreKey, instrument_code: str) -> Behind:
    period = _period(ask, key)
    rows = ask(
        """
        select answer_code, count(*) as n from fct_survey_answers
        where authority_code = ? and unit_code = ? and instrument_code = ? and answered_date between ? and ?
        group by answer_code order by answer_code
        """,
        [key.authority_code, key.unit_code, instrument_code, period["start_date"], period["counted_to_date"]],
    )
    items = tuple(
        f"{row['answer_code']}: {vi_count(row['n']) if row['n'] >= FEWEST_PEOPLE else f'dưới {FEWEST_PEOPLE}'}"
        for row in rows
    )
    return Behind(f"Lượt trả lời theo phương án: {vi_count(sum(row['n'] for row in rows))}", None, items)


def _files(ask: Ask, key: ScoreKey, source_code: str) -> Behind:
    """The files that figures of this source landed from, the last to supersede last."""
    rows = ask(
        """
        select file_name, delivery_id from fct_deliveries
        inner join fct_delivery_authorities using (delivery_id)
        where source_code = ? and authority_code = ? order by delivery_sequence
        """,
        [source_code, key.authority_code],
    )
    items = tuple(f"«{row['file_name']}» (lần nạp {row['delivery_id']})" for row in rows[-SHOWN:])
    if not rows:
        return Behind("Chưa nạp tệp nào của nguồn này")
    return Behind("Tệp đã nạp của nguồn này; trùng dòng thì tệp nêu sau thay tệp nêu trước", None, items)


def _explanations(ask: Ask, key: ScoreKey, regulation_code: str, criterion_code: str) -> list[tuple[str, str]]:
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
            f"{row['reason_text']}: {points_or_none(row['old_score'])} → "
            f"{points_or_none(row['new_score']) if row['new_score'] is not None else 'không đổi điểm'}",
        )
        for row in rows
    ]


def told_unit(story: UnitStory) -> str:
    """A unit's story as lines of text for a terminal."""
    lines = [story.title, *_lines(story.facts), "Từng tiêu chí", *(_leaf_line(leaf) for leaf in story.leaves)]
    if story.total_score is None:
        return "\n".join(lines)
    lines.append(f"  Cộng phần góp của các tiêu chí: {points_text(story.unrounded_score)}")
    if story.unrounded_score != story.total_score:
        lines.append(f"  Làm tròn theo quy định: {points_text(story.total_score)}")
    return "\n".join(lines)


def told_criterion(story: CriterionStory) -> str:
    """A criterion's story as lines of text for a terminal."""
    lines = [story.title, *_lines(story.facts)]
    for title, part in (("Điểm", story.scores), ("Quy tắc", story.rule), ("Số liệu", story.figure)):
        lines += [title, *_lines(part)] if part else []
    lines += ["Các phần bên dưới", *(_leaf_line(leaf) for leaf in story.parts)] if story.parts else []
    lines += ["Phía sau số liệu"] if story.behind else []
    for behind in story.behind:
        lines.append(f"  {behind.text}")
        lines += [f"    {item}" for item in behind.items]
        left = behind.count - len(behind.items) if behind.count is not None and len(behind.items) == SHOWN else 0
        lines += [f"    … và {vi_count(left)} nữa"] if left else []
    lines += ["Giải trình", *_lines(story.explanations)] if story.explanations else []
    return "\n".join(lines)


def _lines(part: Lines) -> list[str]:
    return [f"  {label}: {text}" for label, text in part]


def _leaf_line(leaf: Leaf) -> str:
    added = "" if leaf.contribution is None else f"; góp {number_text(leaf.contribution)}"
    return f"  {leaf.criterion_code} {leaf.name}: {leaf.text}{added}"
