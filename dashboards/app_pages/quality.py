"""Chất lượng dữ liệu: what was received, what became of each row, which rules are broken, each unit's grade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dagster_project.landing.contracts import load_contracts
from dashboards import components, data_access, download_buttons, downloads, labels, state
from dashboards.components import Card, Column

Row = Mapping[str, Any]
SHOWN_UNITS = 25


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Chất lượng dữ liệu", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    periods = data_access.periods_with_data(view.build, view.authority_code)
    if not periods:
        # Nothing is counted of these files yet; that they came, and what became of their rows, is shown all the same.
        components.show(components.note(f"Địa phương này {labels.NO_DATA} theo kỳ trong bản dựng.") + "<br>")
        _draw_received(view, (dt.date.min, dt.date.max), "mọi ngày", "moi-ngay")
        return
    period = state.pick_period(view, periods, st.columns([1, 1.4, 2.6]))
    span = (period["start_date"], period["end_date"])
    files = data_access.deliveries(view.build, view.authority_code, *span)
    _draw_headline(files)
    _draw_grades(view, period)
    _draw_months(view, period)
    _draw_rules(view, files, span)
    _draw_files(view, files, state.period_text(period), period["period_code"])


def _draw_received(view: state.View, span: tuple[dt.date, dt.date], span_text: str, span_code: str) -> None:
    """Files, broken rules and the list of files of a span of days."""
    files = data_access.deliveries(view.build, view.authority_code, *span)
    _draw_headline(files)
    _draw_rules(view, files, span)
    _draw_files(view, files, span_text, span_code)


def _draw_headline(files: Sequence[Row]) -> None:
    """How many files and rows, and the equation that none of them was lost."""
    if not files:
        components.show(components.note("Không có tệp nào nói về kỳ này.", True))
        return
    read, accepted, rejected, ignored, flagged = (
        sum(row[name] for row in files)
        for name in ("rows_read", "rows_accepted", "rows_rejected", "rows_ignored", "rows_flagged")
    )
    count = labels.format_count
    components.show(
        components.cards(
            [
                Card("Tệp đã nhận", count(len(files)), "có số liệu của kỳ, hoặc là danh mục"),
                Card("Dòng đọc", count(read), "tính trọn tệp, kể cả phần ngoài kỳ"),
                Card("Dòng nhận", count(accepted), f"trong đó {count(flagged)} dòng bị đánh dấu, vẫn được tính"),
                Card("Dòng loại", count(rejected), "lý do từng dòng: lệnh «cchc rejected»"),
                Card("Dòng bỏ qua", count(ignored), "tiêu đề phụ, dòng cộng, dòng trống"),
            ]
        )
        + '<p class="equation">'
        + components.text(_equation(read, accepted, rejected, ignored))
        + "</p>"
    )


def _equation(read: int, accepted: int, rejected: int, ignored: int) -> str:
    """The conservation of rows as the reader can check it."""
    count = labels.format_count
    right = f"{count(accepted)} nhận + {count(rejected)} loại + {count(ignored)} bỏ qua"
    if read == accepted + rejected + ignored:
        return f"{count(read)} dòng đọc = {right}: không mất dòng nào."
    return f"{count(read)} dòng đọc ≠ {right}: số dòng không khớp, hãy báo quản trị kho."


def _draw_grades(view: state.View, period: Row) -> None:
    rows = data_access.quality_grades(view.build, view.authority_code, period["period_code"])
    title = f"Xếp loại dữ liệu của từng đơn vị, {state.period_text(period)}"
    if not rows:
        text = "Chưa xếp loại được: kỳ này không có hồ sơ hay phiếu khảo sát nào của địa phương, chỉ có số báo cáo."
        components.show(components.section(title) + components.note(text))
        return
    lead = (
        "A tốt nhất, D kém nhất; hồ sơ thuộc đơn vị giải quyết. Xếp theo mức kém nhất trong các thước đo; "
        "kém nhất đứng trước."
    )
    if any(row["is_grade_confirmed"] is False for row in rows):
        lead += " Ngưỡng do kho tự đặt, chưa được xác nhận."
    columns = (
        Column("Đơn vị"),
        Column("Xếp loại", "nowrap"),
        Column("Vì sao"),
        Column("Hồ sơ", "num wide"),
        Column("Không bị đánh dấu", "num wide"),
    )
    first, rest = rows[:SHOWN_UNITS], rows[SHOWN_UNITS:]
    components.show(
        components.section(title, lead)
        + components.table(columns, (_grade_cells(view, row) for row in first), "Xếp loại dữ liệu")
    )
    if rest:
        with st.expander(f"Các đơn vị còn lại ({len(rest)})"):
            cells = (_grade_cells(view, row) for row in rest)
            components.show(components.table(columns, cells, "Xếp loại dữ liệu, các đơn vị còn lại"))
    head = [("Kỳ", state.period_text(period)), ("Cách xếp", lead)]
    download_buttons.draw(view, _grades_sheet(view, head, rows), f"xep-loai-du-lieu_{period['period_code']}")


def _grade_cells(view: state.View, row: Row) -> list[str]:
    rate = row["unflagged_rate"]
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], row["period_code"]),
        components.grade_badge(row),
        components.text(labels.grade_reason(row)),
        labels.format_count(row["dossier_count"]),
        "–" if rate is None else components.text(labels.format_percent(rate)),
    ]


def _grades_sheet(view: state.View, head: list[tuple[str, str]], rows: Sequence[Row]) -> downloads.Sheet:
    headers = ["Mã đơn vị", "Đơn vị", "Xếp loại", "Vì sao", "Hồ sơ", "Bị đánh dấu", "Không bị đánh dấu (%)"]
    headers += [labels.FLAG_CLASS_TEXT[code].capitalize() for code in labels.FLAG_CLASS_TEXT]
    headers += list(labels.FEED_TEXT.values())
    cells = [
        [
            row["unit_code"],
            row["unit_name"],
            labels.grade_text(row),
            labels.grade_reason(row),
            row["dossier_count"],
            row["flagged_dossier_count"],
            downloads.percent_number(row["unflagged_rate"]),
            *(row[f"{code}_count"] for code in labels.FLAG_CLASS_TEXT),
            *(labels.FEED_STATUS_TEXT[row[f"{feed}_status"]] for feed in labels.FEED_TEXT),
        ]
        for row in rows
    ]
    widths = [14, 42, 12, 50] + [14] * (len(headers) - 4)
    return download_buttons.sheet(view, "Xếp loại chất lượng dữ liệu", "Xếp loại", head, headers, cells, widths)


def _draw_months(view: state.View, period: Row) -> None:
    """Units × months: who gave what, those who lack most first."""
    rows = data_access.quality_months(view.build, view.authority_code, period["end_date"])
    title = "Đã nhận hay còn thiếu, theo tháng"
    if not rows:
        text = "Không có tháng nào để xét: địa phương chỉ có số báo cáo theo khoảng ngày."
        components.show(components.section(title) + components.note(text))
        return
    lead = (
        "Thiếu (✕): tháng đó đơn vị khác của địa phương có số liệu, đơn vị này thì không – chưa gửi, hoặc không "
        "phát sinh. Không có số liệu (–): cả địa phương không có, hoặc đơn vị chưa thành lập."
    )
    components.show(components.section(title, lead))
    with st.columns([1.4, 3.6])[0]:
        feed = state.pick("Loại số liệu", list(labels.FEED_TEXT), "feed", "dossiers", labels.FEED_TEXT.__getitem__)
    by_unit: dict[str, list[Row]] = {}
    for row in rows:
        by_unit.setdefault(row["unit_code"], []).append(row)
    ordered = sorted(by_unit.values(), key=lambda months: -_missing_months(months, feed))
    lacking = sum(1 for months in ordered if _missing_months(months, feed))
    months = len(ordered[0])
    summary = (
        f"{labels.FEED_TEXT[feed]}: {lacking} trong {len(ordered)} đơn vị thiếu ít nhất một tháng trong {months} tháng."
    )
    components.show(
        f'<p class="lead">{components.text(summary)}</p>'
        + components.month_table(view.authority_code, ordered[:SHOWN_UNITS], f"{feed}_status", title)
    )
    if rest := ordered[SHOWN_UNITS:]:
        with st.expander(f"Các đơn vị còn lại ({len(rest)})"):
            components.show(components.month_table(view.authority_code, rest, f"{feed}_status", f"{title}, còn lại"))


def _missing_months(months: Sequence[Row], feed: str) -> int:
    return sum(1 for row in months if row[f"{feed}_status"] == "missing")


def _draw_rules(view: state.View, files: Sequence[Row], span: tuple[dt.date, dt.date]) -> None:
    rows = data_access.broken_rules(view.build, view.authority_code, *span)
    title = "Quy tắc bị vi phạm nhiều nhất"
    if not rows:
        text = "Mọi tệp của kỳ đạt mọi quy tắc kiểm tra." if files else "Không có tệp nào để kiểm tra."
        components.show(components.section(title) + components.note(text))
        return
    columns = (
        Column("Quy tắc"),
        Column("Xử lý"),
        Column("Không đạt / đã xét", "num"),
        Column("Ví dụ chung về chỗ sai", "wide"),
        Column("Tệp", "wide"),
    )
    cells = (
        [
            _rule_name(row),
            components.text(labels.EFFECT_TEXT[row["effect_code"]]),
            labels.format_fraction(row["failed_count"], row["checked_count"]),
            components.text(row["example_text"] or "–"),
            components.text(labels.files_text(row["file_names"])),
        ]
        for row in rows
    )
    lead = "Quy tắc nói điều phải đúng; ví dụ là một trường hợp sai. Đánh dấu và báo cáo: dòng vẫn được tính."
    components.show(components.section(title, lead) + components.table(columns, cells, title))


def _rule_name(row: Row) -> str:
    """The rule with, on a phone, the file that breaks it."""
    files = components.text(labels.files_text(row["file_names"], 1))
    return f'{components.text(row["rule_text"])}<span class="sub">{files}</span>'


def _draw_files(view: state.View, files: Sequence[Row], span_text: str, span_code: str) -> None:
    title = "Tệp đã nhận"
    if not files:
        return
    columns = (
        Column("Tệp"),
        Column("Loại số liệu", "wide"),
        Column("Số liệu của", "wide nowrap"),
        Column("Đọc", "num wide"),
        Column("Nhận", "num"),
        Column("Loại", "num"),
        Column("Bỏ qua", "num wide"),
        Column("Kết quả"),
    )
    lead = "Mới nhất trước; danh mục không có ngày nên luôn có mặt."
    first, rest = files[:SHOWN_UNITS], files[SHOWN_UNITS:]
    components.show(
        components.section(title, lead) + components.table(columns, (_file_cells(row) for row in first), title)
    )
    if rest:
        with st.expander(f"Các tệp còn lại ({len(rest)})"):
            components.show(components.table(columns, (_file_cells(row) for row in rest), f"{title}, còn lại"))
    head = [("Kỳ", span_text), ("Số dòng", "tính trọn tệp, kể cả phần ngoài kỳ")]
    download_buttons.draw(view, _files_sheet(view, head, files), f"tep-da-nhan_{span_code}")


def _file_cells(row: Row) -> list[str]:
    source = components.text(_source_title(row["source_code"]))
    return [
        f'<span class="file">{components.text(row["file_name"])}</span><span class="sub">{source}</span>',
        source,
        components.text(_span_text(row)),
        labels.format_count(row["rows_read"]),
        labels.format_count(row["rows_accepted"]),
        labels.format_count(row["rows_rejected"]),
        labels.format_count(row["rows_ignored"]),
        components.text(_result_text(row)),
    ]


def _files_sheet(view: state.View, head: list[tuple[str, str]], files: Sequence[Row]) -> downloads.Sheet:
    headers = ["Tệp", "Loại số liệu", "Số liệu từ ngày", "Số liệu đến ngày", "Dòng đọc", "Dòng nhận", "Dòng loại"]
    headers += ["Dòng bỏ qua", "Dòng bị đánh dấu", "Quy tắc không đạt", "Kết quả", "Mã lần nạp"]
    cells = [
        [
            row["file_name"],
            _source_title(row["source_code"]),
            _day_text(row["data_from_date"]),
            _day_text(row["data_until_date"]),
            row["rows_read"],
            row["rows_accepted"],
            row["rows_rejected"],
            row["rows_ignored"],
            row["rows_flagged"],
            row["failed_rule_count"],
            _result_text(row),
            row["delivery_id"],
        ]
        for row in files
    ]
    widths = [42, 42] + [14] * 8 + [36, 20]
    return download_buttons.sheet(view, "Tệp đã nhận", "Tệp đã nhận", head, headers, cells, widths)


def _source_title(source_code: str) -> str:
    """The Vietnamese title of a canonical source; its code where this version no longer knows it."""
    contract = load_contracts().get(source_code)
    return contract.title if contract else source_code


def _day_text(day: dt.date | None) -> str:
    return "" if day is None else labels.format_date(day)


def _span_text(row: Row) -> str:
    """The days that a file speaks of."""
    first, last = row["data_from_date"], row["data_until_date"]
    if last is None:
        return "danh mục"
    return labels.format_date(last) if first == last else f"{labels.format_date(first)} – {labels.format_date(last)}"


def _result_text(row: Row) -> str:
    """What was found in a file, in words."""
    parts = []
    if row["rows_rejected"]:
        parts.append(f"loại {labels.format_count(row['rows_rejected'])} dòng")
    if row["rows_flagged"]:
        parts.append(f"đánh dấu {labels.format_count(row['rows_flagged'])} dòng")
    if row["failed_rule_count"]:
        parts.append(f"{row['failed_rule_count']} quy tắc không đạt")
    return ", ".join(parts) or "đạt"
