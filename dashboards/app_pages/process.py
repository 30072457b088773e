"""Quy trình: where the time goes, step by step: authority, unit, section, procedure, dossier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, labels, state
from dashboards.data_access import StepScope

Row = Mapping[str, Any]
ALL = "*"
# How many parts of the delay are listed.
SHOWN = 15
# What lies inside a scope, by its level: the level below, the name of a part, the filter that a link to it sets.
PARTS = {
    "authority": ("unit", "Đơn vị", "unit"),
    "unit": ("section", "Bộ phận", "section"),
    "section": ("procedure", "Thủ tục", "procedure"),
}


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Quy trình", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    periods = data_access.step_periods(view.build, view.authority_code)
    if not periods:
        text = "Không có nhật ký xử lý của địa phương này trong bản dựng, nên không biết thời gian nằm ở bước nào."
        components.show(components.note(text))
        return
    scope, period = _pick_scope(view, periods)
    rows = data_access.step_times(view.build, scope)
    if not rows:
        components.show(components.note(f"Không có nhật ký xử lý nào trong {state.period_text(period)} ở phạm vi này."))
        return
    _draw_summary(rows)
    _draw_times(rows, period)
    _draw_delays(view, scope, period)
    _draw_parts(view, scope, period)


def _pick_scope(view: state.View, periods: Sequence[Row]) -> tuple[StepScope, Row]:
    """The filters: period, unit, section and procedure; each list holds what the log has under the filter before it."""
    columns = st.columns([0.8, 1.1, 2, 1.1, 2])
    period = state.pick_period(view, periods, columns[:2])
    authority = view.authority_code
    scope = StepScope(authority, period["period_code"], period["start_date"], period["end_date"], authority)
    texts = _part_texts(view, scope, authority, "Toàn địa phương")
    unit = state.pick_unit(view, columns[2], list(texts), authority, texts.__getitem__)
    scope = replace(scope, unit_code=unit)
    if unit == authority:
        return scope, period
    with columns[3]:
        section = _pick_part(view, scope, "Bộ phận", ALL, "Mọi bộ phận")
    scope = replace(scope, section_code=section)
    if section == ALL:
        return scope, period
    with columns[4]:
        procedure = _pick_part(view, scope, "Thủ tục", ALL, "Mọi thủ tục")
    return replace(scope, procedure_code=procedure), period


def _pick_part(view: state.View, scope: StepScope, label: str, everything: str, everything_text: str) -> str:
    texts = _part_texts(view, scope, everything, everything_text)
    return state.pick(label, list(texts), PARTS[scope.level_code][2], everything, texts.__getitem__)


def _part_texts(view: state.View, scope: StepScope, everything: str, everything_text: str) -> dict[str, str]:
    """The parts of the scope by code, everything first."""
    rows = data_access.step_parts(view.build, scope, PARTS[scope.level_code][0])
    parts = {row["part_code"]: _part_text(row) for row in rows}
    return {everything: everything_text} | dict(sorted(parts.items()))


def _part_text(row: Row) -> str:
    if row["part_code"] == "-":
        return "không ghi"
    return row["part_name"] or row["part_code"]


def _draw_summary(rows: Sequence[Row]) -> None:
    """Key figures of the scope, each with what it is counted over; what the log does not record has no figure."""
    total = sum(row["total_seconds"] for row in rows)
    waiting = sum(row["total_seconds"] for row in rows if row["time_kind_code"] == "wait")
    steps = sum(row["step_count"] for row in rows)
    measure = rows[0]["measure_code"]
    wait = components.Card("Thời gian chờ", labels.NO_DATA, "nhật ký không ghi trạng thái", has_value=False)
    if any(row["stated_step_count"] for row in rows):
        of = f"{labels.duration_text(waiting, measure)}/{labels.duration_text(total, measure)}"
        wait = components.Card("Thời gian chờ", labels.share_text(waiting, total), of)
    limited = sum(row["limited_step_count"] for row in rows)
    late = components.Card("Xong sau hạn của bước", labels.NO_DATA, "nhật ký không ghi hạn của bước", has_value=False)
    if limited:
        late = _count_card("Xong sau hạn của bước", rows, "late_step_count", limited, "bước có hạn")
    components.show(
        components.cards(
            [
                components.Card("Bước đã xong", labels.format_count(steps), "có trong nhật ký"),
                wait,
                _count_card("Chuyển đơn vị, bộ phận", rows, "handed_over_count", steps, "bước"),
                _count_card("Bước làm lại", rows, "rework_count", steps, "bước"),
                late,
            ]
        )
    )


def _count_card(title: str, rows: Sequence[Row], name: str, whole: int, thing: str) -> components.Card:
    count = sum(row[name] for row in rows)
    of = f"{labels.format_count(count)} trên {labels.format_count(whole)} {thing}"
    return components.Card(title, labels.share_text(count, whole), of)


def _step_counts(row: Row) -> list[str]:
    """Late steps, where any has a limit, hand-overs and rework as cells."""
    late = labels.format_count(row["late_step_count"]) if row["limited_step_count"] else "–"
    return [late, *(labels.format_count(row[name]) for name in ("handed_over_count", "rework_count"))]


def _draw_times(rows: Sequence[Row], period: Row) -> None:
    measure = labels.MEASURE_TEXT[rows[0]["measure_code"]]
    lead = (
        f"Thời gian của một bước tính từ lúc bước trước xong đến lúc bước này xong ({measure}). "
        "Bước trước để hồ sơ chờ bổ sung, chờ nộp tiền hoặc dừng thì đó là thời gian chờ. "
        "Cột đến trung vị; vạch: 90% số bước không lâu hơn mức này (ngày)."
    )
    components.show(components.section(f"Thời gian mỗi bước, {state.period_text(period)}", lead))
    st.altair_chart(charts.step_chart(rows), theme=None, width="stretch", alt="Thời gian mỗi bước")
    columns = (
        components.Column("Bước"),
        components.Column("Thời gian"),
        components.Column("Số bước", "num wide"),
        components.Column("Trung vị", "num value"),
        components.Column("90% không quá", "num"),
        components.Column("Tổng", "num wide"),
        components.Column("Xong sau hạn bước", "num wide"),
        components.Column("Chuyển đến", "num wide"),
        components.Column("Làm lại", "num wide"),
    )
    components.show(components.table(columns, map(_time_cells, rows), "Thời gian mỗi bước"))


def _time_cells(row: Row) -> list[str]:
    measure = row["measure_code"]
    count = labels.format_count(row["step_count"])
    return [
        f'{components.text(row["activity_name"])}<span class="sub">{count} bước</span>',
        labels.TIME_KIND_TEXT[row["time_kind_code"]],
        count,
        labels.duration_text(row["median_seconds"], measure),
        labels.duration_text(row["p90_seconds"], measure),
        labels.duration_text(row["total_seconds"], measure),
        *_step_counts(row),
    ]


def _draw_parts(view: state.View, scope: StepScope, period: Row) -> None:
    """The parts of the scope, each a link one level down with the filters kept."""
    if scope.level_code not in PARTS:
        return
    level, title, name = PARTS[scope.level_code]
    kept = {"authority": scope.authority_code, "kind": period["period_kind_code"], "period": scope.period_code}
    if level != "unit":
        kept["unit"] = scope.unit_code
    if level == "procedure":
        kept["section"] = scope.section_code
    columns = (
        components.Column(title),
        components.Column("Số bước", "num"),
        components.Column("Tổng xử lý", "num value"),
        components.Column("Tổng chờ", "num"),
        components.Column("Xong sau hạn bước", "num wide"),
        components.Column("Chuyển đến", "num wide"),
        components.Column("Làm lại", "num wide"),
    )
    cells = (
        [
            components.process_link(_part_text(row), **kept, **{name: row["part_code"]}),
            labels.format_count(row["step_count"]),
            labels.duration_text(row["work_seconds"], row["measure_code"]),
            labels.duration_text(row["wait_seconds"], row["measure_code"]) if row["stated_step_count"] else "–",
            *_step_counts(row),
        ]
        for row in data_access.step_parts(view.build, scope, level)
    )
    components.show(
        components.section(f"Theo {title.lower()}", "Bấm vào tên để xem bên trong; kỳ và các lựa chọn được giữ.")
        + components.table(columns, cells, f"Theo {title.lower()}")
    )


def _draw_delays(view: state.View, scope: StepScope, period: Row) -> None:
    """Where the late dossiers lost their time, by step and by unit, and which they are."""
    by_step = data_access.delays_by_step(view.build, scope)
    title = f"Hồ sơ trễ mất thời gian ở đâu, {state.period_text(period)}"
    if not by_step:
        text = "Không thấy hồ sơ trễ nào có nhật ký trong kỳ, ở phạm vi này."
        components.show(components.section(title) + components.note(text))
        return
    lead = (
        "Phần trễ (từ hạn đến lúc xong, hoặc đến ngày chốt) chia trước hết cho các bước vượt hạn của chính bước, "
        "còn lại cho bước đang giữ hồ sơ sau hạn; các phần cộng lại đúng bằng phần trễ."
    )
    components.show(
        components.section(title, lead)
        + components.table(
            (
                components.Column("Bước"),
                components.Column("Phần trễ", "num value"),
                components.Column("Tỷ lệ", "num"),
                components.Column("Hồ sơ", "num wide"),
                components.Column("Mất nhiều nhất ở bước này", "num"),
            ),
            _delay_step_cells(by_step),
            "Phần trễ theo bước",
        )
    )
    _draw_delay_units(view, scope)
    _draw_late_dossiers(view, scope)


def _delay_step_cells(rows: Sequence[Row]) -> list[list[str]]:
    total = sum(row["delay_seconds"] for row in rows)
    return [
        [
            components.text(labels.activity_text(row["activity_name"]) + (" (chờ)" if row["is_wait"] else "")),
            labels.duration_text(row["delay_seconds"], row["measure_code"]),
            labels.share_text(row["delay_seconds"], total),
            labels.format_count(row["dossier_count"]),
            labels.format_count(row["largest_count"]),
        ]
        for row in rows
    ]


def _draw_delay_units(view: state.View, scope: StepScope) -> None:
    rows = data_access.delays_by_unit(view.build, scope)
    total = sum(row["delay_seconds"] for row in rows)
    columns = (
        components.Column("Đơn vị"),
        components.Column("Hồ sơ ở đó để"),
        components.Column("Phần trễ", "num value"),
        components.Column("Tỷ lệ", "num"),
        components.Column("Hồ sơ", "num wide"),
    )
    cells = (
        [
            components.unit_link(
                view.authority_code, row["unit_code"], row["unit_name"] or row["unit_code"], scope.period_code
            ),
            labels.HOLDING_TEXT[row["holding_code"]],
            labels.duration_text(row["delay_seconds"], row["measure_code"]),
            labels.share_text(row["delay_seconds"], total),
            labels.format_count(row["dossier_count"]),
        ]
        for row in rows[:SHOWN]
    )
    lead = "Mọi hồ sơ trễ trong kỳ, kể cả hồ sơ không có nhật ký."
    if scope.unit_code != scope.authority_code:
        lead = "Những hồ sơ trễ mà đơn vị này có phần, chia cho mọi đơn vị có phần."
    if len(rows) > SHOWN:
        lead += f" Dưới đây là {SHOWN} phần lớn nhất trong {len(rows)}."
    components.show(
        components.section("Phần trễ theo đơn vị", lead) + components.table(columns, cells, "Phần trễ theo đơn vị")
    )


def _draw_late_dossiers(view: state.View, scope: StepScope) -> None:
    rows = data_access.late_dossiers(view.build, scope)
    columns = (
        components.Column("Mã hồ sơ", "nowrap"),
        components.Column("Hạn", "num wide"),
        components.Column("Cả phần trễ", "num wide"),
        components.Column("Phần trễ ở phạm vi này", "num value"),
        components.Column("Mất nhiều nhất ở bước"),
    )
    cells = (
        [
            components.dossier_link(view.authority_code, row["dossier_code"]),
            labels.format_date(row["due_at"]),
            labels.duration_text(row["dossier_delay_seconds"], row["measure_code"]),
            labels.duration_text(row["delay_seconds"], row["measure_code"]),
            "ngoài phạm vi này"
            if row["largest_activity_name"] is None
            else components.text(labels.activity_text(row["largest_activity_name"])),
        ]
        for row in rows
    )
    lead = f"{labels.format_count(rows[0]['late_count'])} hồ sơ; dưới đây là {len(rows)} hồ sơ có phần trễ lớn nhất."
    components.show(components.section("Hồ sơ trễ", lead) + components.table(columns, cells, "Hồ sơ trễ theo bước"))
