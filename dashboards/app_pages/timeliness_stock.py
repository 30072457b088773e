"""Đúng hạn, the open stock on the as-of date: its age, what falls due next, the dossiers, the units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards import components, download_buttons, downloads, labels, state
from dashboards import data_access_time as time_access
from dashboards.components import Column
from dashboards.data_access_time import TimeScope

Row = Mapping[str, Any]
# How many rows of a table stand open, and how many dossiers are listed and written into a file.
SHOWN, LISTED, FILE_SIZE = 25, 50, 5000
FALLING_DUE = ("due_today", "due_in_1", "due_in_2_3")


def draw(view: state.View, scope: TimeScope, unit_name: str) -> None:
    """The open stock on the as-of date by age, what falls due next, and by unit."""
    as_of = labels.format_date(view.build.as_of_date)
    title = f"Hồ sơ đang giải quyết đến {as_of}, {unit_name}"
    bands = {row["ageing_band_code"]: row for row in time_access.backlog_bands(view.build, scope)}
    if not bands:
        components.show(components.section(title) + components.note("Không thấy hồ sơ nào đang giải quyết.") + "<br>")
        return
    lead = "Ngày làm việc theo lịch của chính đơn vị, tính theo ngày; tính đến ngày chốt, không theo kỳ đã chọn."
    if not all(row["is_confirmed"] for row in bands.values()):
        lead += " Cách chia mức chưa được xác nhận."
    largest = max(row["open_count"] for row in bands.values()) or 1
    columns = (
        Column("Mức"),
        Column("Hồ sơ", "num value"),
        Column("", "bar wide"),
        Column("Trong đó đang chờ, tạm dừng", "num"),
    )
    cells = (
        [
            components.text(row["ageing_band_name"]),
            labels.format_count(row["open_count"]),
            components.rate_bar(row["open_count"], float(largest)),
            labels.format_count(row["waiting_count"]),
        ]
        for row in bands.values()
    )
    components.show(
        components.section(title, lead) + components.table(columns, cells, "Hồ sơ đang giải quyết theo mức")
    )
    _draw_open_dossiers(view, scope, unit_name, bands)
    if scope.is_authority:
        _draw_open_units(view, scope)


def _draw_open_dossiers(view: state.View, scope: TimeScope, unit_name: str, bands: Mapping[str, Row]) -> None:
    groups = {
        "overdue": ("Đã quá hạn", tuple(code for code, row in bands.items() if row["is_overdue"])),
        "falling_due": ("Đến hạn từ hôm nay (T) đến T−3", tuple(code for code in FALLING_DUE if code in bands)),
    }
    groups |= {code: (row["ageing_band_name"], (code,)) for code, row in bands.items()}
    counts = {name: sum(bands[code]["open_count"] for code in codes) for name, (_, codes) in groups.items()}
    with st.columns([2, 3])[0]:
        group = state.pick(
            "Liệt kê",
            list(groups),
            "band",
            "overdue" if counts["overdue"] else "falling_due",
            lambda name: f"{groups[name][0]} ({labels.format_count(counts[name])})",
        )
    name, codes = groups[group]
    if not counts[group]:
        components.show(components.note("Không có hồ sơ nào.") + "<br>")
        return
    rows = time_access.open_dossiers(view.build, scope, codes, LISTED)
    columns = (
        Column("Mã hồ sơ", "nowrap"),
        Column("Đơn vị", "wide"),
        Column("Thủ tục", "wide"),
        Column("Hẹn trả", "num"),
        Column("Ngày làm việc", "num value"),
        Column("Hạn tính lại", "num wide"),
        Column("Ngày làm việc đến hạn tính lại", "num wide"),
    )
    total = rows[0]["listed_count"]
    lead = f"{labels.format_count(total)} hồ sơ, gấp nhất đứng trước."
    if total > len(rows):
        lead += f" Dưới đây là {len(rows)} hồ sơ đầu."
    components.show(
        f'<p class="lead">{lead}</p>'
        + components.table(columns, (_open_cells(view, row) for row in rows), "Hồ sơ đang giải quyết")
    )
    download_buttons.draw_later(
        view,
        lambda: _open_sheet(view, scope, unit_name, name, codes),
        "Đang giải quyết",
        f"dang-giai-quyet-{group}_{scope.unit_code}",
    )


def _open_cells(view: state.View, row: Row) -> list[str]:
    link = components.dossier_link(view.authority_code, row["dossier_code"])
    if row["is_waiting"]:
        link += '<span class="why">đang chờ, tạm dừng</span>'
    return [
        link,
        components.text(row["unit_name"] or row["unit_code"]),
        components.text(row["procedure_name"] or row["procedure_code"] or labels.NO_DATA),
        labels.format_date(row["due_date"]),
        f'<span class="words">{labels.working_days_text(row["working_days_left"], row["is_overdue"])}</span>',
        labels.format_date(row["recomputed_due_at"]),
        labels.working_days_text(*_recomputed_days(row)),
    ]


def _recomputed_days(row: Row) -> tuple[int | None, bool, bool]:
    """Days, overdue, stopped: what labels.working_days_text tells of the recomputed due date."""
    is_late = row["timeliness_recomputed_by_date_code"] == "open_late"
    return row["recomputed_working_days_left"], is_late, row["is_recomputed_stopped"]


def _days_cells(days: int | None, is_overdue: bool, is_stopped: bool = False) -> list[str | int | None]:
    """The words that the screen says, and their number."""
    told = (days, is_overdue, is_stopped)
    return [labels.working_days_text(*told), labels.working_days_number(*told)]


def _open_sheet(
    view: state.View, scope: TimeScope, unit_name: str, name: str, codes: tuple[str, ...]
) -> downloads.Sheet:
    rows = time_access.open_dossiers(view.build, scope, codes, FILE_SIZE)
    cells = [
        [
            row["dossier_code"],
            row["unit_name"] or row["unit_code"],
            row["section_code"],
            row["procedure_name"] or row["procedure_code"],
            labels.format_date(row["received_date"]),
            labels.format_date(row["due_date"]),
            *_days_cells(row["working_days_left"], row["is_overdue"]),
            labels.format_date(row["recomputed_due_at"]),
            *_days_cells(*_recomputed_days(row)),
            "có" if row["is_waiting"] else "",
        ]
        for row in rows
    ]
    headers = ["Mã hồ sơ", "Đơn vị", "Bộ phận", "Thủ tục", "Tiếp nhận", "Hẹn trả", "So với hẹn trả (ngày làm việc)"]
    headers += ["Số ngày làm việc còn đến hẹn trả (âm: quá hạn)", "Hạn tính lại", "So với hạn tính lại (ngày làm việc)"]
    headers += ["Số ngày làm việc còn đến hạn tính lại (âm: quá hạn)", "Đang chờ, tạm dừng"]
    head = [
        ("Đơn vị", labels.named_code(unit_name, scope.unit_code)),
        ("Mức", name),
        ("Ô số để trống", "đang dừng, quá chưa đủ một ngày làm việc, hoặc không tính được: xem cột chữ bên cạnh"),
        ("Số dòng", f"nhiều nhất {FILE_SIZE} hồ sơ"),
    ]
    return download_buttons.sheet(
        view, "Hồ sơ đang giải quyết", "Đang giải quyết", head, headers, cells, [24, 42, 12, 46] + [14] * 8
    )


def _draw_open_units(view: state.View, scope: TimeScope) -> None:
    rows = time_access.backlog_units(view.build, scope)
    title = "Đang giải quyết theo đơn vị"
    columns = (
        Column("Đơn vị"),
        Column("Đang giải quyết", "num wide"),
        Column("Đã quá hạn", "num value"),
        Column("T", "num"),
        Column("T−1", "num"),
        Column("T−2, T−3", "num"),
    )
    names = ("open_count", "overdue_count", *(f"{band}_count" for band in FALLING_DUE))
    cells = [
        [
            components.unit_link(
                view.authority_code, row["unit_code"], row["unit_name"] or row["unit_code"], scope.period_code
            ),
            *(labels.format_count(row[name]) for name in names),
        ]
        for row in rows
    ]
    lead = "T: đến hạn hôm nay; T−1, T−2, T−3: còn một, hai, ba ngày làm việc."
    components.show(components.section(title, lead) + components.table(columns, cells[:SHOWN], title))
    if len(cells) > SHOWN:
        with st.expander(f"Các đơn vị còn lại ({len(cells) - SHOWN})"):
            components.show(components.table(columns, cells[SHOWN:], f"{title}, còn lại"))
    headers = ["Mã đơn vị", "Đơn vị", "Đang giải quyết", "Đã quá hạn", "T", "T−1", "T−2, T−3"]
    data = [[row["unit_code"], row["unit_name"], *(row[name] for name in names)] for row in rows]
    sheet = download_buttons.sheet(
        view, title, "Theo đơn vị (tồn)", [("Giải thích", lead)], headers, data, [14, 42] + [14] * 5
    )
    download_buttons.draw(view, sheet, "dang-giai-quyet-theo-don-vi")
