"""The units of a wave: who stands outside the limits of chance, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts_surveys, components, download_buttons, downloads, labels, labels_surveys, paging, state
from dashboards.components import Column
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]
PAGE_SIZE = 25
PAGE = "upage"
# So few units have no spread to draw.
FEW_UNITS = 3

COLUMNS = (
    Column("Đơn vị", "name"),
    Column("n (phiếu)", "num wide"),
    Column("Chỉ số", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("So với các đơn vị cùng khối", "words"),
    Column("Trong phễu", "wide words"),
)
HEADERS = (
    "Mã đơn vị",
    "Đơn vị",
    "Số phiếu",
    "Tỷ lệ trả lời (%)",
    "Chỉ số (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Chênh với cùng khối (điểm %)",
    "Chênh: dưới",
    "Chênh: trên",
    "Kết luận",
    "Trong phễu",
    "Lý do không có số",
)
WIDTHS = (12, 42, 10, 11, 11, 11, 11, 13, 11, 11, 24, 36, 40)


def _low_first(column: str) -> Callable[[Row], Any]:
    return lambda row: (row[column] is None, row[column] or 0)


def _high_first(column: str) -> Callable[[Row], Any]:
    return lambda row: (row[column] is None, -(row[column] or 0))


ORDERS: Mapping[str, tuple[str, Callable[[Row], Any]]] = {
    "low": ("Chỉ số, thấp trước", _low_first("estimate")),
    "high": ("Chỉ số, cao trước", _high_first("estimate")),
    "gap": ("Kém cùng khối nhiều trước", _low_first("difference")),
    "ahead": ("Hơn cùng khối nhiều trước", _high_first("difference")),
    "count": ("Số phiếu, ít trước", _low_first("answered_ballot_count")),
    "code": ("Mã đơn vị", lambda row: row["unit_code"]),
}


def draw(view: state.View, scope: WaveScope, wave: Row, units: Sequence[Row]) -> None:
    """Funnel, the units outside it by name, and the table."""
    if not units:
        return
    _draw_funnel(view, wave, units)
    _draw_table(view, wave, units)


def _drawn(units: Sequence[Row]) -> list[Row]:
    """The units of the funnel; none where they are too few to draw one."""
    placed = [row for row in units if row["position_code"] is not None]
    return placed if len(placed) >= FEW_UNITS else []


def _draw_funnel(view: state.View, wave: Row, units: Sequence[Row]) -> None:
    drawn = _drawn(units)
    title = "Đơn vị nào vượt may rủi của mẫu"
    if not drawn:
        text = "Dưới ba đơn vị có đủ phiếu, nên không vẽ được phễu."
        components.show("<br>" + components.section(title) + components.note(text) + "<br>")
        return
    lead = (
        "Ngang: cỡ mẫu hiệu dụng; dọc: chỉ số. Vạch đậm: chỉ số toàn địa phương; đường đứt: giới hạn 95%; đường "
        "liền: giới hạn 99,8%. Trong các đường ấy, khác nhau có thể chỉ do may rủi chọn mẫu."
    )
    components.show("<br>" + components.section(title, lead))
    st.altair_chart(charts_surveys.funnel_chart(drawn), theme=None, width="stretch", alt=title)
    components.show(_outside(view, wave, drawn) + "<br>")


def _outside(view: state.View, wave: Row, drawn: Sequence[Row]) -> str:
    """The units outside each limit by name, in words for those who cannot point at the chart."""
    lines = []
    for code in ("far_below", "below", "above", "far_above"):
        found = [row for row in drawn if row["position_code"] == code]
        if found:
            names = ", ".join(_unit_link(view, wave, row) for row in found)
            lines.append((f"{labels_surveys.POSITION_TEXT[code].capitalize()} ({len(found)})", names))
    if not lines:
        return components.note("Không đơn vị nào ra ngoài giới hạn 95%.")
    body = "".join(f"<dt>{components.text(label)}</dt><dd>{names}</dd>" for label, names in lines)
    return f'<div class="box"><h2>Đơn vị ngoài giới hạn</h2><dl class="definition narrow">{body}</dl></div>'


def _kept(view: state.View, wave: Row) -> dict[str, str]:
    return {
        "authority": view.authority_code,
        "wave": f"{wave['wave_code']}|{wave['instrument_code']}",
        "sort": state.kept("sort") or "low",
    }


def _unit_link(view: state.View, wave: Row, row: Row) -> str:
    return components.satisfaction_link(row["unit_name"], **_kept(view, wave), unit=row["unit_code"])


def _draw_table(view: state.View, wave: Row, units: Sequence[Row]) -> None:
    enough = sum(row["estimate"] is not None for row in units)
    title = "Các đơn vị của đợt"
    compared = next((row for row in units if row["difference"] is not None), None)
    lead = f"{enough}/{len(units)} đơn vị đủ mẫu để nêu chỉ số."
    if compared:
        lead += (
            f" «Khác rõ»: xác suất đã hiệu chỉnh vì so {labels.format_count(compared['family_size'])} lần vẫn dưới 5%."
        )
    components.show(components.section(title, lead))
    with st.columns([1.2, 3])[0]:
        order = state.pick("Sắp xếp", list(ORDERS), "sort", "low", lambda code: ORDERS[code][0])
    rows = sorted(units, key=ORDERS[order][1])
    page, pages = paging.asked_page(len(rows), PAGE_SIZE, PAGE)
    shown = rows[PAGE_SIZE * (page - 1) : PAGE_SIZE * page]
    links = paging.links(components.satisfaction_link, _kept(view, wave), page, pages, PAGE)
    has_funnel = bool(_drawn(units))
    cells = (_cells(view, wave, row, has_funnel) for row in shown)
    components.show(components.table(COLUMNS, cells, title) + links)
    head = labels_surveys.method_facts(wave)
    files = [_file_cells(row, wave["minimum_ballot_count"], has_funnel) for row in rows]
    sheet = download_buttons.sheet(view, f"{title}: {wave['wave_name']}", "Đơn vị", head, HEADERS, files, WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_don-vi_{wave['wave_code']}")


def _cells(view: state.View, wave: Row, row: Row, has_funnel: bool) -> list[str]:
    missing = labels_surveys.missing_text(row, wave["minimum_ballot_count"])
    count = "–" if row["answered_ballot_count"] is None else labels.format_count(row["answered_ballot_count"])
    link = _unit_link(view, wave, row)
    if missing:
        return [link, count, f'<span class="missing">{components.text(missing)}</span>', "–", "–", "–"]
    interval = labels_surveys.interval(row)
    rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span>'
    return [
        link,
        count,
        f'{rate}<span class="sub">{interval}<br>n = {count}</span>',
        interval,
        gap_cell(row) if row["difference"] is not None else "không có đơn vị cùng khối để so",
        components.text(labels_surveys.POSITION_TEXT[row["position_code"]]) if has_funnel else "–",
    ]


def gap_cell(row: Row) -> str:
    """A difference, its interval and what may be said of it."""
    words = components.text(labels_surveys.verdict(row))
    words = f"<b>{words}</b>" if labels_surveys.is_clear(row) else words
    interval = components.text(labels_surveys.difference_interval(row))
    return f'<span class="nowrap">{labels_surveys.difference(row)}</span>, {words}<span class="small">{interval}</span>'


def _file_cells(row: Row, minimum_ballot_count: int, has_funnel: bool) -> list[Any]:
    return [
        row["unit_code"],
        row["unit_name"],
        row["answered_ballot_count"],
        *(
            downloads.percent_number(row[name])
            for name in (
                "response_rate",
                "estimate",
                "interval_low",
                "interval_high",
                "difference",
                "difference_low",
                "difference_high",
            )
        ),
        labels_surveys.verdict(row) if row["difference"] is not None else "",
        labels_surveys.POSITION_TEXT[row["position_code"]] if has_funnel and row["estimate"] is not None else "",
        labels_surveys.missing_text(row, minimum_ballot_count),
    ]
