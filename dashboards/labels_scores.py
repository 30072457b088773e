"""Vietnamese texts of points, ranks and grades; plain values in, plain text out.

Does not belong here: rules in words (dagster_project/explaining/rule_words.py), queries, HTML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dagster_project.explaining.figures import (
    ORDERS,
    ROUNDINGS,
    counted_text,
    exact_text,
    interval_gap_text,
    rounded,
    source_text,
    volume_tiers_text,
)
from dashboards import labels

Row = Mapping[str, Any]

CLAIMS = {"self": "tự chấm", "declared": "công bố"}
DISTINCT_GROUPS = (
    "Một dải là các đơn vị nối nhau qua những khoảng hạng chồng lên nhau; dải mới chỉ bắt đầu ở chỗ mọi đơn vị bên "
    "trên đều hơn mọi đơn vị từ đó trở xuống vượt may rủi của số liệu."
)
# So many units are named that keep a ranking from having ranges.
NAMED = 3
ANSWERS_MISSING = "điền cột «Số phiếu trả lời hợp lệ đứng sau điểm điều tra» trong phiếu chấm"
COUNTS_MISSING = "lấy số liệu có cả tử số và mẫu số"
UNCONFIRMED_GRADE = "mức chưa xác nhận"


def points(value: Any, digits: int = 2) -> str:
    """Points with as many decimals as the regulation rounds to, or «không có số liệu»."""
    return labels.NO_DATA if value is None else labels.format_decimal(rounded(value, digits), digits)


def stated_points(value: Any, digits: int) -> str:
    """Points as :func:`points`, with the exact value beside what had to be cut."""
    return points(value, digits) + ("" if value is None else exact_text(value, digits))


def points_of(score: Any, max_score: Any, digits: int = 2) -> str:
    """``68,32 / 84,00 điểm``; «không có số liệu» without points."""
    if score is None or max_score is None:
        return labels.NO_DATA
    return f"{points(score, digits)} / {points(max_score, digits)} điểm"


def percent(value: Any) -> str:
    """A percent 0–100 with two decimals; «không có số liệu» without one."""
    return labels.NO_DATA if value is None else f"{labels.format_decimal(value, 2)}%"


def percent_range(low: Any, high: Any) -> str:
    """The 95 % interval of a total in percent, one decimal; empty where chance plays no part."""
    if low is None or high is None:
        return ""
    return f"{labels.format_decimal(low, 1)} – {labels.format_decimal(high, 1)}%"


def has_ranges(ranked: Sequence[Row]) -> bool:
    """Whether a ranking says between which ranks its units lie; all of one ranking do or none."""
    return bool(ranked) and ranked[0]["rank_low"] is not None


def rank_ranges(ranked: Sequence[Row], uncounted: Sequence[Row] = ()) -> str:
    """What the ranges of ranks of a ranking speak of, or why it has none: ``uncounted`` are the criteria to blame."""
    if has_ranges(ranked):
        least = min(ranked, key=lambda row: row["counted_max_score"] / row["applicable_max_score"])
        told = counted_text(least["counted_max_score"], least["applicable_max_score"])
        return (
            f"{labels.RANK_RANGES} Khoảng {told} (ở đơn vị ít nhất); điểm hội đồng cho và giá trị nêu "
            "thẳng không có may "
            "rủi để đo, nên không có nghĩa là chắc chắn."
        )
    without = [row for row in ranked if row["percent_low"] is None]
    worst = max(without, key=lambda row: (row["uncounted_max_score"], row["counted_max_score"]))
    told = interval_gap_text(worst["counted_max_score"], worst["uncounted_max_score"])
    units = "" if len(without) == len(ranked) else f" (ở {len(without)} trong {len(ranked)} đơn vị)"
    return (
        f"Khoảng hạng {told}{units}.{_who_lacks(without, ranked, uncounted)} Chênh lệch nhỏ giữa hai đơn vị có thể chỉ "
        "là may rủi; vì vậy cũng không nêu tăng, giảm so với kỳ trước."
    )


def _who_lacks(without: Sequence[Row], ranked: Sequence[Row], uncounted: Sequence[Row]) -> str:
    """The first units that keep a ranking from having ranges, by which criteria, and what to do; empty where all do."""
    by_unit = {row["unit_code"]: [] for row in without}
    for row in uncounted:
        if row["unit_code"] in by_unit:
            by_unit[row["unit_code"]].append(row)
    named = [(row["unit_name"], by_unit[row["unit_code"]]) for row in without if by_unit[row["unit_code"]]]
    if not named or len(without) == len(ranked):
        return ""
    told = [f"{name} (tiêu chí {', '.join(one['criterion_code'] for one in rows)})" for name, rows in named[:NAMED]]
    more = f" và {labels.format_count(len(named) - NAMED)} đơn vị nữa" if len(named) > NAMED else ""
    sources = {one["final_source_code"] for _, rows in named for one in rows}
    todo = [ANSWERS_MISSING] if "survey" in sources else []
    todo += [COUNTS_MISSING] if sources - {"survey"} else []
    return f" Còn thiếu: {'; '.join(told)}{more}. Hãy {'; '.join(todo)}, rồi nạp lại và dựng lại."


def exact_points(value: Any) -> str:
    """Points with all the digits they have, two at least: an unrounded sum must be seen to add up."""
    number = Decimal(str(value)).normalize()
    return labels.format_decimal(value, max(-int(number.as_tuple().exponent), 2))


def change(row: Row) -> str:
    """How a unit moved since the period before: said only where it is beyond chance; a dash without one before."""
    if row["previous_percent"] is None:
        return "–"
    if row["is_change_beyond_chance"] is None:
        return "không rõ có vượt may rủi"
    if not row["is_change_beyond_chance"]:
        return labels.NO_CHANGE
    difference = row["total_percent"] - row["previous_percent"]
    arrow = "▲ tăng" if difference > 0 else "▼ giảm"
    places = labels.rank_change_text(row["unit_rank"], row["previous_unit_rank"])
    return f"{arrow} {labels.format_decimal(abs(difference), 2)} điểm %, {places}"


def is_beyond_chance(one: Row, other: Row) -> bool | None:
    """Whether the totals of two units differ by more than the luck of what was counted; None where that is not known.

    The widths of the two intervals that face each other are taken together, as fct_score_rankings does over time.
    """
    upper, lower = sorted((one, other), key=lambda row: row["total_percent"], reverse=True)
    if upper["percent_low"] is None or lower["percent_high"] is None:
        return None
    down, up = upper["total_percent"] - upper["percent_low"], lower["percent_high"] - lower["total_percent"]
    return float(upper["total_percent"] - lower["total_percent"]) > math.hypot(down, up)


def pair_text(one: Row, other: Row) -> str:
    """How the totals of two units stand to each other, and whether luck alone could have done it."""
    names = f"{one['unit_name']} so với {other['unit_name']}"
    if one["total_percent"] is None or other["total_percent"] is None:
        return f"{names}: chưa so được tổng điểm, vì có đơn vị chưa chấm đủ."
    difference = one["total_percent"] - other["total_percent"]
    way = "cao hơn" if difference > 0 else "thấp hơn"
    told = f"{way} {labels.format_decimal(abs(difference), 2)} điểm %" if difference else "tỷ lệ điểm bằng nhau"
    doubt = {
        True: "vượt may rủi của số liệu đếm được (so riêng hai đơn vị, mức 95 %)",
        False: "không vượt may rủi của số liệu đếm được (so riêng hai đơn vị, mức 95 %)",
        None: "không rõ có vượt may rủi, vì có đơn vị không có khoảng 95 % của tỷ lệ điểm",
    }
    return f"{names}: {told}; {doubt[is_beyond_chance(one, other)]}."


def unranked_reason(row: Row) -> str:
    """Why a listed unit has no rank; empty for one that has."""
    status = row["value_status"]
    if status == "not_assessed":
        scored = f"{labels.format_count(row['scored_leaf_count'])}/{labels.format_count(row['leaf_count'])}"
        return f"còn {points(row['missing_max_score'])} điểm chưa chấm (đã chấm {scored} tiêu chí)"
    if status == "insufficient_sample":
        have, need = labels.format_count(row["largest_denominator"]), labels.format_count(row["minimum_denominator"])
        return f"không đủ mẫu (n = {have}, cần ít nhất {need})"
    return "không tiêu chí nào áp dụng trong kỳ" if status == "no_activity" else ""


def grade(row: Row) -> str:
    """The grade of a total, or a dash while there is none."""
    return row["grade_name"] or "–"


def denominator(row: Row) -> str:
    """The largest denominator behind a total; words where nothing of it was counted."""
    return "không có số đếm" if row["largest_denominator"] is None else labels.format_count(row["largest_denominator"])


def final_source(row: Row) -> str:
    """Where a final score comes from, or why there is none."""
    return source_text(row)


def computed_from(row: Row) -> str:
    """Whose figure a computed score stands on, where the warehouse did not count it from rows; else nothing."""
    return "từ số liệu đơn vị nêu trong phiếu" if row["input_kind_code"] == "measured" else ""


def criterion_name(row: Row) -> str:
    """A criterion with its number in the regulation; the technical codes of the portal are left out."""
    code = row["criterion_code"]
    return row["criterion_name"] if "_" in code or len(code) > 6 else f"{code}. {row['criterion_name']}"


def _ties(tolerance: Any) -> str:
    if not tolerance:
        return "khi bằng nhau"
    return f"khi lệch không quá {str(tolerance.normalize()).replace('.', ',')} điểm %"


def regulation_facts(regulation: Row) -> list[tuple[str, str]]:
    """What a regulation says of its scores, as (label, text); also the head of a downloaded file."""
    digits = f"{ROUNDINGS[regulation['rounding_mode_code']]}, {regulation['rounding_digits']} chữ số"
    stage = "từng tiêu chí" if regulation["rounding_stage_code"] == "leaf" else "tổng điểm"
    facts = [
        ("Bản quy định", regulation["regulation_version_code"]),
        ("Điểm tối đa", labels.NO_DATA if regulation["max_score"] is None else points(regulation["max_score"])),
        ("Điểm cuối", ORDERS[regulation["score_order_code"]]),
        ("Làm tròn", f"{stage}, {digits}"),
        ("Đồng hạng", _ties(regulation["tie_tolerance"])),
    ]
    if regulation["minimum_denominator"]:
        least = labels.format_count(regulation["minimum_denominator"])
        facts.append(("Cỡ mẫu tối thiểu", f"mẫu số lớn nhất từ {least}"))
    if regulation["volume_tier_bounds"]:
        facts.append(("Chia nhóm", volume_tiers_text(regulation["volume_tier_bounds"])))
    confirmed = labels.confirmed_text(regulation["is_confirmed"])
    return [*facts, ("Căn cứ", regulation["legal_basis"] or "chưa nêu"), ("Quy định", confirmed)]


def robustness_lead(row: Row) -> str:
    """What a draw of weights is, from any row of the report."""
    doubt = "" if row["is_confirmed"] else "; số lần và mức do kho tự đặt, chưa có căn cứ"
    return (
        f"{labels.format_count(row['draw_count'])} lần thử, mỗi lần nhân điểm tối đa của từng tiêu chí với một số ngẫu "
        f"nhiên cố định, lệch không quá {row['weight_width_percent']}%{doubt}. Đơn vị giữ phần ba của bảng trong phần "
        "lớn các lần thử thì thứ hạng không phải nhờ trọng số."
    )


def saturated_lead(row: Row, count: int) -> str:
    """How many criteria tell no unit from another, from any row of the report."""
    return (
        f"{count} tiêu chí có trên {row['saturated_above_percent']}% đơn vị đạt điểm tối đa, gần như không còn phân "
        "loại được đơn vị:"
    )
