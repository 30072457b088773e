"""The engine file of a build holds plain names of published tables; figures never round to a perfect result."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from dagster_project.explaining.figures import interval_text, percent_text, points_or_none, rank_text, rate_text
from dagster_project.publishing.scoring_engine import STEPS, read_engine, write_engine


def compiled(folder, **changed: str):
    """dbt's compiled models, each step reading the one before it."""
    models = {"fct_rule_scores": 'select * from "cchc"."marts"."fct_score_inputs"'}
    for before, name in pairwise(STEPS):
        models[name] = (
            f'select * from "cchc"."marts"."{before}" inner join "cchc"."marts"."dim_units" using (unit_code)'
        )
    for name, sql in {**models, **changed}.items():
        path = folder / "compiled" / "cchc" / "models" / "marts" / "any" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    return folder


def test_the_engine_names_published_tables_alone(tmp_path):
    write_engine(compiled(tmp_path), tmp_path)
    engine = read_engine(tmp_path)
    assert tuple(engine.steps) == STEPS
    assert engine.steps["fct_rule_scores"] == "select * from fct_score_inputs"
    assert engine.reads == ("dim_units", "fct_score_inputs")


def test_an_engine_that_reads_unpublished_tables_is_refused(tmp_path):
    reads_inside = 'select * from "cchc"."intermediate"."int_criteria_placed"'
    with pytest.raises(ValueError, match="unpublished tables of intermediate"):
        write_engine(compiled(tmp_path, fct_unit_scores=reads_inside), tmp_path)


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (45, 50, "45/50 (90%)"),
        (1, 3, "1/3 (33,33%)"),
        (199_999, 200_000, "199.999/200.000 (>99,99%)"),
        (200_000, 200_000, "200.000/200.000 (100%)"),
        (1, 200_000, "1/200.000 (<0,01%)"),
        (0, 200_000, "0/200.000 (0%)"),
    ],
)
def test_a_rate_never_rounds_to_a_perfect_result(numerator, denominator, text):
    assert rate_text(numerator, denominator) == text


def test_nothing_is_not_zero():
    assert points_or_none(None, 2) == "chưa có điểm"
    assert points_or_none(Decimal("0.000000"), 2) == "0 điểm"
    assert percent_text(None) == "không có số liệu"
    assert percent_text(Decimal("65.545")) == "65,55%"
    assert interval_text(None, Decimal("0.5")) is None
    assert interval_text(Decimal("0.123456"), Decimal("0.5")) == "12,35% – 50%"
    assert rank_text(None, None, None) == "không xếp hạng"
    assert rank_text(3, 2, 7) == "3 (khoảng hạng 2–7)"
    assert rank_text(3, None, None) == "3"
