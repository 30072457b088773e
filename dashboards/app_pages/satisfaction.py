"""Hài lòng (SIPAS): what people answered in a wave, with its method, its error and what may not be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import charts_surveys, components, download_buttons, downloads, labels, labels_surveys, state
from dashboards import data_access_surveys as surveys
from dashboards.app_pages import (
    satisfaction_items,
    satisfaction_people,
    satisfaction_print,
    satisfaction_sides,
    satisfaction_trend,
    satisfaction_units,
)
from dashboards.components import Column
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]

NOT_REGISTERED = (
    "Phiếu nêu mã đợt này nhưng chưa ai nạp danh sách đợt khảo sát có nó, nên kho không rõ ai hỏi, hỏi ai; số của đợt "
    "không so được với đợt nào khác. Hãy điền mẫu survey__waves (lệnh cchc template) rồi nạp."
)
MEASURES = (
    Column("Chỉ số và nhóm câu", "name"),
    Column("Hài lòng", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n (phiếu)", "num wide"),
    Column("Theo cách tính kia", "num"),
)
MEASURE_HEADERS = (
    "Mã",
    "Chỉ số, nhóm câu",
    "Hài lòng (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Số phiếu",
    "Theo cách tính kia (%)",
    "Lý do không có số",
)
MEASURE_WIDTHS = (12, 44, 12, 12, 12, 12, 12, 40)


def render(view: state.View) -> None:
    """Draw the page for the chosen authority."""
    as_of = labels.format_date(view.build.as_of_date)
    components.show(
        components.page_header("Hài lòng (SIPAS)", view.authority_name, view.is_synthetic, as_of, view.build.build_id)
    )
    waves = surveys.waves(view.build, view.authority_code)
    if not waves:
        text = "Bản dựng không có phiếu khảo sát nào của địa phương này. Hãy nạp phiếu khảo sát rồi dựng lại."
        components.show(components.note(text))
        return
    wave = _pick_wave(waves)
    scope = WaveScope(view.authority_code, wave["wave_code"], wave["instrument_code"])
    _draw_method(wave)
    _draw_overall(view, scope, wave)
    satisfaction_sides.draw(view, wave, view.authority_code, view.authority_name)
    units = surveys.survey_units(view.build, scope)
    satisfaction_units.draw(view, scope, wave, units)
    unit, unit_name = _pick_unit(view, scope, units)
    satisfaction_items.draw(view, scope, wave, unit, unit_name)
    if unit != view.authority_code:
        satisfaction_sides.draw(view, wave, unit, unit_name)
        _draw_printed(view, scope, wave, unit, unit_name)
    satisfaction_trend.draw(view, waves, wave, unit, unit_name)
    satisfaction_people.draw(view, scope, wave, unit, unit_name)


def _pick_wave(waves: Sequence[Row]) -> Row:
    by_key = {f"{row['wave_code']}|{row['instrument_code']}": row for row in waves}
    with st.columns([3, 2])[0]:
        key = state.pick(
            "Đợt khảo sát", list(by_key), "wave", next(iter(by_key)), lambda k: labels_surveys.wave_title(by_key[k])
        )
    return by_key[key]


def _pick_unit(view: state.View, scope: WaveScope, units: Sequence[Row]) -> tuple[str, str]:
    names = {row["unit_code"]: row["unit_name"] for row in sorted(units, key=lambda row: row["unit_code"])}
    components.show("<br>" + components.section("Xem kỹ một đơn vị hoặc toàn địa phương"))
    authority = view.authority_code
    # A survey of one unit has no figure of the authority.
    has_whole = bool(surveys.measures(view.build, scope, authority))
    codes = [authority, *names] if has_whole or not names else list(names)
    code = state.pick_unit(
        view,
        st.columns([2, 3])[0],
        codes,
        codes[0],
        lambda c: "Toàn địa phương" if c == authority else f"{names[c]} ({c})",
    )
    return code, names.get(code, view.authority_name)


def _draw_method(wave: Row) -> None:
    badges = [] if wave["is_confirmed"] else [f"bộ câu hỏi {labels_surveys.UNCONFIRMED} với văn bản"]
    badges += [] if wave["is_registered"] else ["đợt chưa đăng ký"]
    marks = " ".join(f'<span class="badge">{text}</span>' for text in badges)
    unknown = "" if wave["is_registered"] else components.note(NOT_REGISTERED, is_warning=True) + "<br>"
    facts = labels_surveys.method_facts(wave)
    components.show(
        (f"<p>{marks}</p>" if marks else "")
        + unknown
        + components.facts_box("Ai hỏi, hỏi ai, tính thế nào", facts)
        + "<br>"
    )


def _draw_overall(view: state.View, scope: WaveScope, wave: Row) -> None:
    rows = surveys.measures(view.build, scope, view.authority_code)
    title = "Toàn địa phương: chỉ số chung và các nhóm câu"
    if not rows:
        text = "Đợt này chỉ hỏi về một đơn vị, nên không nói gì về toàn địa phương. Chỉ số của đơn vị ấy ở phần dưới."
        components.show(components.section(title) + components.note(text))
        return
    lead = f"Chấm: tỷ lệ hài lòng; vạch nhạt: khoảng tin cậy 95%. {_other_formula(rows)}"
    components.show(components.section(title, lead))
    drawn = [(labels_surveys.measure_name(row), row) for row in rows if row["estimate"] is not None]
    table = components.table(MEASURES, (_measure_cells(row, wave["minimum_ballot_count"]) for row in rows), title)
    if drawn:
        left, right = st.columns([1, 1], gap="medium")
        with left:
            st.altair_chart(charts_surveys.interval_chart(drawn), theme=None, width="stretch", alt=title)
        with right:
            components.show(table)
    else:
        components.show(table)
    head = labels_surveys.method_facts(wave)
    cells = [_file_cells(row, wave["minimum_ballot_count"]) for row in rows]
    name = "Chỉ số và nhóm câu"
    sheet = download_buttons.sheet(view, title, name, head, MEASURE_HEADERS, cells, MEASURE_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_chi-so_{wave['wave_code']}")


def _draw_printed(view: state.View, scope: WaveScope, wave: Row, unit_code: str, unit_name: str) -> None:
    """The button for the unit's page to print."""
    st.download_button(
        "Tải trang in A4 của đơn vị",
        lambda: satisfaction_print.unit_page(view, scope, wave, unit_code, unit_name).encode(),
        f"hai-long_{wave['wave_code']}_{unit_code}.html",
        "text/html",
        on_click="ignore",
        help="Mở tệp bằng trình duyệt rồi in, hoặc lưu thành PDF.",
    )


def _other_formula(rows: Sequence[Row]) -> str:
    """What the small print beside the figures is."""
    codes = {row["other_statistic_code"] for row in rows} - {None}
    if not codes:
        return ""
    return f"Cột «Theo cách tính kia»: {labels_surveys.FORMULA_TEXT[codes.pop()]}."


def _measure_cells(row: Row, minimum_ballot_count: int) -> list[str]:
    """Name, figure, interval, ballots and the figure of the other formula."""
    untold = labels_surveys.HIDDEN_FORMULA if row["other_value_status"] == "suppressed" else "–"
    other = labels_surveys.percent(row["other_estimate"]) if row["other_estimate"] is not None else untold
    other_interval = labels.format_interval(row["other_low"], row["other_high"])
    return [
        _measure_name(row),
        *_figure_cells(row, minimum_ballot_count),
        f'<span class="soft">{other}</span><span class="small">{other_interval}</span>',
    ]


def _measure_name(row: Row) -> str:
    """The index and each part in bold, the factors of a part set in below it."""
    name = components.text(labels_surveys.measure_name(row))
    return f'<span class="level-2">{name}</span>' if row["measure_level_code"] == "factor" else f"<b>{name}</b>"


def _figure_cells(row: Row, minimum_ballot_count: int | None) -> list[str]:
    """Share satisfied (or why there is none), interval, ballots; a phone has all three in the first."""
    count = labels.format_count(row["answered_ballot_count"]) if row["answered_ballot_count"] is not None else "–"
    missing = labels_surveys.missing_text(row, minimum_ballot_count)
    if missing:
        return [f'<span class="missing">{components.text(missing)}</span>', "–", count]
    interval = labels_surveys.interval(row)
    rate = f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span>'
    return [f'{rate}<span class="sub">{interval}<br>n = {count}</span>', interval, count]


def _file_cells(row: Row, minimum_ballot_count: int) -> list[Any]:
    return [
        row["measure_code"],
        labels_surveys.measure_name(row),
        *(downloads.percent_number(row[name]) for name in ("estimate", "interval_low", "interval_high")),
        row["answered_ballot_count"],
        downloads.percent_number(row["other_estimate"]),
        labels_surveys.missing_text(row, minimum_ballot_count),
    ]
