"""The index over waves, and two waves compared or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dagster_project.surveying.series import comparison_refusal, coverage_caution, coverage_text
from dashboards import charts_surveys, components, download_buttons, downloads, labels, labels_surveys, state
from dashboards import data_access_surveys as surveys
from dashboards.app_pages import satisfaction_units
from dashboards.components import Column
from dashboards.data_access_surveys import WaveScope

Row = Mapping[str, Any]
NOTHING = ""

WAVES = (
    Column("Đợt", "name"),
    Column("Ai hỏi, hỏi ai", "wide words"),
    Column("Chỉ số", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n (phiếu)", "num"),
)
WAVE_HEADERS = (
    "Chuỗi",
    "Mã đợt",
    "Đợt",
    "Từ ngày",
    "Đến ngày",
    "Ai hỏi",
    "Hỏi ai",
    "Số đơn vị của đợt",
    "Hình thức hỏi",
    "Bộ câu hỏi",
    "Phương pháp",
    "Chỉ số (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "Số phiếu",
    "Lý do không có số",
)
WAVE_WIDTHS = (8, 22, 56, 12, 12, 12, 22, 11, 22, 54, 12, 11, 11, 11, 9, 36)
CHANGES = (
    Column("Chỉ số và nhóm câu", "name"),
    Column("Đợt sau", "num"),
    Column("Đợt trước", "num"),
    Column("Chênh lệch", "words"),
)


def draw(view: state.View, waves: Sequence[Row], wave: Row, unit_code: str, unit_name: str) -> None:
    """The chart of waves with its table, then the comparison asked for."""
    rows = surveys.index_series(view.build, view.authority_code, unit_code)
    title = f"Qua các đợt: {unit_name}"
    lead = (
        "Đường chỉ nối những đợt cùng bộ câu hỏi, cùng người hỏi, cùng đối tượng, với toàn địa phương thì cùng các đơn "
        "vị. Vạch cam đứng: một chuỗi khác bắt đầu, hai bên vạch không nối với nhau."
    )
    components.show("<br>" + components.section(title, lead))
    series = charts_surveys.in_series(rows)
    if any(row["estimate"] is not None for row in rows):
        st.altair_chart(charts_surveys.wave_chart(rows), theme=None, width="stretch", alt=title)
    groups = [(_series_title(number, series), [_cells(row) for row in found]) for number, found in enumerate(series)]
    components.show(components.grouped_table(WAVES, groups, title))
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), ("Chuỗi", "chỉ nối những đợt cùng một chuỗi")]
    files = [_file_cells(number, row) for number, found in enumerate(series, start=1) for row in found]
    sheet = download_buttons.sheet(view, title, "Các đợt", head, WAVE_HEADERS, files, WAVE_WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_cac-dot_{unit_code}")
    _draw_comparison(view, waves, wave, unit_code, unit_name)


def _series_title(number: int, series: Sequence[Sequence[Row]]) -> str:
    first = series[number][0]
    told = f"Chuỗi {number + 1}: {first['instrument_name']}"
    if number == 0:
        return told
    return f"{told} · ngắt vì {', '.join(labels_surveys.break_reasons(series[number - 1][-1], first))}"


def _cells(row: Row) -> list[str]:
    owner = labels_surveys.OWNER_TEXT.get(row["survey_owner_code"], row["survey_owner_code"])
    people = labels_surveys.POPULATION_TEXT.get(row["population_code"], row["population_code"])
    count = "–" if row["answered_ballot_count"] is None else labels.format_count(row["answered_ballot_count"])
    missing = labels_surveys.missing_text(row, row["minimum_ballot_count"])
    if missing:
        value, interval = f'<span class="missing">{components.text(missing)}</span>', "–"
    else:
        interval = labels_surveys.interval(row)
        rate = labels_surveys.percent(row["estimate"])
        value = f'<span class="rate">{rate}</span><span class="sub">{interval}</span>'
    asked = f"{owner}; {people}"
    if row["unit_code"] == row["authority_code"]:
        asked += f"; {coverage_text(row)}"
    return [components.text(row["wave_name"]), components.text(asked), value, interval, count]


def _file_cells(number: int, row: Row) -> list[Any]:
    days = ("" if row[name] is None else labels.format_date(row[name]) for name in ("start_date", "end_date"))
    return [
        number,
        row["wave_code"],
        row["wave_name"],
        *days,
        labels_surveys.OWNER_NAME.get(row["survey_owner_code"], row["survey_owner_code"]),
        labels_surveys.POPULATION_TEXT.get(row["population_code"], row["population_code"]),
        row["unit_count"],
        labels_surveys.MODE_TEXT.get(row["mode_code"], row["mode_code"]),
        row["instrument_name"],
        row["method_version"],
        *(downloads.percent_number(row[name]) for name in ("estimate", "interval_low", "interval_high")),
        row["answered_ballot_count"],
        labels_surveys.missing_text(row, row["minimum_ballot_count"]),
    ]


def _draw_comparison(view: state.View, waves: Sequence[Row], wave: Row, unit_code: str, unit_name: str) -> None:
    others = {f"{row['wave_code']}|{row['instrument_code']}": row for row in waves if row is not wave}
    if not others:
        return
    before = f"{wave['previous_wave_code']}|{wave['instrument_code']}"
    components.show("<br>" + components.section(f"So hai đợt: {unit_name}"))
    with st.columns([3, 2])[0]:
        key = state.pick(
            f"So đợt {wave['wave_code']} với",
            [NOTHING, *others],
            "against",
            before if before in others else NOTHING,
            lambda k: labels_surveys.wave_title(others[k]) if k else "chưa chọn đợt",
        )
    if key:
        _compare(view, wave, others[key], unit_code)


def _compare(view: state.View, wave: Row, other: Row, unit_code: str) -> None:
    refusal = comparison_refusal(wave, other)
    if refusal:
        components.show(components.note(refusal, is_warning=True) + "<br>")
        return
    later, earlier = (other, wave) if other["previous_wave_code"] == wave["wave_code"] else (wave, other)
    if later["previous_wave_code"] != earlier["wave_code"]:
        text = (
            f"Đợt {other['wave_code']} cùng chuỗi nhưng không phải đợt liền trước hay liền sau của "
            f"{wave['wave_code']}; kho chỉ kiểm định chênh lệch giữa hai đợt liền nhau. Hãy chọn đợt liền nhau."
        )
        components.show(components.note(text, is_warning=True) + "<br>")
        return
    scope = WaveScope(view.authority_code, later["wave_code"], later["instrument_code"])
    rows = surveys.wave_changes(view.build, scope, unit_code)
    if not rows:
        text = "Không so được: một trong hai đợt không đủ phiếu ở đây."
        components.show(components.note(text, is_warning=True) + "<br>")
        return
    title = f"{later['wave_code']} so với {earlier['wave_code']}"
    cells = (
        [
            components.text(labels_surveys.measure_name(row)),
            f'<span class="rate">{labels_surveys.percent(row["estimate"])}</span>',
            labels_surveys.percent(row["compared_estimate"]),
            satisfaction_units.gap_cell(row),
        ]
        for row in rows
    )
    covered = _coverage(later, earlier) if unit_code == view.authority_code else ""
    components.show(f"<b>{components.text(title)}</b>" + covered + components.table(CHANGES, cells, title) + "<br>")


def _coverage(later: Row, earlier: Row) -> str:
    """Of how many units each of two waves is and how they were asked; a warning where the units are not the same."""
    told = "; ".join(f"{wave['wave_code']}: {coverage_text(wave)}" for wave in (later, earlier))
    caution = coverage_caution(later, earlier)
    warning = components.note(caution, is_warning=True) if caution else ""
    return f'<p class="lead">{components.text(told)}</p>{warning}'
