"""Frame → chart. Rows come as dicts from data_access; nothing here queries or computes an indicator.

Shape, dash and words carry the meaning beside colour, so that no chart depends on telling colours apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import altair as alt
import pandas as pd

from dashboards import labels

Rows = Sequence[Mapping[str, Any]]

BLUE, LIGHT_BLUE, ORANGE, INK, GREY = "#17507e", "#6d9cc3", "#c8640a", "#1c2733", "#8a96a3"
FONT = "'Segoe UI', 'Noto Sans', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Vega writes 12.3; Vietnamese readers read 12,3. Thousands get a dot.
_NUMBER_LABEL = "replace(replace(replace(datum.label, /,/g, '·'), '.', ','), /·/g, '.')"
# Names of steps stand on several lines of this many characters.
_STEP_LABEL, _STEP_WIDTH = "split(datum.label, '\\n')", 24
_PERCENT_LABEL = "replace(datum.label, '.', ',') + '%'"

_QUARTERS = {"Q1": "QI", "Q2": "QII", "Q3": "QIII", "Q4": "QIV"}


def _finish(chart: alt.Chart | alt.LayerChart, height: int | alt.Step) -> alt.Chart | alt.LayerChart:
    """The common look: our font, no frame, quiet axes."""
    return (
        chart.properties(height=height, width="container")
        .configure(font=FONT, padding={"left": 4, "right": 8, "top": 6, "bottom": 4})
        .configure_view(stroke=None)
        .configure_axis(
            labelColor="#5b6876",
            labelFontSize=12,
            gridColor="#e8ecf0",
            domainColor="#b9c3cd",
            tickColor="#b9c3cd",
            title=None,
            labelLimit=230,
        )
        .configure_legend(
            orient="top", direction="horizontal", title=None, labelFontSize=12, labelLimit=400, symbolSize=90
        )
    )


def period_label(row: Mapping[str, Any]) -> str:
    """A short axis label of a period: ``08/2026`` for a month, ``QIII/2026`` for a quarter, else its code."""
    code = row["period_code"]
    if len(code) != 7:
        return code
    year, part = code[:4], code[5:]
    return f"{_QUARTERS.get(part, part)}/{year}"


def active_span(rows: Rows, active_codes: set[str]) -> list[Mapping[str, Any]]:
    """The rows from the first to the last period named active; gaps inside stay, so a line shows them.

    Empty when none of these rows has a value.
    """
    active = [i for i, row in enumerate(rows) if row["period_code"] in active_codes]
    span = list(rows[active[0] : active[-1] + 1]) if active else []
    return span if any(row["value"] is not None for row in span) else []


def _displayed(value: Any, unit_of_measure_code: str) -> float | None:
    """The number a chart draws: percent for a rate, the value itself otherwise; None stays None."""
    if value is None:
        return None
    return float(value) * 100 if unit_of_measure_code == "rate" else float(value)


def _series_frame(rows: Rows) -> pd.DataFrame:
    """One row per period with the drawn number, interval, median and ready Vietnamese tooltip texts."""
    unit = rows[0]["unit_of_measure_code"]
    return pd.DataFrame(
        {
            "period": period_label(row),
            "period_name": row["period_name"] + ("" if row["is_complete"] else " (chưa hết kỳ)"),
            "is_complete": row["is_complete"],
            "value": _displayed(row["value"], unit),
            "low": _displayed(row["interval_low"], unit),
            "high": _displayed(row["interval_high"], unit),
            "median": _displayed(row.get("peer_group_median"), unit),
            "value_text": labels.value_or_status(row),
            "fraction_text": labels.format_fraction(row["numerator"], row["denominator"]),
            "median_text": labels.format_value(row.get("peer_group_median"), unit),
        }
        for row in rows
    )


def _y_axis(unit_of_measure_code: str) -> alt.Axis:
    is_rate = unit_of_measure_code == "rate"
    return alt.Axis(labelExpr=_PERCENT_LABEL if is_rate else _NUMBER_LABEL, tickCount=5, domain=False, ticks=False)


def trend_chart(rows: Rows, height: int = 260) -> alt.LayerChart:
    """One indicator over its periods, oldest first.

    Complete periods are a solid line with filled points; an unfinished last period hangs on a dashed line
    with a hollow point. The peers' median, where there is one, is a dashed grey line with square points.
    """
    unit = rows[0]["unit_of_measure_code"]
    frame = _series_frame(rows)
    x = alt.X(
        "period:N",
        sort=None,
        axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelFlush=True),
        scale=alt.Scale(domain=frame["period"].tolist()),
    )
    y = alt.Y("value:Q", axis=_y_axis(unit), scale=alt.Scale(zero=unit == "count", nice=True))
    tooltip = [
        alt.Tooltip("period_name:N", title="Kỳ"),
        alt.Tooltip("value_text:N", title="Giá trị"),
        alt.Tooltip("fraction_text:N", title="Tử số/mẫu số"),
    ]
    has_median = frame["median"].notna().any()
    if has_median:
        tooltip.append(alt.Tooltip("median_text:N", title="Trung vị của nhóm"))
    base = alt.Chart(frame).encode(x=x)
    complete, tail = frame[frame["is_complete"]], _unfinished_tail(frame)
    layers: list[Any] = []
    if frame["low"].notna().any():
        layers.append(
            alt.Chart(complete).mark_area(color=LIGHT_BLUE, opacity=0.22).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
        )
    if has_median:
        layers.append(
            base.mark_line(
                color=GREY,
                strokeDash=[5, 3],
                strokeWidth=1.6,
                point={"shape": "square", "size": 16, "color": GREY},
            ).encode(y="median:Q")
        )
    layers.append(alt.Chart(complete).mark_line(color=BLUE, strokeWidth=2.2).encode(x=x, y=y))
    layers.append(alt.Chart(tail).mark_line(color=BLUE, strokeWidth=1.6, strokeDash=[3, 3]).encode(x=x, y=y))
    layers.append(
        base.mark_point(size=44, strokeWidth=1.8, color=BLUE, opacity=1).encode(
            y=y,
            fill=alt.condition("datum.is_complete", alt.value(BLUE), alt.value("#ffffff")),
            tooltip=tooltip,
        )
    )
    return _finish(alt.layer(*layers), height)


def _unfinished_tail(frame: pd.DataFrame) -> pd.DataFrame:
    """The unfinished periods with the last complete one before them, to hang the dashed line on."""
    first = frame["is_complete"].sum()
    return frame.iloc[max(first - 1, 0) :] if first < len(frame) else frame.iloc[0:0]


def volume_chart(received: Rows, resolved: Rows, height: int = 260) -> alt.LayerChart:
    """Dossiers received (bars) and resolved (line) per period; unfinished periods are pale."""
    bars, line = _series_frame(received), _series_frame(resolved)
    bars["series"], line["series"] = "Tiếp nhận", "Đã giải quyết"
    x = alt.X(
        "period:N",
        sort=None,
        axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelFlush=True),
        scale=alt.Scale(domain=bars["period"].tolist()),
    )
    y = alt.Y("value:Q", axis=_y_axis("count"), scale=alt.Scale(zero=True))
    color = alt.Color("series:N", scale=alt.Scale(domain=["Tiếp nhận", "Đã giải quyết"], range=[LIGHT_BLUE, ORANGE]))
    tooltip = [
        alt.Tooltip("period_name:N", title="Kỳ"),
        alt.Tooltip("series:N", title="Số liệu"),
        alt.Tooltip("value_text:N", title="Hồ sơ"),
    ]
    opacity = alt.condition("datum.is_complete", alt.value(1), alt.value(0.45))
    return _finish(
        alt.layer(
            alt.Chart(bars).mark_bar().encode(x=x, y=y, color=color, opacity=opacity, tooltip=tooltip),
            alt.Chart(line).mark_line(strokeWidth=2).encode(x=x, y=y, color=color),
            alt.Chart(line)
            .mark_point(size=36, filled=True)
            .encode(x=x, y=y, color=color, opacity=opacity, tooltip=tooltip),
        ),
        height,
    )


def _ranked_name(row: Mapping[str, Any]) -> str:
    name = row["unit_short_name"] or row["unit_name"]
    return f"{labels.rank_text(row['unit_rank'], row['is_tied'])}. {name}"


def ranking_chart(rows: Rows) -> alt.LayerChart:
    """Ranked units as points with their 95 % interval, best on top, and the group's median as a dashed line.

    The axis does not start at zero, because intervals of good units would be invisible; hence points, not
    bars (the bars from zero stand in the table).
    """
    unit = rows[0]["unit_of_measure_code"]
    frame = pd.DataFrame(
        {
            "unit": _ranked_name(row),
            "value": _displayed(row["value"], unit),
            "low": _displayed(row["interval_low"], unit),
            "high": _displayed(row["interval_high"], unit),
            "value_text": labels.format_value(row["value"], unit),
            "fraction_text": labels.format_fraction(row["numerator"], row["denominator"]),
            "interval_text": labels.format_interval(row["interval_low"], row["interval_high"]) or "không có",
        }
        for row in rows
    )
    y = alt.Y("unit:N", sort=frame["unit"].tolist(), axis=alt.Axis(domain=False, ticks=False, labelColor=INK))
    scale = alt.Scale(zero=False, nice=True, padding=10)
    tooltip = [
        alt.Tooltip("unit:N", title="Đơn vị"),
        alt.Tooltip("value_text:N", title="Giá trị"),
        alt.Tooltip("fraction_text:N", title="Tử số/mẫu số"),
        alt.Tooltip("interval_text:N", title="Khoảng tin cậy 95%"),
    ]
    axis = _y_axis(unit)
    axis.orient = "top"
    base = alt.Chart(frame).encode(y=y)
    layers: list[Any] = []
    if frame["low"].notna().any():
        layers.append(
            base.mark_rule(color=LIGHT_BLUE, strokeWidth=5, opacity=0.75).encode(
                x=alt.X("low:Q", scale=scale), x2="high:Q"
            )
        )
    layers.append(
        base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(
            x=alt.X("value:Q", axis=axis, scale=scale), tooltip=tooltip
        )
    )
    median = rows[0]["peer_group_median"]
    if median is not None:
        line = pd.DataFrame({"median": [_displayed(median, unit)]})
        layers.append(
            alt.Chart(line)
            .mark_rule(color=ORANGE, strokeDash=[5, 4], strokeWidth=2)
            .encode(x=alt.X("median:Q", scale=scale))
        )
    return _finish(alt.layer(*layers), alt.Step(24))


def step_chart(rows: Rows) -> alt.LayerChart:
    """Time per step, in days: a bar to the median, a tick at the level that 90 % of the steps keep; waits in orange.

    Rows of data_access.step_times in the order in which they are drawn.
    """
    frame = pd.DataFrame(
        {
            "step": fill(row["activity_name"], _STEP_WIDTH),
            "name": row["activity_name"],
            "kind": labels.TIME_KIND_TEXT[row["time_kind_code"]],
            "median": row["median_seconds"] / labels.DAY_SECONDS[row["measure_code"]],
            "p90": row["p90_seconds"] / labels.DAY_SECONDS[row["measure_code"]],
            "median_text": labels.duration_text(row["median_seconds"], row["measure_code"]),
            "p90_text": labels.duration_text(row["p90_seconds"], row["measure_code"]),
            "count_text": labels.format_count(row["step_count"]),
        }
        for row in rows
    )
    kinds = list(labels.TIME_KIND_TEXT.values())
    axis = alt.Axis(labelExpr=_NUMBER_LABEL, tickCount=5, domain=False, ticks=False, orient="top")
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "step:N",
            sort=list(dict.fromkeys(frame["step"])),
            axis=alt.Axis(domain=False, ticks=False, labelExpr=_STEP_LABEL),
        ),
        yOffset=alt.YOffset("kind:N", sort=kinds),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE])),
        tooltip=[
            alt.Tooltip("name:N", title="Bước"),
            alt.Tooltip("kind:N", title="Thời gian"),
            alt.Tooltip("median_text:N", title="Trung vị"),
            alt.Tooltip("p90_text:N", title="90% không quá"),
            alt.Tooltip("count_text:N", title="Số bước"),
        ],
    )
    return _finish(
        alt.layer(
            base.mark_rule(strokeWidth=1.4, opacity=0.6).encode(x=alt.X("median:Q", axis=axis), x2="p90:Q"),
            base.mark_bar(height={"band": 0.8}).encode(x=alt.X("median:Q", axis=axis)),
            base.mark_tick(thickness=2.4, height=11).encode(x="p90:Q"),
        ),
        alt.Step(20),
    )


def coverage_chart(rows: Rows, height: int = 320) -> alt.LayerChart:
    """Units as points: coverage across, rate with its interval upwards; a dashed line where coverage begins to do.

    Rows of data_access_ratings that have a rate and a coverage. Hollow points have too little coverage.
    """
    frame = pd.DataFrame(
        {
            "unit": row["unit_name"],
            "coverage": _displayed(row["coverage_rate"], "rate"),
            "value": _displayed(row["value"], "rate"),
            "low": _displayed(row["interval_low"], "rate"),
            "high": _displayed(row["interval_high"], "rate"),
            "is_low": bool(row["is_coverage_low"]),
            "value_text": labels.value_or_status(row),
            "coverage_text": labels.format_percent(row["coverage_rate"], 1),
            "interval_text": labels.format_interval(row["interval_low"], row["interval_high"]),
            "count_text": labels.format_count(row["denominator"]),
        }
        for row in rows
    )
    axis = alt.Axis(labelExpr=_PERCENT_LABEL, tickCount=5, domain=False, ticks=False, title="Độ phủ")
    x = alt.X("coverage:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))
    y = alt.Scale(zero=False, nice=True)
    limit = pd.DataFrame({"coverage": [rows[0]["low_coverage_percent"]]})
    tooltip = [
        alt.Tooltip("unit:N", title="Đơn vị"),
        alt.Tooltip("value_text:N", title="Hài lòng"),
        alt.Tooltip("interval_text:N", title="Khoảng tin cậy 95%"),
        alt.Tooltip("coverage_text:N", title="Độ phủ"),
        alt.Tooltip("count_text:N", title="Lượt hợp lệ"),
    ]
    base = alt.Chart(frame).encode(x=x)
    return _finish(
        alt.layer(
            alt.Chart(limit).mark_rule(color=ORANGE, strokeDash=[5, 4], strokeWidth=2).encode(x=x),
            base.mark_rule(color=LIGHT_BLUE, strokeWidth=2, opacity=0.6).encode(
                y=alt.Y("low:Q", scale=y, axis=_y_axis("rate")), y2="high:Q"
            ),
            base.mark_point(size=60, strokeWidth=1.8, color=BLUE, opacity=1).encode(
                y=alt.Y("value:Q", scale=y),
                fill=alt.condition("datum.is_low", alt.value("#ffffff"), alt.value(BLUE)),
                tooltip=tooltip,
            ),
        ),
        height,
    )
