"""Every definition of "on time" counted again, naively, from the published dossiers: each dossier against each period.

The models count by slices of the calendar and add up; here a dossier is held against a period by its dates alone.
"""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.publishing.builds import current_build

# A dossier under one definition: in the denominator, in the numerator, left out.
DEFINITIONS = {
    "on_time_rate__resolved": (
        "closed between s and e",
        "verdict in ('early', 'on_time', 'late')",
        "verdict in ('early', 'on_time')",
    ),
    "on_time_rate__resolved_timestamp": (
        "closed between s and e",
        "timeliness_by_timestamp_code in ('on_time', 'late')",
        "timeliness_by_timestamp_code = 'on_time'",
    ),
    "on_time_rate__resolved_original": (
        "closed between s and e",
        "timeliness_original_by_date_code in ('early', 'on_time', 'late')",
        "timeliness_original_by_date_code in ('early', 'on_time')",
    ),
    "on_time_rate__resolved_recomputed": (
        "closed between s and e",
        "timeliness_recomputed_by_date_code in ('early', 'on_time', 'late')",
        "timeliness_recomputed_by_date_code in ('early', 'on_time')",
    ),
    "on_time_rate__handed_over": (
        "returned_at::date between s and e",
        "verdict <> 'not_counted' and due_at is not null",
        "returned_at <= due_at or (due_at::time = time '00:00' and returned_at::date = due_date)",
    ),
    "on_time_rate__received": (
        "received_date between s and e",
        "verdict not in ('no_due_date', 'not_counted')",
        "verdict in ('early', 'on_time') and closed <= e",
    ),
    "on_time_rate__form_06a": ("closed between s and e", "true", "verdict <> 'late'"),
    "on_time_rate__qd766": (
        "received_date between s and e",
        "not lost and (coalesce(due_at, recomputed_due_at) is not null or supplement_count > 1)",
        # Late by the end of the period: over the limit, or asked twice for supplements by then.
        "not coalesce(over_limit_from <= e, false) and not coalesce(asked_twice_on <= e, false)",
    ),
    "on_time_rate__to_be_processed": (
        "received_date <= e and (lost and received_date >= s or not lost and (closed is null or closed >= s))",
        "not lost and due_date is not null and not coalesce(withdrawn and closed <= e, false)",
        "not coalesce(late_from <= e, false)",
    ),
    "on_time_rate__due_in_period": (
        "due_date between s and e and (due_date < as_of or due_date = as_of and is_closed)",
        "verdict in ('early', 'on_time', 'late', 'open_late')",
        "verdict in ('early', 'on_time')",
    ),
}
DOSSIERS = """
    create table dossier as
    select d.*, a.as_of, timeliness_by_date_code as verdict,
      case when completed_date is not null then greatest(completed_date, received_date) end as closed,
      is_closed and completed_date is null as lost,
      completed_date is not null and timeliness_by_date_code = 'not_counted' as withdrawn,
      coalesce(s.asked_twice_on, case when supplement_count > 1 then received_date end) as asked_twice_on,
      case when verdict not in ('early', 'on_time') and not lost and due_date < coalesce(closed, as_of)
        then greatest(due_date + 1, received_date) end as late_from,
      coalesce(due_at, recomputed_due_at)::date as limit_date,
      coalesce(completed_date, stopped_since_at::date) <= limit_date as kept_limit,
      case when kept_limit then null
        when limit_date < coalesce(closed, as_of) then greatest(limit_date + 1, received_date) end as over_limit_from
    from fct_dossiers as d
    cross join (select max(counted_to_date) as as_of from dim_periods) as a
    left join supplement as s using (authority_code, dossier_code)
    where is_counted
"""


@pytest.fixture(scope="module")
def counted(built_demo):
    """The published tables, with each dossier's dates worked out by hand."""
    folder = current_build(built_demo).folder
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        connection.execute(f"attach '{built_demo.warehouse_file}' as cchc (read_only)")
        connection.execute(
            """
            create table supplement as
            select authority_code, dossier_code, greatest(asked[2], min_received) as asked_twice_on from (
              select s.authority_code, s.dossier_code, min(d.received_date) as min_received,
                list_sort(list(requested_at::date)) as asked
              from (
                select distinct on (authority_code, dossier_code, supplement_code) *
                from cchc.staging.stg_one_stop__supplements
                order by authority_code, dossier_code, supplement_code, delivery_sequence desc, source_row_number desc
              ) as s
              inner join fct_dossiers as d using (authority_code, dossier_code)
              where coalesce(s.status_code, '') <> 'before_reception'
                and requested_at < (select max(counted_to_date) from dim_periods) + 1
              group by all
            ) where len(asked) > 1
            """
        )
        connection.execute(DOSSIERS)
        yield connection


@pytest.mark.parametrize("indicator", DEFINITIONS)
def test_a_definition_counts_what_it_says_in_every_period_and_unit(counted, indicator):
    place, judged, met = DEFINITIONS[indicator]
    naive = f"""
        with one as (
          select authority_code, unnest([resolving_unit_code, authority_code]) as unit_code, period_code,
            coalesce({judged}, false) as is_judged, coalesce({met}, false) as is_met
          from dossier inner join (select period_code, start_date as s, end_date as e from dim_periods) on {place}
        )
        select authority_code, unit_code, period_code, count(*) filter (where is_judged and is_met) as numerator,
          count(*) filter (where is_judged) as denominator, count(*) filter (where not is_judged) as excluded_count
        from one group by all
    """
    published = f"""
        select authority_code, unit_code, period_code, numerator, denominator, excluded_count from fct_indicator_values
        where indicator_code = '{indicator}' and origin_code = 'computed' and denominator + excluded_count > 0
    """
    rows = counted.execute(f"select count(*), sum(denominator) from ({published})").fetchone()
    assert rows[0] > 1000
    assert rows[1] > 100_000
    # The naive count knows no grid: it also finds units in periods that no authority is asked for.
    naive = f"select * from ({naive}) semi join fct_indicator_values using (authority_code, unit_code, period_code)"
    assert counted.execute(f"({naive}) except ({published}) limit 5").fetchall() == []
    assert counted.execute(f"({published}) except ({naive}) limit 5").fetchall() == []


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


FORM = {
    "received_carried_count": "received_date < s and not lost and (closed is null or closed >= s)",
    "received_online_count": "received_date between s and e and not lost and channel_code = 'online'",
    "received_direct_count": "received_date between s and e and not lost and coalesce(channel_code, '') <> 'online'",
    "received_postal_count": "received_date between s and e and not lost and channel_code = 'postal'",
    "resolved_early_count": "closed between s and e and verdict = 'early'",
    "resolved_on_time_count": "closed between s and e and verdict in ('on_time', 'no_due_date', 'not_counted')",
    "resolved_late_count": "closed between s and e and verdict = 'late'",
    "open_total_count": "received_date <= e and not lost and (closed is null or closed > e)",
    "unplaced_count": "received_date between s and e and lost",
}


def test_form_06a_is_what_a_count_of_dossiers_gives_line_by_line(counted):
    columns = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in FORM.items())
    naive = f"""
        with one as (
          select * exclude (domain_name), unnest([resolving_unit_code, authority_code]) as unit_code,
            coalesce(domain_name, 'Không rõ lĩnh vực') as domain
          from dossier inner join (select period_code, start_date as s, end_date as e from dim_periods)
            on received_date <= e and (closed is null or closed >= s)
        ),
        lines as (
          select authority_code, unit_code, period_code, 'domain' as line_kind_code, domain as line_name, {columns}
          from one group by all
          union all
          select authority_code, unit_code, period_code, 'unit', 'Tổng số', {columns} from one group by all
        )
        select * from lines
        semi join fct_indicator_values using (authority_code, unit_code, period_code)
        where {" + ".join(FORM)} > 0
    """
    published = (
        f"select authority_code, unit_code, period_code, line_kind_code, line_name, {', '.join(FORM)} from fct_form_06a"
    )
    assert counted.execute(f"select count(*) from ({published})").fetchone()[0] > 10_000
    assert counted.execute(f"({naive}) except ({published}) limit 3").fetchall() == []
    assert counted.execute(f"({published}) except ({naive}) limit 3").fetchall() == []


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
            where this.received_carried_count <> before.open_total_count
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
        where cause_code = 'not_explained' group by all order by all
        """
    ).fetchall()
    assert {(measure, sign) for measure, sign, _ in found} == {("numerator_count", 1), ("overdue_count", -1)}
    same, all_rows = counted.execute(
        "select count(*) filter (where cause_code = 'same'), count(*) from fct_report_differences"
    ).fetchone()
    assert 0.95 * all_rows < same < all_rows
