"""Đúng hạn: every definition side by side, its trend, where it is missed down to the dossier, what falls due next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, labels, state
from dashboards import data_access_time as time_access
from dashboards.app_pages import timeliness_parts, timeliness_stock
from dashboards.app_pages.timeliness_parts import FILTERS, ORGANISED
from dashboards.components import Column
from dashboards.data_access_time import TimeScope

Row = Mapping[str, Any]
START = "on_time_rate__resolved"


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Đúng hạn", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    periods = data_access.periods_with_data(view.build, view.authority_code)
    if not periods:
        components.show(components.note(f"Địa phương này {labels.NO_DATA} trong bản dựng."))
        return
    scope, period, unit_name = _pick_scope(view, periods)
    values = time_access.indicator_values(view.build, scope, "timeliness")
    title = f"Các định nghĩa đúng hạn, {unit_name}, {state.period_text(period)}"
    if not view.has_dossiers:
        _draw_definitions(values, scope, title)
        text = f"{labels.NO_DATA.capitalize()} về từng hồ sơ: bản dựng chỉ có số báo cáo của địa phương."
        components.show(components.note(text))
        return
    is_deep = any(state.kept(name) for name in FILTERS) or state.kept("by") == "dossier"
    with st.expander(title) if is_deep else st.container():
        _draw_definitions(values, scope, title)
    definition = _pick_definition(values)
    with st.expander("Diễn biến") if is_deep else st.container():
        _draw_trend(view, scope, period, definition)
    timeliness_parts.draw(view, scope, period, definition)
    timeliness_stock.draw(view, scope, unit_name)
    _draw_service(view, scope, period, unit_name)


def _pick_scope(view: state.View, periods: Sequence[Row]) -> tuple[TimeScope, Row, str]:
    """Period, view of units and unit from their boxes; section, procedure, domain, channel from the links followed."""
    columns = st.columns([0.9, 1.2, 1.4, 2.2])
    period = state.pick_period(view, periods, columns[:2])
    with columns[2]:
        organised = state.pick("Đơn vị theo", list(ORGANISED), "org", "then", ORGANISED.__getitem__)
    authority = view.authority_code
    days = (period["start_date"], period["end_date"])
    scope = TimeScope(authority, period["period_code"], *days, authority, organised == "now")
    names = {row["unit_code"]: row["unit_name"] for row in time_access.shown_units(view.build, scope)}
    unit = state.pick_unit(
        view,
        columns[3],
        list(names),
        authority,
        lambda code: "Toàn địa phương" if code == authority else f"{names[code]} ({code})",
    )
    # A section is one of its unit: another unit chosen in the box starts above it.
    if st.session_state.get("time_unit", unit) != unit or unit == authority:
        state.drop("section")
    st.session_state["time_unit"] = unit
    return (
        replace(scope, unit_code=unit, **timeliness_parts.asked_filters()),
        period,
        names.get(unit, view.authority_name),
    )


def _draw_definitions(values: Sequence[Row], scope: TimeScope, title: str) -> None:
    has_figure = [row for row in values if row["value"] is not None or row["declared_value"] is not None]
    # What could not be computed stands with its reason; where nothing is assessed there is none to give.
    shown = [row for row in values if row in has_figure or row["value_status"] != "not_assessed"]
    if not has_figure:
        components.show(
            components.section(title) + components.note(f"{labels.NO_DATA.capitalize()} ở kỳ này.") + "<br>"
        )
        return
    has_claims = any(row["declared_value"] is not None for row in shown)
    lead = (
        "Mỗi định nghĩa có mẫu số riêng, trả lời một câu hỏi riêng: không so số của định nghĩa này với số của "
        "định nghĩa kia."
    )
    if has_claims:
        lead += " Số báo cáo là số đơn vị tự báo cáo cho đúng kỳ và đúng định nghĩa, chưa ai kiểm chứng."
    elif scope.is_today:
        lead += " Theo tổ chức hiện nay thì không nêu số báo cáo: số ấy là của đơn vị đã báo cáo."
    columns = [
        Column("Định nghĩa và cái được đếm"),
        Column("Giá trị", "num value"),
        Column("", "bar wide"),
        Column("Tử số / mẫu số", "num wide"),
        Column("Không tính", "num wide"),
        Column("Khoảng tin cậy 95%", "num wide"),
    ]
    if has_claims:
        columns.append(Column("Số báo cáo", "num wide"))
    cells = ([*_definition_cells(row), *([_claim(row)] if has_claims else [])] for row in shown)
    components.show(components.section(title, lead) + components.table(columns, cells, "Các định nghĩa đúng hạn"))


def _definition_cells(row: Row) -> list[str]:
    return [
        _indicator_name(row),
        _value(row),
        components.rate_bar(row["value"], float(row["multiplier"])),
        *_count_cells(row),
    ]


def _indicator_name(row: Row) -> str:
    counted = components.text(f"{row['numerator_text']} / {row['denominator_text']}")
    name = f'<b>{components.text(row["indicator_short_name"])}</b><span class="counted">{counted}</span>'
    if not row["is_confirmed"]:
        name += '<span class="why">chưa được xác nhận</span>'
    if row["value"] is not None and row["value_status"] != "ok":
        name += f'<span class="why">{components.text(labels.status_text(row))}</span>'
    return name


def _value(row: Row) -> str:
    if row["value"] is None:
        return f'<span class="missing">{components.text(_missing_text(row))}</span>'
    value = components.text(labels.value_or_status(row))
    sub = labels.format_fraction(row["numerator"], row["denominator"])
    if row["declared_value"] is not None:
        sub += (
            f"<br>số báo cáo {components.text(labels.format_value(row['declared_value'], row['unit_of_measure_code']))}"
        )
    return f'{value}<span class="sub">{sub}</span>'


def _missing_text(row: Row) -> str:
    """Why there is no value, and how many dossiers the definition had to leave out."""
    reason = labels.status_text(row)
    if reason == labels.NO_DATA:
        return reason
    left_out = f" ({labels.format_count(row['excluded_count'])} hồ sơ không tính)" if row["excluded_count"] else ""
    return f"{labels.NO_DATA}: {reason}{left_out}"


def _count_cells(row: Row) -> list[str]:
    """Fraction, exclusions and interval of an indicator row."""
    return [
        labels.format_fraction(row["numerator"], row["denominator"]) or "–",
        "–" if row["excluded_count"] is None else labels.format_count(row["excluded_count"]),
        labels.format_interval(row["interval_low"], row["interval_high"]) or "–",
    ]


def _claim(row: Row) -> str:
    if row["declared_value"] is None:
        return "–"
    value = components.text(labels.format_value(row["declared_value"], row["unit_of_measure_code"]))
    fraction = labels.format_fraction(row["declared_numerator"], row["declared_denominator"])
    claim = f'{value}<br><span class="soft">{fraction}</span>'
    if row["unit_count"] is not None:
        claim += f'<br><span class="soft">{row["reporting_unit_count"]}/{row["unit_count"]} đơn vị báo cáo</span>'
    return claim


def _pick_definition(values: Sequence[Row]) -> Row:
    rates = {
        row["indicator_code"]: row for row in values if row["is_computed"] and row["unit_of_measure_code"] == "rate"
    }
    with st.columns([2, 3])[0]:
        start = START if START in rates else next(iter(rates))
        code = state.pick(
            "Xem kỹ định nghĩa", list(rates), "definition", start, lambda c: rates[c]["indicator_short_name"]
        )
    return rates[code]


def _draw_trend(view: state.View, scope: TimeScope, period: Row, definition: Row) -> None:
    """One definition over the periods in which the unit existed and had something to count."""
    kind = period["period_kind_code"]
    rows = time_access.indicator_series(view.build, scope, definition["indicator_code"], kind)
    span = charts.active_span(rows, {row["period_code"] for row in rows if row["has_activity"]})
    title = f"{definition['indicator_short_name']} theo {labels.KIND_TEXT[kind].lower()}"
    if len(span) < 2:
        text = "Chưa đủ hai kỳ có số liệu để vẽ diễn biến."
        components.show(components.section(title) + components.note(text) + "<br>")
        return
    lead = "Vùng nhạt: khoảng tin cậy 95%; điểm rỗng: kỳ chưa kết thúc. Không vẽ những kỳ đơn vị chưa có."
    if scope.is_today:
        lead += " Kỳ trước khi sắp xếp là tổng của các đơn vị nay thuộc đơn vị này."
        odd = [row["period_name"] for row in span if row["is_comparable"] is False]
        if odd:
            lead += (
                f" {len(odd)} trên {len(span)} kỳ không so được với cùng kỳ năm trước, vì việc đã chuyển đến hoặc đi."
            )
    components.show(components.section(title, lead))
    st.altair_chart(charts.trend_chart(span), theme=None, width="stretch", alt=title)


def _draw_service(view: state.View, scope: TimeScope, period: Row, unit_name: str) -> None:
    """What is done around the dossiers: supplements, apologies, payment, hand-over; and officers often late."""
    rows = time_access.indicator_values(view.build, scope, "service")
    columns = (
        Column("Chỉ số và cái được đếm"),
        Column("Giá trị", "num value"),
        Column("Tử số / mẫu số", "num wide"),
        Column("Không tính", "num wide"),
        Column("Khoảng tin cậy 95%", "num wide"),
    )
    cells = ([cell for place, cell in enumerate(_definition_cells(row)) if place != 2] for row in rows)
    title = f"Chỉ số khác về hồ sơ, {unit_name}, {state.period_text(period)}"
    components.show(components.section(title) + components.table(columns, cells, "Chỉ số khác về hồ sơ"))
    _draw_officers(view, scope)


def _draw_officers(view: state.View, scope: TimeScope) -> None:
    rows = time_access.repeat_late_officers(view.build, scope)
    if not rows:
        return
    first = rows[0]
    lead = (
        f"Cán bộ có hơn {first['threshold_count']} hồ sơ trễ trong {first['threshold_months']} tháng đến ngày chốt, "
        "không kể hồ sơ có lý do chính đáng. Chỉ đếm, không nêu ai; ngưỡng chưa được xác nhận."
    )
    columns = (
        Column("Đơn vị"),
        Column("Cán bộ", "num value"),
        Column("Hồ sơ trễ của họ", "num"),
        Column("Có lý do, không tính", "num wide"),
    )
    cells = (
        [
            components.unit_link(
                view.authority_code, row["unit_code"], row["unit_name"] or row["unit_code"], scope.period_code
            ),
            *(labels.format_count(row[name]) for name in ("officer_count", "late_count", "justified_count")),
        ]
        for row in rows
    )
    components.show(
        components.section("Trễ nhiều lần", lead) + components.table(columns, cells, "Cán bộ trễ nhiều lần theo đơn vị")
    )
