"""What groups of people say, what people expect, and whether they say what the systems say of timeliness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from dashboards import charts_surveys, components, download_buttons, downloads, labels, labels_surveys, paging, state
from dashboards import data_access_surveys as surveys
from dashboards.components import Column
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]
PAGE_SIZE = 15
PAGE = "tpage"

GROUPS = (
    Column("Nhóm", "name"),
    Column("Chỉ số", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n (phiếu)", "num wide"),
)
EXPECTATIONS = (
    Column("Mong đợi", "name"),
    Column("", "bar"),
    Column("Tỷ lệ", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n", "num wide"),
)
ON_TIME = (
    Column("Đơn vị", "name"),
    Column("Hệ thống ghi", "num"),
    Column("Kho tính", "num wide"),
    Column("Người dân nói", "num"),
    Column("Chênh lệch", "words"),
)
GROUP_HEADERS = ("Chia theo", "Nhóm", "Chỉ số (%)", "Khoảng 95%: dưới (%)", "Khoảng 95%: trên (%)", "Số phiếu", "Lý do")
GROUP_WIDTHS = (16, 34, 11, 11, 11, 11, 36)
EXPECTATION_HEADERS = (
    "Mã câu",
    "Mong đợi",
    "Tỷ lệ (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Số câu trả lời hợp lệ",
    "Lý do không có số",
)
EXPECTATION_WIDTHS = (9, 56, 11, 11, 11, 11, 36)
ON_TIME_HEADERS = (
    "Mã đơn vị",
    "Đơn vị",
    "Hệ thống ghi (%)",
    "Kho tính (%)",
    "Người dân nói (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Số phiếu",
    "Chênh (điểm %)",
    "Kết luận",
)
ON_TIME_WIDTHS = (12, 42, 11, 11, 11, 11, 11, 11, 11, 36)


def draw(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    """Groups and expectations of the unit, then timeliness of all units."""
    _draw_groups(view, scope, wave, unit_code, unit_name)
    _draw_expectations(view, scope, wave, unit_code, unit_name)
    _draw_on_time(view, scope, wave)


def _ordered(rows: Sequence[Row]) -> list[Row]:
    """Kinds and groups in the order of a ballot, those without words after them."""
    kinds, codes = list(labels_surveys.GROUP_KIND_TEXT), list(labels_surveys.GROUP_TEXT)

    def place(row: Row) -> tuple[Any, ...]:
        kind, code = row["group_kind_code"], row["group_code"]
        known = codes.index(code) if code in codes else -1
        return kinds.index(kind) if kind in kinds else len(kinds), kind, known, code

    return sorted(rows, key=place)


def _kind(row: Row) -> str:
    return labels_surveys.GROUP_KIND_TEXT.get(row["group_kind_code"], row["group_kind_code"])


def _draw_groups(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    rows = _ordered(surveys.groups(view.build, scope, unit_code))
    title = f"Theo nhóm người trả lời: {unit_name}"
    if not rows:
        text = "Phiếu của đợt này không ghi người trả lời thuộc nhóm nào."
        components.show("<br>" + components.section(title) + components.note(text))
        return
    lead = (
        "Nhóm dưới 5 người được giữ kín, cùng với nhóm khác khi để lại thì suy ra được. Khoảng chồng lên nhau: chưa đủ "
        "để nói hai nhóm khác nhau."
    )
    components.show("<br>" + components.section(title, lead))
    drawn = [
        (f"{_kind(row)}: {labels_surveys.group_name(row['group_code'])}", row)
        for row in rows
        if row["estimate"] is not None
    ]
    groups = [
        (kind, [_group_cells(row, wave["minimum_ballot_count"]) for row in of]) for kind, of in groupby(rows, key=_kind)
    ]
    table = components.grouped_table(GROUPS, groups, title)
    if drawn:
        left, right = st.columns([1, 1], gap="medium")
        with left:
            st.altair_chart(charts_surveys.interval_chart(drawn), theme=None, width="stretch", alt=title)
        with right:
            components.show(table)
    else:
        components.show(components.note("Không nhóm nào đủ mẫu để vẽ.") + table)
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), *labels_surveys.method_facts(wave)]
    cells = [
        [
            _kind(row),
            labels_surveys.group_name(row["group_code"]),
            *(downloads.percent_number(row[name]) for name in ("estimate", "interval_low", "interval_high")),
            row["answered_ballot_count"],
            labels_surveys.missing_text(row, wave["minimum_ballot_count"]),
        ]
        for row in rows
    ]
    sheet = download_buttons.sheet(view, title, "Nhóm người trả lời", head, GROUP_HEADERS, cells, GROUP_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_nhom_{wave['wave_code']}_{unit_code}")


def _group_cells(row: Row, minimum_ballot_count: int) -> list[str]:
    name = components.text(labels_surveys.group_name(row["group_code"]))
    count = "–" if row["answered_ballot_count"] is None else labels.format_count(row["answered_ballot_count"])
    missing = labels_surveys.missing_text(row, minimum_ballot_count)
    if missing:
        return [name, f'<span class="missing">{components.text(missing)}</span>', "–", count]
    interval = labels_surveys.interval(row)
    rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span>'
    return [name, f'{rate}<span class="sub">{interval}<br>n = {count}</span>', interval, count]


def _draw_expectations(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    rows = [row for row in surveys.items(view.build, scope, unit_code) if row["part_code"] == "expectation"]
    if not rows:
        return
    told = " hoặc ".join(sorted({row["good_text"] for row in rows if row["good_text"]})) or "ở mức cao nhất"
    title = f"Người dân mong đợi gì: {unit_name}"
    lead = f"Tỷ lệ người trả lời {told}, nhiều nhất đứng trước. Mong đợi không tính vào chỉ số hài lòng."
    ordered = sorted(rows, key=lambda row: (row["estimate"] is None, -(row["estimate"] or 0), row["item_order"]))
    cells = (_expectation_cells(row) for row in ordered)
    components.show("<br>" + components.section(title, lead) + components.table(EXPECTATIONS, cells, title))
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), ("Tỷ lệ", lead), *labels_surveys.method_facts(wave)]
    files = [_expectation_file_cells(row) for row in ordered]
    sheet = download_buttons.sheet(view, title, "Mong đợi", head, EXPECTATION_HEADERS, files, EXPECTATION_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_mong-doi_{wave['wave_code']}_{unit_code}")


def _expectation_file_cells(row: Row) -> list[Any]:
    return [
        row["item_code"],
        row["item_text"],
        *(downloads.percent_number(row[name]) for name in ("estimate", "interval_low", "interval_high")),
        row["valid_count"],
        labels_surveys.missing_text(row),
    ]


def _expectation_cells(row: Row) -> list[str]:
    count = "–" if row["valid_count"] is None else labels.format_count(row["valid_count"])
    missing = labels_surveys.missing_text(row)
    if missing:
        return [
            components.text(row["item_text"]),
            "",
            f'<span class="missing">{components.text(missing)}</span>',
            "–",
            count,
        ]
    interval = labels_surveys.interval(row)
    rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span>'
    return [
        components.text(row["item_text"]),
        components.rate_bar(row["estimate"], 1.0),
        f'{rate}<span class="sub">{interval}<br>n = {count}</span>',
        interval,
        count,
    ]


def _draw_on_time(view: state.View, scope: WaveScope, wave: Row) -> None:
    rows = surveys.on_time_perceptions(view.build, scope)
    if not rows:
        return
    title = "Đúng hạn: hệ thống ghi, kho tính, người dân nói"
    lead = (
        "Hệ thống ghi: ô đúng hạn của hệ thống nguồn trong năm của đợt; kho tính: từ ngày giờ của hồ sơ; người dân "
        "nói: tỷ lệ trả lời được trả đúng hẹn. Chênh lệch: hệ thống ghi trừ người dân nói."
    )
    page, pages = paging.asked_page(len(rows), PAGE_SIZE, PAGE)
    kept = {
        "authority": view.authority_code,
        "wave": f"{wave['wave_code']}|{wave['instrument_code']}",
        "unit": state.kept("unit") or view.authority_code,
    }
    cells = (_on_time_cells(row, view.authority_code) for row in rows[PAGE_SIZE * (page - 1) : PAGE_SIZE * page])
    components.show(
        "<br>"
        + components.section(title, lead)
        + components.table(ON_TIME, cells, title)
        + paging.links(components.satisfaction_link, kept, page, pages, PAGE)
    )
    files = [
        [
            row["unit_code"],
            row["unit_name"],
            *(
                downloads.percent_number(row[name])
                for name in ("claimed_rate", "computed_rate", "perceived_rate", "interval_low", "interval_high")
            ),
            row["answered_ballot_count"],
            downloads.percent_number(row["claim_gap"]),
            labels_surveys.GAP_TEXT[row["gap_code"]],
        ]
        for row in rows
    ]
    head = labels_surveys.method_facts(wave)
    sheet = download_buttons.sheet(view, title, "Đúng hạn", head, ON_TIME_HEADERS, files, ON_TIME_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_dung-hen_{wave['wave_code']}")


def _on_time_cells(row: Row, authority_code: str) -> list[str]:
    name = components.text(row["unit_name"])
    name = "<b>Toàn địa phương</b>" if row["unit_code"] == authority_code else name
    if row["perceived_rate"] is None:
        missing = labels_surveys.missing_text(row | {"estimate": None})
        said = f'<span class="missing">{components.text(missing)}</span>'
    else:
        detail = f"{labels_surveys.interval(row)}<br>n = {labels.format_count(row['answered_ballot_count'])}"
        rate = labels_surveys.percent(row["perceived_rate"])
        said = f'<span class="rate">{rate}</span><span class="small">{detail}</span>'
    gap = labels_surveys.difference({"difference": row["claim_gap"]})
    words = components.text(labels_surveys.GAP_TEXT[row["gap_code"]])
    return [
        name,
        _rate(row["claimed_rate"]),
        _rate(row["computed_rate"]),
        said,
        words if row["claim_gap"] is None else f'<span class="nowrap">{gap}</span>, {words}',
    ]


def _rate(value: Any) -> str:
    return f'<span class="missing">{labels.NO_DATA}</span>' if value is None else labels_surveys.percent(value)
