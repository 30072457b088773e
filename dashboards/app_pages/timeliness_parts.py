"""Đúng hạn, one definition taken apart: by unit, section, procedure, domain and channel, down to its dossiers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dagster_project.console import vi_moment
from dagster_project.explaining.dossier import BASES, COUNTED
from dagster_project.explaining.memberships import MEMBERSHIPS
from dashboards import components, data_access, download_buttons, downloads, labels, paging, state
from dashboards import data_access_time as time_access
from dashboards.components import Column
from dashboards.data_access_time import TimeScope

Row = Mapping[str, Any]
# How many rows of a table stand open, and how many dossiers a page and a file hold.
SHOWN, PAGE_SIZE, FILE_SIZE = 25, 50, 5000
PARTS = {
    "unit": "Đơn vị",
    "section": "Bộ phận",
    "procedure": "Thủ tục",
    "domain": "Lĩnh vực",
    "channel": "Kênh nộp",
    "dossier": "Hồ sơ",
}
# The way down; lĩnh vực and kênh narrow it from the side.
PATH = ("unit", "section", "procedure")
# What a link narrows a unit by, and its column.
FILTERS = {
    "section": "section_code",
    "procedure": "procedure_code",
    "domain": "domain_name",
    "channel": "channel_code",
}
ORDERS = {"missed": "Không đạt nhiều nhất", "rate": "Tỷ lệ thấp nhất", "denominator": "Mẫu số lớn nhất", "name": "Tên"}
OUTCOMES = {"missed": "Không đạt", "met": "Đạt", "excluded": "Không tính"}
# Definitions that hold against each other the hour, not the day.
BY_CLOCK = ("on_time_rate__resolved_timestamp", "on_time_rate__handed_over")
ORGANISED = {"then": "Theo tổ chức khi đó", "now": "Theo tổ chức hiện nay"}
# How '' – the dossier does not say – stands in the address.
UNSAID = "-"


def asked_filters() -> dict[str, str]:
    """The filters in the address below the unit, by column of the scope."""
    asked = {column: state.kept(name) for name, column in FILTERS.items()}
    return {column: "" if value == UNSAID else value for column, value in asked.items() if value}


def draw(view: state.View, scope: TimeScope, period: Row, definition: Row) -> None:
    """Where the chosen definition is missed, one level at a time, down to the dossiers."""
    code = definition["indicator_code"]
    kept = _kept(scope, period, code)
    components.show(components.section(f"{definition['indicator_short_name']}: chia nhỏ", _parts_lead(code)))
    components.show(_crumbs(view, scope, kept))
    is_additive = code in MEMBERSHIPS
    choices = _part_choices(scope, is_additive)
    total = time_access.time_totals(view.build, scope, code) if is_additive else definition
    if is_additive or not _is_narrowed(scope):
        components.show(_total_line(definition, total))
    if is_additive and not total["denominator"] + total["excluded_count"]:
        return
    if not choices:
        components.show(components.note(_not_listed(code)) + "<br>")
        return
    left, middle, _ = st.columns([1, 1.2, 2])
    with left:
        by = state.pick("Chia theo", choices, "by", choices[0], PARTS.__getitem__)
    if by == "dossier":
        _draw_dossiers(view, scope, definition, kept, middle)
        return
    with middle:
        order = state.pick("Xếp theo", list(ORDERS), "sort", "missed", ORDERS.__getitem__)
    if is_additive:
        rows = time_access.time_parts(view.build, scope, code, by, order)
    else:
        rows = time_access.unit_values(view.build, scope, code, order)
    _draw_part_table(view, scope, definition, rows, by, {**kept, "sort": order})


def _parts_lead(code: str) -> str:
    if code not in MEMBERSHIPS:
        return "Bấm vào tên đơn vị để xem riêng đơn vị ấy; kỳ và các lựa chọn được giữ."
    lead = "Bấm vào tên để xuống một cấp: đơn vị, bộ phận, thủ tục, rồi từng hồ sơ; kỳ và các lựa chọn được giữ."
    if code == "on_time_rate__due_in_period":
        lead += " Hồ sơ thuộc đơn vị giữ nó vào ngày hẹn trả."
    return lead


def _not_listed(code: str) -> str:
    """Why a definition that is counted by unit only lists no dossiers."""
    counted_in = BASES[code.removeprefix("on_time_rate__")][0]
    return (
        "Định nghĩa này chỉ đếm được theo đơn vị, không cộng được theo bộ phận, thủ tục, lĩnh vực hay kênh, nên ở đây "
        f"cũng không có danh sách hồ sơ. Nó tính một hồ sơ vào {counted_in}; trang Hồ sơ nói từng hồ sơ được tính thế "
        "nào vào ngày chốt."
    )


def _part_choices(scope: TimeScope, is_additive: bool) -> list[str]:
    """What the scope can be divided by: the next level first."""
    if not is_additive:
        return ["unit"] if scope.is_authority and not _is_narrowed(scope) else []
    taken = {name for name, column in FILTERS.items() if getattr(scope, column) is not None}
    taken.add("section" if scope.is_authority else "unit")
    return [name for name in PARTS if name not in taken]


def _is_narrowed(scope: TimeScope) -> bool:
    return any(getattr(scope, column) is not None for column in FILTERS.values())


def _kept(scope: TimeScope, period: Row, code: str) -> dict[str, str]:
    """The address of the scope: what every link of this section starts from."""
    kept = {
        "authority": scope.authority_code,
        "kind": period["period_kind_code"],
        "period": scope.period_code,
        "org": "now" if scope.is_today else "then",
        "definition": code,
        "unit": scope.unit_code,
    }
    for name, column in FILTERS.items():
        value = getattr(scope, column)
        if value is not None:
            kept[name] = value or UNSAID
    return kept


def _next_part(kept: Mapping[str, str]) -> str:
    """The level below an address on the way down."""
    for name in PATH:
        if name not in kept or (name == "unit" and kept["unit"] == kept["authority"]):
            return name
    return "dossier"


def _crumbs(view: state.View, scope: TimeScope, kept: Mapping[str, str]) -> str:
    """The way from the authority to the scope; each step leads back to it."""
    base = {name: value for name, value in kept.items() if name not in FILTERS}
    base["unit"] = scope.authority_code
    steps = [("Toàn địa phương", dict(base))]
    names = time_access.scope_names(view.build, scope)
    texts = {
        "unit": None if scope.is_authority else names["unit_name"] or scope.unit_code,
        "section": scope.section_code,
        "procedure": names["procedure_name"] or scope.procedure_code,
        "domain": scope.domain_name,
        "channel": _channel(scope.channel_code),
    }
    for name, text in texts.items():
        if text is None:
            continue
        base[name] = kept[name]
        prefix = "" if name == "unit" else f"{PARTS[name]} "
        steps.append((f"{prefix}{text or 'không ghi'}", dict(base)))
    links = [components.time_link(text, **address, by=_next_part(address)) for text, address in steps[:-1]]
    return components.breadcrumb([*links, f"<b>{components.text(steps[-1][0])}</b>"])


def _channel(code: str | None) -> str | None:
    return labels.CHANNEL_TEXT.get(code, code) if code else code


def _total_line(definition: Row, total: Row) -> str:
    """What the whole scope comes to, as the reader can check it against the parts."""
    numerator, denominator = total["numerator"], total["denominator"]
    if not denominator:
        return components.note("Không có hồ sơ nào để tính ở phạm vi này.") + "<br>"
    rate = labels.format_percent(total["value"])
    missed = labels.format_count(denominator - numerator)
    excluded = labels.format_count(total["excluded_count"])
    fraction = labels.format_fraction(numerator, denominator)
    text = f"{fraction} hồ sơ đạt = {rate}; {missed} không đạt; {excluded} không tính."
    mark = "" if definition["is_confirmed"] else ' <span class="badge quiet">chưa được xác nhận</span>'
    return f'<p class="equation">{components.text(text)}{mark}</p>'


def _draw_part_table(
    view: state.View, scope: TimeScope, definition: Row, rows: Sequence[Row], by: str, kept: dict[str, str]
) -> None:
    if not rows:
        return
    title = f"Theo {PARTS[by].lower()}"
    columns = (
        Column(PARTS[by]),
        Column("Giá trị", "num value"),
        Column("", "bar wide"),
        Column("Đạt / tính", "num wide"),
        Column("Không đạt", "num"),
        Column("Không tính", "num wide"),
    )
    cells = [_part_cells(row, by, kept) for row in rows]
    components.show(components.table(columns, cells[:SHOWN], title))
    if len(cells) > SHOWN:
        with st.expander(f"Còn lại ({len(cells) - SHOWN})"):
            components.show(components.table(columns, cells[SHOWN:], f"{title}, còn lại"))
    sheet = _parts_sheet(view, scope, definition, rows, by)
    download_buttons.draw(view, sheet, f"dung-han-{by}_{kept['period']}_{kept['unit']}")


def _part_cells(row: Row, by: str, kept: dict[str, str]) -> list[str]:
    address = {**kept, by: row["part_code"] or UNSAID}
    fraction = labels.format_fraction(row["numerator"], row["denominator"])
    value = "–" if row["value"] is None else components.text(labels.format_percent(row["value"]))
    return [
        components.time_link(_part_text(row, by), **address, by=_next_part(address)),
        f'{value}<span class="sub">{fraction}</span>',
        components.rate_bar(row["value"], 1.0),
        fraction,
        labels.format_count(row["missed_count"]),
        labels.format_count(row["excluded_count"]),
    ]


def _part_text(row: Row, by: str) -> str:
    if not row["part_code"]:
        return "không ghi"
    if by == "channel":
        return _channel(row["part_code"])
    return row["part_name"] or row["part_code"]


def _parts_sheet(view: state.View, scope: TimeScope, definition: Row, rows: Sequence[Row], by: str) -> downloads.Sheet:
    cells = [
        [
            row["part_code"],
            _part_text(row, by),
            downloads.percent_number(row["value"]),
            row["numerator"],
            row["denominator"],
            row["missed_count"],
            row["excluded_count"],
        ]
        for row in rows
    ]
    headers = ["Mã", PARTS[by], "Giá trị (%)", "Tử số", "Mẫu số", "Không đạt", "Không tính"]
    return download_buttons.sheet(
        view,
        f"{definition['indicator_name']} theo {PARTS[by].lower()}",
        f"Theo {PARTS[by].lower()}",
        _file_head(view, scope, definition),
        headers,
        cells,
        [24, 46, 13, 13, 13, 13, 13],
    )


def _file_head(view: state.View, scope: TimeScope, definition: Row) -> list[tuple[str, str]]:
    """What a file says of its scope and definition, in names with their codes."""
    names = time_access.scope_names(view.build, scope)
    period = data_access.period(view.build, scope.period_code)
    told = [
        ("Kỳ", labels.named_code(state.period_text(period), scope.period_code)),
        ("Đơn vị", labels.named_code(names["unit_name"], scope.unit_code)),
        ("Đơn vị theo", ORGANISED["now" if scope.is_today else "then"]),
    ]
    filters = {
        "section": scope.section_code,
        "procedure": scope.procedure_code and labels.named_code(names["procedure_name"], scope.procedure_code),
        "domain": scope.domain_name,
        "channel": _channel(scope.channel_code),
    }
    told += [(PARTS[name], text or "không ghi") for name, text in filters.items() if text is not None]
    return [*told, *components.definition_items(definition, "computed")]


def _draw_dossiers(view: state.View, scope: TimeScope, definition: Row, kept: dict[str, str], column: Any) -> None:
    """The dossiers behind the figures of the scope, one outcome at a time."""
    code = definition["indicator_code"]
    counts = time_access.outcome_counts(view.build, scope, code)
    first = next((name for name in OUTCOMES if counts[name]), "missed")
    with column:
        outcome = state.pick(
            "Danh sách",
            list(OUTCOMES),
            "list",
            first,
            lambda name: f"{OUTCOMES[name]} ({labels.format_count(counts[name])})",
        )
    if not counts[outcome]:
        components.show(components.note("Không có hồ sơ nào.") + "<br>")
        return
    page, pages = paging.asked_page(counts[outcome], PAGE_SIZE, "page")
    rows = time_access.placed_dossiers(view.build, scope, code, outcome, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    show = _clock if code in BY_CLOCK else labels.format_date
    columns = (
        Column("Mã hồ sơ", "nowrap"),
        Column("Đơn vị", "wide"),
        Column("Thủ tục", "wide"),
        Column("Tiếp nhận", "num wide"),
        Column("Hạn", "num"),
        Column("Trả" if code == "on_time_rate__handed_over" else "Xong", "num"),
    )
    cells = ([_dossier_name(view, row), *_dossier_cells(row, show)] for row in rows)
    if outcome == "excluded":
        columns += (Column("Lý do không tính", "wide"),)
        cells = ([*line, components.text(_reason(row))] for line, row in zip(cells, rows, strict=True))
    title = f"Hồ sơ {OUTCOMES[outcome].lower()}"
    lead = f"{labels.format_count(counts[outcome])} hồ sơ, hạn sớm nhất đứng trước."
    components.show(
        f'<p class="lead">{lead}</p>'
        + components.table(columns, cells, title)
        + paging.links(components.time_link, {**kept, "by": "dossier", "list": outcome}, page, pages, "page")
    )
    download_buttons.draw_later(
        view,
        lambda: _dossiers_sheet(view, scope, definition, outcome),
        title,
        f"ho-so-{outcome}_{kept['period']}_{kept['unit']}",
    )


def _clock(at: dt.datetime) -> str:
    """Day and hour on two lines."""
    return vi_moment(at).replace(" ", "<br>")


def _reason(row: Row) -> str:
    """Why a definition leaves a dossier out, without saying again that it does; empty for those it counts."""
    told, _, reason = COUNTED[row["verdict_code"]].partition(": ")
    return reason if told in ("không tính", "chưa tính") else ""


def _dossier_name(view: state.View, row: Row) -> str:
    """The code of a dossier as a link; on a phone with the reason below that has a column on a wide screen."""
    reason = components.text(_reason(row))
    return components.dossier_link(view.authority_code, row["dossier_code"]) + f'<span class="sub">{reason}</span>'


def _dossier_cells(row: Row, show: Callable[[Any], str]) -> list[str]:
    return [
        components.text(row["unit_name"] or row["unit_code"]),
        components.text(row["procedure_name"] or row["procedure_code"] or labels.NO_DATA),
        labels.format_date(row["received_date"]),
        show(row["shown_due_at"]) if row["shown_due_at"] else "không có",
        show(row["finished_at"]) if row["finished_at"] else "chưa xong",
    ]


def _dossiers_sheet(view: state.View, scope: TimeScope, definition: Row, outcome: str) -> downloads.Sheet:
    rows = time_access.placed_dossiers(view.build, scope, definition["indicator_code"], outcome, FILE_SIZE)
    cells = [[row["dossier_code"], row["section_code"], *_dossier_plain(row), _reason(row)] for row in rows]
    head = [*_file_head(view, scope, definition), ("Danh sách", f"{OUTCOMES[outcome]}; nhiều nhất {FILE_SIZE} hồ sơ")]
    headers = ["Mã hồ sơ", "Bộ phận", "Đơn vị", "Thủ tục", "Tiếp nhận", "Hạn", "Xong", "Lý do không tính"]
    title = f"{definition['indicator_name']}: hồ sơ {OUTCOMES[outcome].lower()}"
    return download_buttons.sheet(view, title, "Hồ sơ", head, headers, cells, [24, 12, 42, 46, 13, 18, 18, 34])


def _dossier_plain(row: Row) -> list[str]:
    return [
        row["unit_name"] or row["unit_code"],
        row["procedure_name"] or row["procedure_code"],
        labels.format_date(row["received_date"]),
        vi_moment(row["shown_due_at"]) if row["shown_due_at"] else "",
        vi_moment(row["finished_at"]) if row["finished_at"] else "",
    ]
