"""Figures of scores as Vietnamese writes them, and the words beside them: rates that never round to a perfect result.

Does not belong here: rules in words (rule_words), queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from dagster_project.console import vi_count
from dagster_project.explaining.rule_words import Row, is_share, number_text, points_text

NO_DATA = "không có số liệu"
SYNTHETIC = "Dữ liệu giả lập (không có thật)"
SOURCES = {
    "computed": "tính từ số liệu",
    "appraised_1": "thẩm định lần 1",
    "appraised_2": "thẩm định lần 2, sau giải trình",
    "survey": "điều tra xã hội học",
    "declared": "nơi khác công bố",
    "parts": "cộng từ các phần bên dưới",
}
STATUSES = {
    "not_applicable": "không áp dụng, bỏ khỏi điểm tối đa",
    "not_assessed": "không chấm vì mẫu số bằng 0",
    "not_scored": "chưa ai chấm và không có số liệu để tính",
    "outside_scale": "giá trị nằm ngoài thang điểm",
    "incomplete": "bên dưới còn tiêu chí chưa có điểm",
}
VALUE_STATUSES = {
    "no_activity": "không tiêu chí nào áp dụng, không xếp hạng",
    "not_assessed": "còn tiêu chí chưa có điểm, chưa xếp hạng",
    "insufficient_sample": "ít hồ sơ hơn mức quy định, chỉ nêu tên, không xếp hạng",
}
ORDERS = {
    "appraised_first": "điểm thẩm định đứng trước điểm tính từ số liệu",
    "computed_first": "điểm tính từ số liệu đứng trước điểm thẩm định",
}


def points_or_none(score: Decimal | None) -> str:
    """Points, or that there are none; nothing is not 0."""
    return "chưa có điểm" if score is None else points_text(score)


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
        return "0/0: mẫu số bằng 0"
    if figure["has_counts"]:
        return rate_text(numerator, denominator)
    value = Decimal(numerator) / denominator
    return percent_text(value * 100) if is_share(criterion, bands) else number_text(round(value, 6))


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
    return (
        f"chỉ gồm may rủi của {number_text(counted_max)}/{points_text(applicable_max)} chấm bằng số liệu đếm được"
    )


def _two_digits(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
