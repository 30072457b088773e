"""«Nếu… thì»: the scoring engine of a build run again on a copy of its figures with one of them changed.

Nothing is written and nothing published: what comes out is a simulation and is called one wherever it is shown.
Does not belong here: a formula of points, intervals or ranks (the build's own scoring_engine.json holds them).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.console import vi_count
from dagster_project.explaining.figures import percent_text, points_or_none, rank_text, rate_text
from dagster_project.explaining.rule_words import number_text
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.files import quoted
from dagster_project.publishing.scoring_engine import ENGINE_FILE, read_engine

if TYPE_CHECKING:
    import duckdb

SIMULATED = "MÔ PHỎNG – không phải kết quả"
INPUTS = "fct_score_inputs"


@dataclass(frozen=True)
class ScoreKey:
    """One unit under one version of a regulation in one period."""

    authority_code: str
    regulation_version_code: str
    period_code: str
    unit_code: str


@dataclass(frozen=True)
class Change:
    """One figure changed: ``more`` on top of its numerator, or the rate (percent) that it reaches, rounded up."""

    criterion_code: str
    more: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True)
class Standing:
    """Figure, points and rank of one unit and criterion; None where there is none, as in the published tables."""

    numerator: int
    denominator: int
    computed_score: Decimal | None
    final_score: Decimal | None
    total_score: Decimal
    total_percent: Decimal | None
    grade_name: str | None
    unit_rank: int | None
    rank_low: int | None
    rank_high: int | None


@dataclass(frozen=True)
class Simulation:
    """The published standing and the one that the engine gives for the changed figure.

    ``percent`` is the rate that was asked for, ``digits`` what the regulation rounds to.
    """

    before: Standing
    after: Standing
    percent: Decimal | None
    digits: int


def simulate(folder: Path, key: ScoreKey, change: Change) -> Simulation:
    """What a changed figure would give in the build of ``folder``, everything else as it is.

    The same figure of the unit changes in every criterion that is scored by it. BuildError with a sentence when the
    criterion has no counts, the change is above the denominator or the build holds no engine.
    """
    with opened_engine(folder, key) as connection:
        before = _standing(connection, key, change.criterion_code)
        _change(connection, key, change.criterion_code, _wanted(before, change))
        run_engine(connection, folder)
        digits = connection.execute(
            "select rounding_digits from dim_regulations where authority_code = ? and regulation_version_code = ?",
            [key.authority_code, key.regulation_version_code],
        ).fetchone()[0]
        return Simulation(before, _standing(connection, key, change.criterion_code), change.percent, digits)


def opened_engine(folder: Path, key: ScoreKey) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the published tables, and those of the engine cut to the key's regulation and period.

    The period before is there too: changes of ranks are told against it.
    """
    import duckdb

    engine = _engine(folder)
    connection = duckdb.connect(":memory:")
    for name in engine.reads:
        if name != INPUTS:
            connection.execute(f"create view {name} as select * from {_parquet(folder, name)}")
    where = """
        where authority_code = $authority and regulation_version_code = $version
          and (period_code = $period
            or period_code in (select previous_period_code from dim_periods where period_code = $period))
    """
    arguments = {
        "authority": key.authority_code,
        "version": key.regulation_version_code,
        "period": key.period_code,
    }
    for name in (INPUTS, *engine.steps):
        connection.execute(f"create table {name} as select * from {_parquet(folder, name)} {where}", arguments)
    return connection


def run_engine(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Replace every table of the engine by what its SQL gives for the figures in ``connection``."""
    for name, sql in _engine(folder).steps.items():
        connection.execute(f"create or replace table {name} as {sql}")


def _engine(folder: Path):
    if not (folder / ENGINE_FILE).is_file():
        raise BuildError("Bản dựng này chưa có tệp của bộ chấm điểm nên không mô phỏng được. Hãy chạy «cchc build».")
    return read_engine(folder)


def _parquet(folder: Path, name: str) -> str:
    return f"read_parquet('{quoted(folder / f'{name}.parquet')}')"


def _wanted(now: Standing, change: Change) -> int:
    """The numerator that the change asks for."""
    if change.more is not None:
        left = now.denominator - now.numerator
        if change.more > left:
            raise BuildError(
                f"Không mô phỏng được thêm {vi_count(change.more)}: tử số chỉ còn kém mẫu số {vi_count(left)}."
            )
        return now.numerator + change.more
    if change.percent is not None and change.percent > 100:
        raise BuildError(
            f"Tỷ lệ {number_text(change.percent)}% cao hơn 100%: tử số không lớn hơn mẫu số được. "
            "Hãy nêu tỷ lệ từ 0 đến 100."
        )
    if change.percent is None or change.percent < 0:
        raise BuildError("Hãy nêu tử số thêm bao nhiêu, hoặc tỷ lệ đạt bao nhiêu phần trăm, từ 0 đến 100.")
    return int((now.denominator * change.percent / 100).to_integral_value(ROUND_CEILING))


def _change(connection: duckdb.DuckDBPyConnection, key: ScoreKey, criterion_code: str, numerator: int) -> None:
    """Give the figure a new numerator, where it is scored and where it multiplies another."""
    arguments = {
        "period": key.period_code,
        "unit": key.unit_code,
        "criterion": criterion_code,
        "numerator": numerator,
    }
    # A figure without a code of its own (a measured one) belongs to its criterion alone.
    same_figure = f"""
        select i.authority_code, i.regulation_version_code, i.period_code, i.unit_code, other.criterion_code,
          other.factor_input_code = own.input_code as is_factor,
          other.criterion_code = own.criterion_code or other.input_code = own.input_code as is_figure
        from {INPUTS} as i
        inner join dim_criteria as own using (authority_code, regulation_version_code, criterion_code)
        inner join dim_criteria as other
          on own.authority_code = other.authority_code
          and own.regulation_version_code = other.regulation_version_code
          and own.input_kind_code = other.input_kind_code
        where i.period_code = $period and i.unit_code = $unit and i.criterion_code = $criterion
    """
    connection.execute(
        f"""
        create or replace table {INPUTS} as
        with same_figure as ({same_figure})
        select i.* replace (
          case when s.is_figure and i.numerator is not null then $numerator else i.numerator end as numerator,
          case when s.is_factor and i.factor_numerator is not null then $numerator else i.factor_numerator end
            as factor_numerator
        )
        from {INPUTS} as i
        left join same_figure as s
          using (authority_code, regulation_version_code, period_code, unit_code, criterion_code)
        """,
        arguments,
    )


def _standing(connection: duckdb.DuckDBPyConnection, key: ScoreKey, criterion_code: str) -> Standing:
    found = connection.execute(
        """
        select i.numerator, i.denominator, coalesce(c.computed_score, c.survey_score), c.final_score, u.total_score,
          u.total_percent, u.grade_name, r.unit_rank, r.rank_low, r.rank_high, i.has_counts
        from fct_score_inputs as i
        inner join fct_criterion_scores as c
          using (authority_code, regulation_version_code, period_code, unit_code, criterion_code)
        inner join fct_unit_scores as u using (authority_code, regulation_version_code, period_code, unit_code)
        inner join fct_score_rankings as r using (authority_code, regulation_version_code, period_code, unit_code)
        where period_code = ? and unit_code = ? and criterion_code = ? and i.is_leaf
        """,
        [key.period_code, key.unit_code, criterion_code],
    ).fetchone()
    if found is None:
        raise BuildError(_no_leaf(connection, key, criterion_code))
    if found[0] is None or not found[1] or not found[-1]:
        raise BuildError(
            f"Không mô phỏng được tiêu chí {criterion_code}: số liệu của đơn vị không phải số đếm có tử số và mẫu số, "
            "hoặc mẫu số bằng 0."
        )
    return Standing(*found[:-1])


def _no_leaf(connection: duckdb.DuckDBPyConnection, key: ScoreKey, criterion_code: str) -> str:
    """Why there is nothing to simulate: a group has no figure of its own, or there is no such criterion."""
    parts = connection.execute(
        "select criterion_code from dim_criteria where authority_code = ? and regulation_version_code = ? "
        "and parent_criterion_code = ? order by display_order, criterion_code",
        [key.authority_code, key.regulation_version_code, criterion_code],
    ).fetchall()
    if not parts:
        return f"Quy định {key.regulation_version_code} không có tiêu chí «{criterion_code}» chấm cho đơn vị này."
    return (
        f"Không mô phỏng được tiêu chí {criterion_code}: đây là nhóm, không có số liệu của riêng nó. "
        f"Hãy chọn một tiêu chí bên dưới: {', '.join(code for (code,) in parts)}."
    )


def compared(simulation: Simulation) -> list[tuple[str, str, str]]:
    """What is told of both standings: label, published, simulated."""
    both = simulation.before, simulation.after
    digits = simulation.digits
    totals = (None if one.total_percent is None else one.total_score for one in both)
    return [
        ("Tử số / mẫu số", *(rate_text(one.numerator, one.denominator) for one in both)),
        ("Điểm tính từ số liệu", *(points_or_none(one.computed_score, digits) for one in both)),
        ("Điểm cuối của tiêu chí", *(points_or_none(one.final_score, digits) for one in both)),
        ("Tổng điểm", *(points_or_none(total, digits) for total in totals)),
        ("Tỷ lệ trên điểm tối đa", *(percent_text(one.total_percent) for one in both)),
        ("Xếp loại", *(one.grade_name or "chưa xếp loại" for one in both)),
        ("Hạng", *(rank_text(one.unit_rank, one.rank_low, one.rank_high) for one in both)),
    ]


def remarks(simulation: Simulation) -> list[str]:
    """Why something did not move with the figure, and what else stays: full sentences."""
    before, after = simulation.before, simulation.after
    told = []
    if simulation.percent is not None and after.numerator * 100 != simulation.percent * after.denominator:
        told.append(
            f"Không có số đếm nguyên nào cho đúng {number_text(simulation.percent)}%: tử số được làm tròn lên, thành "
            f"{rate_text(after.numerator, after.denominator)}."
        )
    if before.final_score == after.final_score and before.computed_score != after.computed_score:
        told.append("Điểm cuối của tiêu chí không lấy từ số liệu nên không đổi theo.")
    elif after.total_percent is None:
        told.append("Tổng điểm và hạng chưa có, vì còn tiêu chí chưa có điểm.")
    elif before.total_score == after.total_score and before.final_score != after.final_score:
        told.append("Tổng điểm không đổi theo: nhóm chứa tiêu chí lấy điểm công bố, đã đến mức trần, hoặc do làm tròn.")
    return [*told, "Chỉ đổi số liệu này của đơn vị này; mọi số liệu khác giữ nguyên như bản dựng."]


def told(simulation: Simulation) -> str:
    """Both standings as lines of text, marked as a simulation."""
    lines = [SIMULATED, *(f"  {label}: {old} → {new}" for label, old, new in compared(simulation))]
    return "\n".join([*lines, *(f"  {sentence}" for sentence in remarks(simulation))])
