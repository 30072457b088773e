"""Đánh giá sau giải quyết: what those who pressed a button said, and how few of all who were served they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts, components, download_buttons, labels, state
from dashboards import data_access_ratings as rating_access
from dashboards.components import Card, Column

Row = Mapping[str, Any]
TITLE = "Đánh giá sau giải quyết"
NOT_A_SURVEY = (
    "Đây không phải SIPAS: chỉ những người đã bấm đánh giá, không ai chọn mẫu. Tỷ lệ này không nói thay cho những "
    "người không bấm; độ phủ thấp thì càng phải dè dặt."
)
ONE_SCALE = (
    "Mỗi lần chỉ xem một thang: thang 2, 3 và 5 mức là những cách hỏi khác nhau, không cộng và không so với nhau."
)
SILENT = (
    "Các đơn vị này có trả kết quả trong kỳ mà không có lượt đánh giá nào trên bất kỳ thang nào: không ai bấm, hoặc "
    "tệp đánh giá của đơn vị chưa được nạp."
)
COVERAGE = (
    "Độ phủ = lượt đánh giá gắn với hồ sơ / kết quả đã trả trong kỳ; vượt 100% khi người dân đánh giá kết quả đã trả ở "
    "kỳ trước hoặc đánh giá nhiều lần."
)


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(components.page_header(TITLE, view.authority_name, view.is_synthetic, as_of, view.build.build_id))
    scales = rating_access.rating_scales(view.build, view.authority_code)
    if not scales:
        text = "Không có lượt đánh giá sau giải quyết nào của địa phương này trong bản dựng."
        components.show(components.note(text))
        return
    scale, periods, period = _pick_scope(view, scales)
    rows = rating_access.rating_counts(view.build, view.authority_code, scale["instrument_code"], period["period_code"])
    components.show(components.note(f"{NOT_A_SURVEY} {ONE_SCALE}"))
    units = [row for row in rows if row["unit_code"] != view.authority_code]
    whole = next(row for row in rows if row["unit_code"] == view.authority_code)
    _draw_cards(whole, period)
    _draw_warnings(whole, units)
    _draw_trend(view, scale, period)
    _draw_units(view, units, scale, period, has_longer=_has_longer(periods, period))
    _draw_against_coverage(units)
    _draw_file(view, rows, scale, period)


def _pick_scope(view: state.View, scales: Mapping[str, Row]) -> tuple[Row, Sequence[Row], Row]:
    """The scale, the periods in which it was used, newest first, and one of them.

    The newest year to begin with, though it has not ended: few units have enough ratings in less, and last year is not
    what a reader comes for.
    """
    columns = st.columns([1.8, 1, 1.4, 1.4])
    with columns[0]:
        code = state.pick(
            "Thang đánh giá", list(scales), "scale", next(iter(scales)), lambda c: scales[c]["instrument_name"]
        )
    periods = rating_access.rating_periods(view.build, view.authority_code, code)
    newest = next((row for row in periods if row["period_kind_code"] == "year"), None)
    return scales[code], periods, state.pick_period(view, periods, columns[1:3], newest)


def _has_longer(periods: Sequence[Row], period: Row) -> bool:
    """Whether the reader can choose a longer period that has all of this one in it."""
    start, end = period["start_date"], period["end_date"]
    return any(
        row["start_date"] <= start and end <= row["end_date"] and (row["start_date"], row["end_date"]) != (start, end)
        for row in periods
    )


def _draw_cards(whole: Row, period: Row) -> None:
    interval = labels.format_interval(whole["interval_low"], whole["interval_high"])
    has_rate = whole["value"] is not None
    rate = Card(
        "Hài lòng, của người đã bấm",
        labels.value_or_status(whole),
        f"{labels.format_fraction(whole['numerator'], whole['denominator'])} lượt hợp lệ" if has_rate else "",
        f"khoảng tin cậy 95%: {interval}" if interval else "",
        has_value=has_rate,
    )
    handed_over = "không có số liệu hồ sơ"
    if whole["handed_over_count"] is not None:
        handed_over = f"trên {labels.format_count(whole['handed_over_count'])} kết quả đã trả"
    cards = [
        rate,
        Card(
            "Lượt đánh giá",
            labels.format_count(whole["rating_count"]),
            f"{labels.format_count(whole['denominator'])} hợp lệ",
        ),
        Card("Độ phủ", _coverage_text(whole), handed_over, has_value=whole["coverage_rate"] is not None),
        Card(
            "Lượt dồn dập",
            labels.format_count(whole["burst_rating_count"]),
            f"{labels.share_text(whole['burst_rating_count'], whole['rating_count'])} số lượt",
        ),
    ]
    title = components.section(f"Toàn địa phương, {state.period_text(period)}", COVERAGE)
    components.show(f'{title}<div class="four">{components.cards(cards)}</div>')


def _draw_warnings(whole: Row, units: Sequence[Row]) -> None:
    """Where so few rated, or so many at once, that a rate may say little."""
    parts = []
    if whole["is_coverage_low"]:
        parts.append("Độ phủ của toàn địa phương thấp.")
    if whole["has_many_bursts"]:
        parts.append("Nhiều lượt đánh giá của toàn địa phương dồn trong một phút.")
    low, bursts = (sum(bool(row[name]) for row in units) for name in ("is_coverage_low", "has_many_bursts"))
    if low:
        parts.append(f"{low}/{len(units)} đơn vị có độ phủ thấp (dưới {whole['low_coverage_percent']}%).")
    if bursts:
        parts.append(
            f"{bursts}/{len(units)} đơn vị có nhiều lượt dồn dập (từ {whole['many_bursts_percent']}% số lượt): hãy "
            "kiểm tra máy đánh giá và người bấm trước khi dùng tỷ lệ của các đơn vị ấy."
        )
    if parts:
        has_both = (low or whole["is_coverage_low"]) and (bursts or whole["has_many_bursts"])
        own = "Hai ngưỡng này" if has_both else "Ngưỡng này"
        components.show(components.note(f"{' '.join(parts)} {own} kho tự đặt, chưa được xác nhận.", True))


def _coverage_text(row: Row) -> str:
    return labels.NO_DATA if row["coverage_rate"] is None else labels.format_percent(row["coverage_rate"], 1)


def _draw_trend(view: state.View, scale: Row, period: Row) -> None:
    """The rate and, beside it, the coverage by month: of the report's months where the period is one of a report."""
    kind = "report_month" if period["period_kind_code"].startswith("report_") else "month"
    rows = rating_access.rating_series(view.build, view.authority_code, scale["instrument_code"], kind)
    span = charts.active_span(rows, {row["period_code"] for row in rows if row["rating_count"]})
    title = f"Diễn biến theo {labels.KIND_TEXT[kind].lower()}, toàn địa phương"
    if len(span) < 2:
        text = "Chưa đủ hai tháng có số liệu để vẽ diễn biến."
        components.show(components.section(title) + components.note(text))
        return
    lead = "Tỷ lệ đứng cạnh độ phủ: tỷ lệ đổi khi độ phủ đổi có thể chỉ vì người bấm đã khác. Điểm rỗng: chưa hết kỳ."
    components.show(components.section(title, lead))
    covered = [{**row, "value": row["coverage_rate"], **_NO_INTERVAL} for row in span]
    for column, name, shown in zip(
        st.columns(2), ("Hài lòng, của người đã bấm", "Độ phủ"), (span, covered), strict=True
    ):
        with column:
            components.show(f'<p class="lead"><b>{name}</b></p>')
            st.altair_chart(charts.trend_chart(shown, 220), theme=None, width="stretch", alt=f"{title}: {name}")


_NO_INTERVAL = {"interval_low": None, "interval_high": None, "numerator": None, "value_status": "ok"}
COVERED = (
    Column("Độ phủ", "num"),
    Column("", "bar wide"),
    Column("Kết quả đã trả", "num wide"),
    Column("Dồn dập", "num"),
)
COLUMNS = (
    Column("Đơn vị"),
    Column("Hài lòng", "num value"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("Lượt hợp lệ", "num wide"),
    *COVERED,
)
SILENT_COLUMNS = (
    Column("Đơn vị"),
    Column("Hài lòng", "num"),
    Column("Độ phủ", "num"),
    Column("Kết quả đã trả", "num"),
)
SMALL_COLUMNS = (Column("Đơn vị"), Column("Lượt hợp lệ", "num"), *COVERED)


def _draw_units(view: state.View, units: Sequence[Row], scale: Row, period: Row, has_longer: bool) -> None:
    """Units with enough ratings, the lowest rate first; those with few and those with none are named apart."""
    least = labels.format_count(scale["minimum_ballot_count"])
    enough = [row for row in units if row["value"] is not None]
    small = [row for row in units if row["value"] is None and row["rating_count"]]
    silent = [row for row in units if not row["rating_count"]]
    lead = (
        f"Đơn vị có từ {least} lượt hợp lệ, tỷ lệ thấp nhất ở trên; đơn vị ít lượt hơn hoặc không có lượt nào ở dưới. "
        "Dồn dập: lượt bị đánh dấu vì nhiều lượt trong một phút."
    )
    title = components.section(f"Từng đơn vị, {state.period_text(period)}", lead)
    if enough:
        rows = (_rated_cells(view, row, period) for row in enough)
        components.show(title + components.table(COLUMNS, rows, "Đánh giá từng đơn vị"))
    else:
        advice = "; hãy xem kỳ dài hơn" if has_longer else ""
        text = f"Không đơn vị nào có đủ {least} lượt hợp lệ trong kỳ này{advice}."
        components.show(title + components.note(text))
    if small:
        with st.expander(f"Không đủ mẫu: {len(small)} đơn vị có dưới {least} lượt hợp lệ"):
            rows = (_small_cells(view, row, period) for row in small)
            components.show(components.table(SMALL_COLUMNS, rows, "Đơn vị không đủ mẫu"))
    if silent:
        with st.expander(f"Không có lượt đánh giá nào: {len(silent)} đơn vị có trả kết quả"):
            rows = (_silent_cells(view, row, period) for row in silent)
            components.show(
                components.note(SILENT) + components.table(SILENT_COLUMNS, rows, "Đơn vị không có lượt nào")
            )


def _rated_cells(view: state.View, row: Row, period: Row) -> list[str]:
    interval = labels.format_interval(row["interval_low"], row["interval_high"])
    valid = labels.format_count(row["denominator"])
    rate = components.text(labels.value_or_status(row))
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], period["period_code"]),
        f'{rate}<span class="sub">{interval}<br>n = {valid}</span>',
        interval,
        valid,
        *_covered_cells(row),
    ]


def _small_cells(view: state.View, row: Row, period: Row) -> list[str]:
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], period["period_code"]),
        labels.format_count(row["denominator"]),
        *_covered_cells(row),
    ]


def _silent_cells(view: state.View, row: Row, period: Row) -> list[str]:
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], period["period_code"]),
        f'<span class="missing">{labels.NO_DATA}</span>',
        _coverage_text(row),
        labels.format_count(row["handed_over_count"]),
    ]


def _covered_cells(row: Row) -> list[str]:
    """How many of those served rated, and how many ratings came at once."""
    has_dossiers = row["handed_over_count"] is not None
    return [
        ("–" if row["coverage_rate"] is None else _coverage_text(row)) + _mark(row["is_coverage_low"], "thấp"),
        components.rate_bar(row["coverage_rate"], 1.0),
        labels.format_count(row["handed_over_count"]) if has_dossiers else "–",
        labels.format_count(row["burst_rating_count"]) + _mark(row["has_many_bursts"], "nhiều"),
    ]


def _mark(is_so: bool | None, word: str) -> str:
    return f'<span class="why">{word}</span>' if is_so else ""


def _draw_against_coverage(units: Sequence[Row]) -> None:
    shown = [row for row in units if row["value"] is not None and row["coverage_rate"] is not None]
    if not shown:
        return
    lead = (
        "Mỗi điểm một đơn vị đủ mẫu, vạch dọc: khoảng tin cậy 95%. Điểm rỗng bên trái vạch đứt: độ phủ thấp. Tỷ lệ rất "
        "cao mà độ phủ thấp thì chưa nói được gì. Trục tỷ lệ không bắt đầu từ 0."
    )
    components.show(components.section("Hài lòng theo độ phủ", lead))
    alt = "Tỷ lệ hài lòng của từng đơn vị theo độ phủ"
    st.altair_chart(charts.coverage_chart(shown), theme=None, width="stretch", alt=alt)


HEADERS = (
    "Mã đơn vị",
    "Đơn vị",
    "Lượt đánh giá",
    "Lượt hợp lệ",
    "Hài lòng, lượt",
    "Hài lòng, %",
    "Khoảng tin cậy 95%: dưới",
    "Khoảng tin cậy 95%: trên",
    "Ghi chú",
    "Kết quả đã trả",
    "Độ phủ, %",
    "Độ phủ thấp",
    "Lượt dồn dập",
    "Nhiều lượt dồn dập",
)
_WIDTHS = (12, 42, 12, 12, 12, 12, 13, 13, 18, 13, 12, 12, 12, 12)


def _draw_file(view: state.View, rows: Sequence[Row], scale: Row, period: Row) -> None:
    name = f"danh-gia_{scale['instrument_code']}_{period['period_code']}"
    download_buttons.draw(view, sheet(view, rows, scale, period), name)


def sheet(view: state.View, rows: Sequence[Row], scale: Row, period: Row) -> Any:
    """The units of a period and scale as a file, the whole authority first."""
    head = [
        ("Thang đánh giá", scale["instrument_name"]),
        ("Kỳ", state.period_text(period)),
        ("Không phải SIPAS", "chỉ những người đã bấm đánh giá, không ai chọn mẫu"),
        ("Độ phủ", "lượt đánh giá gắn với hồ sơ / kết quả đã trả trong kỳ"),
        ("Ngưỡng", f"độ phủ thấp dưới {rows[0]['low_coverage_percent']}%, nhiều lượt dồn dập từ "
         f"{rows[0]['many_bursts_percent']}% số lượt; kho tự đặt, chưa được xác nhận"),
    ]  # fmt: skip
    cells = [_file_cells(row) for row in rows]
    return download_buttons.sheet(view, TITLE, "Đánh giá", head, HEADERS, cells, _WIDTHS)


NOTES = {"ok": "", "insufficient_sample": "không đủ mẫu", "no_activity": "không có lượt đánh giá"}


def _file_cells(row: Row) -> list[Any]:
    percents = [None if row[name] is None else 100 * row[name] for name in ("value", "interval_low", "interval_high")]
    return [
        row["unit_code"],
        row["unit_name"],
        row["rating_count"],
        row["denominator"],
        row["numerator"],
        *percents,
        NOTES[row["value_status"]],
        row["handed_over_count"],
        None if row["coverage_rate"] is None else 100 * row["coverage_rate"],
        "có" if row["is_coverage_low"] else "",
        row["burst_rating_count"],
        "có" if row["has_many_bursts"] else "",
    ]
