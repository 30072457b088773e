"""Vietnamese texts and formats of everything an officer sees.

Does not belong here: queries, charts, HTML. Every function takes plain values and returns plain text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dagster_project.explaining.figures import quality_grade_text

NO_DATA = "không có số liệu"
SYNTHETIC_BADGE = "Dữ liệu giả lập (không có thật)"

ORIGIN_TEXT = {"computed": "tính từ hồ sơ, phiếu", "declared": "số báo cáo"}
KIND_TEXT = {
    "month": "Tháng",
    "quarter": "Quý",
    "half_year": "6 tháng",
    "year": "Năm",
    "report_month": "Kỳ báo cáo tháng",
    "report_quarter": "Kỳ báo cáo quý",
    "report_half_year": "Kỳ báo cáo 6 tháng",
    "report_year": "Kỳ báo cáo năm",
    "window": "Khoảng ngày",
}
# Who stands as the publisher of a report that a unit sends of itself (layout on_time_report_monthly).
SELF_REPORTED = "Đơn vị tự báo cáo"
DIRECTION_TEXT = {
    "higher_is_better": "càng cao càng tốt",
    "lower_is_better": "càng thấp càng tốt",
    "neutral": "không xét tốt xấu",
}
STATUS_TEXT = {
    "no_activity": "không có hồ sơ nào để tính trong kỳ",
    "insufficient_sample": "không đủ mẫu",
    "not_assessed": NO_DATA,
    "not_reported": "chưa báo cáo",
}
CHANNEL_TEXT = {
    "direct": "Trực tiếp",
    "online": "Trực tuyến",
    "postal": "Bưu chính công ích",
    "email": "Thư điện tử",
    "internal": "Nội bộ",
}
# What one unit of the denominator is called, by indicator family.
COUNTED_THING = {"satisfaction": "lượt đánh giá"}
# At which unit an indicator counts a dossier, where its name leaves that open.
COUNTED_AT = dict.fromkeys(
    ("dossiers_received", "online_dossier_rate", "day_off_reception_rate"), "tại đơn vị tiếp nhận"
) | dict.fromkeys(
    ("on_time_rate__received", "on_time_rate__qd766", "on_time_score__qd766", "on_time_rate__to_be_processed"),
    "tại đơn vị giải quyết",
)
Number = int | float | Decimal


def counted_thing(family_code: str) -> str:
    """What the numerator and denominator of an indicator family count: ``hồ sơ`` or ``lượt đánh giá``."""
    return COUNTED_THING.get(family_code, "hồ sơ")


def format_decimal(value: Number, digits: int) -> str:
    """``value`` with decimal comma and thousands dots, rounded half up to ``digits`` places."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return f"−{text}" if rounded < 0 else text


def format_published(value: Number) -> str:
    """A number of others with all the digits that they gave, as nobody here may round it."""
    digits = -Decimal(str(value)).normalize().as_tuple().exponent
    return format_decimal(value, max(digits, 0))


def format_count(value: Number | None) -> str:
    """A whole number with thousands dots; «không có số liệu» for None."""
    return NO_DATA if value is None else format_decimal(value, 0)


def format_percent(rate: Number, digits: int = 2) -> str:
    """A rate 0–1 as percent.

    A rate below one never reads 100 %, nor a positive one 0 %: rounding must not invent a perfect result.
    """
    rate, step = Decimal(str(rate)), Decimal(1).scaleb(-digits)
    percent = (rate * 100).quantize(step, rounding=ROUND_HALF_UP)
    if rate < 1 and percent == 100:
        return f">{format_decimal(100 - step, digits)}%"
    if rate > 0 and percent == 0:
        return f"<{format_decimal(step, digits)}%"
    return f"{format_decimal(percent, digits)}%"


def format_value(value: Number | None, unit_of_measure_code: str) -> str:
    """An indicator value in its unit of measure: rate → percent, score → points, days, count."""
    if value is None:
        return NO_DATA
    if unit_of_measure_code == "rate":
        return format_percent(value)
    if unit_of_measure_code == "score":
        return f"{format_decimal(value, 2)} điểm"
    if unit_of_measure_code == "days":
        return f"{format_decimal(value, 1)} ngày"
    return format_count(value)


def overdue_days_text(days: int | None) -> str:
    """Working days overdue; less than a whole one is «chưa đủ 1 ngày», an unknown calendar «không có số liệu»."""
    if days is None:
        return NO_DATA
    return format_count(days) if days else "chưa đủ 1 ngày"


def format_fraction(numerator: Number | None, denominator: Number | None) -> str:
    """``numerator/denominator`` with thousands dots; empty when there is no denominator."""
    if numerator is None or denominator is None:
        return ""
    return f"{format_count(numerator)}/{format_count(denominator)}"


def format_interval(low: Number | None, high: Number | None) -> str:
    """A 95 % interval of a rate, both ends in percent with one decimal; empty when there is none."""
    if low is None or high is None:
        return ""
    ends = (format_decimal(Decimal(str(end)) * 100, 1) for end in (low, high))
    return " – ".join(ends) + "%"


def format_date(day: dt.date | None) -> str:
    """``dd/MM/yyyy``; «không có số liệu» for None."""
    return NO_DATA if day is None else day.strftime("%d/%m/%Y")


def change_text(now: Number | None, before: Number | None, unit_of_measure_code: str) -> str:
    """How a value moved, in words with an arrow; empty when either value is missing.

    Rates move in percentage points («điểm %»), counts in pieces and percent of the earlier value.
    """
    if now is None or before is None:
        return ""
    difference = Decimal(str(now)) - Decimal(str(before))
    if unit_of_measure_code == "rate":
        amount, unit, digits = difference * 100, " điểm %", 2
    elif unit_of_measure_code == "count":
        amount, unit, digits = difference, "", 0
    else:
        amount, unit, digits = difference, " điểm" if unit_of_measure_code == "score" else " ngày", 2
    size = format_decimal(abs(amount), digits)
    if Decimal(size.replace(".", "").replace(",", ".")) == 0:
        return "không đổi"
    return f"▲ tăng {size}{unit}" if difference > 0 else f"▼ giảm {size}{unit}"


def status_text(row: Mapping[str, Any]) -> str:
    """Why a value is missing or not ranked.

    ``row`` has value_status, denominator, minimum_denominator and family_code. Empty for status ``ok``.
    """
    status = row["value_status"]
    if status == "ok":
        return ""
    if status == "insufficient_sample" and row["denominator"] is not None:
        have, need = format_count(row["denominator"]), format_count(row["minimum_denominator"])
        return f"không đủ mẫu (n = {have}, cần ít nhất {need})"
    if status == "no_activity" and row["family_code"] == "satisfaction":
        return "không có lượt đánh giá"
    return STATUS_TEXT[status]


def value_or_status(row: Mapping[str, Any] | None) -> str:
    """The value of one indicator row, or the reason there is none, or «không có số liệu» without a row."""
    if row is None:
        return NO_DATA
    if row["value"] is None:
        return status_text(row) or NO_DATA
    return format_value(row["value"], row["unit_of_measure_code"])


def rank_text(rank: int | None, is_tied: bool) -> str:
    """``2``, or ``=2`` when shared, or ``–`` when not ranked."""
    if rank is None:
        return "–"
    return f"={rank}" if is_tied else str(rank)


def rank_change_text(rank: int | None, previous_rank: int | None) -> str:
    """Places gained (▲) or lost (▼) since the previous period of the same kind."""
    if rank is None or previous_rank is None:
        return "–"
    if rank == previous_rank:
        return "giữ hạng"
    places = abs(previous_rank - rank)
    return f"▲ lên {places}" if rank < previous_rank else f"▼ xuống {places}"


RANK_RANGES = (
    "Khoảng hạng: dải là những hạng đơn vị còn có thể đứng, vạch cam là hạng hiện tại; mọi khoảng của bảng cùng đúng "
    "với độ tin cậy 95 %."
)
NO_CHANGE = "thay đổi không vượt may rủi"


def rank_range_text(low: int, high: int) -> str:
    """``hạng 2–7``, or ``hạng 2`` where nothing else is possible."""
    return f"hạng {low}" if low == high else f"hạng {low}–{high}"


def ranked_change_text(row: Mapping[str, Any]) -> str:
    """Places gained or lost by a row of fct_unit_rankings, said only where its value moved beyond chance."""
    if row["is_change_beyond_chance"] is False:
        return NO_CHANGE
    return rank_change_text(row["unit_rank"], row["previous_unit_rank"]) if row["is_change_beyond_chance"] else "–"


def confirmed_text(is_confirmed: bool) -> str:
    """Whether the definition has been checked against its legal text."""
    return "đã được xác nhận" if is_confirmed else "chưa được xác nhận"


def watch_sentence(row: Mapping[str, Any]) -> str:
    """One sentence on why a unit is put before the leadership, without the unit's name.

    ``row`` is a row of rpt_units_to_watch.
    """
    fraction = format_fraction(row["numerator"], row["denominator"])
    if row["reason_code"] == "overdue_backlog":
        text = f"{format_count(row['numerator'])} hồ sơ đang giải quyết đã quá hạn"
        if row["denominator"] is not None:
            text += f", trong tổng số {format_count(row['denominator'])} hồ sơ đang giải quyết"
        return text + "."
    observed, reference = format_percent(row["observed_value"]), row["reference_value"]
    if row["reason_code"] == "falling_on_time":
        return f"Tỷ lệ đúng hạn còn {observed} ({fraction} hồ sơ), kỳ trước {format_percent(reference)}."
    name, thing = ("hài lòng", "lượt đánh giá") if row["reason_code"] == "low_satisfaction" else ("đúng hạn", "hồ sơ")
    text = f"Tỷ lệ {name} {observed} ({fraction} {thing})"
    if reference is not None:
        text += f", trung vị của nhóm {format_percent(reference)}"
    return text + "."


WATCH_TITLE = {
    "low_on_time": "Đúng hạn thấp",
    "falling_on_time": "Đúng hạn giảm",
    "overdue_backlog": "Tồn đọng quá hạn",
    "low_satisfaction": "Hài lòng thấp",
}


EFFECT_TEXT = {
    "refuse_file": "từ chối tệp",
    "reject_row": "loại dòng",
    "flag_row": "đánh dấu dòng",
    "report": "báo cáo",
    "block_publish": "không công bố",
}
FEED_TEXT = {
    "dossiers": "Hồ sơ",
    "reports": "Báo cáo đúng hạn",
    "answers": "Khảo sát, đánh giá",
}
FEED_STATUS_TEXT = {
    "received": "có",
    "partial": "thiếu một số tháng",
    "missing": "thiếu",
    "no_data": NO_DATA,
}
FLAG_CLASS_TEXT = {
    "no_due_date": "không có ngày hẹn trả",
    "impossible_order": "mốc thời gian ngược nhau",
    "future_date": "ngày ở tương lai",
    "state_conflict": "trạng thái trái với thời điểm",
    "duplicate": "trùng mã",
    "unknown_code": "đơn vị, thủ tục ngoài danh mục",
    "other": "lý do khác",
}


def grade_text(row: Mapping[str, Any]) -> str:
    """The grade (A–D) of a row of fct_data_quality, else «chưa đủ số liệu để xếp» or «không có số liệu»."""
    return quality_grade_text(row["grade_code"], row["grade_status"])


def grade_reason(row: Mapping[str, Any]) -> str:
    """Why the grade is what it is, with the number of flagged rows by class; a full sentence for grade A."""
    reason = row["grade_reason_text"] or "không thấy điểm nào đáng kể"
    classes = [
        f"{name} {format_count(row[f'{code}_count'])}" for code, name in FLAG_CLASS_TEXT.items() if row[f"{code}_count"]
    ]
    return f"{reason} ({'; '.join(classes)})" if classes else reason


def files_text(names: list[str], shown: int = 2) -> str:
    """The first file names of a list and how many more there are."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" và {more} tệp nữa" if more > 0 else "")


HOLDING_TEXT = {
    "processing": "xử lý",
    "waiting": "chờ người nộp hoặc tạm dừng",
    "unlogged": "nhật ký chưa ghi",
}
DUE_BASIS_TEXT = {"recomputed": "hạn tính lại", "recorded": "ngày hẹn trả"}
TIME_KIND_TEXT = {"work": "Xử lý", "wait": "Chờ"}
DAY_SECONDS = {"working": 28_800, "elapsed": 86_400}
MEASURE_TEXT = {
    "working": "giờ làm việc, một ngày 8 giờ",
    "elapsed": "giờ lịch, vì kho chưa có lịch nghỉ của những năm này",
}


def duration_text(seconds: int | None, measure_code: str) -> str:
    """A stretch of time in minutes, hours or days; a day is 8 hours when working time is measured, else 24."""
    if seconds is None:
        return NO_DATA
    day = DAY_SECONDS[measure_code]
    if seconds >= day:
        return f"{format_decimal(Decimal(seconds) / day, 1)} ngày"
    if seconds >= 3600:
        return f"{format_decimal(Decimal(seconds) / 3600, 1)} giờ"
    return f"{format_decimal(Decimal(seconds) / 60, 0)} phút"


def duration_days(seconds: int, measure_code: str) -> Decimal:
    """A stretch of time in days of its measure, for a file."""
    return Decimal(seconds) / DAY_SECONDS[measure_code]


def share_text(part: int, whole: int) -> str:
    """A part of a whole as percent with one decimal; «không có số liệu» when there is no whole."""
    return format_percent(Decimal(part) / whole, 1) if whole else NO_DATA


def activity_text(activity_name: str) -> str:
    """The name of an activity; the stretch that no event closes has none."""
    return activity_name or "Chưa ghi bước tiếp theo"


def working_days_text(days: int | None, is_overdue: bool, is_stopped: bool = False) -> str:
    """Working days to a due date: left, today, or overdue; «không có số liệu» where the calendar is unknown.

    ``is_stopped``: the clock of this due date stands still, so that no number of days is true.
    """
    if is_stopped:
        return "quá hạn, đang dừng" if is_overdue else "đang dừng"
    if days is None:
        return NO_DATA
    if is_overdue:
        return f"quá {overdue_days_text(-days)}"
    return f"còn {format_count(days)}" if days else "hôm nay"


def working_days_number(days: int | None, is_overdue: bool, is_stopped: bool = False) -> int | None:
    """The number in :func:`working_days_text`, negative when overdue; None where the words hold no whole number."""
    return None if is_stopped or (is_overdue and not days) else days


def is_published_by(publisher_name: str | None) -> bool:
    """Whether somebody published a reported figure; else a unit reported it of itself."""
    return publisher_name not in (None, SELF_REPORTED)


def reported_name(publisher_names: Iterable[str | None]) -> str:
    """What reported figures are called, by who stands behind them."""
    published = {is_published_by(name) for name in publisher_names}
    if published == {True}:
        return "Số liệu đã công bố"
    return "Số tự báo cáo và số liệu đã công bố" if True in published else "Số liệu đơn vị tự báo cáo"


# What the denominators of the watch list count, by indicator family.
WATCHED_THING = {"timeliness": ("hồ sơ đã giải quyết", "đúng hạn"), "satisfaction": ("lượt đánh giá", "hài lòng")}


def not_watched_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many units the watch list leaves out because they have too few; ``rows`` of data_access.units_not_watched."""
    parts = []
    for row in rows:
        thing, rate = WATCHED_THING[row["family_code"]]
        least = format_count(row["minimum_denominator"])
        parts.append(
            f"{format_count(row['unit_count'])} đơn vị có {thing} nhưng dưới {least} thì không xét tỷ lệ {rate}"
        )
    return "; ".join(parts) + ": mẫu nhỏ, tỷ lệ dễ lệch do ngẫu nhiên." if parts else ""


def kind_missing_text(kind_code: str, shown_name: str) -> str:
    """What a page says that is asked for a kind of period it has no figures by."""
    kind = KIND_TEXT.get(kind_code, f"«{kind_code}»")
    return f"Trang này không có số liệu theo {kind.lower()}; đang xem {shown_name}."


def period_missing_text(period: Mapping[str, Any] | None, code: str, kind_codes: Sequence[str], shown_name: str) -> str:
    """What a page says that lacks the period asked for; ``period`` is its row, None where no period has that code."""
    if period is None:
        return f"Không có kỳ nào mang mã «{code}»; đang xem {shown_name}."
    if period["period_kind_code"] not in kind_codes:
        return kind_missing_text(period["period_kind_code"], f"{shown_name} thay cho {period['period_name']}")
    return f"Trang này không có số liệu của {period['period_name']}; đang xem {shown_name}."


def unit_missing_text(unit_name: str, shown_name: str) -> str:
    """What a page says that lacks the unit asked for in the chosen period."""
    return f"Trang này không có số liệu của {unit_name} ở kỳ này; đang xem {shown_name}."


def named_code(name: str | None, code: str) -> str:
    """A name with its code, as the head of a file gives it."""
    return f"{name} ({code})" if name and name != code else code


SECTION_TEXT = {
    "reports": "Báo cáo của đơn vị",
    "national": "Cổng quốc gia",
    "recomputed": "Hạn tính lại",
    "declared": "Ô hệ thống ghi",
}
REPORT_CLASS_TEXT = {
    "same": "khớp với hồ sơ",
    "explained": "bằng đúng số theo cách tính khác",
    "unexplained": "không cách tính nào cho ra, cần giải trình",
    "no_dossiers": "không có hồ sơ để đối chiếu",
    "not_claimed": "báo cáo để trống",
}
# What a sender's flag says against the dates: name and explanation.
FLAG_CAUSES = {
    "declared_met": (
        "ghi đúng hạn, theo ngày là quá hạn",
        "Hệ thống ghi trước hạn hoặc đúng hạn; kết thúc sau hẹn trả.",
    ),
    "declared_missed": (
        "ghi quá hạn, theo ngày là đúng hạn",
        "Hệ thống ghi quá hạn; ngày kết thúc không sau hẹn trả.",
    ),
    "declared_open": (
        "ghi đang giải quyết, theo ngày đã kết thúc",
        "Hệ thống chưa ghi lại cờ sau khi hồ sơ kết thúc.",
    ),
    "declared_without_due_date": ("có ghi, không có hẹn trả để so", "Không có ngày hẹn trả nên kho không kết luận."),
    "not_declared": ("không ghi", "Ô hệ thống ghi để trống."),
}
REPORT_TEXT = {
    "form_06a": "Biểu II.06a",
    "form_06a_local": "Biểu II.06a, mẫu của địa phương",
    "opencps": "Thống kê OpenCPS",
}
# Columns 3–13 of form II.06a, each with its number and, where it is a sum, of what.
FORM_COLUMNS = {
    "received_total_count": ("3", "Tiếp nhận: tổng số", "4 + 5 + 6"),
    "received_online_count": ("4", "Trong kỳ: trực tuyến", ""),
    "received_direct_count": ("5", "Trong kỳ: trực tiếp, bưu chính", ""),
    "received_carried_count": ("6", "Từ kỳ trước", ""),
    "resolved_total_count": ("7", "Đã giải quyết: tổng số", "8 + 9 + 10"),
    "resolved_early_count": ("8", "Trước hạn", ""),
    "resolved_on_time_count": ("9", "Đúng hạn", ""),
    "resolved_late_count": ("10", "Quá hạn", ""),
    "open_total_count": ("11", "Đang giải quyết: tổng số", "12 + 13"),
    "open_in_time_count": ("12", "Trong hạn", ""),
    "open_late_count": ("13", "Quá hạn", ""),
}
# What the form does not say, with the column that holds it.
FORM_HIDDEN = {
    "withdrawn_count": ("Rút, dừng xử lý", "trong cột 9, như đúng hạn"),
    "resolved_undated_count": ("Đã giải quyết, không có ngày hẹn trả", "trong cột 9, như đúng hạn"),
    "waiting_late_count": ("Đã qua ngày hẹn, đang chờ, tạm dừng", "trong cột 12, như trong hạn"),
    "open_undated_count": ("Đang giải quyết, không có ngày hẹn trả", "trong cột 12, như trong hạn"),
    "received_postal_count": ("Nộp qua bưu chính", "trong cột 5"),
    "channel_unknown_count": ("Không ghi kênh nộp", "trong cột 5"),
    "taken_over_count": ("Nhận bàn giao từ đơn vị đã kết thúc hoạt động", "trong cột 6"),
    "passed_on_count": ("Bàn giao cho đơn vị kế thừa", "trong cột 3, không còn trong cột 7 và 11"),
    "unplaced_count": ("Đã kết thúc mà không ghi ngày", "ngoài biểu"),
}
MEASURE_NAMES = {
    "numerator_count": "đúng hạn",
    "denominator_count": "tổng số làm mẫu số",
    "overdue_count": "quá hạn",
}


def report_name(row: Mapping[str, Any]) -> str:
    """Which report a row of fct_report_differences is of: a form, or an on-time report of one definition."""
    if row["group_code"] == "on_time":
        return f"Báo cáo đúng hạn: {row['definition_name'] or row['report_code']}"
    return REPORT_TEXT[row["report_code"]]


def measure_name(measure_code: str) -> str:
    """A reported figure in words; a column of form II.06a with its number."""
    if measure_code in FORM_COLUMNS:
        number, name, _ = FORM_COLUMNS[measure_code]
        return f"cột {number}: {name[0].lower()}{name[1:]}"
    return MEASURE_NAMES[measure_code]


def signed_count(value: int | None) -> str:
    """A difference with its sign; a dash where there is nothing to take it from."""
    if value is None:
        return "–"
    return f"+{format_count(value)}" if value > 0 else format_count(value)


def form_identities(row: Mapping[str, Any]) -> list[str]:
    """The sums that hold in a line of form II.06a, with its numbers."""
    found = []
    by_number = {number: row[name] for name, (number, _, _) in FORM_COLUMNS.items()}
    for number, _, parts in FORM_COLUMNS.values():
        if parts:
            numbers = parts.split(" + ")
            values = " + ".join(format_count(by_number[part]) for part in numbers)
            sums = " + ".join(f"({part})" for part in numbers)
            found.append(f"({number}) = {sums}: {format_count(by_number[number])} = {values}")
    passed = f" + {format_count(row['passed_on_count'])}" if row["passed_on_count"] else ""
    name = " + bàn giao" if passed else ""
    values = f"{format_count(by_number['7'])} + {format_count(by_number['11'])}{passed}"
    return [*found, f"(3) = (7) + (11){name}: {format_count(by_number['3'])} = {values}"]
