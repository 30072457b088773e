"""A scoring rule in words: one row of dim_criteria and its rows of dim_criterion_bands as Vietnamese sentences.

The page Giải thích điểm, the command line and the methods book say a rule from here. Pure: rows in, text out.
Does not belong here: what a rule gives for a figure (dbt/models/marts/scoring), names of indicators and units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

INPUT_KINDS = {
    "none": "không lấy số liệu, hội đồng chấm",
    "indicator": "chỉ số tính trong kho",
    "portal_metric": "chỉ số Cổng Dịch vụ công quốc gia công bố",
    "quality_index": "điểm đánh giá chất lượng giải quyết",
    "measured": "số liệu nêu trong phiếu chấm",
    "survey_item": "câu hỏi khảo sát",
    "survey_index": "chỉ số khảo sát hài lòng (SIPAS)",
}
ZERO_DENOMINATOR = {
    "full": "được điểm tối đa",
    "zero": "được 0 điểm",
    "not_assessed": "không chấm",
    "not_applicable": "bỏ tiêu chí khỏi điểm tối đa",
}
_PUBLISHED_SURVEY = "điểm do cơ quan điều tra công bố"
_PARTS = {
    "sum": "Cộng điểm các phần bên dưới",
    "mean": "Bình quân tỷ lệ đạt của các phần bên dưới, nhân điểm tối đa",
    "weighted_sum": "Bình quân tỷ lệ đạt của các phần bên dưới theo trọng số, nhân điểm tối đa",
}
_KINDS = {"bonus": "Điểm thưởng, ngoài điểm tối đa", "penalty": "Điểm trừ, ngoài điểm tối đa"}


def rule_text(criterion: Row, bands: Sequence[Row]) -> str:
    """How points come about, with every parameter, as full sentences.

    ``criterion`` is a row of dim_criteria, ``bands`` its rows of dim_criterion_bands in any order, empty for rules
    without bands. ``factor_input_name``, where the row has it, stands for the code of the factor.
    Raises KeyError for a rule that the warehouse does not have.
    """
    sentences = [f"{_KINDS[criterion['kind_code']]}."] if criterion["kind_code"] in _KINDS else []
    sentences.append(_main_sentence(criterion, sorted(bands, key=lambda band: band["band_number"])))
    if criterion["factor_input_code"]:
        name = criterion.get("factor_input_name") or criterion["factor_input_code"]
        sentences.append(f"Tỷ lệ được nhân với «{name}» trước khi chấm.")
    if criterion["is_leaf"] and criterion["rule_code"] != "manual":
        fallback = ZERO_DENOMINATOR[criterion["zero_denominator_code"] or "not_assessed"]
        sentences.append(f"Mẫu số bằng 0 thì {fallback}.")
    if criterion["rounding_digits"] is not None:
        sentences.append(f"Làm tròn đến {criterion['rounding_digits']} chữ số thập phân.")
    return " ".join(sentences)


def input_text(criterion: Row) -> str:
    """What a criterion is scored by: its figure, or whose points where it asks for none."""
    if criterion["input_kind_code"] == "none" and criterion["kind_code"] == "survey":
        return f"không lấy số liệu, {_PUBLISHED_SURVEY}"
    return INPUT_KINDS[criterion["input_kind_code"]]


def basis_text(row: Row) -> str:
    """The legal basis of a criterion or regulation, and whether it was confirmed."""
    mark = "" if row["is_confirmed"] else " (chưa được xác nhận)"
    return (row["legal_basis"] or "chưa nêu căn cứ") + mark


def number_text(value: Any) -> str:
    """A number with decimal comma and as few digits as it has: 0,5; 12; 1.250."""
    number = Decimal(str(value)).normalize()
    digits = max(-int(number.as_tuple().exponent), 0)
    text = f"{abs(number):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return f"−{text}" if number < 0 else text


def points_text(value: Any) -> str:
    """Points as a rule states them: ``1,5 điểm``."""
    return f"{number_text(value)} điểm"


def is_share(criterion: Row, bands: Sequence[Row]) -> bool:
    """Whether the figure of a criterion is a rate written 0–1, and so is told in percent.

    Figures of indicators, portal and surveys are rates wherever their bounds are; a measured one is where the rule
    needs a rate, or where a bound lies between 0 and 1.
    """
    bounds = [band[name] for band in bands for name in ("lower_value", "upper_value") if band[name] is not None]
    stated = bounds + [value for value in (criterion["target_value"], criterion["floor_value"]) if value is not None]
    if any(abs(value) > 1 for value in stated) or criterion["input_kind_code"] == "quality_index":
        return False
    if criterion["input_kind_code"] == "measured" and criterion["rule_code"] == "bands":
        return any(0 < abs(value) < 1 for value in bounds)
    return True


def _main_sentence(criterion: Row, bands: Sequence[Row]) -> str:
    rule, most = criterion["rule_code"], points_text(criterion["max_score"])
    if rule in _PARTS:
        cap = "nhiều nhất" if criterion["kind_code"] in _KINDS else "tối đa"
        return f"{_PARTS[rule]}, {cap} {most}."
    if rule == "manual" and criterion["input_kind_code"] == "portal_metric":
        return f"Lấy điểm nơi khác công bố, từ 0 đến {most}; cách tính không được công bố."
    if rule == "manual" and criterion["kind_code"] == "survey":
        return f"Lấy {_PUBLISHED_SURVEY}, từ 0 đến {most}."
    if rule == "manual":
        return f"Hội đồng chấm, từ 0 đến {most}."
    if rule == "survey_options":
        shares = "; ".join(f"{band['answer_code']}: {_percent(band['awarded_score'])}" for band in bands)
        return f"Bình quân các câu trả lời, mỗi phương án được một phần của {most}: {shares}."
    is_rate = is_share(criterion, bands)
    if rule == "bands":
        return f"Theo mức: {'; '.join(_band_text(criterion, band, is_rate) for band in bands)}. Tối đa {most}."
    target = _value(criterion["target_value"], is_rate)
    if rule == "all_or_nothing":
        return f"Đạt từ {target} thì được {most}, không đạt thì 0 điểm."
    share = _share_of(criterion["target_value"], criterion["max_score"], is_rate)
    if rule == "linear":
        return f"Điểm = {share}, tối đa {most} khi đạt từ {target}."
    if rule == "linear_above_floor":
        floor = _value(criterion["floor_value"] or 0, is_rate)
        return f"Dưới {floor} thì 0 điểm; từ {floor}: điểm = {share}, tối đa {most}."
    raise KeyError(rule)


def _band_text(criterion: Row, band: Row, is_rate: bool) -> str:
    """One band: its range, then what it gives."""
    calculation, score = band["calculation_code"], band["awarded_score"]
    if calculation == "proportional":
        gives = _share_of(band["base_value"], criterion["max_score"], is_rate)
    else:
        sign = "trừ " if criterion["kind_code"] == "penalty" and score else ""
        gives = f"{sign}{points_text(score)}"
    if calculation == "incremental":
        lower = _value(band["lower_value"] or 0, is_rate)
        more = "trừ thêm" if criterion["kind_code"] == "penalty" else "thêm"
        gives += f", {more} {points_text(band['base_value'])} cho mỗi 1 vượt quá {lower}"
    return f"{_range_text(band, is_rate)}: {gives}"


def _range_text(band: Row, is_rate: bool) -> str:
    """The values a band holds, with open and closed ends told apart; a bound without a mark is included."""
    parts = []
    if band["lower_value"] is not None:
        parts.append(f"{'trên' if band['is_lower_included'] is False else 'từ'} {_value(band['lower_value'], is_rate)}")
    if band["upper_value"] is not None:
        word = "dưới" if band["is_upper_included"] is False else "đến"
        if parts and word == "dưới":
            word = "đến dưới"
        parts.append(f"{word} {_value(band['upper_value'], is_rate)}")
    return " ".join(parts) or "mọi giá trị"


def _share_of(base: Any, max_score: Any, is_rate: bool) -> str:
    figure = "tỷ lệ" if is_rate else "giá trị"
    divided = "" if Decimal(str(base)) == 1 else f" ÷ {_value(base, is_rate)}"
    return f"{figure}{divided} × {points_text(max_score)}"


def _value(value: Any, is_rate: bool) -> str:
    return _percent(value) if is_rate else number_text(value)


def _percent(share: Any) -> str:
    return f"{number_text(Decimal(str(share)) * 100)}%"
