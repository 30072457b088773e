"""Quy trình: where the time goes, step by step: authority, unit, section, procedure, dossier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, download_buttons, downloads, labels, paging, state
from dashboards.data_access import StepScope

Row = Mapping[str, Any]
ALL = "*"
# How many rows of a table stand open, how many dossiers a page and a file hold.
SHOWN, PAGE_SIZE, FILE_SIZE = 15, 20, 5000
# What «trễ» means on this page.
BASIS = (
    "Trễ ở trang này là trễ so với hạn tính lại theo thời hạn của thủ tục, lịch làm việc và các lần tạm dừng; "
    "thủ tục không có thời hạn trong danh mục thì so với ngày hẹn trả. "
)
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
    kept = _kept(scope, period)
    rows = data_access.step_parts(view.build, scope, level)
    columns = (
        components.Column(title),
        components.Column("Số bước", "num wide"),
        components.Column("Phần trễ", "num value"),
        components.Column("Tổng xử lý", "num"),
        components.Column("Tổng chờ", "num"),
        components.Column("Xong sau hạn bước", "num wide"),
        components.Column("Chuyển đến", "num wide"),
        components.Column("Làm lại", "num wide"),
    )
    cells = [
        [
            components.process_link(_part_text(row), **{**kept, name: row["part_code"]}),
            labels.format_count(row["step_count"]),
            labels.duration_text(row["delay_seconds"], row["delay_measure_code"]) if row["delay_seconds"] else "–",
            labels.duration_text(row["work_seconds"], row["measure_code"]),
            labels.duration_text(row["wait_seconds"], row["measure_code"]) if row["stated_step_count"] else "–",
            *_step_counts(row),
        ]
        for row in rows
    ]
    caption = f"Theo {title.lower()}"
    lead = "Phần trễ nhiều nhất đứng trước. Bấm vào tên để xem bên trong; kỳ và các lựa chọn được giữ."
    components.show(components.section(caption, lead) + components.table(columns, cells[:SHOWN], caption))
    if len(cells) > SHOWN:
        with st.expander(f"Xem tất cả: còn {labels.format_count(len(cells) - SHOWN)} {title.lower()}"):
            components.show(components.table(columns, cells[SHOWN:], f"{caption}, còn lại"))
    sheet = _parts_sheet(view, scope, period, caption, rows)
    download_buttons.draw(view, sheet, f"quy-trinh-{level}_{scope.period_code}_{scope.unit_code}")


def _kept(scope: StepScope, period: Row) -> dict[str, str]:
    """The address of the scope: what every link of this page starts from."""
    kept = {"authority": scope.authority_code, "kind": period["period_kind_code"], "period": scope.period_code}
    filters = (
        ("unit", scope.unit_code, scope.authority_code),
        ("section", scope.section_code, ALL),
        ("procedure", scope.procedure_code, ALL),
    )
    return kept | {name: code for name, code, everything in filters if code != everything}


def _file_head(scope: StepScope, period: Row) -> list[tuple[str, str]]:
    """What a file says of its scope and of the delay."""
    head = [("Kỳ", state.period_text(period)), ("Đơn vị", scope.unit_code)]
    head += [("Bộ phận", scope.section_code)] if scope.section_code != ALL else []
    head += [("Thủ tục", scope.procedure_code)] if scope.procedure_code != ALL else []
    return [*head, ("Trễ", BASIS.strip())]


def _parts_sheet(view: state.View, scope: StepScope, period: Row, caption: str, rows: Sequence[Row]) -> downloads.Sheet:
    headers = ["Mã", caption.removeprefix("Theo ").capitalize(), "Số bước", "Phần trễ (ngày)"]
    headers += ["Tổng xử lý (ngày)", "Tổng chờ (ngày)", "Xong sau hạn bước", "Chuyển đến", "Làm lại"]
    cells = [
        [
            row["part_code"],
            _part_text(row),
            row["step_count"],
            labels.duration_days(row["delay_seconds"] or 0, row["delay_measure_code"] or row["measure_code"]),
            labels.duration_days(row["work_seconds"], row["measure_code"]),
            labels.duration_days(row["wait_seconds"], row["measure_code"]) if row["stated_step_count"] else None,
            row["late_step_count"] if row["limited_step_count"] else None,
            row["handed_over_count"],
            row["rework_count"],
        ]
        for row in rows
    ]
    head = _file_head(scope, period)
    return download_buttons.sheet(
        view, f"Quy trình {caption.lower()}", caption, head, headers, cells, [18, 46] + [14] * 7
    )


def _draw_delays(view: state.View, scope: StepScope, period: Row) -> None:
    """Where the late dossiers lost their time, by step and by unit, and which they are."""
    by_step = data_access.delays_by_step(view.build, scope)
    title = f"Hồ sơ trễ so với hạn tính lại mất thời gian ở đâu, {state.period_text(period)}"
    compared = _basis_line(view, scope, period)
    if not by_step:
        text = "Không thấy hồ sơ trễ nào có nhật ký trong kỳ, ở phạm vi này."
        components.show(components.section(title, BASIS) + compared + components.note(text))
        return
    lead = (
        f"{BASIS}Phần trễ (từ hạn đến lúc xong, hoặc đến ngày chốt) chia trước hết cho các bước vượt hạn của chính "
        "bước, còn lại cho bước đang giữ hồ sơ sau hạn; các phần cộng lại đúng bằng phần trễ."
    )
    components.show(
        components.section(title, lead)
        + compared
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
    _draw_delay_units(view, scope, period)
    _draw_late_dossiers(view, scope, period)


def _basis_line(view: state.View, scope: StepScope, period: Row) -> str:
    """How many finished dossiers are late by the appointment date, by the page's own, by both; where to compare."""
    counts = data_access.late_by_basis(view.build, scope)
    both, only_appointed, only_delayed = (
        labels.format_count(counts[name]) for name in ("both_count", "only_appointed_count", "only_delayed_count")
    )
    who = "của đơn vị này " if scope.unit_code != scope.authority_code else ""
    text = (
        f"Hồ sơ {who}kết thúc trong kỳ: {labels.format_count(counts['appointed_count'])} hồ sơ trễ so với ngày hẹn trả "
        f"(trang Đúng hạn đếm như vậy), trong đó {both} trễ cả so với hạn tính lại và {only_appointed} thì không, nên "
        f"không có phần trễ ở đây; {only_delayed} hồ sơ chỉ trễ so với hạn tính lại."
    )
    kept = {**_kept(replace(scope, section_code=ALL, procedure_code=ALL), period), "unit": scope.unit_code}
    link = components.claims_link("Xem hai hạn so với nhau ở trang Đối soát ›", **kept, section="recomputed")
    return f'<p class="lead">{components.text(text)} {link}</p>'


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


def _draw_delay_units(view: state.View, scope: StepScope, period: Row) -> None:
    rows = data_access.delays_by_unit(view.build, scope)
    page, pages = paging.asked_page(len(rows), SHOWN, "upage")
    total = sum(row["delay_seconds"] for row in rows)
    columns = (
        components.Column("Đơn vị"),
        components.Column("Tình trạng khi giữ"),
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
        for row in rows[(page - 1) * SHOWN : page * SHOWN]
    )
    lead = "Mọi hồ sơ trễ trong kỳ, kể cả hồ sơ không có nhật ký."
    if scope.unit_code != scope.authority_code:
        lead = "Những hồ sơ trễ mà đơn vị này có phần, chia cho mọi đơn vị có phần."
    caption = "Phần trễ theo đơn vị"
    components.show(
        components.section(caption, f"{lead} {labels.format_count(len(rows))} phần, lớn nhất đứng trước.")
        + components.table(columns, cells, caption)
        + paging.links(components.process_link, _kept(scope, period), page, pages, "upage")
    )
    headers = ["Mã đơn vị", "Đơn vị", "Tình trạng khi giữ", "Phần trễ (ngày)", "Hồ sơ"]
    data = [
        [
            row["unit_code"],
            row["unit_name"],
            labels.HOLDING_TEXT[row["holding_code"]],
            labels.duration_days(row["delay_seconds"], row["measure_code"]),
            row["dossier_count"],
        ]
        for row in rows
    ]
    sheet = download_buttons.sheet(
        view, caption, "Phần trễ", _file_head(scope, period), headers, data, [14, 46, 28, 16, 13]
    )
    download_buttons.draw(view, sheet, f"phan-tre-theo-don-vi_{scope.period_code}_{scope.unit_code}")


def _draw_late_dossiers(view: state.View, scope: StepScope, period: Row) -> None:
    count = data_access.late_dossiers(view.build, scope, 1)[0]["late_count"]
    page, pages = paging.asked_page(count, PAGE_SIZE, "page")
    rows = data_access.late_dossiers(view.build, scope, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    columns = (
        components.Column("Mã hồ sơ", "nowrap"),
        components.Column("Hạn dùng để tính", "num wide"),
        components.Column("Cả phần trễ", "num wide"),
        components.Column("Phần trễ ở phạm vi này", "num value"),
        components.Column("Mất nhiều nhất ở bước"),
    )
    cells = (
        [
            components.dossier_link(view.authority_code, row["dossier_code"]),
            _due_cell(row),
            labels.duration_text(row["dossier_delay_seconds"], row["measure_code"]),
            labels.duration_text(row["delay_seconds"], row["measure_code"]),
            components.text(_largest_step(row)),
        ]
        for row in rows
    )
    lead = f"{labels.format_count(count)} hồ sơ có nhật ký, phần trễ lớn nhất đứng trước."
    components.show(
        components.section("Hồ sơ trễ so với hạn tính lại", lead)
        + components.table(columns, cells, "Hồ sơ trễ theo bước")
        + paging.links(components.process_link, _kept(scope, period), page, pages, "page")
    )
    download_buttons.draw_later(
        view,
        lambda: _late_sheet(view, scope, period),
        "Hồ sơ trễ",
        f"ho-so-tre_{scope.period_code}_{scope.unit_code}",
    )


def _due_cell(row: Row) -> str:
    basis = labels.DUE_BASIS_TEXT[row["due_basis_code"]]
    return f'{labels.format_date(row["due_at"])}<span class="dates">{basis}</span>'


def _largest_step(row: Row) -> str:
    name = row["largest_activity_name"]
    return "ngoài phạm vi này" if name is None else labels.activity_text(name)


def _late_sheet(view: state.View, scope: StepScope, period: Row) -> downloads.Sheet:
    cells = [
        [
            row["dossier_code"],
            labels.format_date(row["due_at"]),
            labels.DUE_BASIS_TEXT[row["due_basis_code"]],
            labels.duration_days(row["dossier_delay_seconds"], row["measure_code"]),
            labels.duration_days(row["delay_seconds"], row["measure_code"]),
            _largest_step(row),
        ]
        for row in data_access.late_dossiers(view.build, scope, FILE_SIZE)
    ]
    head = [*_file_head(scope, period), ("Số dòng", f"nhiều nhất {FILE_SIZE} hồ sơ")]
    headers = ["Mã hồ sơ", "Hạn dùng để tính", "Hạn ấy là", "Cả phần trễ (ngày)", "Phần trễ ở phạm vi này (ngày)"]
    headers.append("Mất nhiều nhất ở bước")
    title = "Hồ sơ trễ so với hạn tính lại"
    return download_buttons.sheet(view, title, "Hồ sơ trễ", head, headers, cells, [24, 16, 22, 16, 16, 46])
