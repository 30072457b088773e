"""Xếp hạng by a regulation: units of a peer group by percent of their maximum, with what chance may do to a rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

import streamlit as st

from dagster_project.explaining.figures import quality_grade_text
from dashboards import components, data_access_scores, download_buttons, downloads, labels, labels_scores, state
from dashboards.app_pages import score_parts
from dashboards.components import Column

Row = Mapping[str, Any]

COLUMNS = (
    Column("Hạng", "num"),
    Column("Khoảng hạng", "rank-range"),
    Column("Đơn vị"),
    Column("Tỷ lệ điểm", "num value"),
    Column("Xếp loại", "wide nowrap"),
    Column("So kỳ trước", "num wide"),
    Column("Mẫu số lớn nhất", "num wide"),
    Column("Chất lượng dữ liệu", "quality"),
)
ROBUSTNESS = (
    Column("Hạng", "num"),
    Column("Đơn vị"),
    Column("Giữ phần ba của bảng", "num"),
    Column("Hạng trong các lần thử", "num"),
)
HEADERS = (
    "Hạng",
    "Đồng hạng",
    "Mã đơn vị",
    "Đơn vị",
    "Tổng điểm",
    "Điểm tối đa áp dụng",
    "Tỷ lệ (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Xếp loại",
    "Mức xếp loại",
    "Hạng tốt nhất còn có thể",
    "Hạng kém nhất còn có thể",
    "Dải",
    "Tỷ lệ kỳ trước (%)",
    "So kỳ trước",
    "Mẫu số lớn nhất",
    "Chất lượng dữ liệu",
    "Lý do không xếp hạng",
)
WIDTHS = (9, 9, 12, 42, 11, 11, 11, 11, 11, 14, 18, 12, 12, 12, 12, 30, 12, 14, 44)


def draw(view: state.View, choices: Sequence[Row], columns: Sequence[Any]) -> None:
    """The boxes of regulation, peer group and period in four ``columns``, then the ranking."""
    of_regulation = score_parts.pick_regulation(view, columns[0], choices)
    names = {row["peer_group_code"]: f"{row['peer_group_name']} ({row['unit_count']})" for row in of_regulation}
    with columns[1]:
        group = state.pick("Nhóm đơn vị", list(names), "group", next(iter(names)), names.__getitem__)
    of_group = [row for row in of_regulation if row["peer_group_code"] == group]
    periods = score_parts.periods_of(of_group)
    choice = state.pick_period(view, periods, columns[2:4], score_parts.preferred_period(of_group))
    scope = score_parts.scope_of(view, choice)
    rows = data_access_scores.score_ranking(view.build, scope, group)
    ranked = [row for row in rows if row["unit_rank"] is not None]
    unranked = [row for row in rows if row["unit_rank"] is None]
    components.show(_summary(choice, ranked, rows))
    if ranked:
        _draw_ranked(view, choice, scope, ranked)
    else:
        components.show(components.note("Không đơn vị nào có đủ điểm để xếp hạng trong kỳ này."))
    _draw_unranked(view, choice, unranked)
    _draw_robustness(view, scope, group)
    regulation = data_access_scores.regulation(view.build, view.authority_code, choice["regulation_version_code"])
    link = components.comparison_link("So sánh điểm tự chấm, thẩm định và kho tính", **score_parts.kept(view, choice))
    facts = labels_scores.regulation_facts(regulation)
    components.show(
        f'<p class="crumbs">{link}</p>' + components.facts_box(regulation["regulation_name"], facts) + "<br>"
    )
    _draw_downloads(view, choice, regulation, rows)


def _summary(choice: Row, ranked: Sequence[Row], rows: Sequence[Row]) -> str:
    parts = [f"{choice['peer_group_name']}, {choice['period_name']}: xếp hạng {len(ranked)}/{len(rows)} đơn vị"]
    if ranked:
        parts.append(f"trung vị {labels_scores.percent(ranked[0]['peer_group_median'])}")
    doubts = score_parts.doubts(choice)
    return components.note(" · ".join([*parts, *doubts]) + ".", bool(doubts))


def _draw_ranked(view: state.View, choice: Row, scope: data_access_scores.ScoreScope, ranked: Sequence[Row]) -> None:
    groups = [
        (_group_title(number, list(rows), ranked), rows)
        for number, rows in (
            (number, list(found)) for number, found in groupby(ranked, key=lambda row: row["distinct_group_number"])
        )
    ]
    has_grades = any(row["grade_name"] for row in ranked)
    has_quality = any(row["quality_grade_status"] for row in ranked)
    has_ranges = labels_scores.has_ranges(ranked)
    empty = {
        "Xếp loại": not has_grades,
        "Chất lượng dữ liệu": not has_quality,
        "Khoảng hạng": not has_ranges,
        "So kỳ trước": all(row["is_change_beyond_chance"] is None for row in ranked),
    }
    shown = [place for place, column in enumerate(COLUMNS) if not empty.get(column.head)]
    cells = [
        (title, [[_cells(view, choice, row)[place] for place in shown] for row in members]) for title, members in groups
    ]
    lead = labels_scores.rank_ranges(ranked, data_access_scores.uncounted_criteria(view.build, scope))
    heads = [COLUMNS[place] for place in shown]
    if has_ranges:
        lead = f"{lead} {labels_scores.DISTINCT_GROUPS}"
        heads[1] = Column(f"Khoảng hạng, từ 1 đến {ranked[0]['ranked_unit_count']}", "rank-range")
    name = "Xếp hạng theo điểm"
    components.show(components.section(name, lead) + components.grouped_table(heads, cells, name))
    if not has_quality:
        text = "Chất lượng dữ liệu: không có số liệu hồ sơ của kỳ này trong kho để xếp loại."
        components.show(f'<p class="lead">{text}</p>')


def _draw_robustness(view: state.View, scope: data_access_scores.ScoreScope, group: str) -> None:
    """How ranks fare when the weights of the criteria are drawn anew, and which criteria tell no unit from another."""
    rows = data_access_scores.rank_robustness(view.build, scope, group)
    saturated = data_access_scores.saturated_criteria(view.build, scope)
    if not rows and not saturated:
        return
    with st.expander("Độ vững của thứ hạng"):
        if rows:
            components.show(
                f'<p class="lead">{components.text(labels_scores.robustness_lead(rows[0]))}</p>'
                + components.table(ROBUSTNESS, map(_robustness_cells, rows), "Độ vững của thứ hạng")
            )
        if saturated:
            names = "; ".join(labels_scores.criterion_name(row) for row in saturated)
            lead = labels_scores.saturated_lead(saturated[0], len(saturated))
            components.show(f'<p class="lead">{components.text(f"{lead} {names}.")}</p>')


def _robustness_cells(row: Row) -> list[str]:
    kept = row["kept_third_rate"]
    return [
        str(row["unit_rank"]),
        components.text(row["unit_name"]),
        "–" if kept is None else labels.format_percent(kept, 1),
        labels.rank_range_text(row["best_drawn_rank"], row["worst_drawn_rank"]),
    ]


def _group_title(number: int | None, members: Sequence[Row], ranked: Sequence[Row]) -> str:
    """The line above a group; one unit alone is told apart from all others. None where nobody can be told apart."""
    if number is None:
        return ""
    if len(members) == len(ranked):
        return f"Cả {len(ranked)} đơn vị nối thành một dải" if len(ranked) > 1 else ""
    told = "một đơn vị, tách hẳn mọi đơn vị khác" if len(members) == 1 else f"{len(members)} đơn vị nối nhau"
    return f"Dải {number}: {told}"


def _cells(view: state.View, choice: Row, row: Row) -> list[str]:
    unit = components.explanation_link(row["unit_name"], **score_parts.kept(view, choice, row["unit_code"]))
    unconfirmed = f'<span class="why">{labels_scores.UNCONFIRMED_GRADE}</span>'
    grade = components.text(labels_scores.grade(row)) + (unconfirmed if row["is_grade_confirmed"] is False else "")
    is_change_known = row["is_change_beyond_chance"] is not None
    change = components.text(labels_scores.change(row)) if is_change_known else "–"
    counted = components.text(labels_scores.denominator(row))
    doubt = f" ({labels_scores.UNCONFIRMED_GRADE})" if row["is_grade_confirmed"] is False else ""
    told = (components.text((row["grade_name"] or "") + doubt), change, f"mẫu số {counted}")
    sub = " · ".join(part for part in told if part not in ("", "–"))
    of = components.text(labels_scores.points_of(row["total_score"], row["applicable_max_score"]))
    return [
        f"<b>{labels.rank_text(row['unit_rank'], row['is_tied'])}</b>",
        _range_cell(row),
        f'{unit}<span class="sub">{sub}</span>',
        f'{labels_scores.percent(row["total_percent"])}<span class="counted">{of}</span>',
        grade,
        f'<span class="missing">{change}</span>',
        counted,
        score_parts.quality_badge(row),
    ]


def _range_cell(row: Row) -> str:
    if row["rank_low"] is None:
        return ""
    bar = components.rank_range_bar(row["unit_rank"], row["rank_low"], row["rank_high"], row["ranked_unit_count"])
    return f'{bar}<span class="range">{labels.rank_range_text(row["rank_low"], row["rank_high"])}</span>'


def _draw_unranked(view: state.View, choice: Row, unranked: Sequence[Row]) -> None:
    if not unranked:
        return
    columns = (
        Column("Đơn vị"),
        Column("Lý do"),
        Column("Điểm đã có", "num wide"),
        Column("Mẫu số lớn nhất", "num wide"),
    )
    cells = (
        [
            components.explanation_link(row["unit_name"], **score_parts.kept(view, choice, row["unit_code"])),
            components.text(labels_scores.unranked_reason(row)),
            components.text(labels_scores.points_of(row["known_score"], row["applicable_max_score"])),
            components.text(labels_scores.denominator(row)),
        ]
        for row in unranked
    )
    title = f"Không xếp hạng ({len(unranked)} đơn vị)"
    components.show(
        components.section(title, "Vẫn được nêu tên, kèm lý do.")
        + components.table(columns, cells, "Đơn vị không xếp hạng")
    )


def _draw_downloads(view: state.View, choice: Row, regulation: Row, rows: Sequence[Row]) -> None:
    sheet = ranking_sheet(view, choice, regulation, rows)
    code = regulation["regulation_version_code"].replace("@", "_")
    download_buttons.draw(view, sheet, f"xep-hang_{code}_{choice['peer_group_code']}_{choice['period_code']}")


def ranking_sheet(view: state.View, choice: Row, regulation: Row, rows: Sequence[Row]) -> downloads.Sheet:
    """The ranking as a file: every listed unit, with how sure its rank is and how good its data are."""
    head = [
        ("Quy định", regulation["regulation_name"]),
        *labels_scores.regulation_facts(regulation),
        ("Nhóm đơn vị", choice["peer_group_name"]),
        ("Kỳ", state.period_text(choice)),
        *_range_facts(view, score_parts.scope_of(view, choice), [row for row in rows if row["unit_rank"] is not None]),
    ]
    name = "Xếp hạng theo điểm"
    title = f"{name}: {regulation['regulation_name']}"
    return download_buttons.sheet(view, title, name, head, HEADERS, [_file_cells(row) for row in rows], WIDTHS)


def _range_facts(
    view: state.View, scope: data_access_scores.ScoreScope, ranked: Sequence[Row]
) -> list[tuple[str, str]]:
    if not ranked:
        return []
    words = labels_scores.rank_ranges(ranked, data_access_scores.uncounted_criteria(view.build, scope))
    told = [("Khoảng hạng", words.removeprefix("Khoảng hạng").lstrip(": "))]
    return [*told, ("Dải", labels_scores.DISTINCT_GROUPS)] if labels_scores.has_ranges(ranked) else told


def _file_cells(row: Row) -> list[Any]:
    confirmed = {True: "đã được xác nhận", False: labels_scores.UNCONFIRMED_GRADE, None: ""}
    return [
        row["unit_rank"],
        "có" if row["is_tied"] else "",
        row["unit_code"],
        row["unit_name"],
        _number(row["total_score"]),
        _number(row["applicable_max_score"]),
        _number(row["total_percent"]),
        _number(row["percent_low"]),
        _number(row["percent_high"]),
        row["grade_name"] or "",
        confirmed[row["is_grade_confirmed"]],
        row["rank_low"],
        row["rank_high"],
        row["distinct_group_number"],
        _number(row["previous_percent"]),
        labels_scores.change(row),
        row["largest_denominator"],
        quality_grade_text(row["quality_grade_code"], row["quality_grade_status"]),
        labels_scores.unranked_reason(row),
    ]


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))
