"""Charts draw what the rows say: gaps stay gaps, unfinished periods look unfinished."""

from decimal import Decimal

import pytest

from dashboards import charts

pytestmark = pytest.mark.unit


def _row(code, value, is_complete=True, median=None):
    return {
        "period_code": code,
        "period_name": f"Tháng {code[5:]}/{code[:4]}",
        "is_complete": is_complete,
        "value": None if value is None else Decimal(str(value)),
        "value_status": "no_activity" if value is None else "ok",
        "family_code": "timeliness",
        "numerator": 9,
        "denominator": 10,
        "interval_low": None if value is None else Decimal("0.8"),
        "interval_high": None if value is None else Decimal("0.95"),
        "unit_of_measure_code": "rate",
        "peer_group_median": median,
    }


def _layers(chart):
    spec = chart.to_dict()
    data = spec["datasets"]
    return [(layer, data[layer["data"]["name"]]) for layer in spec["layer"]], spec


def test_the_span_starts_and_ends_with_activity_and_keeps_gaps():
    rows = [_row("2026-01", None), _row("2026-02", 0.9), _row("2026-03", None), _row("2026-04", 0.8)]
    span = charts.active_span(rows, {"2026-02", "2026-04"})
    assert [row["period_code"] for row in span] == ["2026-02", "2026-03", "2026-04"]
    assert charts.active_span(rows, set()) == []
    assert charts.active_span(rows[:1], {"2026-01"}) == []


def test_a_rate_is_drawn_in_percent_and_a_gap_as_nothing():
    rows = [_row("2026-01", 0.9), _row("2026-02", None), _row("2026-03", 0.8)]
    layers, _ = _layers(charts.trend_chart(rows))
    points = layers[-1][1]
    assert [point["value"] for point in points] == [90.0, None, 80.0]
    assert points[1]["value_text"] == "không có hồ sơ nào để tính trong kỳ"
    assert [point["period"] for point in points] == ["01/2026", "02/2026", "03/2026"]


def test_an_unfinished_period_hangs_on_a_dashed_line():
    rows = [_row("2026-01", 0.9), _row("2026-02", 0.8), _row("2026-03", 0.7, is_complete=False)]
    layers, _ = _layers(charts.trend_chart(rows))
    dashed = [(layer, data) for layer, data in layers if layer["mark"].get("strokeDash") == [3, 3]]
    solid = [data for layer, data in layers if layer["mark"]["type"] == "line" and "strokeDash" not in layer["mark"]]
    assert [point["period"] for point in dashed[0][1]] == ["02/2026", "03/2026"]
    assert [point["period"] for point in solid[0]] == ["01/2026", "02/2026"]


def test_the_median_is_drawn_only_where_there_is_one():
    plain = [_row("2026-01", 0.9), _row("2026-02", 0.8)]
    with_median = [_row("2026-01", 0.9, median=Decimal("0.95")), _row("2026-02", 0.8, median=Decimal("0.96"))]
    fields = [layer["encoding"]["y"]["field"] for layer, _ in _layers(charts.trend_chart(plain))[0]]
    assert "median" not in fields
    layers, _ = _layers(charts.trend_chart(with_median))
    assert "median" in [layer["encoding"]["y"]["field"] for layer, _ in layers]


def test_ranking_chart_names_ties_and_draws_interval_and_median():
    rows = [
        _row("2026-01", 0.9, median=Decimal("0.85"))
        | {"unit_rank": 1, "is_tied": True, "unit_name": "Sở A", "unit_short_name": None},
        _row("2026-01", 0.9, median=Decimal("0.85"))
        | {"unit_rank": 1, "is_tied": True, "unit_name": "Sở B", "unit_short_name": "B"},
    ]
    layers, _ = _layers(charts.ranking_chart(rows))
    assert [point["unit"] for point in layers[1][1]] == ["=1. Sở A", "=1. B"]
    assert layers[0][0]["encoding"]["x"]["field"] == "low" and layers[0][1][0]["low"] == 80.0
    assert layers[2][1] == [{"median": 85.0}]


def test_units_of_low_coverage_are_hollow_and_left_of_the_line():
    rows = [
        {
            **_row("2026", value),
            "unit_name": name,
            "coverage_rate": Decimal(coverage),
            "is_coverage_low": is_low,
            "low_coverage_percent": 20,
        }
        for name, value, coverage, is_low in (("Sở Một", 0.9, "0.125", True), ("Sở Hai", 0.8, "0.4", False))
    ]
    layers, _ = _layers(charts.coverage_chart(rows))
    (line, limit), (_, whiskers), (points, drawn) = layers
    assert line["mark"]["strokeDash"] == [5, 4] and limit == [{"coverage": 20}]
    assert [(row["low"], row["high"]) for row in whiskers] == [(80.0, 95.0)] * 2
    assert [(row["coverage"], row["value"], row["is_low"]) for row in drawn] == [
        (12.5, 90.0, True),
        (40.0, 80.0, False),
    ]
    assert points["encoding"]["fill"]["condition"]["value"] == "#ffffff"
