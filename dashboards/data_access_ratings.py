"""Queries of the page Đánh giá sau giải quyết: ratings after a service, one scale at a time, beside results given.

They run through data_access, which alone opens the build. Does not belong here: formulas of indicators, Vietnamese.
"""

from __future__ import annotations

from dashboards.data_access import Build, Row, _rows

# In the words of an indicator value, so that what draws and names those does it here too.
_COUNT_COLUMNS = """
  c.unit_code, c.period_code, c.rating_count, c.positive_count as numerator, c.valid_count as denominator,
  c.positive_rate as value, c.value_status, c.interval_low, c.interval_high, c.handed_over_count, c.coverage_rate,
  c.burst_rating_count, c.is_coverage_low, c.low_coverage_percent, c.has_many_bursts, c.many_bursts_percent,
  i.minimum_ballot_count as minimum_denominator, 'satisfaction' as family_code, 'rate' as unit_of_measure_code
"""


def rating_scales(build: Build, authority_code: str) -> dict[str, Row]:
    """The scales on which anything of the authority was rated, by code, the one with most ratings first."""
    rows = _rows(
        build.folder,
        """
        select i.instrument_code, i.instrument_name, i.method_version, i.minimum_ballot_count, i.is_confirmed
        from dim_survey_instruments as i
        inner join (
          select authority_code, instrument_code, max(rating_count) as rating_count
          from fct_rating_counts
          group by authority_code, instrument_code
        ) as c on i.authority_code = c.authority_code and i.instrument_code = c.instrument_code
        where i.authority_code = ?
        order by c.rating_count desc, i.instrument_code
        """,
        (authority_code,),
    )
    return {row["instrument_code"]: row for row in rows}


def rating_periods(build: Build, authority_code: str, instrument_code: str) -> list[Row]:
    """One row per period in which anything was rated on the scale, newest first."""
    return _rows(
        build.folder,
        """
        select period_code, period_kind_code, period_name, start_date, end_date, counted_to_date, is_complete,
          previous_period_code
        from dim_periods
        where period_code in (
          select period_code from fct_rating_counts where authority_code = ? and instrument_code = ?
        )
        order by end_date desc, start_date desc, period_code
        """,
        (authority_code, instrument_code),
    )


def rating_counts(build: Build, authority_code: str, instrument_code: str, period_code: str) -> list[Row]:
    """One row per unit that was rated or handed over results in the period, the authority itself first.

    Then the lowest rate; then small samples; units that nobody rated last, the ones with most results first.
    """
    return _rows(
        build.folder,
        f"""
        select {_COUNT_COLUMNS}, coalesce(u.unit_name, c.unit_code) as unit_name
        from fct_rating_counts as c
        inner join dim_survey_instruments as i
          on c.authority_code = i.authority_code and c.instrument_code = i.instrument_code
        left join dim_units as u on c.authority_code = u.authority_code and c.unit_code = u.unit_code
        where c.authority_code = ? and c.instrument_code = ? and c.period_code = ?
        order by c.unit_code <> c.authority_code, c.positive_rate nulls last, c.valid_count desc,
          c.rating_count desc, c.handed_over_count desc nulls last, c.unit_code
        """,
        (authority_code, instrument_code, period_code),
    )


def rating_series(build: Build, authority_code: str, instrument_code: str, period_kind_code: str) -> list[Row]:
    """One row per period of a kind, oldest first, for the whole authority; nothing is counted where nobody rated."""
    return _rows(
        build.folder,
        f"""
        select p.period_code, p.period_name, p.is_complete,
          s.* exclude (unit_code, period_code, value_status, family_code, unit_of_measure_code),
          coalesce(s.value_status, 'no_activity') as value_status, 'satisfaction' as family_code,
          'rate' as unit_of_measure_code
        from dim_periods as p
        left join (
          select {_COUNT_COLUMNS}
          from fct_rating_counts as c
          inner join dim_survey_instruments as i
            on c.authority_code = i.authority_code and c.instrument_code = i.instrument_code
          where c.authority_code = ? and c.unit_code = ? and c.instrument_code = ?
        ) as s on p.period_code = s.period_code
        where p.period_kind_code = ?
        order by p.start_date, p.end_date
        """,
        (authority_code, authority_code, instrument_code, period_kind_code),
    )
