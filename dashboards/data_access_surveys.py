"""Queries of the page on surveys: waves, estimates with their error, peers, trend, groups, what others publish.

Reads through data_access, which alone opens the build. Does not belong here: the estimates themselves (dbt models).
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.data_access import Build, Row, _rows


@dataclass(frozen=True)
class WaveScope:
    """Which answers: an authority, one wave, one questionnaire of it."""

    authority_code: str
    wave_code: str
    instrument_code: str

    @property
    def arguments(self) -> tuple[str, str, str]:
        """What ``_IN_WAVE`` asks for."""
        return self.authority_code, self.wave_code, self.instrument_code


_IN_WAVE = "s.authority_code = ? and s.wave_code = ? and s.instrument_code = ?"
# One row per question of the wave, as it was worded when the wave ended, with the answers that count as satisfied.
_ITEMS = """
  select i.*, o.good_text
  from dim_survey_items as i
  inner join dim_survey_waves as w
    on i.authority_code = w.authority_code and i.instrument_code = w.instrument_code
  left join (
    select authority_code, scale_code,
      string_agg('«' || option_text || '»', ' hoặc ' order by option_order, answer_code) as good_text
    from dim_survey_options
    where option_kind_code = 'positive'
    group by authority_code, scale_code
  ) as o on i.authority_code = o.authority_code and i.scale_code = o.scale_code
  where w.authority_code = ? and w.wave_code = ? and w.instrument_code = ?
  qualify row_number() over (
    partition by i.item_code
    order by coalesce(i.valid_from_date <= w.end_date, true) desc, i.valid_from_date desc nulls last
  ) = 1
"""


def waves(build: Build, authority_code: str) -> list[Row]:
    """One row per wave and questionnaire of an authority with how many answered, the newest and largest first."""
    return _rows(
        build.folder,
        """
        select w.*, r.listed_count, r.answered_count, r.refused_count, r.not_reached_count, r.ineligible_count,
          r.response_rate
        from dim_survey_waves as w
        left join fct_survey_responses as r
          on w.authority_code = r.authority_code
          and w.wave_code = r.wave_code
          and w.instrument_code = r.instrument_code
          and r.unit_code = w.authority_code
        where w.authority_code = ?
        order by w.end_date desc nulls last, w.ballot_count desc, w.wave_code, w.instrument_code
        """,
        (authority_code,),
    )


def survey_units(build: Build, scope: WaveScope) -> list[Row]:
    """One row per unit of a wave: its index, what the funnel and its peers say of it; lowest index first.

    ``difference`` and what follows it are those to the mean of the other units of its bloc. Units without an index
    stand last.
    """
    return _rows(
        build.folder,
        f"""
        select s.unit_code, coalesce(u.unit_name, s.unit_code) as unit_name, u.unit_short_name, u.unit_bloc_name,
          s.value_status, s.statistic_code, s.ballot_count, s.answered_ballot_count, s.estimate, s.interval_low,
          s.interval_high, r.response_rate, f.effective_count, f.centre, f.inner_low, f.inner_high, f.outer_low,
          f.outer_high, f.position_code, c.difference, c.difference_low, c.difference_high, c.adjusted_chance,
          c.compared_unit_count, c.family_size
        from fct_survey_estimates as s
        left join dim_units as u on s.authority_code = u.authority_code and s.unit_code = u.unit_code
        left join fct_survey_responses as r
          on s.authority_code = r.authority_code and s.wave_code = r.wave_code
          and s.instrument_code = r.instrument_code and s.unit_code = r.unit_code
        left join rpt_survey_funnels as f
          on s.authority_code = f.authority_code and s.wave_code = f.wave_code
          and s.instrument_code = f.instrument_code and s.unit_code = f.unit_code
        left join fct_survey_comparisons as c
          on s.authority_code = c.authority_code and s.wave_code = c.wave_code
          and s.instrument_code = c.instrument_code and s.unit_code = c.unit_code
          and c.comparison_code = 'peers' and c.measure_level_code = 'overall'
        where {_IN_WAVE} and s.unit_code <> s.authority_code and s.group_kind_code = 'all'
          and s.measure_level_code = 'overall' and s.is_chosen_formula
        order by s.estimate nulls last, u.unit_name collate vi, s.unit_code
        """,
        scope.arguments,
    )


def unit_responses(build: Build, scope: WaveScope, unit_code: str) -> Row | None:
    """How many were asked and answered at a unit; None where the wave has nobody of it."""
    found = _rows(
        build.folder,
        f"select s.* from fct_survey_responses as s where {_IN_WAVE} and s.unit_code = ?",
        (*scope.arguments, unit_code),
    )
    return found[0] if found else None


def measures(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """The index of a unit, then each part before its factors, by the formula of the questionnaire.

    ``other_estimate`` with its interval is by the other formula.
    """
    return _rows(
        build.folder,
        f"""
        with items as ({_ITEMS}),
        parts as (select part_code, min(item_order) as part_order from items group by part_code),
        factors as (
          select factor_code, any_value(factor_name) as factor_name, min(item_order) as factor_order,
            min(part_code) as part_code
          from items group by factor_code
        )
        select s.*, f.factor_name, o.statistic_code as other_statistic_code, o.estimate as other_estimate,
          o.interval_low as other_low, o.interval_high as other_high, o.value_status as other_value_status
        from fct_survey_estimates as s
        left join factors as f on s.measure_level_code = 'factor' and s.measure_code = f.factor_code
        left join parts as p
          on p.part_code = case when s.measure_level_code = 'part' then s.measure_code else f.part_code end
        left join fct_survey_estimates as o
          on s.authority_code = o.authority_code and s.wave_code = o.wave_code
          and s.instrument_code = o.instrument_code and s.unit_code = o.unit_code
          and s.group_kind_code = o.group_kind_code and s.group_code = o.group_code
          and s.measure_level_code = o.measure_level_code and s.measure_code = o.measure_code
          and not o.is_chosen_formula
        where {_IN_WAVE} and s.unit_code = ? and s.group_kind_code = 'all'
          and s.measure_level_code in ('overall', 'part', 'factor') and s.is_chosen_formula
        order by s.measure_level_code <> 'overall', p.part_order, s.measure_level_code <> 'part', f.factor_order,
          s.measure_code
        """,
        (*scope.arguments, *scope.arguments, unit_code),
    )


def items(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """One row per question put to the people of a unit: share satisfied with interval, and how many answered it."""
    return _rows(
        build.folder,
        f"""
        with items as ({_ITEMS})
        select i.item_code, i.item_text, i.item_order, i.part_code, i.factor_code, i.factor_name, i.is_indexed,
          i.good_text, s.value_status, s.statistic_code, s.ballot_count, s.answered_ballot_count, s.valid_count,
          s.item_response_rate, s.estimate, s.interval_low, s.interval_high
        from fct_survey_estimates as s
        inner join items as i on s.measure_code = i.item_code
        where {_IN_WAVE} and s.unit_code = ? and s.group_kind_code = 'all' and s.measure_level_code = 'item'
          and s.statistic_code = 'share'
        order by i.item_order, i.item_code
        """,
        (*scope.arguments, *scope.arguments, unit_code),
    )


def answer_shares(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """The answers to each question at a unit, the least satisfied first, merged ones last."""
    return _rows(
        build.folder,
        f"""
        select s.item_code, s.answer_code, s.option_kind_code, s.option_text, s.answer_count, s.answer_share
        from fct_survey_answer_shares as s
        where {_IN_WAVE} and s.unit_code = ?
        order by s.item_code, s.option_order nulls last, s.answer_code
        """,
        (*scope.arguments, unit_code),
    )


def gaps(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """What a unit's people say of each question beside those of its peers, the most negative gap first.

    Expectations are left out: wanting more is neither a strength nor a weakness of the unit.
    """
    return _rows(
        build.folder,
        f"""
        with items as ({_ITEMS})
        select s.*, i.item_text, i.is_indexed, i.good_text
        from fct_survey_comparisons as s
        inner join items as i on s.measure_code = i.item_code
        where {_IN_WAVE} and s.unit_code = ? and s.comparison_code = 'peers' and s.measure_level_code = 'item'
          and i.part_code <> 'expectation' and s.difference is not null
        order by s.difference, i.item_order, i.item_code
        """,
        (*scope.arguments, *scope.arguments, unit_code),
    )


def index_series(build: Build, authority_code: str, unit_code: str) -> list[Row]:
    """The index of a unit in every wave, oldest first, those without a day last, with what the wave is."""
    return _rows(
        build.folder,
        """
        select w.*, s.unit_code, s.value_status, s.statistic_code, s.answered_ballot_count,
          s.ballot_count as unit_ballot_count, s.estimate, s.interval_low, s.interval_high
        from fct_survey_estimates as s
        inner join dim_survey_waves as w
          on s.authority_code = w.authority_code and s.wave_code = w.wave_code
          and s.instrument_code = w.instrument_code
        where s.authority_code = ? and s.unit_code = ? and s.group_kind_code = 'all'
          and s.measure_level_code = 'overall' and s.is_chosen_formula
        order by w.end_date nulls last, w.ballot_count, w.wave_code, w.instrument_code
        """,
        (authority_code, unit_code),
    )


def wave_changes(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """How index and factors of a unit moved since the wave before of the same series."""
    return _rows(
        build.folder,
        f"""
        with items as ({_ITEMS}),
        factors as (
          select factor_code, any_value(factor_name) as factor_name, min(item_order) as factor_order
          from items group by factor_code
        )
        select s.*, f.factor_name
        from fct_survey_comparisons as s
        left join factors as f on s.measure_level_code = 'factor' and s.measure_code = f.factor_code
        where {_IN_WAVE} and s.unit_code = ? and s.comparison_code = 'previous_wave'
          and s.measure_level_code in ('overall', 'factor')
        order by s.measure_level_code <> 'overall', f.factor_order, s.measure_code
        """,
        (*scope.arguments, *scope.arguments, unit_code),
    )


def groups(build: Build, scope: WaveScope, unit_code: str) -> list[Row]:
    """The index by group of people, hidden groups and small ones with them."""
    return _rows(
        build.folder,
        f"""
        select s.group_kind_code, s.group_code, s.value_status, s.statistic_code, s.ballot_count,
          s.answered_ballot_count, s.estimate, s.interval_low, s.interval_high
        from fct_survey_estimates as s
        where {_IN_WAVE} and s.unit_code = ? and s.group_kind_code <> 'all' and s.measure_level_code = 'overall'
          and s.is_chosen_formula
        order by s.group_kind_code, s.group_code
        """,
        (*scope.arguments, unit_code),
    )


def sides(build: Build, authority_code: str, unit_code: str, period_code: str) -> list[Row]:
    """Every figure on satisfaction of a unit in a year, whoever it is of: own estimates, published ones, ratings."""
    return _rows(
        build.folder,
        """
        select *
        from rpt_survey_sides
        where authority_code = ? and unit_code = ? and period_code = ?
        order by case side_code when 'estimate' then 1 when 'declared' then 2 else 3 end, side_key
        """,
        (authority_code, unit_code, period_code),
    )


def on_time_perceptions(build: Build, scope: WaveScope) -> list[Row]:
    """What systems claim of timeliness beside what people say, the authority first, then the widest gap."""
    return _rows(
        build.folder,
        f"""
        select s.*, coalesce(u.unit_name, s.unit_code) as unit_name
        from rpt_on_time_perceptions as s
        left join dim_units as u on s.authority_code = u.authority_code and s.unit_code = u.unit_code
        where {_IN_WAVE}
        order by s.unit_code <> s.authority_code, s.claim_gap desc nulls last, s.perceived_rate nulls last,
          u.unit_name collate vi, s.unit_code, s.item_code
        """,
        scope.arguments,
    )
