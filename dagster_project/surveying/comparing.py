"""Two waves of one series side by side, with a test of their difference: what `cchc survey compare` prints.

The estimates and errors are those of the published build; the test is that of ``fct_survey_comparisons``, for two waves
that need not follow each other. Does not belong here: which waves may be compared (``series``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import erfc, sqrt
from typing import Any

from dagster_project.console import vi_count
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.series import comparison_refusal, coverage_caution, coverage_text

Ask = Callable[[str, list], list[dict[str, Any]]]
Row = dict[str, Any]

# Of the normal distribution, as in dbt/macros/arithmetic.sql.
INTERVAL_QUANTILE = 1.959963984540054
SMALL_CHANCE = 0.05
MISSING_TEXT = {
    "insufficient_sample": "không đủ mẫu",
    "suppressed": "được giữ kín, vì nêu ra thì biết được câu trả lời của dưới 5 người",
}
ALIKE = (
    "Nơi mọi phiếu trả lời như nhau không có sai số chuẩn; kiểm định lấy một nửa khoảng tin cậy của nơi ấy làm sai số."
)


def compared_waves(ask: Ask, a: str, b: str, unit_code: str | None) -> str:
    """The comparison of two waves in words; SurveyError with the reason where they may not be compared."""
    pairs = [(one, other) for one in _waves(ask, a) for other in _waves(ask, b)]
    comparable = [pair for pair in pairs if comparison_refusal(*pair) is None]
    if not comparable:
        raise SurveyError(comparison_refusal(*_nearest(pairs)))
    told = [_told(ask, one, other, unit_code) for one, other in comparable]
    return "\n\n".join(told)


def uncomputed_text(statistic_code: str) -> str:
    """Why a figure of people enough in number is none: answers that weigh nothing, a question without any."""
    if statistic_code == "mean_of_shares":
        return "không tính được, vì có câu không ai trả lời, hoặc phiếu trả lời câu ấy có trọng số gần bằng 0"
    return "không tính được, vì các phiếu có trả lời đều có trọng số gần bằng 0 so với cả đợt"


def _waves(ask: Ask, code: str) -> list[Row]:
    """The rows of a wave code: one per authority and questionnaire."""
    rows = ask("select * from dim_survey_waves where wave_code = ? order by authority_code, instrument_code", [code])
    if rows:
        return rows
    known = ", ".join(row["wave_code"] for row in ask("select distinct wave_code from dim_survey_waves order by 1", []))
    there = f"Các đợt đang có: {known}." if known else "Bản dựng này chưa có đợt khảo sát nào."
    raise SurveyError(f"Bản dựng đang phục vụ không có đợt «{code}». {there}")


def _nearest(pairs: Sequence[tuple[Row, Row]]) -> tuple[Row, Row]:
    """The pair that comes closest to being comparable: of one authority, then of one questionnaire."""
    keys = ("authority_code", "instrument_code")
    return min(pairs, key=lambda pair: [pair[0][key] != pair[1][key] for key in keys])


def _told(ask: Ask, a: Row, b: Row, unit_code: str | None) -> str:
    unit = unit_code or a["authority_code"]
    found = [_index(ask, wave, unit) for wave in (a, b)]
    name = _unit_name(ask, a["authority_code"], unit)
    lines = [f"{name}, {a['instrument_name']}. Chỉ số hài lòng, khoảng tin cậy 95 %:"]
    is_whole = unit == a["authority_code"]
    lines += [_told_index(wave, index, is_whole) for wave, index in zip((a, b), found, strict=True)]
    if any(index["estimate"] is None for index in found):
        return "\n".join([*lines, "Không so được: có đợt không có chỉ số."])
    lines += [*_told_difference(*found), *_told_family(ask, a, b, unit)]
    caution = coverage_caution(a, b) if is_whole else None
    return "\n".join([*lines, caution] if caution else lines)


def _index(ask: Ask, wave: Row, unit_code: str) -> Row:
    rows = ask(
        """
        select value_status, statistic_code, ballot_count, estimate, standard_error, interval_low, interval_high
        from fct_survey_estimates
        where authority_code = ? and wave_code = ? and instrument_code = ? and unit_code = ?
          and group_kind_code = 'all' and measure_level_code = 'overall' and is_chosen_formula
          and statistic_code <> 'mean'
        """,
        [wave["authority_code"], wave["wave_code"], wave["instrument_code"], unit_code],
    )
    if not rows and unit_code == wave["authority_code"]:
        raise SurveyError(
            f"Đợt «{wave['wave_code']}» chưa có phiếu nào trả lời. Hãy nạp phiếu đã trả lời rồi chạy «cchc build»."
        )
    if not rows:
        raise SurveyError(f"Đợt «{wave['wave_code']}» không hỏi đơn vị «{unit_code}». Hãy xem lại mã đơn vị.")
    return rows[0]


def _unit_name(ask: Ask, authority_code: str, unit_code: str) -> str:
    if unit_code == authority_code:
        return f"Toàn địa phương {authority_code}"
    rows = ask(
        "select unit_name from dim_units where authority_code = ? and unit_code = ?", [authority_code, unit_code]
    )
    return f"{rows[0]['unit_name']} ({unit_code})" if rows else unit_code


def _told_index(wave: Row, index: Row, is_whole: bool) -> str:
    """The figure of a wave; of a whole authority also of how many units it is and how they were asked."""
    days = ""
    if wave["start_date"] and wave["end_date"]:
        days = f" ({wave['start_date']:%d/%m/%Y} – {wave['end_date']:%d/%m/%Y})"
    covered = f", {coverage_text(wave)}" if is_whole else ""
    head = f"  Đợt {wave['wave_code']}{days}{covered}: "
    if index["estimate"] is None:
        missing = MISSING_TEXT.get(index["value_status"]) or uncomputed_text(index["statistic_code"])
        return f"{head}{missing}."
    between = "không tính được sai số"
    if index["standard_error"] == 0:
        between = "hỏi hết mọi người nên không có sai số chọn mẫu"
    elif index["interval_low"] is not None:
        between = f"{_number(100 * index['interval_low'])} – {_number(100 * index['interval_high'])} %"
    return f"{head}{_number(100 * index['estimate'])} % ({between}), {vi_count(index['ballot_count'])} phiếu."


def _told_difference(a: Row, b: Row) -> list[str]:
    """The second wave minus the first, its interval, and whether chance alone could have done it.

    Told is the difference of the two figures as printed, so that a reader who subtracts them gets it too; tested is the
    exact one.
    """
    difference = b["estimate"] - a["estimate"]
    printed = _rounded(100 * b["estimate"]) - _rounded(100 * a["estimate"])
    line = f"Chênh lệch, đợt nêu sau trừ đợt nêu trước: {_signed(printed)} điểm phần trăm"
    errors = [_error(a), _error(b)]
    if None in errors:
        return [f"{line}. Không tính được sai số nên không kiểm định được."]
    error = sqrt(sum(one**2 for one in errors))
    margin = Decimal(INTERVAL_QUANTILE * error)
    line += f", khoảng tin cậy 95 %: {_signed(100 * (difference - margin))} đến {_signed(100 * (difference + margin))}."
    if error == 0:
        return [line, "Cả hai đợt đều hỏi hết mọi người nên không có sai số chọn mẫu và không cần kiểm định."]
    chance = erfc(abs(float(difference)) / error / sqrt(2))
    return [
        line,
        *([ALIKE] if None in (a["standard_error"], b["standard_error"]) else []),
        f"Xem riêng nơi này: nếu thật ra không khác, xác suất thấy chênh lệch ít nhất như vậy là {_chance(chance)}: "
        f"{_verdict(chance)} (hai mẫu độc lập, mức 5 %).",
    ]


def _error(index: Row) -> float | None:
    """The standard error as ``fct_survey_comparisons`` takes it: where all answer alike, from the interval."""
    if index["standard_error"] is not None:
        return float(index["standard_error"])
    if index["interval_low"] is None:
        return None
    return float(index["interval_high"] - index["interval_low"]) / 2 / INTERVAL_QUANTILE


def _told_family(ask: Ask, a: Row, b: Row, unit_code: str) -> list[str]:
    """What the published table says when all units are looked at together, where these waves follow each other."""
    waves = [a["wave_code"], b["wave_code"]]
    rows = ask(
        """
        select adjusted_chance, family_size
        from fct_survey_comparisons
        where authority_code = ? and instrument_code = ? and unit_code = ? and measure_level_code = 'overall'
          and comparison_code = 'previous_wave' and adjusted_chance is not null
          and ((wave_code = ? and compared_wave_code = ?) or (wave_code = ? and compared_wave_code = ?))
        """,
        [a["authority_code"], a["instrument_code"], unit_code, *waves, *reversed(waves)],
    )
    return [
        f"Xem cùng lúc {vi_count(row['family_size'])} nơi (các đơn vị và toàn địa phương) thì xác suất "
        f"hiệu chỉnh (Holm) là {_chance(row['adjusted_chance'])}: {_verdict(row['adjusted_chance'])}."
        for row in rows
    ]


def _verdict(chance: float | Decimal) -> str:
    return "hai đợt khác nhau" if chance < SMALL_CHANCE else "chưa đủ để nói hai đợt khác nhau"


def _chance(chance: float | Decimal) -> str:
    return "dưới 0,001" if chance < 0.001 else f"{float(chance):.3f}".replace(".", ",")


def _rounded(value: Decimal) -> Decimal:
    return round(value, 2)


def _number(value: Decimal) -> str:
    return f"{_rounded(value):.2f}".replace(".", ",")


def _signed(value: Decimal) -> str:
    text = _number(abs(value))
    return text if text == "0,00" else f"{'−' if value < 0 else '+'}{text}"
