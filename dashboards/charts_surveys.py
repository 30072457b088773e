"""Charts of the page on surveys: points with their interval, the funnel of units, the index over waves.

Rows come from data_access_surveys; nothing here queries or computes an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import Any

import altair as alt
import pandas as pd

from dashboards import labels, labels_surveys
from dashboards.charts import (
    _NUMBER_LABEL,
    _PERCENT_LABEL,
    _STEP_LABEL,
    BLUE,
    GREY,
    INK,
    LIGHT_BLUE,
    ORANGE,
    Rows,
    _displayed,
    _finish,
)

# Names stand on lines of this many characters, so that a phone keeps room for the points.
NAME_WIDTH = 26
LINE_HEIGHT = 15
# How far a unit stands from the centre: its words in the legend, shape and colour.
POSITIONS = {
    "far_below": ("Thấp, ngoài 99,8%", "triangle-down", ORANGE),
    "below": ("Thấp, ngoài 95%", "diamond", ORANGE),
    "within": ("Trong giới hạn", "circle", GREY),
    "above": ("Cao, ngoài 95%", "square", BLUE),
    "far_above": ("Cao, ngoài 99,8%", "triangle-up", BLUE),
}


def interval_chart(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> alt.LayerChart:
    """Named estimates as points with their 95 % interval, in the order given; the axis need not start at zero."""
    frame = pd.DataFrame(
        {
            "name": fill(name, NAME_WIDTH),
            "value": _displayed(row["estimate"], "rate"),
            "low": _displayed(row["interval_low"], "rate"),
            "high": _displayed(row["interval_high"], "rate"),
            "value_text": labels_surveys.percent(row["estimate"]),
            "interval_text": labels_surveys.interval(row),
            "count_text": labels.format_count(row["answered_ballot_count"]),
        }
        for name, row in rows
    )
    scale = alt.Scale(zero=False, nice=True, padding=10)
    axis = alt.Axis(labelExpr=_PERCENT_LABEL, tickCount=5, domain=False, ticks=False, orient="top")
    lines = max(name.count("\n") + 1 for name in frame["name"])
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "name:N",
            sort=frame["name"].tolist(),
            axis=alt.Axis(domain=False, ticks=False, labelColor=INK, labelExpr=_STEP_LABEL),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Số liệu"),
            alt.Tooltip("value_text:N", title="Hài lòng"),
            alt.Tooltip("interval_text:N", title="Khoảng tin cậy 95%"),
            alt.Tooltip("count_text:N", title="Số phiếu"),
        ],
    )
    layers: list[Any] = []
    if frame["low"].notna().any():
        layers.append(
            base.mark_rule(color=LIGHT_BLUE, strokeWidth=5, opacity=0.75).encode(
                x=alt.X("low:Q", scale=scale), x2="high:Q"
            )
        )
    layers.append(
        base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(x=alt.X("value:Q", axis=axis, scale=scale))
    )
    return _finish(alt.layer(*layers), alt.Step(max(26, lines * LINE_HEIGHT + 8)))


def funnel_chart(rows: Rows, height: int = 340) -> alt.LayerChart:
    """Units by effective sample and index, between the limits within which chance alone would keep them."""
    frame = pd.DataFrame(
        {
            "unit": row["unit_name"],
            "n": float(row["effective_count"]),
            "value": _displayed(row["estimate"], "rate"),
            "value_text": labels_surveys.percent(row["estimate"]),
            "interval_text": labels_surveys.interval(row),
            "n_text": labels.format_count(row["effective_count"]),
            "count_text": labels.format_count(row["answered_ballot_count"]),
            "position": POSITIONS[row["position_code"]][0],
            "words": labels_surveys.POSITION_TEXT[row["position_code"]],
            "centre": _displayed(row["centre"], "rate"),
            **{name: _displayed(row[name], "rate") for name in ("inner_low", "inner_high", "outer_low", "outer_high")},
        }
        for row in sorted(rows, key=lambda row: row["effective_count"])
    )
    span = [frame["n"].min(), frame["n"].max()]
    x = alt.X(
        "n:Q",
        scale=alt.Scale(type="sqrt", domain=span, nice=False, padding=10),
        axis=alt.Axis(labelExpr=_NUMBER_LABEL, tickCount=5, grid=False),
    )
    y_axis = alt.Axis(labelExpr=_PERCENT_LABEL, tickCount=6, domain=False, ticks=False)
    # A unit at the edge keeps its whole mark.
    scale = alt.Scale(zero=False, nice=True, padding=10)
    limits = alt.Chart(frame)
    layers: list[Any] = [
        limits.mark_line(color=GREY, strokeWidth=1.3, strokeDash=dash).encode(x=x, y=alt.Y(f"{name}:Q", scale=scale))
        for name, dash in (("outer_low", [1, 0]), ("outer_high", [1, 0]), ("inner_low", [5, 4]), ("inner_high", [5, 4]))
    ]
    layers.append(limits.mark_line(color=INK, strokeWidth=1.2).encode(x=x, y=alt.Y("centre:Q", scale=scale)))
    names, shapes, colours = zip(*POSITIONS.values(), strict=True)
    legend = alt.Legend(columns=2, symbolOpacity=1)
    layers.append(
        limits.mark_point(filled=True, size=62, opacity=0.9).encode(
            x=x,
            y=alt.Y("value:Q", scale=scale, axis=y_axis),
            shape=alt.Shape("position:N", scale=alt.Scale(domain=names, range=shapes), legend=legend),
            color=alt.Color("position:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
            tooltip=[
                alt.Tooltip("unit:N", title="Đơn vị"),
                alt.Tooltip("value_text:N", title="Chỉ số"),
                alt.Tooltip("interval_text:N", title="Khoảng tin cậy 95%"),
                alt.Tooltip("count_text:N", title="Số phiếu"),
                alt.Tooltip("n_text:N", title="Cỡ mẫu hiệu dụng"),
                alt.Tooltip("words:N", title="Vị trí"),
            ],
        )
    )
    return _finish(alt.layer(*layers), height)


def in_series(rows: Rows) -> list[list[Mapping[str, Any]]]:
    """Waves that a line may join, each oldest first; of a series those of other units apart, one behind the other.

    A whole authority is the same thing only where it is of the same units. A wave of no series stands alone. Laid out
    so, no line between two waves passes over a break.
    """
    found: dict[str, dict[str | None, list[Mapping[str, Any]]]] = {}
    for row in rows:
        series = row["series_code"] or f"{row['wave_code']}|{row['instrument_code']}"
        units = row["unit_set_code"] if row["unit_code"] == row["authority_code"] else None
        found.setdefault(series, {}).setdefault(units, []).append(row)
    return [joined for by_units in found.values() for joined in by_units.values()]


def wave_chart(rows: Rows, height: int = 280) -> alt.LayerChart:
    """The index over waves: a line joins neighbours of one series only, a vertical rule stands where one begins.

    Rows of data_access_surveys.index_series, oldest first. Waves without an index keep their place on the axis.
    """
    series = in_series(rows)
    placed = [(number, row) for number, found in enumerate(series) for row in found]
    frame = pd.DataFrame(
        {
            "place": place,
            "series": number,
            "name": wave_label(row),
            "title": row["wave_name"],
            "value": _displayed(row["estimate"], "rate"),
            "low": _displayed(row["interval_low"], "rate"),
            "high": _displayed(row["interval_high"], "rate"),
            "value_text": labels_surveys.missing_text(row) or labels_surveys.percent(row["estimate"]),
            "interval_text": labels.format_interval(row["interval_low"], row["interval_high"]) or "không có",
            "count_text": labels.format_count(row["answered_ballot_count"]),
        }
        for place, (number, row) in enumerate(placed)
    )
    starts = pd.DataFrame(
        [
            {"place": place + 0.5, "first_reason": reasons[0], "reasons": ", ".join(reasons)}
            for place, ((number, before), (next_number, row)) in enumerate(pairwise(placed))
            if number != next_number
            for reasons in [labels_surveys.break_reasons(before, row)]
        ],
        columns=["place", "first_reason", "reasons"],
    )
    names = {place: name for place, name in enumerate(frame["name"])}
    x = alt.X(
        "place:Q",
        scale=alt.Scale(domain=[-0.6, len(rows) - 0.4], nice=False, zero=False),
        axis=alt.Axis(
            values=list(names),
            labelExpr=f"split({list(names.values())!r}[datum.value], '|')",
            labelAngle=0,
            grid=False,
            labelOverlap="greedy",
        ),
    )
    scale = alt.Scale(zero=False, nice=True, padding=12)
    y_axis = alt.Axis(labelExpr=_PERCENT_LABEL, tickCount=5, domain=False, ticks=False)
    tooltip = [
        alt.Tooltip("title:N", title="Đợt"),
        alt.Tooltip("value_text:N", title="Chỉ số"),
        alt.Tooltip("interval_text:N", title="Khoảng tin cậy 95%"),
        alt.Tooltip("count_text:N", title="Số phiếu"),
    ]
    return _finish(
        alt.layer(
            alt.Chart(starts)
            .mark_rule(color=ORANGE, strokeDash=[5, 4], strokeWidth=1.6)
            .encode(x=x, tooltip=alt.Tooltip("reasons:N", title="Ngắt vì")),
            *(_break_words(starts[number::2], x, -6 - 14 * number) for number in range(2)),
            alt.Chart(frame)
            .mark_line(color=BLUE, strokeWidth=2)
            .encode(x=x, y=alt.Y("value:Q", scale=scale), detail="series:N"),
            alt.Chart(frame)
            .mark_rule(color=LIGHT_BLUE, strokeWidth=5, opacity=0.75)
            .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q"),
            alt.Chart(frame)
            .mark_point(filled=True, size=70, color=BLUE, opacity=1)
            .encode(x=x, y=alt.Y("value:Q", axis=y_axis, scale=scale), tooltip=tooltip),
        ),
        height,
    )


def _break_words(starts: pd.DataFrame, x: alt.X, lift: int) -> alt.Chart:
    """Why a series is not the one before, above the plot; every other one higher, so that neighbours do not touch."""
    return (
        alt.Chart(starts)
        .mark_text(color=ORANGE, fontSize=12, baseline="bottom", dy=lift)
        .encode(x=x, y=alt.value(0), text="first_reason:N")
    )


def wave_label(row: Mapping[str, Any]) -> str:
    """A wave on three short lines: its code, when it ended, who asked."""
    when = "không ngày" if row["end_date"] is None else row["end_date"].strftime("%m/%Y")
    owner = labels_surveys.OWNER_TEXT.get(row["survey_owner_code"], row["survey_owner_code"])
    return f"{row['wave_code']}|{when}|{owner}"
