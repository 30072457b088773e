"""Vietnamese texts of surveys: who asked whom, how it was computed, what a difference may be called.

Does not belong here: queries, HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dagster_project.surveying import comparing, series
from dashboards import labels

Row = Mapping[str, Any]

UNCONFIRMED = "chưa đối chiếu"
# Below this adjusted chance two figures are called different.
CLEAR_CHANCE = Decimal("0.05")
OWNER_TEXT = {"ministry": "Bộ hỏi", "province": "tỉnh hỏi", "unit": "đơn vị tự hỏi", None: "không rõ ai hỏi"}
OWNER_NAME = {**series.OWNER_TEXT, None: "không rõ"}
PUBLISHER_TEXT = {"ministry": "Bộ", "province": "tỉnh", "unit": "đơn vị", None: "không rõ"}
POPULATION_TEXT = {**series.POPULATION_TEXT, None: "không rõ hỏi ai"}
MODE_TEXT = series.MODE_TEXT
FORMULA_TEXT = {
    "pooled": "gộp mọi câu trả lời, lấy tỷ lệ hài lòng",
    "mean_of_shares": "trung bình tỷ lệ hài lòng của các câu, rồi của các nhóm câu",
}
WEIGHT_TEXT = {
    "final": "dùng trọng số cuối của nơi khảo sát",
    "base": "trọng số chọn mẫu, kho hiệu chỉnh theo người không trả lời",
    "totals": "trọng số tính từ tổng số của tầng và cụm",
    "equal": "mọi phiếu như nhau (không có trọng số)",
    "incomplete": "chỉ một số phiếu có trọng số, nên coi mọi phiếu như nhau; hãy bổ sung trọng số rồi nạp lại",
    None: "không rõ",
}
# Why known totals of people were not used (dim_survey_waves.totals_use_code).
TOTALS_UNUSED_TEXT = {
    "no_ballots": "đợt chưa có phiếu trả lời",
    "weights_given": "nơi khảo sát đã cho trọng số cuối",
    "no_weights": "phiếu không có, hoặc không có đủ, trọng số chọn mẫu",
    "not_all_units": "có đơn vị mà không phiếu nào thuộc một nhóm có tổng số; hãy nạp đủ mọi đơn vị, "
    "dùng đúng mã nhóm ghi trên phiếu",
}
# By the column that differs between two waves of different series.
BREAK_TEXT = {
    "instrument_code": "khác bộ câu hỏi",
    "survey_owner_code": "khác người hỏi",
    "population_code": "khác người được hỏi",
}
# Between two waves of one series.
OTHER_UNITS = "khác các đơn vị được hỏi"
UNREGISTERED = "chưa rõ ai hỏi ai"
SIDE_TEXT = {
    "estimate": "Khảo sát, tính từ phiếu",
    "declared": "Nơi khác công bố",
    "rating": "Đánh giá sau giải quyết (kiosk, cổng)",
}
INDEX = "Chỉ số chung"
PART_TEXT = {
    "policy": "Phần chính sách",
    "service": "Phần phục vụ",
    "overall": "Phần đánh giá chung",
    "experience": "Phần trải nghiệm",
}
POSITION_TEXT = {
    "far_below": "thấp hơn hẳn, ngoài giới hạn 99,8 %",
    "below": "thấp, ngoài giới hạn 95 %",
    "within": "trong giới hạn ngẫu nhiên",
    "above": "cao, ngoài giới hạn 95 %",
    "far_above": "cao hơn hẳn, ngoài giới hạn 99,8 %",
    None: "không tính được giới hạn",
}
GAP_TEXT = {
    "claims_more": "hệ thống ghi cao hơn lời người dân",
    "claims_less": "hệ thống ghi thấp hơn lời người dân",
    "agrees": "khớp, trong khoảng tin cậy",
    None: "thiếu một bên, không so được",
}
GROUP_KIND_TEXT = {
    "gender": "Giới tính",
    "age_band": "Tuổi",
    "ethnicity": "Dân tộc",
    "education": "Học vấn",
    "occupation": "Nghề nghiệp",
    "residence": "Nơi ở",
}
# The codes of the template; any other is shown as the ballot has it.
GROUP_TEXT = {
    "male": "Nam",
    "female": "Nữ",
    "unstated": "Không ghi",
    "over_60": "Trên 60",
    "kinh": "Kinh",
    "primary": "Tiểu học",
    "secondary": "Trung học cơ sở",
    "high_school": "Trung học phổ thông",
    "college": "Cao đẳng, trung cấp",
    "university": "Đại học",
    "postgraduate": "Trên đại học",
    "farmer": "Nông dân",
    "worker": "Công nhân",
    "private_sector": "Khu vực tư",
    "public_sector": "Khu vực công",
    "retired": "Hưu trí",
    "urban": "Thành thị",
    "rural": "Nông thôn",
    "other": "Khác",
    "rare": "Nhóm ít người, gộp lại",
}
KIND_TEXT = {
    "negative": "không hài lòng",
    "neutral": "trung lập",
    "positive": "hài lòng",
    "missing": "không trả lời, không biết, không thuộc diện",
    "merged": "gộp: mức dưới 5 người chọn, cùng mức gộp kèm",
}
HIDDEN = comparing.MISSING_TEXT["suppressed"]
# Of a figure that is told by the formula that the questionnaire chose.
HIDDEN_FORMULA = "được giữ kín, vì hai cách tính cùng nêu thì biết được câu trả lời của dưới 5 người"
# Of a question whose share is told.
HIDDEN_ANSWERS = "từng mức trả lời được giữ kín, vì nêu ra thì biết được mức mà dưới 5 người chọn"


def percent(rate: Any) -> str:
    """A share 0–1 in percent with one decimal; «không có số liệu» without one."""
    return labels.NO_DATA if rate is None else labels.format_percent(rate, 1)


def interval(row: Row, low: str = "interval_low", high: str = "interval_high") -> str:
    """The 95 % interval of a share, or that its error cannot be computed."""
    return labels.format_interval(row[low], row[high]) or "không tính được sai số"


def missing_text(row: Row, minimum_ballot_count: int | None = None) -> str:
    """Why there is no estimate; empty where there is one."""
    if row["estimate"] is not None:
        return ""
    have = row["answered_ballot_count"]
    told = "" if have is None else f"n = {labels.format_count(have)}"
    if row["value_status"] == "suppressed":
        return f"{HIDDEN} ({told})" if told else HIDDEN
    if row["value_status"] == "insufficient_sample":
        need = f"cần ít nhất {labels.format_count(minimum_ballot_count)}" if minimum_ballot_count else ""
        why = ", ".join(part for part in (told, need) if part)
        return f"không đủ mẫu ({why})" if why else "không đủ mẫu"
    return comparing.uncomputed_text(row["statistic_code"])


def is_clear(row: Row) -> bool:
    """Whether a difference may be called one: its chance, adjusted for looking often, is small."""
    return row["adjusted_chance"] is not None and Decimal(str(row["adjusted_chance"])) < CLEAR_CHANCE


def difference(row: Row) -> str:
    """A difference of two shares in percentage points with its sign."""
    if row["difference"] is None:
        return "–"
    points = Decimal(str(row["difference"])) * 100
    return f"{'+' if points > 0 else ''}{labels.format_decimal(points, 1)} điểm %"


def difference_interval(row: Row) -> str:
    """The 95 % interval of a difference in percentage points; words where it has no error."""
    if row["difference_low"] is None or row["difference_high"] is None:
        return "không tính được sai số"
    ends = (labels.format_decimal(Decimal(str(row[end])) * 100, 1) for end in ("difference_low", "difference_high"))
    return "từ {} đến {}".format(*ends)


def verdict(row: Row) -> str:
    """What the adjusted chance of a difference allows to be said."""
    if row["difference"] is None:
        return "không so được"
    if row["adjusted_chance"] is None:
        # With an interval and no chance both sides asked everybody: what they differ by is no luck.
        return "không tính được sai số" if row["difference_low"] is None else "khác, vì đã hỏi hết mọi người"
    return "khác rõ" if is_clear(row) else "chưa đủ để nói là khác"


def wave_title(wave: Row) -> str:
    """The name of a wave with who asked."""
    return f"{wave['wave_name']} · {OWNER_TEXT.get(wave['survey_owner_code'], wave['survey_owner_code'])}"


def wave_year(wave: Row) -> str | None:
    """The year the published figures of a wave are filed under; None where no ballot has a day."""
    return None if wave["end_date"] is None else str(wave["end_date"].year)


def wave_dates(wave: Row) -> str:
    """From when to when a wave asked."""
    if wave["start_date"] is None and wave["end_date"] is None:
        return "không phiếu nào ghi ngày"
    return f"{labels.format_date(wave['start_date'])} – {labels.format_date(wave['end_date'])}"


def response_text(wave: Row) -> str:
    """How many answered of those that were asked, as far as anybody wrote it down."""
    answered = labels.format_count(wave["answered_count"])
    if wave["response_rate"] is None:
        return f"{answered} phiếu trả lời; đợt không ghi người không trả lời nên không tính được tỷ lệ"
    listed = labels.format_count(wave["listed_count"])
    rate = percent(wave["response_rate"])
    if wave["ineligible_count"]:
        # In few words: the printed page has one line for it.
        left_out = f"không tính {labels.format_count(wave['ineligible_count'])} người không thuộc diện"
        return f"{answered} phiếu trên {listed} người, tỷ lệ trả lời {rate}, {left_out}"
    return f"{answered} phiếu trả lời trên {listed} người trong danh sách, tỷ lệ trả lời {rate}"


def method_facts(wave: Row) -> list[tuple[str, str]]:
    """What the figures of a wave stand on, as (label, text); also the head of a downloaded file."""
    doubt = "" if wave["is_confirmed"] else f" ({UNCONFIRMED} với văn bản)"
    registered = "đã đăng ký trong danh sách đợt khảo sát" if wave["is_registered"] else "chưa đăng ký"
    code = f" ({wave['wave_code']})" if wave["wave_name"] != wave["wave_code"] else ""
    return [
        ("Đợt khảo sát", f"{wave['wave_name']}{code}, {registered}"),
        ("Ai hỏi", OWNER_NAME.get(wave["survey_owner_code"], wave["survey_owner_code"])),
        ("Hỏi ai", population(wave)),
        ("Thời gian", wave_dates(wave)),
        ("Bộ câu hỏi", f"{wave['instrument_name']}, phương pháp {wave['method_version']}{doubt}"),
        ("Cách tính", FORMULA_TEXT[wave["index_formula_code"]]),
        ("Trọng số", WEIGHT_TEXT.get(wave["weight_kind_code"], wave["weight_kind_code"])),
        ("Tổng thể đã biết", totals_text(wave)),
        ("Trả lời", response_text(wave)),
        ("Đủ mẫu", f"từ {labels.format_count(wave['minimum_ballot_count'])} phiếu"),
        ("Căn cứ", wave["legal_basis"] or "chưa nêu"),
    ]


def totals_text(wave: Row) -> str:
    """Whether the known totals of people corrected the weights of a wave, and if not, why."""
    known, used = (labels.format_count(wave[name]) for name in ("known_total_count", "used_total_count"))
    if wave["totals_use_code"] == "none":
        return "không có tổng số nào được nạp"
    if wave["totals_use_code"] != "used":
        return f"không được dùng ({known} tổng số đã nạp): {TOTALS_UNUSED_TEXT[wave['totals_use_code']]}"
    told = f"dùng {used} trên {known} tổng số đã nạp để hiệu chỉnh trọng số"
    return (
        told
        if used == known
        else f"{told}; tổng còn lại không được dùng: không phiếu nào thuộc nhóm ấy, hoặc là cách chia khác"
    )


def population(wave: Row) -> str:
    """Whom a wave asked, and in what way."""
    people = POPULATION_TEXT.get(wave["population_code"], wave["population_code"])
    mode = MODE_TEXT.get(wave["mode_code"], wave["mode_code"])
    return f"{people}, {mode}" + (f"; {wave['frame_name']}" if wave["frame_name"] else "")


def measure_name(row: Row) -> str:
    """The name of an index, a part or a factor."""
    if row["measure_level_code"] == "factor":
        return f"{row['measure_code']}. {row['factor_name']}" if row["factor_name"] else row["measure_code"]
    if row["measure_level_code"] == "part":
        return part_name(row["measure_code"])
    return INDEX


def part_name(code: str) -> str:
    """A part of a questionnaire as read."""
    return PART_TEXT.get(code, code)


def group_name(code: str) -> str:
    """A group of people as read; a code nobody gave words stands as it is."""
    return GROUP_TEXT.get(code, code)


def break_reasons(before: Row, row: Row) -> list[str]:
    """In what a wave differs from the last one of the series drawn before it.

    Not ``break_code``, which looks at the wave before in time: a unit may be in neither, and series are drawn in turn.
    """
    differing = [words for column, words in BREAK_TEXT.items() if _differ(before[column], row[column])]
    if not differing and before["series_code"] == row["series_code"]:
        return [OTHER_UNITS]
    is_unknown = None in (one[column] for one in (before, row) for column in BREAK_TEXT)
    return differing + [UNREGISTERED] * (is_unknown or not differing)


def _differ(before: str | None, after: str | None) -> bool:
    """Both are known and not the same: what nobody told may well be alike."""
    return None not in (before, after) and before != after


def counted_answers(row: Row) -> str:
    """Of a question outside the index, which answers its share counts: «Có» may be the bad one; empty within it."""
    return "" if row["is_indexed"] or not row["good_text"] else f"tỷ lệ trả lời {row['good_text']}"
