"""Tổng quan: is the authority on time, where is it slipping, which units need a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, labels, state
from dashboards.components import Card

Row = Mapping[str, Any]
HAS_VALUE = ("ok", "insufficient_sample")
# The row of rpt_reported_totals that sums all peer groups.
ALL_GROUPS = "authority"
ON_TIME = "Giải quyết đúng hạn"
FEW_DECLARED = 12
EXPLAINED = (
    "dossiers_open_late",
    "satisfaction_rate__kiosk_3_levels",
    "dossiers_received",
    "dossiers_resolved",
)


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Tổng quan", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    periods = data_access.periods_with_data(view.build, view.authority_code)
    if not periods:
        components.show(components.note(f"Địa phương này {labels.NO_DATA} trong bản dựng."))
        return
    period = state.pick_period(view, periods, st.columns([1, 1.4, 2.6]))
    series = data_access.unit_series(view.build, view.authority_code, view.authority_code, period["period_kind_code"])
    history = _by_indicator(series)
    headline = headline_on_time(series, period["period_code"])
    totals = data_access.reported_totals(view.build, view.authority_code, period["period_code"])
    cards = _computed_cards(view, period, history)
    if headline:
        cards.insert(0, _card(ON_TIME, *_now_and_before(history[headline], period)))
    else:
        cards.insert(0, _declared_card(totals))
    components.show(_unfinished_note(period) + components.cards(cards))
    _draw_trends(period, history, headline, {row["period_code"] for row in periods})
    _draw_watch(view, period)
    _draw_declared(view, period, totals)
    _draw_definitions(view, headline, totals)


def headline_on_time(series: Sequence[Row], period_code: str) -> tuple[str, str] | None:
    """Which on-time rate stands for the authority: computed before declared, in registry order.

    Returns (indicator_code, origin_code) of the first one with a value in the period, else None.
    """
    found = [
        row
        for row in series
        if row["period_code"] == period_code
        and row["family_code"] == "timeliness"
        and row["unit_of_measure_code"] == "rate"
        and row["value_status"] in HAS_VALUE
    ]
    first = min(found, key=lambda row: row["origin_code"], default=None)
    return None if first is None else (first["indicator_code"], first["origin_code"])


def _by_indicator(series: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows per (indicator, origin), oldest first."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in series:
        grouped.setdefault((row["indicator_code"], row["origin_code"]), []).append(row)
    return grouped


def _now_and_before(rows: Sequence[Row], period: Row) -> tuple[Row | None, Row | None]:
    """The row of a period and of the period of the same kind just before it."""
    by_code = {row["period_code"]: row for row in rows}
    return by_code.get(period["period_code"]), by_code.get(period["previous_period_code"])


def _unfinished_note(period: Row) -> str:
    if period["is_complete"]:
        return ""
    until = labels.format_date(period["counted_to_date"])
    return components.note(f"{period['period_name']} chưa kết thúc: số liệu mới có đến {until}.", True) + "<br>"


def _computed_cards(view: state.View, period: Row, history: Mapping[tuple[str, str], list[Row]]) -> list[Card]:
    """The key figures beside the on-time rate."""

    def computed(indicator: str) -> tuple[Row | None, Row | None]:
        return _now_and_before(history.get((indicator, "computed"), []), period)

    still_open = computed("dossiers_open")[0]
    late_of = ""
    if still_open is not None and still_open["value"] is not None:
        until = labels.format_date(period["counted_to_date"])
        late_of = f"trên tổng số {labels.format_count(still_open['value'])} hồ sơ đang giải quyết, cuối ngày {until}"
        waiting = data_access.waiting_late_count(view.build, view.authority_code, period["period_code"])
        if waiting:
            late_of = f"trong đó {labels.format_count(waiting)} đang chờ, tạm dừng; {late_of}"
    return [
        _card("Đang quá hạn", *computed("dossiers_open_late"), of=late_of),
        _card("Hài lòng tại quầy (3 mức)", *computed("satisfaction_rate__kiosk_3_levels")),
        _card("Tiếp nhận", *computed("dossiers_received"), of="hồ sơ trong kỳ"),
        _card("Đã giải quyết", *computed("dossiers_resolved"), of="hồ sơ trong kỳ"),
    ]


def _declared_card(totals: Sequence[Row]) -> Card:
    """The on-time figure of an authority whose units only declare: the sums over all its units.

    Shown only where every unit reported under the same definition; a partial sum is no province figure.
    """
    for row in totals:
        if row["peer_group_code"] == ALL_GROUPS and row["is_complete"] and row["value"] is not None:
            return Card(
                f"{row['indicator_short_name']} ({labels.reported_name([row['publisher_name']]).lower()})",
                labels.format_percent(row["value"]),
                f"{labels.format_fraction(row['numerator'], row['denominator'])} hồ sơ của {row['unit_count']} đơn vị",
            )
    return Card(ON_TIME, labels.NO_DATA, has_value=False)


def _card(label: str, now: Row | None, before: Row | None, of: str = "") -> Card:
    """A key figure with its denominator and its change against the period before, complete ones only."""
    if now is None or now["value"] is None:
        return Card(label, labels.value_or_status(now), has_value=False)
    thing = labels.counted_thing(now["family_code"])
    fraction = labels.format_fraction(now["numerator"], now["denominator"])
    of = of or f"{fraction} {thing}"
    if now["excluded_count"]:
        of += f", không tính {labels.format_count(now['excluded_count'])}"
    if now["value_status"] == "insufficient_sample":
        of += " – không đủ mẫu"
    change, tone = "", ""
    if before is not None and now["is_complete"]:
        change = labels.change_text(now["value"], before["value"], now["unit_of_measure_code"])
        tone = _tone(now, before)
    if change:
        change += f" so với {before['period_name']}"
    return Card(label, labels.format_value(now["value"], now["unit_of_measure_code"]), of, change, tone)


def _tone(now: Row, before: Row) -> str:
    """``better``, ``worse`` or nothing; volumes are neither."""
    if before["value"] is None or now["value"] == before["value"] or now["direction_code"] == "neutral":
        return ""
    is_up = now["value"] > before["value"]
    return "better" if is_up == (now["direction_code"] == "higher_is_better") else "worse"


def _draw_declared(view: state.View, period: Row, totals: Sequence[Row]) -> None:
    """The figures that units report or somebody published: unit by unit where they are few, else summed by group."""
    if not totals:
        return
    rows = data_access.declared_values(view.build, view.authority_code, period["period_code"])
    if len(rows) <= FEW_DECLARED:
        head, cells = "Đơn vị", [_declared_cells(view, row) for row in rows]
        lead = "Ghi nguyên theo nguồn; mỗi tỷ lệ có mẫu số riêng, không so sánh giữa các định nghĩa."
    else:
        head, cells = "Nhóm đơn vị", _total_cells(totals)
        lead = "Cộng từ số báo cáo của các đơn vị. Từng đơn vị: xem trang Xếp hạng đơn vị."
    columns = (
        components.Column(head),
        components.Column("Chỉ số"),
        components.Column("Giá trị", "num value"),
        components.Column("Tử số / mẫu số", "num"),
        components.Column("Mẫu số là", "wide"),
        components.Column("Nơi báo cáo, công bố", "wide"),
    )
    title = labels.reported_name(row["publisher_name"] for row in totals)
    components.show(components.section(title, lead) + components.table(columns, cells, title))


def _declared_cells(view: state.View, row: Row) -> list[str]:
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], row["period_code"]),
        components.text(row["indicator_short_name"]),
        components.text(labels.format_value(row["value"], "rate")),
        labels.format_fraction(row["numerator"], row["denominator"]) or labels.NO_DATA,
        components.text(row["denominator_text"] or labels.NO_DATA),
        components.text(row["publisher_name"] or labels.NO_DATA),
    ]


def _total_cells(totals: Sequence[Row]) -> list[list[str]]:
    """One line per declared rate and group, then one line for all groups where there are several."""
    groups = Counter(row["indicator_code"] for row in totals)
    return [
        _total_line(row) for row in totals if row["peer_group_code"] != ALL_GROUPS or groups[row["indicator_code"]] > 2
    ]


def _total_line(row: Row) -> list[str]:
    reporting = f"{row['reporting_unit_count']}/{row['unit_count']} đơn vị báo cáo"
    return [
        f"{components.text(row['peer_group_name'] or 'Cộng')} <span class=soft>({reporting})</span>",
        components.text(row["indicator_short_name"]),
        components.text(labels.format_value(row["value"], "rate")),
        labels.format_fraction(row["numerator"], row["denominator"])
        or components.text(row["not_added_text"] or labels.NO_DATA),
        components.text(row["denominator_text"] or labels.NO_DATA),
        components.text(row["publisher_name"] or labels.NO_DATA),
    ]


def _draw_trends(
    period: Row,
    history: Mapping[tuple[str, str], list[Row]],
    headline: tuple[str, str] | None,
    active_codes: set[str],
) -> None:
    """On-time rate and volumes over the periods of the chosen kind, where there are at least two."""
    kind = labels.KIND_TEXT[period["period_kind_code"]].lower()
    on_time = charts.active_span(history.get(headline, []) if headline else [], active_codes)
    received = charts.active_span(history.get(("dossiers_received", "computed"), []), active_codes)
    resolved = charts.active_span(history.get(("dossiers_resolved", "computed"), []), active_codes)
    if len(on_time) < 2 or len(received) < 2:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        name = on_time[0]["indicator_name"]
        lead = f"{name}; vùng nhạt: khoảng tin cậy 95%; điểm rỗng: kỳ chưa kết thúc"
        components.show(components.section(f"Đúng hạn theo {kind}", lead))
        st.altair_chart(charts.trend_chart(on_time), theme=None, width="stretch", alt=f"Đúng hạn theo {kind}")
    with right:
        lead = "Cột: tiếp nhận; đường: đã giải quyết; màu nhạt: kỳ chưa kết thúc"
        components.show(components.section(f"Hồ sơ theo {kind}", lead))
        chart = charts.volume_chart(received, resolved)
        st.altair_chart(chart, theme=None, width="stretch", alt=f"Hồ sơ tiếp nhận và đã giải quyết theo {kind}")


def _draw_watch(view: state.View, period: Row) -> None:
    """Units to look at, and how many were not judged; the list is made by month, from dossiers and ratings."""
    if not view.has_dossiers:
        return
    title = "Đơn vị cần chú ý"
    if period["period_kind_code"] != "month":
        text = "Danh sách này chỉ lập theo tháng; chọn loại kỳ «Tháng» để xem."
        components.show(components.section(title) + components.note(text))
        return
    rows = data_access.units_to_watch(view.build, view.authority_code, period["period_code"])
    if rows:
        lead = f"{period['period_name']}, nặng nhất trước. Bấm tên đơn vị để xem chi tiết."
        body = components.watch_list(view.authority_code, rows, period["period_code"])
    else:
        lead, body = "", components.note("Không có đơn vị nào vượt ngưỡng cần chú ý trong kỳ này.")
    components.show(components.section(title, lead) + body + _not_watched(view, period))


def _not_watched(view: state.View, period: Row) -> str:
    """How many units are too small for the list, and where their rates stand."""
    text = labels.not_watched_text(
        data_access.units_not_watched(view.build, view.authority_code, period["period_code"])
    )
    if not text:
        return ""
    kept = {
        "authority": view.authority_code,
        "by": "indicator",
        "kind": "month",
        "period": period["period_code"],
    }
    link = components.ranking_link("Tỷ lệ của các đơn vị ấy", **kept)
    return f'<p class="lead">{components.text(text)} {link} ở trang Xếp hạng đơn vị, phần Không xếp hạng.</p>'


def _draw_definitions(view: state.View, headline: tuple[str, str] | None, totals: Sequence[Row]) -> None:
    """How the figures of the page are counted."""
    registry = data_access.indicators(view.build)
    shown = [headline] if headline else []
    shown += [(code, "declared") for code in dict.fromkeys(row["indicator_code"] for row in totals)]
    if headline and headline[1] == "computed":
        shown += [(code, "computed") for code in EXPLAINED if code in registry]
    with st.expander("Cách tính các số liệu trên trang này"):
        for code, origin in dict.fromkeys(shown):
            components.show(components.definition_box(registry[code], origin))
