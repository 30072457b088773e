"""Đơn vị: one unit, its indicators over time against its peers' median, its ranks, its overdue dossiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, labels, state

Row = Mapping[str, Any]


def render(view: state.View) -> None:
    """Draw the page for the unit named in the address, else the first unit of the authority."""
    units = {row["unit_code"]: row for row in data_access.units(view.build, view.authority_code)}
    own = [code for code, row in units.items() if row["unit_bloc_code"] != "authority"]
    header = st.container()
    columns = st.columns([2.2, 0.8, 1.3])
    code = state.pick_unit(
        view, columns[0], list(units), (own or list(units))[0], lambda c: f"{units[c]['unit_name']} ({c})"
    )
    unit = units[code]
    as_of = labels.format_date(view.build.as_of_date)
    with header:
        components.show(
            components.page_header(
                unit["unit_name"], view.authority_name, view.is_synthetic, as_of, view.build.build_id
            )
        )
    components.show(_identity(unit, units))
    periods = data_access.periods_with_data(view.build, view.authority_code, code)
    if not periods:
        components.show(components.note(f"Đơn vị này {labels.NO_DATA} trong bản dựng."))
        return
    period = state.pick_period(view, periods, columns[1:3])
    components.show(_links(view, code, period))
    _draw_quality(view, code, period)
    series = data_access.unit_series(view.build, view.authority_code, code, period["period_kind_code"])
    _draw_values(series, period)
    _draw_history(series, period, {row["period_code"] for row in periods})
    _draw_overdue(view, code, period)


def _identity(unit: Row, units: Mapping[str, Row]) -> str:
    """Bloc, code, parent, and whether the registry knows the unit."""
    parts = [unit["unit_bloc_name"], f"mã {unit['unit_code']}"]
    if unit["parent_unit_code"]:
        parent = units.get(unit["parent_unit_code"])
        parts.append(f"trực thuộc {parent['unit_name'] if parent else unit['parent_unit_code']}")
    badges = "".join(f'<span class="badge quiet">{components.text(part)}</span> ' for part in parts)
    if not unit["is_registered"]:
        badges += '<span class="badge">chưa có trong danh mục đơn vị</span>'
    return badges


def _draw_quality(view: state.View, unit_code: str, period: Row) -> None:
    """The grade of the unit's data in the period and why, before any figure made of them."""
    graded = data_access.quality_grades(view.build, view.authority_code, period["period_code"])
    for row in graded:
        if row["unit_code"] == unit_code:
            reason = components.text(labels.grade_reason(row))
            components.show(f'{components.grade_badge(row, is_labelled=True)} <span class="soft">{reason}</span>')


def _draw_values(series: Sequence[Row], period: Row) -> None:
    """Every indicator of the period with its denominator, its rank and its peers' median."""
    rows = [row for row in series if row["period_code"] == period["period_code"]]
    columns = (
        components.Column("Chỉ số"),
        components.Column("Giá trị", "num value"),
        components.Column("Tử số / mẫu số", "num wide"),
        components.Column("Không tính", "num wide"),
        components.Column("Khoảng tin cậy 95%", "num wide"),
        components.Column("Trung vị nhóm", "num"),
        components.Column("Hạng", "num"),
    )
    components.show(
        components.section(f"Các chỉ số, {state.period_text(period)}")
        + components.table(columns, (_value_cells(row) for row in rows), "Các chỉ số của đơn vị")
    )


def _value_cells(row: Row) -> list[str]:
    name = components.text(row["indicator_short_name"])
    if row["indicator_code"] in labels.COUNTED_AT:
        name += f' <span class="soft">({labels.COUNTED_AT[row["indicator_code"]]})</span>'
    if row["origin_code"] == "declared":
        name += f' <span class="badge quiet">{labels.ORIGIN_TEXT["declared"]}</span>'
    if not row["is_confirmed"]:
        name += '<span class="why">chưa được xác nhận</span>'
    if row["value"] is not None and row["value_status"] != "ok":
        name += f'<span class="why">{components.text(labels.status_text(row))}</span>'
    fraction = labels.format_fraction(row["numerator"], row["denominator"])
    value = components.text(labels.value_or_status(row))
    median, rank = row["peer_group_median"], "–"
    if row["unit_rank"] is not None:
        rank = f"{labels.rank_text(row['unit_rank'], row['is_tied'])}/{row['ranked_unit_count']}"
    return [
        name,
        f'<span class="missing">{value}</span>'
        if row["value"] is None
        else f'{value}<span class="sub">{fraction}</span>',
        fraction or "–",
        "–"
        if row["denominator"] is None or row["excluded_count"] is None
        else labels.format_count(row["excluded_count"]),
        labels.format_interval(row["interval_low"], row["interval_high"]) or "–",
        "–" if median is None else components.text(labels.format_value(median, row["unit_of_measure_code"])),
        rank,
    ]


def _draw_history(series: Sequence[Row], period: Row, active_codes: set[str]) -> None:
    """Small multiples: one chart per indicator with a value, over the periods in which the unit is active."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in series:
        groups.setdefault((row["indicator_code"], row["origin_code"]), []).append(row)
    spans = [charts.active_span(rows, active_codes) for rows in groups.values()]
    drawn = [span for span in spans if len(span) > 1]
    if not drawn:
        return
    kind = labels.KIND_TEXT[period["period_kind_code"]].lower()
    components.show(
        components.section(
            f"Diễn biến theo {kind}",
            "Đường liền: đơn vị; đường đứt xám: trung vị của nhóm; "
            "vùng nhạt: khoảng tin cậy 95%; điểm rỗng: kỳ chưa kết thúc.",
        )
    )
    for start in range(0, len(drawn), 2):
        for column, rows in zip(st.columns(2, gap="medium"), drawn[start : start + 2], strict=False):
            with column:
                origin = f" ({labels.ORIGIN_TEXT['declared']})" if rows[0]["origin_code"] == "declared" else ""
                components.show(f"<b>{components.text(rows[0]['indicator_short_name'] + origin)}</b>")
                chart = charts.trend_chart(rows, height=170)
                st.altair_chart(chart, theme=None, width="stretch", alt=rows[0]["indicator_name"])


def _links(view: state.View, unit_code: str, period: Row) -> str:
    """The ways on from here, with unit and period kept."""
    kept = _kept(view, unit_code, period)
    links = (
        components.time_link("Đúng hạn", **kept),
        components.process_link("Quy trình", **kept),
        components.claims_link("Đối soát", **kept),
    )
    return (
        f'<p class="crumbs">Đơn vị này, {components.text(state.period_text(period))}, ở trang: {" · ".join(links)}</p>'
    )


def _kept(view: state.View, unit_code: str, period: Row) -> dict[str, str]:
    return {
        "authority": view.authority_code,
        "kind": period["period_kind_code"],
        "period": period["period_code"],
        "unit": unit_code,
    }


def _finished_late(view: state.View, unit_code: str, period: Row) -> str:
    """Where those are that the list of open dossiers leaves out."""
    address = {"definition": "on_time_rate__resolved", "by": "dossier", "list": "missed"}
    link = components.time_link("hồ sơ đã xong trễ hạn", **_kept(view, unit_code, period), **address)
    name = components.text(state.period_text(period))
    return f'<p class="lead">Chỉ liệt kê hồ sơ chưa xong; xem {link} trong {name}.</p>'


def _draw_overdue(view: state.View, unit_code: str, period: Row) -> None:
    rows = data_access.overdue_dossiers(view.build, view.authority_code, unit_code)
    as_of = labels.format_date(view.build.as_of_date)
    title = "Hồ sơ đang giải quyết đã quá hạn"
    if not rows:
        text = f"Không thấy hồ sơ nào đang giải quyết mà đã quá hạn, tính đến {as_of}."
        more = _finished_late(view, unit_code, period)
        if not view.has_dossiers:
            text, more = f"{labels.NO_DATA.capitalize()}: bản dựng không chứa hồ sơ của địa phương này.", ""
        components.show(components.section(title) + components.note(text) + more)
        return
    columns = (
        components.Column("Mã hồ sơ", "nowrap"),
        components.Column("Thủ tục", "wide"),
        components.Column("Tiếp nhận", "num wide"),
        components.Column("Hẹn trả", "num"),
        components.Column("Quá hạn (ngày làm việc)", "num value"),
        components.Column("Hạn tính lại", "num wide"),
    )
    cells = (
        [
            components.dossier_link(view.authority_code, row["dossier_code"]),
            components.text(row["procedure_name"] or row["procedure_code"] or labels.NO_DATA),
            labels.format_date(row["received_date"]),
            labels.format_date(row["due_date"]),
            labels.overdue_days_text(row["overdue_working_days"]),
            labels.format_date(row["recomputed_due_at"]),
        ]
        for row in rows
    )
    total = labels.format_count(rows[0]["open_late_count"])
    lead = f"Tính đến {as_of}: {total} hồ sơ; dưới đây là {len(rows)} hồ sơ quá hạn lâu nhất."
    components.show(
        components.section(title, lead)
        + _finished_late(view, unit_code, period)
        + components.table(columns, cells, title)
    )
