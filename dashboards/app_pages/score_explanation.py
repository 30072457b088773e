"""Giải thích điểm: a unit's total, the leaves that make it up, and of a criterion its rule, its figure and its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import streamlit as st

from dagster_project.console import vi_moment
from dagster_project.explaining.figures import (
    OF_SHEET,
    answers_text,
    counted_text,
    figure_text,
    interval_gap_text,
    no_value_text,
    quality_grade_text,
    sheet_line_text,
    taken_out,
)
from dagster_project.explaining.memberships import LISTINGS, MEMBERSHIPS, SIDES
from dagster_project.explaining.rule_words import basis_text, input_text, rule_text
from dagster_project.explaining.score import SIDE_TEXTS, STAGES, SURVEY_SOURCES, first_side
from dagster_project.explaining.simulation import SIMULATED, compared, remarks
from dagster_project.landing.contracts import load_contracts
from dagster_project.publishing.errors import BuildError
from dashboards import components, data_access_scores, download_buttons, downloads, labels, labels_scores, paging, state
from dashboards.app_pages import score_parts
from dashboards.components import Card, Column
from dashboards.data_access_scores import EXPLANATIONS, INPUT_SOURCES, PAGE_SIZE, SHEETS, ScoreScope

Row = Mapping[str, Any]

TREE_HEADERS = ("Mã", "Cấp", "Tiêu chí", "Điểm cuối", "Điểm tối đa", "Đóng góp vào tổng", "Lấy từ", "Tử số", "Mẫu số")
BESIDE_HEADERS = ("Điểm cuối của đơn vị so", "Chênh")
DIFFERENCE = "Cột «Chênh» là điểm của đơn vị này trừ điểm của đơn vị kia; ở điểm trừ thì ngược lại."
NO_RANGE = "không nêu khoảng hạng: có đơn vị trong bảng không có khoảng của tỷ lệ điểm"
TREE_WIDTHS = (10, 7, 60, 11, 11, 13, 30, 12, 12)


@dataclass(frozen=True)
class Beside:
    """The unit that another one is compared with, None without one, and its criteria by code."""

    unit: Row | None
    criteria: Mapping[str, Row]


def render(view: state.View) -> None:
    """Draw the page for the regulation, period and unit in the address."""
    score_parts.header(view, "Giải thích điểm")
    choices = data_access_scores.score_choices(view.build, view.authority_code)
    if not choices:
        score_parts.no_scores(view)
        return
    columns = st.columns([2.2, 0.9, 1.3, 2])
    of_regulation = score_parts.pick_regulation(view, columns[0], choices)
    periods = score_parts.periods_of(of_regulation)
    choice = state.pick_period(view, periods, columns[1:3], score_parts.preferred_period(of_regulation))
    scope = score_parts.scope_of(view, choice)
    units = {row["unit_code"]: row for row in data_access_scores.score_ranking(view.build, scope)}
    unit = state.pick_unit(view, columns[3], list(units), next(iter(units)), lambda code: units[code]["unit_name"])
    rows = data_access_scores.criterion_scores(view.build, scope, unit)
    score_parts.show_doubts(choice)
    chosen = next((row for row in rows if row["criterion_code"] == state.kept("criterion")), None)
    if chosen is not None:
        _draw_criterion(view, choice, scope, units[unit], chosen)
    _draw_total(units[unit], choice["rounding_digits"])
    other = _pick_other(units, unit)
    beside = data_access_scores.criterion_scores(view.build, scope, other["unit_code"]) if other else []
    _draw_tree(view, choice, units[unit], rows, Beside(other, {row["criterion_code"]: row for row in beside}))


# --- the total and what it is made of


def _draw_total(row: Row, digits: int) -> None:
    ranked = row["unit_rank"] is not None
    interval = labels_scores.percent_range(row["percent_low"], row["percent_high"])
    rank = f"{labels.rank_text(row['unit_rank'], row['is_tied'])}/{row['ranked_unit_count']}" if ranked else "–"
    has_range = row["rank_low"] is not None
    rank_of = f"khoảng 95 %: {labels.rank_range_text(row['rank_low'], row['rank_high'])}" if has_range else NO_RANGE
    counted = (row["counted_max_score"], row["applicable_max_score"])
    told = f"khoảng 95 %: {interval}, {counted_text(*counted)}" if interval else labels_scores.unranked_reason(row)
    if ranked and not interval:
        told = f"khoảng 95 % {interval_gap_text(row['counted_max_score'], row['uncounted_max_score'])}"
    unconfirmed = labels_scores.UNCONFIRMED_GRADE if row["is_grade_confirmed"] is False else ""
    has_total = row["total_percent"] is not None
    have = row["total_score"] if has_total else row["known_score"]
    cards = [
        Card(
            "Tỷ lệ điểm",
            labels_scores.percent(row["total_percent"]) if has_total else "chưa chấm đủ",
            labels_scores.points_of(have, row["applicable_max_score"], digits),
            told,
            has_value=has_total,
        ),
        Card(
            "Hạng trong khối",
            rank if ranked else "không xếp hạng",
            rank_of if ranked else labels_scores.unranked_reason(row),
            labels_scores.change(row) if row["previous_percent"] is not None else "",
            has_value=ranked,
        ),
        Card("Xếp loại", row["grade_name"] or "không xếp loại", unconfirmed, has_value=row["grade_name"] is not None),
        Card(
            "Chất lượng dữ liệu",
            quality_grade_text(row["quality_grade_code"], row["quality_grade_status"]),
            f"mẫu số lớn nhất: {labels_scores.denominator(row)}",
            has_value=row["quality_grade_code"] is not None,
        ),
    ]
    components.show(f'<div class="four">{components.cards(cards)}</div>')


def _pick_other(units: Mapping[str, Row], unit_code: str) -> Row | None:
    """The unit to set beside, one of the same peer group; None while nobody is asked for."""
    group = units[unit_code]["peer_group_code"]
    codes = [code for code, row in units.items() if row["peer_group_code"] == group and code != unit_code]
    if not codes:
        return None
    names = {"": "không so", **{code: units[code]["unit_name"] for code in codes}}
    return units.get(state.pick("So với đơn vị khác", list(names), "other", "", names.__getitem__))


def difference_of(row: Row, other: Row | None) -> Decimal | None:
    """By how much a criterion leaves a unit above another one; points taken off count the other way."""
    if other is None or row["final_score"] is None or other["final_score"] is None:
        return None
    difference = row["final_score"] - other["final_score"]
    return -difference if row["kind_code"] == "penalty" else difference


def sum_text(unit: Row, rows: Sequence[Row], digits: int) -> str:
    """How the contributions of a unit's leaves make up its total, in figures that add up."""
    parts = [row for row in rows if row["contribution_score"] is not None and row["final_score"] is not None]
    by_kind = {
        name: sum(row["contribution_score"] for row in parts if row["kind_code"] in kinds)
        for name, kinds in (("", ("base", "survey")), ("thưởng", ("bonus",)), ("trừ", ("penalty",)))
    }
    told = [labels_scores.stated_points(by_kind[""], digits)]
    told += [f"+ {labels_scores.stated_points(by_kind['thưởng'], digits)} (thưởng)"] if by_kind["thưởng"] else []
    told += [f"− {labels_scores.stated_points(-by_kind['trừ'], digits)} (trừ)"] if by_kind["trừ"] else []
    whole = sum(by_kind.values())
    total = unit["total_score"]
    rounded_to = f"làm tròn theo quy định thành tổng {labels_scores.stated_points(total, digits)} điểm"
    end = "đúng bằng tổng điểm" if whole == total else rounded_to
    count = labels.format_count(len(parts))
    figures = f" = {labels_scores.stated_points(whole, digits)}" if len(told) > 1 else ""
    return f"Cộng phần đóng góp của {count} tiêu chí: {' '.join(told)}{figures} điểm, {end}."


def taken_out_text(rows: Sequence[Row], digits: int) -> str:
    """What was taken out of the maximum of a unit, by criterion; empty where nothing was."""
    found = taken_out(rows)
    if not found:
        return ""
    whole = labels_scores.points(sum(one.max_score for one in found), digits)
    told = (f"{one.criterion_code} ({labels_scores.points(one.max_score, digits)}, {one.reason})" for one in found)
    return f"Bỏ khỏi điểm tối đa {whole} điểm: {'; '.join(told)}."


def _draw_tree(view: state.View, choice: Row, unit: Row, rows: Sequence[Row], beside: Beside) -> None:
    other = beside.unit
    columns = (
        Column("Tiêu chí"),
        Column("Điểm cuối / tối đa", "num value"),
        Column("", "bar wide"),
        *((Column(other["unit_name"], "num"), Column("Chênh", "num")) if other else ()),
        # A phone has room for the other unit or for this.
        Column("Đóng góp", "num wide" if other else "num"),
        Column("Lấy từ", "wide"),
    )
    cells = (_tree_cells(view, choice, unit, row, beside) for row in rows)
    title = f"Điểm từng tiêu chí, {unit['unit_name']}, {state.period_text(choice)}"
    out = taken_out_text(rows, choice["rounding_digits"])
    components.show(
        components.section(title, "Bấm vào tên một tiêu chí để xem cách chấm, số liệu và các dòng làm căn cứ.")
        + (components.note(f"{labels_scores.pair_text(unit, other)} {DIFFERENCE}") if other else "")
        + components.table(columns, cells, "Điểm từng tiêu chí")
        + f'<div class="equation">{components.text(sum_text(unit, rows, choice["rounding_digits"]))}</div>'
        + (components.note(out) if out else "")
    )
    links = (
        components.comparison_link("So sánh điểm", **score_parts.kept(view, choice, unit["unit_code"])),
        components.ranking_link(
            "Xếp hạng", **score_parts.kept(view, choice), by="regulation", group=unit["peer_group_code"]
        ),
        components.unit_link(view.authority_code, unit["unit_code"], "Đơn vị", choice["period_code"]),
    )
    components.show(f'<p class="crumbs">Xem tiếp: {" · ".join(links)}</p>')
    head = [
        ("Đơn vị", f"{unit['unit_name']} ({unit['unit_code']})"),
        *_file_head(choice),
        *([("Bỏ khỏi điểm tối đa", out)] if out else []),
        ("Cộng", sum_text(unit, rows, choice["rounding_digits"])),
    ]
    name = "Điểm từng tiêu chí"
    cells = [_file_cells(row) for row in rows]
    headers, widths = TREE_HEADERS, TREE_WIDTHS
    if other:
        head.append(("So với", f"{labels_scores.pair_text(unit, other)} {DIFFERENCE}"))
        headers, widths = (*headers, *BESIDE_HEADERS), (*widths, 13, 13)
        others = [beside.criteria.get(row["criterion_code"]) for row in rows]
        cells = [
            [*line, one and one["final_score"], difference_of(row, one)]
            for line, row, one in zip(cells, rows, others, strict=True)
        ]
    sheet = download_buttons.sheet(view, f"{name}: {unit['unit_name']}", name, head, headers, cells, widths)
    code = choice["regulation_version_code"].replace("@", "_")
    download_buttons.draw(view, sheet, f"diem_{code}_{unit['unit_code']}_{choice['period_code']}")


def _file_head(choice: Row) -> list[tuple[str, str]]:
    confirmed = labels.confirmed_text(choice["is_confirmed"])
    return [
        ("Quy định", f"{choice['regulation_name']} ({choice['regulation_version_code']}), {confirmed}"),
        ("Kỳ", state.period_text(choice)),
    ]


def _tree_cells(view: state.View, choice: Row, unit: Row, row: Row, beside: Beside) -> list[str]:
    filters = score_parts.kept(view, choice, unit["unit_code"])
    if beside.unit:
        filters["other"] = beside.unit["unit_code"]
    link = components.explanation_link(labels_scores.criterion_name(row), **filters, criterion=row["criterion_code"])
    source = components.text(labels_scores.final_source(row))
    share, digits = row["contribution_score"], choice["rounding_digits"]
    sub = "" if row["final_source_code"] == "parts" else f'<span class="sub">{source}</span>'
    return [
        f'<span class="level-{row["level_number"]}">{link}{sub}</span>',
        _final_of(row, digits, bool(beside.unit)),
        components.points_bar(row["final_score"], row["applicable_max_score"] or row["max_score"])
        if row["is_leaf"]
        else "",
        *(_beside_cells(row, beside.criteria.get(row["criterion_code"]), digits) if beside.unit else ()),
        "" if share is None or row["final_score"] is None else labels_scores.stated_points(share, digits),
        f'<span class="missing">{source}</span>',
    ]


def _beside_cells(row: Row, other: Row | None, digits: int) -> tuple[str, str]:
    difference = difference_of(row, other)
    told = "–" if difference is None else labels_scores.stated_points(difference, digits)
    plus = "+" if difference is not None and difference > 0 else ""
    return "–" if other is None else _final_of(other, digits, True), plus + told


def _final_of(row: Row, digits: int, is_beside: bool) -> str:
    """Final points of the maximum in a table cell; a dash for points where there are none, with the reason beside.

    Beside another unit a phone has no room for the maximum.
    """
    if row["score_status"] == "not_applicable":
        return '<span class="missing">không áp dụng</span>'
    score = "–" if row["final_score"] is None else labels_scores.stated_points(row["final_score"], digits)
    most = row["max_score"] if row["applicable_max_score"] is None else row["applicable_max_score"]
    return f'{score}<span class="soft{" wide" if is_beside else ""}"> / {labels_scores.points(most, digits)}</span>'


def _file_cells(row: Row) -> list[Any]:
    is_counted = row["has_counts"]
    return [
        row["criterion_code"],
        row["level_number"],
        row["criterion_name"],
        row["final_score"],
        row["applicable_max_score"],
        row["contribution_score"],
        labels_scores.final_source(row),
        row["numerator"] if is_counted else None,
        row["denominator"] if is_counted else None,
    ]


# --- one criterion: points, rule, figure, rows


def _draw_criterion(view: state.View, choice: Row, scope: ScoreScope, unit: Row, row: Row) -> None:
    filters = score_parts.kept(view, choice, unit["unit_code"])
    steps = (
        components.ranking_link(
            "Xếp hạng", **score_parts.kept(view, choice), by="regulation", group=unit["peer_group_code"]
        ),
        components.explanation_link(unit["unit_name"], **filters),
        f"<b>{components.text(labels_scores.criterion_name(row))}</b>",
    )
    bands = data_access_scores.criterion_bands(view.build, scope, row["criterion_code"])
    digits = choice["rounding_digits"]
    lines = [
        ("Điểm cuối", components.text(_final_sentence(row, digits))),
        ("Cách chấm", components.text(rule_text(row, bands))),
        ("Căn cứ", components.text(basis_text(row))),
        ("Số liệu", components.text(_figure_sentence(row, bands, digits))),
        ("Các điểm đã có", components.text(_scores_sentence(row, digits))),
    ]
    answers = answers_text(row)
    lines += [("Số phiếu trả lời hợp lệ", answers)] if answers else []
    steps_taken = data_access_scores.score_explanations(view.build, scope, unit["unit_code"], row["criterion_code"])
    if row["is_leaf"]:
        lines.append(("Dòng làm căn cứ", _rows_behind(view, choice, scope, unit, row, bool(steps_taken))))
        lines.append(("Tài liệu kiểm chứng", components.text(_evidence_sentence(row))))
    columns = (Column("Bước"), Column("Nội dung", "file"))
    title = labels_scores.criterion_name(row)
    components.show(
        components.breadcrumb(steps)
        + components.section(title)
        + components.table(columns, lines, "Giải thích tiêu chí")
    )
    _draw_dossiers(view, choice, scope, unit, row)
    _draw_explanations(steps_taken, digits)
    _draw_simulation(view, scope, unit, row)
    components.show("<br>")


def _draw_simulation(view: state.View, scope: ScoreScope, unit: Row, row: Row) -> None:
    """«Nếu… thì»: what some more in the numerator would give; nothing where the figure is no count or already full."""
    if not row["is_leaf"] or not row["has_counts"] or not row["denominator"]:
        return
    most = int(row["denominator"] - row["numerator"])
    if most <= 0:
        return
    with st.expander("Nếu… thì (mô phỏng)"):
        more = st.number_input(
            f"Tử số thêm bao nhiêu (nhiều nhất {labels.format_count(most)})",
            min_value=0,
            max_value=most,
            step=1,
            key=f"more_{unit['unit_code']}_{row['criterion_code']}",
        )
        if more:
            components.show(_simulated(view, scope, unit["unit_code"], row["criterion_code"], int(more)))


def _simulated(view: state.View, scope: ScoreScope, unit_code: str, criterion_code: str, more: int) -> str:
    """Both standings side by side, marked as a simulation, or why there is none."""
    try:
        simulation = data_access_scores.simulated(view.build.folder, scope, unit_code, criterion_code, more)
    except BuildError as error:
        return components.note(str(error), is_warning=True)
    columns = (Column(""), Column("Bản dựng", "num"), Column("Mô phỏng", "num"))
    cells = [[components.text(text) for text in line] for line in compared(simulation)]
    told = components.note(f"{SIMULATED}. {' '.join(remarks(simulation))}", is_warning=True)
    return told + components.table(columns, cells, "Mô phỏng")


def _final_sentence(row: Row, digits: int) -> str:
    if row["final_score"] is None:
        return f"Chưa có điểm: {labels_scores.final_source(row)}."
    score, most = (
        labels_scores.stated_points(row["final_score"], digits),
        labels_scores.points(row["max_score"], digits),
    )
    text = f"{score} / {most} điểm, {labels_scores.final_source(row)}"
    if row["contribution_score"] is not None:
        text += f"; đóng góp {labels_scores.stated_points(row['contribution_score'], digits)} điểm vào tổng"
    return f"{text}."


def _figure_sentence(row: Row, bands: Sequence[Row], digits: int) -> str:
    """Numerator and denominator with their interval, or the value, or why there is none; what one more would give."""
    if not row["is_leaf"]:
        told = labels_scores.final_source(row)
        return f"{told[0].upper()}{told[1:]}."
    name = row["input_name"] or input_text(row)
    if row["denominator"] is None:
        told = name if row["input_kind_code"] == "none" else f"{name}: {no_value_text(row)}"
        return f"{told[0].upper()}{told[1:]}."
    if row["denominator"] == 0:
        return f"{name}: {figure_text(row, bands, row)}."
    if not row["has_counts"]:
        return f"{name}: giá trị {figure_text(row, bands, row)}."
    rate = labels.format_percent(row["numerator"] / row["denominator"])
    text = f"{name}: {labels.format_fraction(row['numerator'], row['denominator'])} = {rate}"
    interval = labels.format_interval(row["interval_low"], row["interval_high"])
    text += f" (khoảng 95 %: {interval})" if interval else ""
    gained = None if row["one_more_score"] is None else row["one_more_score"] - (row["computed_score"] or 0)
    if row["computed_score"] is not None and gained:
        text += f". Tử số thêm 1 thì điểm kho tính tăng {labels_scores.stated_points(gained, digits)}"
    return f"{text}."


SCORE_NAMES = {
    "self_score": "tự chấm",
    "appraised_score_1": "thẩm định lần 1",
    "appraised_score_2": "thẩm định lần 2",
    "survey_score": "điều tra xã hội học",
    "computed_score": "kho tính",
    "declared_score": "nơi khác công bố",
}


def _scores_sentence(row: Row, digits: int) -> str:
    """Every score there is of the criterion beside the others; none overwrites another."""
    told = [
        f"{OF_SHEET if code == 'computed_score' and row['input_kind_code'] == 'measured' else name} "
        f"{labels_scores.stated_points(row[code], digits)}"
        for code, name in SCORE_NAMES.items()
        if row[code] is not None
    ]
    return ("; ".join(told) or "chưa có điểm nào") + "."


def _evidence_sentence(row: Row) -> str:
    needed = f"Cần: {row['evidence_text']}." if row["evidence_text"] else "Quy định không đòi tài liệu riêng."
    given = f" Đã nộp: {row['evidence_reference']}." if row["evidence_reference"] else ""
    if row["evidence_text"] and not given:
        given = " Phiếu chưa nêu tài liệu nào."
    reply = f" Văn bản giải trình: {row['explanation_reference']}." if row["explanation_reference"] else ""
    return needed + given + reply


def _rows_behind(view: state.View, choice: Row, scope: ScoreScope, unit: Row, row: Row, has_steps: bool) -> str:
    """The way to what was counted: the list of dossiers, or the files the figure came in."""
    filters = {
        name: text for name, text in score_parts.kept(view, choice, unit["unit_code"]).items() if name != "regulation"
    }
    if row["input_kind_code"] == "indicator":
        if row["input_code"] in MEMBERSHIPS:
            missed = components.time_link(
                "Hồ sơ không đạt", **filters, definition=row["input_code"], by="dossier", list="missed"
            )
            met = components.time_link("hồ sơ đạt", **filters, definition=row["input_code"], by="dossier", list="met")
            return f"{missed} và {met} của đơn vị trong kỳ (trang Đúng hạn)."
        if _is_listed_here(row):
            return "Danh sách hồ sơ ở ngay bên dưới."
        link = components.unit_link(
            view.authority_code, unit["unit_code"], "Chỉ số của đơn vị trong kỳ", choice["period_code"]
        )
        return f"{link} (trang Đơn vị); kho chưa có trang liệt kê từng dòng của chỉ số này."
    return components.text(_files_sentence(view, scope, row, has_steps))


def _files_sentence(view: state.View, scope: ScoreScope, row: Row, has_steps: bool) -> str:
    """The files with rows of the criterion: where its figure, the sheet's scores and its explanations came in."""
    landed = INPUT_SOURCES.get(row["input_kind_code"], SHEETS)
    is_of_sheet = landed == SHEETS or row["campaign_code"] is not None
    told = [_figure_rows(view, scope, row)] if landed != SHEETS else []
    told += [sheet_line_text(row)] if is_of_sheet else []
    sources = _landed_from(view, scope, row, landed) if landed != SHEETS else []
    sources += [SHEETS] if row["campaign_code"] else []
    sources += [EXPLANATIONS] if has_steps else []
    files = [_files_of(view, scope, code) for code in sources]
    line = "; ".join(told)
    return ". ".join([f"{line[0].upper()}{line[1:]}", *files]) + "."


def _figure_rows(view: state.View, scope: ScoreScope, row: Row) -> str:
    """Which rows the figure was made of."""
    if row["input_kind_code"] != "survey_index":
        return f"dòng có mã số liệu {row['input_code']}"
    wave = data_access_scores.survey_wave(view.build, scope, row)
    return "; ".join((wave.text, *wave.items))


def _landed_from(view: state.View, scope: ScoreScope, row: Row, landed: str) -> list[str]:
    """The sources of a figure; a survey's answers land ballot by ballot or answer by answer, or both."""
    if row["input_kind_code"] != "survey_index":
        return [landed]
    return [code for code in SURVEY_SOURCES if data_access_scores.source_files(view.build, scope, (code,))] or [landed]


def _files_of(view: state.View, scope: ScoreScope, source_code: str) -> str:
    names = [file["file_name"] for file in data_access_scores.source_files(view.build, scope, (source_code,))]
    told = labels.files_text(names) if names else "chưa nạp tệp nào có số liệu từ đầu kỳ trở đi"
    return f"{load_contracts()[source_code].title}: {told}"


LISTED_HEADERS = ("Mã hồ sơ", "Thủ tục", "Tiếp nhận", "Hạn", "Xong", "Tệp", "Dòng")
LISTED_WIDTHS = (24, 46, 13, 13, 13, 36, 9)
FILE_SIZE = 5000


def _is_listed_here(row: Row) -> bool:
    """Whether the dossiers behind a figure are listed on this page: those that the page Đúng hạn does not list."""
    is_listed = row["input_kind_code"] == "indicator" and row["input_code"] in LISTINGS
    return row["is_leaf"] and is_listed and row["input_code"] not in MEMBERSHIPS and bool(row["denominator"])


def _draw_dossiers(view: state.View, choice: Row, scope: ScoreScope, unit: Row, row: Row) -> None:
    """The dossiers behind a figure, one side of its fraction at a time."""
    if not _is_listed_here(row):
        return
    code, unit_code = row["input_code"], unit["unit_code"]
    counts = data_access_scores.side_counts(view.build, scope, unit_code, code)
    components.show(components.section("Hồ sơ làm căn cứ"))
    side = state.pick(
        "Danh sách",
        list(SIDES),
        "list",
        first_side(row["direction_code"]),
        lambda name: f"{SIDE_TEXTS[name]} ({labels.format_count(counts[name])})",
    )
    if not counts[side]:
        components.show(components.note("Không có hồ sơ nào."))
        return
    page, pages = paging.asked_page(counts[side], PAGE_SIZE, "page")
    first = (page - 1) * PAGE_SIZE
    rows = data_access_scores.figure_dossiers(view.build, scope, unit_code, code, side, PAGE_SIZE, first)
    columns = (
        Column("Mã hồ sơ", "nowrap"),
        Column("Thủ tục", "wide"),
        Column("Tiếp nhận", "num wide"),
        Column("Hạn", "num"),
        Column("Xong", "num"),
        Column("Tệp, dòng", "wide"),
    )
    kept = {**score_parts.kept(view, choice, unit_code), "criterion": row["criterion_code"], "list": side}
    components.show(
        components.table(columns, (_dossier_cells(view, one) for one in rows), "Hồ sơ làm căn cứ")
        + paging.links(components.explanation_link, kept, page, pages, "page")
    )
    download_buttons.draw_later(
        view,
        lambda: _dossiers_sheet(view, choice, scope, unit, row, side),
        "hồ sơ làm căn cứ",
        f"ho-so_{row['criterion_code']}_{unit_code}_{choice['period_code']}_{side}",
    )


def _dossier_plain(row: Row) -> list[str]:
    return [
        row["procedure_name"] or row["procedure_code"] or labels.NO_DATA,
        labels.format_date(row["received_date"]),
        labels.format_date(row["shown_due_at"]) if row["shown_due_at"] else "không có",
        labels.format_date(row["finished_at"]) if row["finished_at"] else "chưa xong",
    ]


def _dossier_cells(view: state.View, row: Row) -> list[str]:
    told = [components.text(text) for text in _dossier_plain(row)]
    source = components.text(f"«{row['file_name']}» dòng {row['source_row_number']}")
    return [components.dossier_link(view.authority_code, row["dossier_code"]), *told, source]


def _dossiers_sheet(
    view: state.View, choice: Row, scope: ScoreScope, unit: Row, row: Row, side: str
) -> downloads.Sheet:
    rows = data_access_scores.figure_dossiers(view.build, scope, unit["unit_code"], row["input_code"], side, FILE_SIZE)
    cells = [[one["dossier_code"], *_dossier_plain(one), one["file_name"], one["source_row_number"]] for one in rows]
    head = [
        ("Đơn vị", f"{unit['unit_name']} ({unit['unit_code']})"),
        *_file_head(choice),
        ("Tiêu chí", labels_scores.criterion_name(row)),
        ("Danh sách", f"{SIDE_TEXTS[side]}; nhiều nhất {labels.format_count(FILE_SIZE)} hồ sơ"),
    ]
    title = f"{labels_scores.criterion_name(row)}: hồ sơ làm căn cứ"
    return download_buttons.sheet(view, title, "Hồ sơ", head, LISTED_HEADERS, cells, LISTED_WIDTHS)


def _draw_explanations(steps: Sequence[Row], digits: int) -> None:
    if not steps:
        return
    columns = (
        Column("Lúc"),
        Column("Bước"),
        Column("Lý do"),
        Column("Điểm", "num"),
    )
    cells = (_step_cells(step, digits) for step in steps)
    lead = "Mỗi bước giữ nguyên như đã ghi lần đầu; tệp nạp sau chỉ thêm bước, không sửa bước cũ."
    components.show(
        components.section("Giải trình và thẩm định", lead)
        + components.table(columns, cells, "Giải trình và thẩm định")
    )


def _step_cells(step: Row, digits: int) -> list[str]:
    actor = labels.named_code(step["actor_name"], step["actor_code"])
    reworded = '<span class="why">một tệp sau ghi khác; ở đây giữ lời ghi trước</span>' if step["is_reworded"] else ""
    old, new = (
        "–" if value is None else labels_scores.stated_points(value, digits)
        for value in (step["old_score"], step["new_score"])
    )
    return [
        vi_moment(step["stated_at"]),
        f'{STAGES[step["stage_code"]]}<span class="dates">{components.text(actor)}</span>',
        components.text(step["reason_text"]) + reworded,
        f"{old} → {new}" if step["new_score"] is not None else old,
    ]
