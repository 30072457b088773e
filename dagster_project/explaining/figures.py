"""Figures of scores as Vietnamese writes them, and the words beside them: rates that never round to a perfect result.

Does not belong here: rules in words (rule_words), queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dagster_project.console import vi_count
from dagster_project.explaining.rule_words import ZERO_DENOMINATOR, Row, is_share, number_text, points_text

NO_DATA = "không có số liệu"
NOT_GRADED = "chưa đủ số liệu để xếp"
SYNTHETIC = "Dữ liệu giả lập (không có thật)"
SOURCES = {
    "computed": "tính từ số liệu",
    "appraised_1": "thẩm định lần 1",
    "appraised_2": "thẩm định lần 2, sau giải trình",
    "survey": "điều tra xã hội học",
    "declared": "nơi khác công bố",
    "parts": "cộng hoặc bình quân các phần bên dưới",
}
# Nobody counted what a unit states in its sheet.
OF_SHEET = "tính từ số liệu đơn vị nêu trong phiếu"
# How a group comes from its parts, by its rule.
PARTS = {
    "sum": "cộng từ các phần bên dưới",
    "mean": "bình quân các phần bên dưới",
    "weighted_sum": "bình quân có trọng số các phần bên dưới",
}
STATUSES = {
    "not_applicable": "không áp dụng, bỏ khỏi điểm tối đa",
    "not_assessed": "không chấm vì mẫu số bằng 0; vẫn nằm trong điểm tối đa",
    "not_scored": "chưa ai chấm và không có số liệu để tính",
    "outside_scale": "giá trị nằm ngoài thang điểm",
    "incomplete": "bên dưới còn tiêu chí chưa có điểm",
}
VALUE_STATUSES = {
    "no_activity": "không tiêu chí nào áp dụng, không xếp hạng",
    "not_assessed": "còn tiêu chí chưa có điểm, chưa xếp hạng",
    "insufficient_sample": "ít hồ sơ hơn mức quy định, chỉ nêu tên, không xếp hạng",
}
# As the template of a regulation names them.
ROUNDINGS = {
    "half_up": "nửa làm tròn lên",
    "half_even": "nửa làm tròn về số chẵn",
    "truncate": "bỏ phần dư",
}
# The order in which fct_criterion_scores chooses; a test holds both to the same choice.
ORDERS = {
    "appraised_first": (
        "điểm đầu tiên có trong thứ tự: thẩm định lần 2, thẩm định lần 1, điều tra xã hội học, tính từ số liệu, "
        "nơi khác công bố"
    ),
    "computed_first": (
        "điểm đầu tiên có trong thứ tự: tính từ số liệu, điều tra xã hội học, thẩm định lần 2, thẩm định lần 1, "
        "nơi khác công bố"
    ),
}


def source_text(row: Row) -> str:
    """Where a final score comes from, or why there is none: a row of fct_criterion_scores with its rule and figure."""
    source = row["final_source_code"]
    if source == "parts":
        return PARTS[row["rule_code"]]
    if source == "declared" and not row["is_leaf"]:
        return f"{SOURCES[source]} cho cả nhóm; lấy điểm ấy vì bên dưới còn tiêu chí chưa có điểm"
    if source == "computed" and row["input_kind_code"] == "measured":
        scores = (row["appraised_score_1"], row["appraised_score_2"])
        return OF_SHEET if any(score is not None for score in scores) else f"{OF_SHEET}, chưa thẩm định"
    if source:
        return SOURCES[source]
    if row["score_status"] == "not_applicable":
        return f"không áp dụng ({why_not_applicable(row)})"
    return STATUSES.get(row["score_status"], "chưa có điểm")


def why_not_applicable(row: Row) -> str:
    """Who took a criterion out of the maximum: the sheet, or the regulation where nothing was there to count."""
    if not row["is_leaf"]:
        return "mọi tiêu chí bên dưới không áp dụng"
    if not row["is_applicable"]:
        return "theo phiếu chấm"
    return "mẫu số bằng 0, theo quy định thì bỏ khỏi điểm tối đa"


@dataclass(frozen=True)
class TakenOut:
    """A criterion that does not count in the maximum of a unit: how many points, and why."""

    criterion_code: str
    name: str
    max_score: Decimal
    reason: str


def taken_out(rows: Sequence[Row]) -> list[TakenOut]:
    """What was taken out of the maximum, from every criterion of a unit; its points add up to what the maximum lacks.

    A part of a mean takes nothing away while the mean has other parts; a mean without any goes as a whole.
    """
    below: dict[str | None, list[Row]] = {}
    for row in rows:
        below.setdefault(row["parent_criterion_code"], []).append(row)

    def of(row: Row) -> list[TakenOut]:
        parts = below.get(row["criterion_code"], [])
        if row["score_status"] == "not_applicable" and (row["rule_code"] != "sum" or not parts):
            return [TakenOut(row["criterion_code"], row["criterion_name"], row["max_score"], why_not_applicable(row))]
        return [one for part in parts for one in of(part)] if row["rule_code"] == "sum" else []

    return [one for row in below.get(None, []) if row["kind_code"] in ("base", "survey") for one in of(row)]


def points_shown(value: Any, digits: int) -> str:
    """Points with at most the digits that the regulation rounds to; the exact value beside what had to be cut."""
    return points_text(rounded(value, digits)) + exact_text(value, digits)


def exact_text(value: Any, digits: int) -> str:
    """`` (đúng 53,955)`` where rounding to so many digits changes a number; else nothing."""
    return "" if rounded(value, digits) == Decimal(str(value)) else f" (đúng {number_text(value)})"


def rounded(value: Any, digits: int) -> Decimal:
    """A number with at most so many digits, half up, for the eye only."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def points_or_none(score: Decimal | None, digits: int) -> str:
    """Points, or that there are none; nothing is not 0."""
    return "chưa có điểm" if score is None else points_shown(score, digits)


def percent_text(percent: Decimal | None) -> str:
    """A percentage (0–100) as stored, two digits; «không có số liệu» for None."""
    return NO_DATA if percent is None else f"{number_text(_two_digits(percent))}%"


def rate_text(numerator: int, denominator: int) -> str:
    """``45/50 (90%)``. What is not whole never reads 100 %, what is something never 0 %."""
    percent = _two_digits(Decimal(numerator * 100) / denominator)
    text = f"{number_text(percent)}%"
    if numerator < denominator and percent >= 100:
        text = ">99,99%"
    if numerator > 0 and percent == 0:
        text = "<0,01%"
    return f"{vi_count(numerator)}/{vi_count(denominator)} ({text})"


def figure_text(criterion: Row, bands: Sequence[Row], figure: Row) -> str:
    """The figure of a criterion (a row of fct_score_inputs): a fraction where it is counted, else its value."""
    numerator, denominator = figure["numerator"], figure["denominator"]
    if denominator == 0:
        stated = criterion["zero_denominator_code"]
        applied = f"quy định: {ZERO_DENOMINATOR[stated]}" if stated else "quy định không nêu, nên không chấm"
        return f"0/0: mẫu số bằng 0; {applied}"
    if figure["has_counts"]:
        return rate_text(numerator, denominator)
    value = Decimal(numerator) / denominator
    return percent_text(value * 100) if is_share(criterion, bands) else number_text(round(value, 6))


def no_value_text(figure: Row) -> str:
    """Why a figure (a row of fct_score_inputs) has no value: nothing was there, or too few answered."""
    return "không đủ mẫu, nên không có giá trị" if figure["is_small_sample"] else NO_DATA


def sheet_line_text(figure: Row) -> str:
    """How to find the row of a sheet for a criterion (a row of fct_score_inputs): its file is not published."""
    where = f"đơn vị {figure['unit_code']}, tiêu chí {figure['criterion_code']}"
    if figure["campaign_code"] is None:
        return f"chưa nạp phiếu nào có dòng của {where} trong kỳ"
    return (
        f"dòng của phiếu: đợt chấm {figure['campaign_code']}, bộ tiêu chí {figure['regulation_code']}, {where}; "
        "kho không công bố dòng ấy ở tệp nào"
    )


def answers_text(figure: Row) -> str | None:
    """How many people answered behind points of a survey (a row of fct_score_inputs); None where there are none."""
    if figure["survey_score"] is None:
        return None
    count = figure["survey_answer_count"]
    return "không được cho biết" if count is None else vi_count(count)


def quality_grade_text(grade_code: str | None, grade_status: str | None) -> str:
    """The data-quality grade (A–D), else why there is none; a unit without a row has no data to grade."""
    if grade_code is not None:
        return grade_code
    return NO_DATA if grade_status in (None, "no_data") else NOT_GRADED


def interval_text(low: Decimal | None, high: Decimal | None) -> str | None:
    """An interval of a rate (0–1), in percent; None where there is none."""
    if low is None or high is None:
        return None
    return f"{number_text(_two_digits(low * 100))}% – {number_text(_two_digits(high * 100))}%"


def rank_text(unit_rank: int | None, rank_low: int | None, rank_high: int | None) -> str:
    """A rank with the range that holds for the whole ranking with 95 %."""
    if unit_rank is None:
        return "không xếp hạng"
    return str(unit_rank) if rank_low is None else f"{unit_rank} (khoảng hạng {rank_low}–{rank_high})"


def volume_tiers_text(bounds: str) -> str:
    """How a regulation divides its blocs; ``bounds`` is a column of dim_regulations."""
    told = ", ".join(vi_count(int(bound)) for bound in bounds.split(";"))
    return f"theo số hồ sơ tiếp nhận trong kỳ, các mốc {told}"


def interval_gap_text(counted_max: Decimal, uncounted_max: Decimal) -> str:
    """Why a total has no interval; the arguments are columns of fct_unit_scores."""
    if uncounted_max > 0:
        return (
            f"không nêu được: {points_text(uncounted_max)} lấy từ điều tra hoặc số liệu nơi khác mà "
            "không cho biết đếm trên bao nhiêu phiếu, hồ sơ"
        )
    if counted_max > 0:
        return "không nêu được: có điểm thưởng, trừ lấy từ số liệu không cho biết đếm trên bao nhiêu"
    return "không nêu được: không điểm nào chấm bằng số liệu đếm được; không có nghĩa là chắc chắn"


def counted_text(counted_max: Decimal, applicable_max: Decimal) -> str:
    """What part of the points an interval speaks of; the arguments are columns of fct_unit_scores."""
    return f"chỉ gồm may rủi của {number_text(counted_max)}/{points_text(applicable_max)} chấm bằng số liệu đếm được"


def _two_digits(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
