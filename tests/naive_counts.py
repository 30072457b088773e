"""Dossiers counted again, naively: each dossier held against each period by its dates alone.

The models count by slices of the calendar and add up. Does not belong here: what is asserted (the tests).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from dagster_project.publishing.builds import current_build
from dagster_project.settings import Settings

# Under one definition, a dossier at a unit that had it: placed there, judged, met? What is placed, not judged, is
# left out. A reorganisation moves open dossiers: `arrived` and `left_on` bound the stay at one unit.
DEFINITIONS = {
    "on_time_rate__resolved": (
        "is_last and closed between s and e",
        "verdict in ('early', 'on_time', 'late')",
        "verdict in ('early', 'on_time')",
    ),
    "on_time_rate__resolved_timestamp": (
        "is_last and closed between s and e",
        "verdict <> 'not_counted' and due_at is not null",
        "completed_at <= due_at or (due_at::time = time '00:00' and completed_date = due_date)",
    ),
    "on_time_rate__resolved_original": (
        "is_last and closed between s and e",
        "verdict <> 'not_counted' and original_due_at is not null",
        "completed_date <= original_due_at::date",
    ),
    "on_time_rate__resolved_recomputed": (
        "is_last and closed between s and e",
        "verdict <> 'not_counted' and recomputed_due_at is not null",
        "first_completed_at::date <= recomputed_due_at::date",
    ),
    "on_time_rate__handed_over": (
        "is_last and returned_at::date between s and e",
        "verdict <> 'not_counted' and due_at is not null",
        "returned_at <= due_at or (due_at::time = time '00:00' and returned_at::date = due_date)",
    ),
    "on_time_rate__received": (
        "is_first and received_date between s and e",
        "verdict not in ('no_due_date', 'not_counted')",
        "verdict in ('early', 'on_time') and closed <= e",
    ),
    "on_time_rate__form_06a": ("is_last and closed between s and e", "true", "verdict <> 'late'"),
    "on_time_rate__qd766": (
        "is_first and received_date between s and e",
        "not lost and (coalesce(due_at, recomputed_due_at) is not null or supplement_count > 1)",
        # Late by the end of the period: over the limit, or asked twice for supplements by then.
        "not coalesce(over_limit_from <= e, false) and not coalesce(asked_twice_on <= e, false)",
    ),
    "on_time_rate__to_be_processed": (
        "arrived <= e and left_on > e"
        " and (lost and is_first and received_date >= s or not lost and (closed is null or closed >= s))",
        "not lost and due_date is not null and not coalesce(withdrawn and closed <= e, false)",
        "not coalesce(late_from <= e, false)",
    ),
    "on_time_rate__due_in_period": (
        "due_date between s and e and (due_date < as_of or due_date = as_of and is_closed)"
        " and due_date >= from_date and due_date < left_on",
        "verdict in ('early', 'on_time', 'late', 'open_late')",
        "verdict in ('early', 'on_time')",
    ),
    "on_time_rate__declared_flag": (
        "is_last and closed between s and e",
        "declared_timeliness_code in ('early', 'on_time', 'late')",
        "declared_timeliness_code in ('early', 'on_time')",
    ),
}
# Why a dossier is left out, as the verdict says it: what must be true of it then.
REASONS = {
    "unplaced": "lost",
    "withdrawn": "withdrawn",
    "still_open": "closed is null",
    "not_returned": "returned_at is null",
    "not_due": "due_date is null or due_date >= as_of",
    "no_due_date": "{due_at} is null",
    "no_limit": "recomputed_due_at is null",
    "no_flag": "coalesce(declared_timeliness_code, '') not in ('early', 'on_time', 'late')",
}
JUDGED_BY = {"resolved_original": "original_due_at", "resolved_recomputed": "recomputed_due_at"}
# At its units, and at the authority as a whole, where no hand-over between units moves it.
STAYS = """
    create table stay as
    select authority_code, dossier_code, authority_code as unit_code, date '0001-01-01' as from_date,
      date '9999-12-31' as to_date, true as is_first from fct_dossiers
    union all
    select authority_code, dossier_code, coalesce(h.unit_code, resolving_unit_code),
      coalesce(h.from_date, date '0001-01-01'), coalesce(h.to_date, date '9999-12-31'), coalesce(h.is_first, true)
    from fct_dossiers left join cchc.intermediate.int_dossier_stays as h using (authority_code, dossier_code)
    where resolving_unit_code <> authority_code
"""
DOSSIERS = """
    create table dossier as
    select d.*, a.as_of, h.unit_code, h.from_date, h.to_date as left_on, h.is_first,
      left_on = date '9999-12-31' as is_last,
      greatest(received_date, from_date) as arrived,
      case when timeliness_by_date_code = 'not_counted' then 'not_counted'
        when due_at is null then 'no_due_date'
        when completed_at is null then case when as_of > due_at::date then 'open_late' else 'open_in_time' end
        when completed_at::date < due_at::date then 'early'
        when completed_at::date = due_at::date then 'on_time'
        else 'late' end as verdict,
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
    inner join stay as h using (authority_code, dossier_code)
    where is_counted
"""
SUPPLEMENTS = """
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
FORM = {
    "received_carried_count": "arrived < s and left_on >= s and not lost and (closed is null or closed >= s)"
    " or not is_first and from_date between s and e",
    "received_online_count": "is_first and received_date between s and e and not lost and channel_code = 'online'",
    "received_direct_count": "is_first and received_date between s and e and not lost"
    " and coalesce(channel_code, '') <> 'online'",
    "received_postal_count": "is_first and received_date between s and e and not lost and channel_code = 'postal'",
    "resolved_early_count": "is_last and closed between s and e and verdict = 'early'",
    "resolved_on_time_count": "is_last and closed between s and e"
    " and verdict in ('on_time', 'no_due_date', 'not_counted')",
    "resolved_late_count": "is_last and closed between s and e and verdict = 'late'",
    "open_total_count": "arrived <= e and left_on > e and not lost and (closed is null or closed > e)",
    "unplaced_count": "is_first and received_date between s and e and lost",
    "taken_over_count": "not is_first and from_date between s and e",
    "passed_on_count": "not is_last and left_on between s and e",
}


@contextmanager
def counted_tables(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published tables of a build, and table ``dossier``: each dossier at each unit that had it, with its dates."""
    with duckdb.connect() as connection:
        for path in current_build(settings).folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        connection.execute(f"attach '{settings.warehouse_file}' as cchc (read_only)")
        for table in (SUPPLEMENTS, STAYS, DOSSIERS):
            connection.execute(table)
        yield connection


def definition_differences(connection: duckdb.DuckDBPyConnection, indicator: str) -> list[tuple]:
    """Rows (unit, period, parts) that only the naive count or only the published indicator has; at most ten."""
    place, judged, met = DEFINITIONS[indicator]
    # The naive count knows no grid: it also finds units in periods that no authority is asked for.
    naive = f"""
        with one as (
          select authority_code, unit_code, period_code,
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
    naive = f"select * from ({naive}) semi join fct_indicator_values using (authority_code, unit_code, period_code)"
    return _either_alone(connection, naive, published)


def form_differences(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Lines of form II.06a that only the naive count or only the published form has; at most ten."""
    columns = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in FORM.items())
    naive = f"""
        with one as (
          select * exclude (domain_name),
            coalesce(domain_name, 'Không rõ lĩnh vực') as domain
          from dossier inner join (select period_code, start_date as s, end_date as e from dim_periods)
            on arrived <= e and (closed is null or closed >= s)
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
    return _either_alone(connection, naive, published)


def _either_alone(connection: duckdb.DuckDBPyConnection, naive: str, published: str) -> list[tuple]:
    only_naive = connection.execute(f"({naive}) except ({published}) order by all limit 5").fetchall()
    return only_naive + connection.execute(f"({published}) except ({naive}) order by all limit 5").fetchall()
