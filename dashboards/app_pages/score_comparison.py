"""So sánh điểm: self, appraised, survey, computed, published and final side by side; claims above the data first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from dagster_project.explaining.figures import figure_text
from dashboards import components, data_access_scores, download_buttons, downloads, labels, labels_scores, paging, state
from dashboards.app_pages import score_parts
from dashboards.components import Column
from dashboards.data_access_scores import PAGE_SIZE, ScoreScope

Row = Mapping[str, Any]

# The scores of a criterion in the order in which they come about: column, head.
SCORES = {
    "self_score": "Tự chấm",
    "appraised_score": "Thẩm định",
    "survey_score": "Điều tra",
    "computed_score": "Kho tính",
    "declared_score": "Công bố",
    "final_score": "Điểm cuối",
}
# A phone has room for three of them; where an appraisal decides, it takes the place of what a unit gave itself.
_ON_PHONE = ("self_score", "computed_score", "final_score")
_ON_PHONE_APPRAISED = ("appraised_score", "computed_score", "final_score")
FIGURE_OF = "Điểm kho tính: nguồn số liệu"
DIFFERENCE_HEADERS = (
    "Mã đơn vị",
    "Đơn vị",
    "Mã tiêu chí",
    "Tiêu chí",
    "Điểm tối đa",
    "Điểm nêu",
    "Do ai nêu",
    "Kho tính",
    "Chênh",
    "Điểm cuối",
    "Tử số",
    "Mẫu số",
    "Giá trị không phải số đếm",
    FIGURE_OF,
)
DIFFERENCE_WIDTHS = (12, 42, 10, 50, 10, 10, 10, 10, 10, 10, 12, 12, 12, 34)


def render(view: state.View) -> None:
    """Draw the page for the regulation, period and unit in the address."""
    score_parts.header(view, "So sánh điểm")
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
    score_parts.show_doubts(choice)
    _draw_unit(view, choice, scope, units[unit])
    _draw_differences(view, choice, scope, unit)


# --- one unit: every score of every criterion


def _draw_unit(view: state.View, choice: Row, scope: ScoreScope, unit: Row) -> None:
    rows = data_access_scores.criterion_scores(view.build, scope, unit["unit_code"])
    shown = [code for code in SCORES if code == "final_score" or any(row[code] is not None for row in rows)]
    columns = [
        Column("Tiêu chí"),
        Column("Tối đa", "num wide"),
        *(Column(SCORES[code], _score_css(code, rows)) for code in shown),
    ]
    cells = (_unit_cells(view, choice, unit, row, shown) for row in rows)
    title = f"Điểm đứng cạnh nhau, {unit['unit_name']}, {state.period_text(choice)}"
    missing = [SCORES[code].lower() for code in SCORES if code not in shown]
    lead = "Không điểm nào ghi đè điểm nào; điểm cuối được chọn theo quy định. Gạch ngang là chưa có điểm, khác 0."
    lead += f" {labels.NO_DATA.capitalize()} về điểm: {', '.join(missing)}." if missing else ""
    components.show(
        components.section(title, lead) + components.table(columns, cells, "Các điểm của từng tiêu chí") + "<br>"
    )
    headers = ("Mã tiêu chí", "Tiêu chí", "Điểm tối đa", *SCORES.values(), "Điểm cuối lấy từ", FIGURE_OF)
    lines = [
        [
            row["criterion_code"],
            row["criterion_name"],
            row["max_score"],
            *(row[code] for code in SCORES),
            labels_scores.final_source(row),
            labels_scores.computed_from(row),
        ]
        for row in rows
    ]
    head = [("Đơn vị", f"{unit['unit_name']} ({unit['unit_code']})"), *_file_head(choice)]
    name, widths = "Điểm đứng cạnh nhau", (10, 60, 10, *(11 for _ in SCORES), 30, 34)
    sheet = download_buttons.sheet(view, f"{name}: {unit['unit_name']}", name, head, headers, lines, widths)
    download_buttons.draw(view, sheet, f"so-sanh-diem_{_code(choice)}_{unit['unit_code']}_{choice['period_code']}")


def _score_css(code: str, rows: Sequence[Row]) -> str:
    is_appraised = any((row["final_source_code"] or "").startswith("appraised") for row in rows)
    css = "num value" if code == "final_score" else "num"
    return css if code in (_ON_PHONE_APPRAISED if is_appraised else _ON_PHONE) else f"{css} wide"


def _code(choice: Row) -> str:
    return choice["regulation_version_code"].replace("@", "_")


def _file_head(choice: Row) -> list[tuple[str, str]]:
    confirmed = labels.confirmed_text(choice["is_confirmed"])
    return [
        ("Quy định", f"{choice['regulation_name']} ({choice['regulation_version_code']}), {confirmed}"),
        ("Kỳ", state.period_text(choice)),
    ]


def _unit_cells(view: state.View, choice: Row, unit: Row, row: Row, shown: Sequence[str]) -> list[str]:
    filters = score_parts.kept(view, choice, unit["unit_code"])
    link = components.explanation_link(labels_scores.criterion_name(row), **filters, criterion=row["criterion_code"])
    source = components.text(labels_scores.final_source(row))
    digits = choice["rounding_digits"]
    most = labels_scores.points(row["max_score"], digits)
    is_out = row["score_status"] == "not_applicable"
    scores = ["–" if row[code] is None or is_out else _score_cell(row, code, digits) for code in shown]
    return [
        f'<span class="level-{row["level_number"]}">{link}'
        f'<span class="counted">{source}<span class="sub">tối đa {most}</span></span></span>',
        most,
        *scores,
    ]


def _score_cell(row: Row, code: str, digits: int) -> str:
    note = labels_scores.computed_from(row) if code == "computed_score" else ""
    return labels_scores.stated_points(row[code], digits) + (f'<span class="dates">{note}</span>' if note else "")


# --- over all units: claimed minus computed


def _draw_differences(view: state.View, choice: Row, scope: ScoreScope, unit_code: str) -> None:
    title = f"Điểm nêu trừ điểm kho tính, mọi đơn vị, {state.period_text(choice)}"
    first = data_access_scores.score_differences(view.build, scope, 1)
    if not first:
        text = "Không tiêu chí nào vừa có điểm tự chấm hoặc công bố, vừa có điểm kho tính mà hai điểm khác nhau."
        components.show(components.section(title) + components.note(text))
        return
    total = first[0]["difference_count"]
    page, pages = paging.asked_page(total, PAGE_SIZE, "page")
    rows = first if page == 1 else data_access_scores.score_differences(view.build, scope, page)
    columns = (
        Column("Đơn vị, tiêu chí"),
        Column("Nêu", "num"),
        Column("Kho tính", "num"),
        Column("Chênh", "num value"),
        Column("Tối đa", "num wide"),
        Column("Số liệu", "num wide"),
        Column("Điểm cuối", "num wide"),
    )
    higher = labels.format_count(first[0]["higher_count"])
    lead = (
        f"{labels.format_count(total)} chỗ khác nhau, trong đó {higher} chỗ nêu cao hơn; cao nhất đứng trước. "
        "Khác nhau thì cần giải trình, chưa phải là sai phạm. Bấm vào tên để xem các dòng làm căn cứ."
    )
    kept = score_parts.kept(view, choice, unit_code)
    components.show(
        components.section(title, lead)
        + components.table(
            columns, (_difference_cells(view, choice, scope, row) for row in rows), "Điểm nêu và điểm kho tính"
        )
        + paging.links(components.comparison_link, kept, page, pages, "page")
    )
    download_buttons.draw_later(
        view,
        lambda: _difference_sheet(view, choice, scope),
        "điểm nêu và kho tính",
        f"chenh-lech-diem_{_code(choice)}_{choice['period_code']}",
    )


def _difference_cells(view: state.View, choice: Row, scope: ScoreScope, row: Row) -> list[str]:
    filters = score_parts.kept(view, choice, row["unit_code"])
    link = components.explanation_link(row["unit_name"], **filters, criterion=row["criterion_code"])
    digits = choice["rounding_digits"]
    final = "–" if row["final_score"] is None else labels_scores.stated_points(row["final_score"], digits)
    difference, origin = row["difference_score"], labels_scores.CLAIMS[row["claim_origin_code"]]
    return [
        f'{link}<span class="counted">{components.text(labels_scores.criterion_name(row))}</span>',
        f'{labels_scores.stated_points(row["claimed_score"], digits)}<span class="dates">{origin}</span>',
        _score_cell(row, "computed_score", digits),
        f"{'+' if difference > 0 else ''}{labels_scores.stated_points(difference, digits)}",
        labels_scores.points(row["max_score"], digits),
        _figure_cell(view, scope, row),
        final,
    ]


def _figure_cell(view: state.View, scope: ScoreScope, row: Row) -> str:
    """What was counted as a fraction, another figure as its value: that one stands over a million."""
    if row["denominator"] is None:
        return "–"
    if row["has_counts"]:
        return labels.format_fraction(row["numerator"], row["denominator"])
    bands = data_access_scores.criterion_bands(view.build, scope, row["criterion_code"])
    return components.text(figure_text(row, bands, row))


def _value(row: Row) -> Decimal | None:
    """The figure of a row that is no count."""
    if row["has_counts"] or not row["denominator"]:
        return None
    return Decimal(row["numerator"]) / row["denominator"]


def _difference_sheet(view: state.View, choice: Row, scope: ScoreScope) -> downloads.Sheet:
    rows = data_access_scores.score_differences(view.build, scope)
    cells = [
        [
            row["unit_code"],
            row["unit_name"],
            row["criterion_code"],
            row["criterion_name"],
            row["max_score"],
            row["claimed_score"],
            labels_scores.CLAIMS[row["claim_origin_code"]],
            row["computed_score"],
            row["difference_score"],
            row["final_score"],
            row["numerator"] if row["has_counts"] else None,
            row["denominator"] if row["has_counts"] else None,
            _value(row),
            labels_scores.computed_from(row),
        ]
        for row in rows
    ]
    name = "Điểm nêu và kho tính"
    title = f"Điểm nêu trừ điểm kho tính, {state.period_text(choice)}"
    return download_buttons.sheet(view, title, name, _file_head(choice), DIFFERENCE_HEADERS, cells, DIFFERENCE_WIDTHS)
