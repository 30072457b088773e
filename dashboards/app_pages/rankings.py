"""Xếp hạng đơn vị: by points of a regulation, or by one indicator; ties, intervals and the unranked are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts, components, data_access, data_access_scores, downloads, labels, state
from dashboards.app_pages import score_rankings

Row = Mapping[str, Any]
KINDS = {"regulation": "Điểm theo quy định", "indicator": "Một chỉ số"}


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Xếp hạng đơn vị", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    difference = data_access.official_difference(view.build)
    if difference:
        components.show(components.note(difference, is_warning=True))
    choices = data_access.ranking_choices(view.build, view.authority_code)
    scored = data_access_scores.score_choices(view.build, view.authority_code)
    if not choices and not scored:
        components.show(components.note(f"Địa phương này {labels.NO_DATA} để xếp hạng trong bản dựng."))
        return
    columns = st.columns([1.1, 1.9, 1.3, 0.9, 1.2])
    with columns[0]:
        by = _pick_kind(choices, scored)
    if by == "regulation":
        score_rankings.draw(view, scored, columns[1:])
    else:
        _draw_by_indicator(view, choices, columns[1:])


def _pick_kind(choices: Sequence[Row], scored: Sequence[Row]) -> str:
    """What units are ranked by; an address that names an indicator asks for that."""
    kinds = [kind for kind, found in (("regulation", scored), ("indicator", choices)) if found]
    start = "indicator" if state.kept("indicator") and "indicator" in kinds else kinds[0]
    return state.pick("Xếp hạng theo", kinds, "by", start, KINDS.__getitem__)


def _draw_by_indicator(view: state.View, choices: Sequence[Row], columns: Sequence[Any]) -> None:
    choice = _pick_choice(view, choices, columns)
    rows = data_access.ranking(
        view.build,
        view.authority_code,
        choice["peer_group_code"],
        choice["period_code"],
        choice["indicator_code"],
        choice["origin_code"],
    )
    indicator = data_access.indicators(view.build)[choice["indicator_code"]]
    ranked = [row for row in rows if row["unit_rank"] is not None]
    unranked = [row for row in rows if row["unit_rank"] is None]
    components.show(_summary(choice, indicator, ranked, rows))
    main, side = st.columns([3.1, 1], gap="medium")
    with main:
        _draw_ranking(view, indicator, ranked, choice["period_code"])
        _draw_unranked(view, unranked)
    with side:
        components.show(components.definition_box(indicator, choice["origin_code"], is_narrow=True))
        _draw_downloads(view, choice, indicator, rows)


def _pick_choice(view: state.View, choices: Sequence[Row], columns: Sequence[Any]) -> Row:
    """Four boxes in four columns that narrow the rankings there are down to one."""
    with columns[1]:
        names = {row["peer_group_code"]: f"{row['peer_group_name']} ({row['unit_count']})" for row in choices}
        group = state.pick("Nhóm đơn vị", list(names), "group", next(iter(names)), names.__getitem__)
    of_group = [row for row in choices if row["peer_group_code"] == group]
    period = state.pick_period(view, _distinct(of_group, "period_code"), columns[2:4])
    of_period = [row for row in of_group if row["period_code"] == period["period_code"]]
    by_key = {f"{row['indicator_code']}.{row['origin_code']}": row for row in of_period}
    with columns[0]:
        key = state.pick(
            "Chỉ số",
            list(by_key),
            "indicator",
            next(iter(by_key)),
            lambda key: f"{by_key[key]['indicator_short_name']} – {labels.ORIGIN_TEXT[by_key[key]['origin_code']]}",
        )
    return by_key[key]


def _distinct(rows: Iterable[Row], column: str) -> list[Row]:
    """The first row of each value of a column, order kept."""
    found: dict[Any, Row] = {}
    for row in rows:
        found.setdefault(row[column], row)
    return list(found.values())


def _summary(choice: Row, indicator: Row, ranked: Sequence[Row], rows: Sequence[Row]) -> str:
    """One line: what is ranked, how many units of how many, the median, whether it may still move."""
    parts = [f"{choice['peer_group_name']}, {state.period_text(choice)}: xếp hạng {len(ranked)}/{len(rows)} đơn vị"]
    if ranked and ranked[0]["peer_group_median"] is not None:
        median = labels.format_value(ranked[0]["peer_group_median"], indicator["unit_of_measure_code"])
        parts.append(f"trung vị {median}")
    if not indicator["is_confirmed"]:
        parts.append("định nghĩa chưa được xác nhận")
    return components.note(" · ".join(parts) + ".", not indicator["is_confirmed"] or not choice["is_complete"])


def _draw_ranking(view: state.View, indicator: Row, ranked: Sequence[Row], period_code: str) -> None:
    if not ranked:
        components.show(components.note("Không đơn vị nào đủ điều kiện xếp hạng trong kỳ này."))
        return
    table, chart = st.tabs(["Bảng", "Biểu đồ khoảng tin cậy"])
    with table:
        graded = data_access.quality_grades(view.build, view.authority_code, period_code)
        grades = {row["unit_code"]: row for row in graded}
        maximum = _scale_maximum(indicator, ranked)
        components.show(components.ranking_table(view.authority_code, ranked, maximum, grades))
    with chart:
        components.show(
            '<p class="lead">Điểm: giá trị; dải nhạt: khoảng tin cậy 95%; vạch đứt: trung vị của nhóm. '
            "Trục không bắt đầu từ 0. Hai dải chồng lên nhau thì thứ hạng chưa chắc khác nhau.</p>"
        )
        name = indicator["indicator_name"]
        st.altair_chart(charts.ranking_chart(ranked), theme=None, width="stretch", alt=f"Xếp hạng: {name}")


def _scale_maximum(indicator: Row, ranked: Sequence[Row]) -> float:
    """The value of a full bar: 100 % for rates, the maximum for scores, the largest value otherwise."""
    if indicator["unit_of_measure_code"] in ("rate", "score"):
        return float(indicator["multiplier"])
    return float(max(row["value"] for row in ranked))


def _draw_unranked(view: state.View, unranked: Sequence[Row]) -> None:
    if not unranked:
        return
    columns = (
        components.Column("Đơn vị"),
        components.Column("Lý do"),
        components.Column("Giá trị", "num"),
        components.Column("Tử số / mẫu số", "num wide"),
    )
    components.show(
        components.section(f"Không xếp hạng ({len(unranked)} đơn vị)", "Vẫn được nêu tên, kèm lý do.")
        + components.table(columns, (_unranked_cells(view, row) for row in unranked), "Đơn vị không xếp hạng")
    )


def _unranked_cells(view: state.View, row: Row) -> list[str]:
    fraction = labels.format_fraction(row["numerator"], row["denominator"])
    value = "–"
    if row["value"] is not None:
        value = components.text(labels.format_value(row["value"], row["unit_of_measure_code"]))
    return [
        components.unit_link(view.authority_code, row["unit_code"], row["unit_name"], row["period_code"]),
        components.text(labels.status_text(row) or "không thuộc diện xếp hạng"),
        f'{value}<span class="sub">{fraction}</span>',
        fraction or "–",
    ]


def _draw_downloads(view: state.View, choice: Row, indicator: Row, rows: Sequence[Row]) -> None:
    head = [
        ("Địa phương", view.authority_name),
        ("Nhóm đơn vị", choice["peer_group_name"]),
        ("Kỳ", state.period_text(choice)),
        *components.definition_items(indicator, choice["origin_code"]),
        ("Đơn vị tính", "phần trăm" if indicator["unit_of_measure_code"] == "rate" else "điểm"),
        ("Số liệu chốt đến ngày", labels.format_date(view.build.as_of_date)),
        ("Bản dựng", view.build.build_id),
    ]
    if view.is_synthetic:
        head.insert(0, ("Lưu ý", labels.SYNTHETIC_BADGE))
    file = downloads.RankingFile(f"Xếp hạng đơn vị: {indicator['indicator_name']}", head, rows, view.build.as_of_date)
    parts = ("peer_group_code", "period_code", "indicator_code", "origin_code")
    name = "_".join(["xep-hang", view.authority_code, *(choice[part] for part in parts)])
    left, right = st.columns(2)
    left.download_button(
        "Tải CSV", downloads.ranking_csv(file), f"{name}.csv", "text/csv", on_click="ignore", width="stretch"
    )
    right.download_button(
        "Tải Excel",
        downloads.ranking_xlsx(file),
        f"{name}.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        on_click="ignore",
        width="stretch",
    )
