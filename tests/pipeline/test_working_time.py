"""Working time between moments, and deadlines, as the models compute them, against two independent ways to count."""

from __future__ import annotations

from datetime import date

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)
INTERVALS = 100_000
SHIFTS = ((7 * 60, 11 * 60 + 30), (13 * 60 + 30, 17 * 60))
ORIGIN = np.datetime64(FIRST, "m")


@pytest.fixture(scope="module")
def macros(built_real):
    """The macros of working time as dbt reads them; what dbt itself provides is not needed by those tested here."""
    source = (built_real.dbt_project / "macros" / "working_time.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=False)
    return environment.from_string(source).module


@pytest.fixture(scope="module")
def con(built_real):
    with duckdb.connect(str(built_real.warehouse_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def days_off(con):
    """Public days off and working Saturdays, straight from the seed."""
    rows = con.execute("select calendar_date, kind_code from seeds.days_off").fetchall()
    return [day for day, kind in rows if kind != "swap_work"], [day for day, kind in rows if kind == "swap_work"]


@pytest.fixture(scope="module")
def minutes(days_off):
    """One flag per minute of the years: does the clock run in it?"""
    off, swapped = map(set, days_off)
    count = (LAST - FIRST).days + 1
    runs = np.zeros((count, 24 * 60), bool)
    for number in range(count):
        day = date.fromordinal(FIRST.toordinal() + number)
        if (day.weekday() < 5 and day not in off) or day in swapped:
            for begin, end in SHIFTS:
                runs[number, begin:end] = True
    return runs.reshape(-1)


def random_moments(seed: int) -> np.ndarray:
    total = ((LAST - FIRST).days + 1) * 24 * 60
    found = np.random.default_rng(seed).integers(0, total, INTERVALS)
    # Every edge of a shift is met, on days of all kinds.
    edges = np.array([0, *(edge for shift in SHIFTS for edge in shift), 24 * 60 - 1])
    found[: INTERVALS // 4] = found[: INTERVALS // 4] // 1440 * 1440 + edges[np.arange(INTERVALS // 4) % len(edges)]
    return found


def test_working_minutes_between_moments_agree_with_a_count_of_minutes(con, macros, minutes):
    first, second = np.sort([random_moments(1), random_moments(2)], axis=0)
    worked = np.concatenate([[0], np.cumsum(minutes)])
    expected = worked[second] - worked[first]
    finish = macros.working_seconds_at("finish_at", "finish_days")
    found = in_sql(con, first, second, f"{finish} - {macros.working_seconds_at('start_at', 'start_days')}")
    assert found.size == INTERVALS
    assert np.array_equal(found, expected * 60)
    assert expected.max() > 480 * 1_000


def test_working_days_between_dates_agree_with_numpy(con, days_off):
    first, second = (random_moments(seed) // 1440 for seed in (3, 4))
    first, second = np.minimum(first, second), np.maximum(first, second)
    off, swapped = days_off
    start, finish = np.datetime64(FIRST, "D") + first, np.datetime64(FIRST, "D") + second
    expected = np.busday_count(start + 1, finish + 1, holidays=np.array(off, "datetime64[D]"))
    for day in swapped:
        expected += (start < np.datetime64(day)) & (np.datetime64(day) <= finish)
    found = in_sql(con, first * 1440, second * 1440, "finish_days.working_day_index - start_days.working_day_index")
    assert np.array_equal(found, expected)


def test_a_limit_in_hours_ends_in_the_minute_in_which_it_is_spent(con, macros, minutes):
    """The deadline of any number of working minutes is the end of the minute that spends the last of them."""
    start = random_moments(5)[:20_000]
    limit = np.random.default_rng(6).integers(1, 480 * 40, len(start))
    running = np.flatnonzero(minutes)
    begun = np.searchsorted(running, start)
    fits = begun + limit <= len(running)
    start, limit, begun = start[fits], limit[fits], begun[fits]
    expected = running[begun + limit - 1] + 1
    index = macros.clock_start_index("start_at", "start_days")
    offset = macros.clock_start_offset("start_at", "start_days")
    second = macros.deadline_second("null", "start_offset", "added", "false", "due_days")
    frame = {"number": np.arange(len(start)), "start_at": ORIGIN + start, "added": limit * 60}
    con.register("limits", _arrow(frame))
    found = con.execute(
        f"""
        with started as (
            select limits.*, {index} as start_index, {offset} as start_offset
            from limits inner join intermediate.int_clock_days_measured as start_days
              on start_days.clock_code = 'VN/VN' and cast(start_at as date) = start_days.calendar_date
        ),
        ended as (
            select number, {macros.deadline_index("start_index", "start_offset", "added", "false")} as due_index,
                start_offset, added
            from started
        )
        select due_days.calendar_date + to_seconds({second}) as due_at
        from ended inner join intermediate.int_clock_days_measured as due_days
          on due_days.clock_code = 'VN/VN' and due_days.is_working_day and due_index = due_days.working_day_index
        order by number
        """
    ).fetchnumpy()["due_at"]
    assert np.array_equal(found.astype("datetime64[m]"), ORIGIN + expected)
    assert np.array_equal(found, found.astype("datetime64[m]").astype(found.dtype))


def in_sql(con: duckdb.DuckDBPyConnection, first: np.ndarray, second: np.ndarray, expression: str) -> np.ndarray:
    """``expression`` over two moments (minutes since FIRST) and the rows of their days, in the order given."""
    frame = {"number": np.arange(len(first)), "start_at": ORIGIN + first, "finish_at": ORIGIN + second}
    con.register("moments", _arrow(frame))
    return con.execute(
        f"""
        select {expression} as found
        from moments
        inner join intermediate.int_clock_days_measured as start_days
          on start_days.clock_code = 'VN/VN' and cast(start_at as date) = start_days.calendar_date
        inner join intermediate.int_clock_days_measured as finish_days
          on finish_days.clock_code = 'VN/VN' and cast(finish_at as date) = finish_days.calendar_date
        order by number
        """
    ).fetchnumpy()["found"]


def _arrow(columns: dict[str, np.ndarray]) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            name: values.astype("datetime64[us]") if values.dtype.kind == "M" else values
            for name, values in columns.items()
        }
    )
