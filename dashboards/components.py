"""Pieces of HTML the pages share: header, cards, tables, definition box.

Every function returns HTML text with all values escaped; :func:`show` puts it on the page.
Does not belong here: queries, choice of periods or indicators.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import labels

_STYLE = Path(__file__).parent / "style.css"


def load_style() -> None:
    """Put the dashboard's style sheet on the page."""
    st.html(_STYLE)


def show(html: str) -> None:
    """Draw a piece of HTML made by this module."""
    st.html(f'<div class="cchc">{html}</div>')


def unit_link(authority_code: str, unit_code: str, text: str, period_code: str = "") -> str:
    """A link to the page of one unit, relative to any page of the dashboard; the period is kept where one is named."""
    kept = {"period": period_code} if period_code else {}
    query = urlencode({"authority": authority_code, "unit": unit_code, **kept})
    return f'<a href="don-vi?{escape(query)}">{escape(text)}</a>'


def dossier_link(authority_code: str, dossier_code: str) -> str:
    """A link to the page of one dossier, with its code as the text."""
    query = urlencode({"authority": authority_code, "dossier": dossier_code})
    return f'<a href="ho-so?{escape(query)}">{escape(dossier_code)}</a>'


def process_link(text: str, **filters: str) -> str:
    """A link to the page of steps with these filters."""
    return f'<a href="quy-trinh?{escape(urlencode(filters))}">{escape(text)}</a>'


def time_link(text: str, **filters: str) -> str:
    """A link to the page Đúng hạn with these filters."""
    return f'<a href="dung-han?{escape(urlencode(filters))}">{escape(text)}</a>'


def claims_link(text: str, **filters: str) -> str:
    """A link to the page of claims and findings with these filters."""
    return f'<a href="doi-soat?{escape(urlencode(filters))}">{escape(text)}</a>'


def ranking_link(text: str, **filters: str) -> str:
    """A link to the page of rankings with these filters."""
    return f'<a href="xep-hang?{escape(urlencode(filters))}">{escape(text)}</a>'


def explanation_link(text: str, **filters: str) -> str:
    """A link to the page that explains points with these filters."""
    return f'<a href="giai-thich-diem?{escape(urlencode(filters))}">{escape(text)}</a>'


def comparison_link(text: str, **filters: str) -> str:
    """A link to the page of scores side by side with these filters."""
    return f'<a href="so-sanh-diem?{escape(urlencode(filters))}">{escape(text)}</a>'


def satisfaction_link(text: str, **filters: str) -> str:
    """A link to the page on surveys with these filters."""
    return f'<a href="hai-long?{escape(urlencode(filters))}">{escape(text)}</a>'


def page_header(title: str, authority_name: str, is_synthetic: bool, as_of: str, build_id: str) -> str:
    """Title of a page with its authority, the synthetic badge, the as-of date and the build id."""
    badge = f'<span class="badge">{labels.SYNTHETIC_BADGE}</span>' if is_synthetic else ""
    return (
        f'<div class="page-head"><div class="where"><b>{escape(authority_name)}</b>{badge}</div>'
        f"<h1>{escape(title)}</h1>"
        f'<div class="where"><span>Số liệu chốt đến ngày <b>{escape(as_of)}</b></span>'
        f"<span>Bản dựng {escape(build_id)}</span></div></div>"
    )


def section(title: str, lead: str = "") -> str:
    """A section heading with one line of explanation."""
    tail = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return f"<h2>{escape(title)}</h2>{tail}"


def note(text: str, is_warning: bool = False) -> str:
    """A boxed remark."""
    return f'<div class="note{" warn" if is_warning else ""}">{escape(text)}</div>'


@dataclass(frozen=True)
class Card:
    """One key figure: label, value, what it is counted over, how it moved (tone: better, worse or empty)."""

    label: str
    value: str
    of: str = ""
    change: str = ""
    tone: str = ""
    has_value: bool = True


def cards(items: Sequence[Card]) -> str:
    """Key figures side by side; the first one is the main one."""
    parts = []
    for position, card in enumerate(items):
        first = " first" if position == 0 else ""
        none = "" if card.has_value else " none"
        of = f'<div class="of">{escape(card.of)}</div>' if card.of else ""
        change = f'<div class="change {card.tone}">{escape(card.change)}</div>' if card.change else ""
        parts.append(
            f'<div class="card{first}"><div class="label">{escape(card.label)}</div>'
            f'<div class="value{none}">{escape(card.value)}</div>{of}{change}</div>'
        )
    return f'<div class="cards">{"".join(parts)}</div>'


@dataclass(frozen=True)
class Tally:
    """A figure with what it is made of: ``parts`` are text and number; ``remark`` is a sentence below."""

    label: str
    value: str
    of: str
    parts: Sequence[tuple[str, str]] = ()
    remark: str = ""


def tallies(items: Sequence[Tally]) -> str:
    """Tallies two by two, each with its parts."""
    return f'<div class="cards two">{"".join(map(_tally, items))}</div>'


def _tally(item: Tally) -> str:
    parts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(number)}</dd>" for name, number in item.parts)
    none = " none" if item.value == labels.NO_DATA else ""
    remark = f'<div class="remark">{escape(item.remark)}</div>' if item.remark else ""
    return (
        f'<div class="card"><div class="label">{escape(item.label)}</div><div class="value{none}">{escape(item.value)}'
        f'</div><div class="of">{escape(item.of)}</div>'
        + (f'<dl class="parts">{parts}</dl>' if parts else "")
        + f"{remark}</div>"
    )


def watch_list(authority_code: str, rows: Iterable[Mapping[str, Any]], period_code: str) -> str:
    """Units to look at, one sentence each, with a link to the unit's page."""
    items, last_reason = [], None
    for row in rows:
        unit = unit_link(authority_code, row["unit_code"], row["unit_name"], period_code)
        why = "" if row["reason_code"] == last_reason else labels.WATCH_TITLE[row["reason_code"]]
        last_reason = row["reason_code"]
        items.append(
            f'<li{" class=first" if why else ""}><span class="why">{escape(why)}</span><span>'
            f'<span class="who">{unit}</span> '
            f"{escape(labels.watch_sentence(row))}</span></li>"
        )
    return f'<ol class="watch">{"".join(items)}</ol>'


@dataclass(frozen=True)
class Column:
    """One column of a table: its head, and the cell's class (``num``, ``wide`` = hidden on a phone)."""

    head: str
    css: str = ""


def breadcrumb(links: Sequence[str]) -> str:
    """The way down to where the reader stands, each step a link (HTML) but the last."""
    return f'<p class="crumbs">{" › ".join(links)}</p>'


def rate_bar(value: Any, scale_maximum: float) -> str:
    """A bar from zero; decorative, the number stands beside it."""
    return "" if value is None else _bar(value, scale_maximum)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table of HTML cells (already escaped), with a caption for screen readers."""
    head = "".join(f'<th scope="col" class="{column.css}">{escape(column.head)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f'<td class="{c.css}">{cell}</td>' for c, cell in zip(columns, row, strict=True)) + "</tr>"
        for row in rows
    )
    return _wrap_table(head, body, caption)


def _wrap_table(head: str, body: str, caption: str) -> str:
    return (
        f'<div class="table-wrap"><table class="data" aria-label="{escape(caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def form_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Form II.06a with its column numbers; the last row is the total. A phone shows the sums and what is late."""
    shown = {
        "received_total_count",
        "resolved_total_count",
        "resolved_late_count",
        "open_total_count",
        "open_late_count",
    }
    css = {name: "num" if name in shown else "num wide" for name in labels.FORM_COLUMNS}
    head = '<th scope="col">Lĩnh vực<span class="no">(2)</span></th>' + "".join(
        f'<th scope="col" class="{css[name]}">{escape(title)}<span class="no">({number})</span></th>'
        for name, (number, title, _) in labels.FORM_COLUMNS.items()
    )
    body = "".join(
        f"<tr{' class=total' if row is rows[-1] else ''}><td>{escape(row['line_name'])}</td>"
        + "".join(f'<td class="{css[name]}">{labels.format_count(row[name])}</td>' for name in labels.FORM_COLUMNS)
        + "</tr>"
        for row in rows
    )
    return _wrap_table(head, body, "Biểu II.06a").replace('class="data"', 'class="data form"', 1)


def grade_badge(row: Mapping[str, Any], is_labelled: bool = False) -> str:
    """The data-quality grade of a row of fct_data_quality, with its reason as a tooltip; words where there is none."""
    text = labels.grade_text(row)
    css = f"grade {text.lower()}" if row["grade_code"] else "grade none"
    label = "Chất lượng dữ liệu: " if is_labelled else ""
    return f'<span class="{css}" title="{escape(labels.grade_reason(row))}">{label}{escape(text)}</span>'


FEED_MARKS = {"received": "●", "missing": "✕", "no_data": "–"}


def month_table(
    authority_code: str, units: Sequence[Sequence[Mapping[str, Any]]], status_column: str, caption: str
) -> str:
    """Units down, months across: a mark per cell, named for screen readers and under the pointer.

    ``units`` holds one list per unit with the same months in the same order, as data_access.quality_months gives.
    """
    codes = [row["period_code"] for row in units[0]]
    head = '<th scope="col">Đơn vị</th>' + "".join(
        f'<th scope="col" class="month"><span>{code[5:]}</span><span>{code[2:4]}</span></th>' for code in codes
    )
    body = "".join(
        f"<tr><td>{unit_link(authority_code, months[0]['unit_code'], months[0]['unit_name'])}</td>"
        + "".join(_month_cell(row, status_column) for row in months)
        + "</tr>"
        for months in units
    )
    return _wrap_table(head, body, caption).replace('class="data"', 'class="data months"', 1)


def _month_cell(row: Mapping[str, Any], status_column: str) -> str:
    status = row[status_column]
    name = f"{row['period_name']}: {labels.FEED_STATUS_TEXT[status]}"
    return (
        f'<td class="month {status}" title="{escape(name)}"><span aria-label="{escape(name)}">'
        f"{FEED_MARKS[status]}</span></td>"
    )


RANKING_COLUMNS = (
    Column("Hạng", "num"),
    Column("Khoảng hạng", "rank-range wide"),
    Column("Đơn vị"),
    Column("Giá trị", "num"),
    Column("Tử số / mẫu số", "num wide"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("So kỳ trước", "num"),
    Column("Chất lượng dữ liệu", "quality"),
)


def ranking_table(
    authority_code: str,
    rows: Sequence[Mapping[str, Any]],
    grades: Mapping[str, Mapping[str, Any]],
) -> str:
    """The ranked units with the range of each rank, and the peers' median as a line between them.

    ``rows`` are ranked rows of :func:`data_access.ranking` in rank order; ``grades`` are rows of
    :func:`data_access.quality_grades` by unit, empty where nothing of the period can be graded, and then the column is
    left out.
    """
    columns = RANKING_COLUMNS if grades else RANKING_COLUMNS[:-1]
    head = "".join(f'<th scope="col" class="{c.css}">{escape(c.head)}</th>' for c in columns)
    median = rows[0]["peer_group_median"]
    body, is_median_drawn = [], median is None
    is_falling = rows[0]["value"] >= rows[-1]["value"]
    for row in rows:
        if not is_median_drawn and (row["value"] < median if is_falling else row["value"] > median):
            body.append(_median_row(row, median, len(columns)))
            is_median_drawn = True
        body.append(_ranking_row(authority_code, row, grades.get(row["unit_code"])))
    if not is_median_drawn:
        body.append(_median_row(rows[0], median, len(columns)))
    return _wrap_table(head, "".join(body), "Bảng xếp hạng")


def _median_row(row: Mapping[str, Any], median: Any, column_count: int) -> str:
    text = labels.format_value(median, row["unit_of_measure_code"])
    return f'<tr class="median"><td colspan="{column_count}">Trung vị của nhóm: {escape(text)}</td></tr>'


def _ranking_row(authority_code: str, row: Mapping[str, Any], grade: Mapping[str, Any] | None) -> str:
    fraction = labels.format_fraction(row["numerator"], row["denominator"])
    interval = labels.format_interval(row["interval_low"], row["interval_high"])
    value = labels.format_value(row["value"], row["unit_of_measure_code"])
    change = labels.ranked_change_text(row)
    has_range = row["rank_low"] is not None
    words = labels.rank_range_text(row["rank_low"], row["rank_high"]) if has_range else ""
    range_bar = (
        rank_range_bar(row["unit_rank"], row["rank_low"], row["rank_high"], row["ranked_unit_count"])
        if has_range
        else ""
    )
    unit = unit_link(authority_code, row["unit_code"], row["unit_name"], row["period_code"])
    return (
        f'<tr><td class="rank">{escape(labels.rank_text(row["unit_rank"], row["is_tied"]))}</td>'
        f'<td class="rank-range wide">{range_bar}<span class="range">{words or "–"}</span></td>'
        f'<td>{unit}<span class="sub">{words}</span></td>'
        f'<td class="num value">{escape(value)}<span class="sub">{fraction}</span></td>'
        f'<td class="num wide">{fraction}</td><td class="num wide soft">{interval or "–"}</td>'
        f'<td class="num soft">{escape(change)}</td>'
        + (f'<td class="quality">{grade_badge(grade)}</td></tr>' if grade else "</tr>")
    )


def _bar(value: Any, scale_maximum: float) -> str:
    """A bar from zero; decorative, the number stands beside it."""
    fill = f'<span class="fill" style="width:{_share(value, scale_maximum)}%"></span>'
    return f'<div class="track" aria-hidden="true">{fill}</div>'


def _share(value: Any, scale_maximum: float) -> str:
    share = 100 * float(value) / scale_maximum if scale_maximum > 0 else 0.0
    return f"{min(max(share, 0.0), 100.0):.2f}"


def rank_range_bar(rank: int, low: int, high: int, ranked_count: int) -> str:
    """Where a unit may stand among 1..``ranked_count``: a bar over those ranks, a mark at its own rank."""
    left, width = _share(low - 1, ranked_count), _share(high - low + 1, ranked_count)
    mark = f'<span class="mark" style="left:calc({_share(2 * rank - 1, 2 * ranked_count)}% - 1px)"></span>'
    bar = f'<span class="fill range" style="left:{left}%;width:{width}%"></span>'
    return f'<div class="track" aria-hidden="true">{bar}{mark}</div>'


def points_bar(score: Any, max_score: Any) -> str:
    """Points of a maximum as a bar from zero; decorative. Empty without points or maximum."""
    return "" if score is None or not max_score else _bar(abs(score), float(max_score))


def diverging_bar(parts: Sequence[tuple[str, float, str]], reach: tuple[float, float]) -> str:
    """Shares (css, share 0–1, name) left to right around one zero line: negative, neutral astride it, positive.

    ``reach`` is how far the longest bars of the table go left and right, so that all zero lines are one.
    """
    neutral = sum(share for css, share, _ in parts if css == "neutral")
    left = sum(share for css, share, _ in parts if css.startswith("negative")) + neutral / 2
    whole = sum(reach) or 1.0
    place, fills = (reach[0] - left) / whole, []
    for css, share, name in parts:
        style = f"left:{100 * place:.2f}%;width:{100 * share / whole:.2f}%"
        fills.append(f'<span class="part {css}" style="{style}" title="{escape(name)}"></span>')
        place += share / whole
    zero = f'<span class="zero" style="left:{100 * reach[0] / whole:.2f}%"></span>'
    return f'<div class="track diverging" aria-hidden="true">{"".join(fills)}{zero}</div>'


def stacked_bar(parts: Sequence[tuple[str, float, str]], scale_maximum: float) -> str:
    """Shares (css, share 0–1, name) one after the other from the left."""
    place, fills = 0.0, []
    for css, share, name in parts:
        style = f"left:{_share(place, scale_maximum)}%;width:{_share(share, scale_maximum)}%"
        fills.append(f'<span class="part {css}" style="{style}" title="{escape(name)}"></span>')
        place += share
    return f'<div class="track stacked" aria-hidden="true">{"".join(fills)}</div>'


def legend(items: Sequence[tuple[str, str]]) -> str:
    """What the parts of such bars are: (css, words)."""
    keys = "".join(f'<span class="key"><i class="part {css}"></i>{escape(words)}</span>' for css, words in items)
    return f'<p class="legend">{keys}</p>'


def grouped_table(
    columns: Sequence[Column], groups: Iterable[tuple[str, Sequence[Sequence[str]]]], caption: str
) -> str:
    """A table of HTML cells in groups, each under a line of its own (plain text, left out where empty)."""
    head = "".join(f'<th scope="col" class="{column.css}">{escape(column.head)}</th>' for column in columns)
    body = ""
    for title, rows in groups:
        if title:
            body += f'<tr class="median"><td colspan="{len(columns)}">{escape(title)}</td></tr>'
        for row in rows:
            cells = (f'<td class="{c.css}">{cell}</td>' for c, cell in zip(columns, row, strict=True))
            body += f"<tr>{''.join(cells)}</tr>"
    return _wrap_table(head, body, caption)


def facts_box(title: str, items: Sequence[tuple[str, str]]) -> str:
    """A box of facts beside a table: label above text."""
    body = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in items)
    return f'<div class="box"><h2>{escape(title)}</h2><dl class="definition">{body}</dl></div>'


def definition_box(indicator: Mapping[str, Any], origin_code: str, is_narrow: bool = False) -> str:
    """What an indicator counts: numerator, denominator, exclusions, basis, confirmed or not, version."""
    narrow = " narrow" if is_narrow else ""
    return (
        f'<div class="box"><h2>{escape(indicator["indicator_name"])}</h2><dl class="definition{narrow}">'
        + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in definition_items(indicator, origin_code))
        + "</dl></div>"
    )


def definition_items(indicator: Mapping[str, Any], origin_code: str) -> list[tuple[str, str]]:
    """The lines of a definition as (label, text), also written into downloaded files."""
    items = [
        ("Tử số", indicator["numerator_text"]),
        ("Mẫu số", indicator["denominator_text"]),
        ("Không tính", indicator["exclusions_text"]),
        ("Nguồn", labels.ORIGIN_TEXT[origin_code]),
        ("Chiều", labels.DIRECTION_TEXT[indicator["direction_code"]]),
        ("Cỡ mẫu tối thiểu", labels.format_count(indicator["minimum_denominator"])),
        ("Căn cứ", indicator["legal_basis"] or "chưa nêu"),
        ("Định nghĩa", labels.confirmed_text(indicator["is_confirmed"])),
        ("Phiên bản", indicator["method_version"]),
    ]
    return [(label, text) for label, text in items if text]


def text(value: str) -> str:
    """Plain text as a table cell."""
    return escape(value)
