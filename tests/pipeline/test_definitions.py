"""Every definition of "on time" counted again, naively, from the published dossiers."""

from __future__ import annotations

import pytest

from tests.naive_counts import DEFINITIONS, JUDGED_BY, REASONS, counted_tables, definition_differences, form_differences


@pytest.fixture(scope="module")
def counted(built_demo):
    """The published tables, with each dossier's dates worked out by hand."""
    with counted_tables(built_demo) as connection:
        yield connection


@pytest.mark.parametrize("indicator", DEFINITIONS)
def test_a_definition_counts_what_it_says_in_every_period_and_unit(counted, indicator):
    units, total = counted.execute(
        "select count(*), sum(denominator) from fct_indicator_values "
        f"where indicator_code = '{indicator}' and origin_code = 'computed' and denominator > 0"
    ).fetchone()
    assert units > 1000
    assert total > 100_000
    assert definition_differences(counted, indicator) == []


@pytest.mark.parametrize("indicator", DEFINITIONS)
def test_a_dossier_is_told_the_verdict_that_the_rate_counts(counted, indicator):
    """Up to the as-of date, in one period that holds everything."""
    place, judged, met = DEFINITIONS[indicator]
    code = f"{indicator.removeprefix('on_time_rate__')}_verdict_code"
    rows = counted.execute(
        f"""
        with one as (
          select authority_code, dossier_code, coalesce({place}, false) and coalesce({judged}, false) as is_judged,
            coalesce({met}, false) as is_met
          from (select *, date '1900-01-01' as s, as_of as e from dossier where unit_code = authority_code)
        )
        select v.{code}, is_judged, is_judged and is_met, count(*)
        from one full join fct_dossier_verdicts as v using (authority_code, dossier_code) group by all
        """
    ).fetchall()
    assert {verdict for verdict, *_ in rows} >= {"met"}
    for verdict, is_judged, is_met, _ in rows:
        stem = verdict.split("_")[0]
        expected = {"met": (True, True), "missed": (True, False)}
        if verdict == "not_yet":
            assert (is_judged, is_met) == (True, False)
        else:
            assert (is_judged, is_met) == expected.get(stem, (False, False)), verdict


@pytest.mark.parametrize("indicator", DEFINITIONS)
def test_a_dossier_is_left_out_for_a_reason_that_is_true(counted, indicator):
    code = indicator.removeprefix("on_time_rate__")
    reasons = " ".join(
        f"when '{reason}' then {told.format(due_at=JUDGED_BY.get(code, 'due_at'))}" for reason, told in REASONS.items()
    )
    rows = counted.execute(
        f"""
        select v.{code}_verdict_code, count(*) from fct_dossier_verdicts as v
        inner join (select * from dossier where unit_code = authority_code) using (authority_code, dossier_code)
        where not split_part(v.{code}_verdict_code, '_', 1) in ('met', 'missed') and v.{code}_verdict_code <> 'not_yet'
          and not coalesce(case v.{code}_verdict_code {reasons} end, false)
        group by all
        """
    ).fetchall()
    assert rows == []


def test_the_score_of_qd766_has_the_parts_of_its_rate(counted):
    assert (
        counted.execute(
            """
        select count(*), count(*) filter (where s.numerator = r.numerator and s.denominator = r.denominator)
        from fct_indicator_values as s inner join fct_indicator_values as r
          using (authority_code, unit_code, period_code, origin_code)
        where s.indicator_code = 'on_time_score__qd766' and r.indicator_code = 'on_time_rate__qd766'
          and origin_code = 'computed'
        """
        ).fetchone()
        == counted.execute(
            """
        select count(*), count(*) from fct_indicator_values
        where indicator_code = 'on_time_score__qd766' and origin_code = 'computed'
        """
        ).fetchone()
    )


def test_nothing_done_has_no_rate_under_any_definition(counted):
    """Some systems print 100 % for a unit that resolved nothing."""
    found = counted.execute(
        """
        select indicator_code, count(*), count(value) from fct_indicator_values
        inner join dim_indicators using (indicator_code)
        where family_code = 'timeliness' and origin_code = 'computed' and denominator = 0
        group by all
        """
    ).fetchall()
    assert len(found) > 5
    assert {values for _, _, values in found} == {0}


def test_form_06a_is_what_a_count_of_dossiers_gives_line_by_line(counted):
    assert counted.execute("select count(*) from fct_form_06a").fetchone()[0] > 10_000
    assert form_differences(counted) == []


def test_what_form_06a_hides_is_counted_apart(counted):
    """Withdrawn, undated and waiting dossiers stand inside columns 9 and 12; the parts say how many."""
    hidden, resolved, waiting = counted.execute(
        """
        select sum(withdrawn_count + resolved_undated_count), sum(resolved_on_time_count), sum(waiting_late_count)
        from fct_form_06a where line_kind_code = 'unit' and unit_code = authority_code
        """
    ).fetchone()
    assert 0 < hidden < resolved
    assert waiting > 0


def test_carried_over_is_what_was_open_at_the_end_of_the_period_before(counted):
    assert (
        counted.execute(
            """
            select this.unit_code, this.period_code from fct_form_06a as this
            inner join dim_periods as p on this.period_code = p.period_code
            inner join fct_form_06a as before on before.period_code = p.previous_period_code
              and (this.authority_code, this.unit_code, this.line_kind_code, this.line_name)
                = (before.authority_code, before.unit_code, before.line_kind_code, before.line_name)
            where this.received_carried_count - this.taken_over_count <> before.open_total_count
            """
        ).fetchall()
        == []
    )


def test_counts_by_section_procedure_and_channel_add_up_to_the_indicator(counted):
    codes = [
        column.removesuffix("_numerator")
        for (column,) in counted.execute("select column_name from (describe fct_timeliness_counts)").fetchall()
        if column.endswith("_numerator")
    ]
    assert len(codes) >= 7
    for code in codes:
        added = f"""
            select authority_code, unit_code, period_code, sum({code}_numerator)::bigint as numerator,
              sum({code}_denominator)::bigint as denominator, sum({code}_excluded_count)::bigint as excluded_count
            from (select * replace (unnest([unit_code, authority_code]) as unit_code) from fct_timeliness_counts)
            inner join dim_periods on slice_start_date between start_date and end_date
            group by all
        """
        published = f"""
            select authority_code, unit_code, period_code, numerator, denominator, excluded_count
            from fct_indicator_values
            where indicator_code = 'on_time_rate__{code}' and origin_code = 'computed'
              and denominator + excluded_count > 0
        """
        added = f"select * from ({added}) semi join fct_indicator_values using (authority_code, unit_code, period_code)"
        added = f"select * from ({added}) where denominator + excluded_count > 0"
        assert counted.execute(f"({added}) except ({published}) limit 3").fetchall() == [], code
        assert counted.execute(f"({published}) except ({added}) limit 3").fetchall() == [], code


def test_a_report_that_flatters_is_a_difference_that_no_way_of_counting_explains(counted):
    """The demo's flattering units say that late dossiers were on time: the totals agree, the parts do not."""
    found = counted.execute(
        """
        select measure_code, sign(difference_count), count(*) from fct_report_differences
        where authority_code = 'H99' and cause_code = 'not_explained' group by all order by all
        """
    ).fetchall()
    assert {(measure, sign) for measure, sign, _ in found} == {("numerator_count", 1), ("overdue_count", -1)}
    same, all_rows = counted.execute(
        "select count(*) filter (where cause_code = 'same'), count(*) from fct_report_differences "
        "where authority_code = 'H99'"
    ).fetchone()
    assert 0.95 * all_rows < same < all_rows
