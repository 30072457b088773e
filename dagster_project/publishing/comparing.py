"""Two published builds side by side: which units moved in which ranking, and why.

Does not belong here: choosing the builds, printing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from dagster_project.publishing.builds import PublishedBuild
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.files import quoted

# What decides points and ranks. Names, legal basis and confirmation may change without moving anybody.
_REGULATION = (
    "unit_bloc_codes, score_order_code, rounding_mode_code, rounding_digits, rounding_stage_code, percent_digits, "
    "tie_tolerance, minimum_denominator, volume_tier_bounds, total_input_code, grade_basis_code"
)
_CRITERION = (
    "parent_criterion_code, kind_code, rule_code, max_score, weight, total_weight, target_value, floor_value, "
    "zero_denominator_code, rounding_digits"
)
_BAND = (
    "band_number, lower_value, is_lower_included, upper_value, is_upper_included, answer_code, calculation_code, "
    "awarded_score, base_value"
)
_INDICATOR = (
    "direction_code, rank_digits, minimum_denominator, multiplier, value_digits, unit_of_measure_code, "
    "numerator_text, denominator_text, exclusions_text, method_version"
)
# What is scored; a unit's own claim is never its score.
_INPUT = (
    "is_applicable, appraised_score_1, appraised_score_2, survey_score, declared_score, numerator, denominator, "
    "factor_numerator, factor_denominator"
)
_TABLES = (
    "dim_criteria",
    "dim_criterion_bands",
    "dim_grades",
    "dim_indicators",
    "dim_peer_groups",
    "dim_periods",
    "dim_regulations",
    "dim_units",
    "fct_criterion_scores",
    "fct_score_inputs",
    "fct_score_rankings",
    "fct_unit_rankings",
)
_SIDES = ("before", "after")
# One ranking; a regulation's versions are one ranking, so that a changed regulation is a change of it.
_RANKING = "authority_code, kind_code, ranked_code, origin_code, period_code, peer_group_code"

# Per build: one row per unit listed in a ranking.
_LISTED = """
create temp table {side}_listed as
select authority_code, 'regulation' as kind_code, regulation_code as ranked_code, '' as origin_code, period_code,
  peer_group_code, unit_code, regulation_version_code as version_code, unit_rank, total_percent as value,
  value_status, grade_name, null::varchar as figure
from {side}.fct_score_rankings
union all
select authority_code, 'indicator', indicator_code, origin_code, period_code, peer_group_code, unit_code, '',
  unit_rank, value, value_status, null,
  cast((numerator, denominator, case when denominator is null then value end) as varchar)
from {side}.fct_unit_rankings
"""
# Per build: one row per part of what a ranking is made by; an empty criterion is the regulation itself with its grades.
_RULES = f"""
create temp table {{side}}_rules as
with indicators as (select indicator_code, cast(({_INDICATOR}) as varchar) as mark from {{side}}.dim_indicators),
bands as (
  select authority_code, regulation_version_code, criterion_code,
    string_agg(cast(({_BAND}) as varchar), ';' order by band_number) as mark
  from {{side}}.dim_criterion_bands group by all),
grades as (
  select authority_code, regulation_version_code,
    string_agg(cast((unit_bloc_code, grade_name, lower_value) as varchar), ';' order by unit_bloc_code, grade_code)
      as mark
  from {{side}}.dim_grades group by all),
criteria as (
  select criteria.*, bands.mark as bands_mark,
    cast((input_kind_code, input_code, factor_input_code,
      case when input_kind_code = 'survey_item' then bands.mark end) as varchar) as input_mark
  from {{side}}.dim_criteria as criteria
  left join bands using (authority_code, regulation_version_code, criterion_code))
select authority_code, 'regulation' as kind_code, regulation_version_code as version_code, '' as criterion_code,
  cast(({_REGULATION}, grades.mark) as varchar) as rule_mark, '' as input_mark
from {{side}}.dim_regulations left join grades using (authority_code, regulation_version_code)
union all
select authority_code, 'regulation', regulation_version_code, criterion_code,
  cast((input_mark, bands_mark, inputs.mark, factors.mark, {", ".join(f"criteria.{c}" for c in _CRITERION.split(", "))})
    as varchar),
  input_mark
from criteria
left join indicators as inputs
  on criteria.input_kind_code = 'indicator' and criteria.input_code = inputs.indicator_code
left join indicators as factors on criteria.factor_input_code = factors.indicator_code
"""
_COMPARED = f"""
create temp table rankings as
select {_RANKING}, earlier.version_code as version_before, later.version_code as version_after
from (select {_RANKING}, max(version_code) as version_code from before_listed group by all) as earlier
inner join (select {_RANKING}, max(version_code) as version_code from after_listed group by all) as later
  using ({_RANKING});

-- Parts that differ, and parts that ask for the same figures in both.
create temp table parts as
with pairs as (
  select distinct authority_code, ranked_code, version_before, version_after from rankings
  where kind_code = 'regulation')
select authority_code, ranked_code, version_before, version_after,
  coalesce(earlier.criterion_code, later.criterion_code) as criterion_code,
  earlier.rule_mark is distinct from later.rule_mark as is_rule_changed,
  coalesce(earlier.input_mark = later.input_mark, false) as is_same_input
from (select pairs.*, rules.criterion_code, rule_mark, input_mark from pairs
  inner join before_rules as rules
    on pairs.authority_code = rules.authority_code and version_before = rules.version_code) as earlier
full join (select pairs.*, rules.criterion_code, rule_mark, input_mark from pairs
  inner join after_rules as rules
    on pairs.authority_code = rules.authority_code and version_after = rules.version_code) as later
  using (authority_code, ranked_code, version_before, version_after, criterion_code);

create temp table rule_changes as
select {_RANKING}, string_agg(criterion_code, ', ' order by criterion_code) filter (criterion_code <> '') as criteria
from rankings inner join parts using (authority_code, ranked_code, version_before, version_after)
where kind_code = 'regulation' and is_rule_changed
group by all
union all
select {_RANKING}, null
from rankings
inner join before.dim_indicators as earlier on ranked_code = earlier.indicator_code
inner join after.dim_indicators as later on ranked_code = later.indicator_code
where kind_code = 'indicator' and cast(({", ".join(f"earlier.{c}" for c in _INDICATOR.split(", "))}) as varchar)
  <> cast(({", ".join(f"later.{c}" for c in _INDICATOR.split(", "))}) as varchar);

create temp table changed_inputs as
with asked as (
  select distinct authority_code, ranked_code as regulation_code, period_code, criterion_code
  from rankings inner join parts using (authority_code, ranked_code, version_before, version_after)
  where kind_code = 'regulation' and is_same_input),
earlier as (select authority_code, regulation_code, period_code, unit_code, criterion_code,
    cast(({_INPUT}) as varchar) as figure
  from before.fct_score_inputs inner join asked using (authority_code, regulation_code, period_code, criterion_code)),
later as (select authority_code, regulation_code, period_code, unit_code, criterion_code,
    cast(({_INPUT}) as varchar) as figure
  from after.fct_score_inputs inner join asked using (authority_code, regulation_code, period_code, criterion_code))
select distinct authority_code, regulation_code as ranked_code, period_code, unit_code
from earlier full join later using (authority_code, regulation_code, period_code, unit_code, criterion_code)
where earlier.figure is distinct from later.figure;

create temp table moves as
with paired as (
  select {_RANKING}, unit_code,
    before_listed.unit_rank as rank_before, after_listed.unit_rank as rank_after,
    before_listed.value as value_before, after_listed.value as value_after,
    before_listed.grade_name as grade_before, after_listed.grade_name as grade_after,
    before_listed.value_status is distinct from after_listed.value_status as is_status_changed,
    before_listed.unit_code is null or after_listed.unit_code is null as is_listed_once,
    before_listed.figure is distinct from after_listed.figure as is_figure_changed
  from before_listed full join after_listed using ({_RANKING}, unit_code)),
judged as (
  select paired.*,
    is_listed_once or case kind_code when 'indicator' then is_figure_changed else changed.unit_code is not null end
      as is_own_input_changed
  from paired
  left join changed_inputs as changed on paired.kind_code = 'regulation'
    and paired.authority_code = changed.authority_code and paired.ranked_code = changed.ranked_code
    and paired.period_code = changed.period_code and paired.unit_code = changed.unit_code)
select judged.*,
  count(*) filter (is_own_input_changed) over (partition by {_RANKING}) - is_own_input_changed::integer
    as changed_peers,
  rule_changes.ranked_code is not null as is_rule_changed, rule_changes.criteria as changed_criteria,
  rank_before is distinct from rank_after as is_moved,
  coalesce(abs(rank_after - rank_before), 1000000) as distance
from judged
inner join rankings using ({_RANKING})
left join rule_changes using ({_RANKING})
"""
# Whoever came into a ranking or fell out of it first, then the longest ways, falls before rises.
_ORDER = (
    "is_moved desc, distance desc, rank_after - rank_before desc nulls first, "
    f"abs(value_after - value_before) desc nulls first, {_RANKING}, unit_code"
)
_SHOWN = f"""
create temp table shown as
select row_number() over (order by {_ORDER}) as move_number, *
from moves
where is_moved or ({{is_everything}} and (value_before is distinct from value_after or is_status_changed
  or grade_before is distinct from grade_after))
qualify {{limit}} = 0 or move_number <= {{limit}}
"""
_MOVES = """
select shown.authority_code, kind_code, coalesce(regulations.regulation_name, indicators.indicator_name, ranked_code),
  origin_code, indicators.unit_of_measure_code, coalesce(groups.peer_group_name, shown.peer_group_code),
  coalesce(periods.period_name, shown.period_code), shown.unit_code,
  coalesce(later.unit_name, earlier.unit_name, shown.unit_code), rank_before, rank_after, value_before, value_after,
  is_listed_once, is_own_input_changed, changed_peers, is_rule_changed, changed_criteria, move_number
from shown
left join (
  select authority_code, regulation_code, arg_max(regulation_name, regulation_version_code) as regulation_name
  from after.dim_regulations group by all) as regulations
  on kind_code = 'regulation' and shown.authority_code = regulations.authority_code
  and ranked_code = regulations.regulation_code
left join after.dim_indicators as indicators on kind_code = 'indicator' and ranked_code = indicators.indicator_code
left join after.dim_peer_groups as groups
  on shown.authority_code = groups.authority_code and shown.peer_group_code = groups.peer_group_code
left join after.dim_periods as periods on shown.period_code = periods.period_code
left join before.dim_units as earlier
  on shown.authority_code = earlier.authority_code and shown.unit_code = earlier.unit_code
left join after.dim_units as later on shown.authority_code = later.authority_code and shown.unit_code = later.unit_code
order by move_number
"""
# Per build: the criteria that are added up in the rankings shown.
_SCORED = """
create temp table {side}_scored as
select move_number, scores.criterion_code, scores.final_score, scores.numerator, scores.denominator, inputs.has_counts
from shown
inner join {side}.fct_criterion_scores as scores
  on shown.kind_code = 'regulation' and shown.authority_code = scores.authority_code
  and shown.ranked_code = scores.regulation_code and shown.period_code = scores.period_code
  and shown.unit_code = scores.unit_code
inner join {side}.fct_score_inputs as inputs
  on scores.authority_code = inputs.authority_code and scores.regulation_version_code = inputs.regulation_version_code
  and scores.period_code = inputs.period_code and scores.unit_code = inputs.unit_code
  and scores.criterion_code = inputs.criterion_code
where scores.is_leaf or scores.final_source_code = 'declared'
"""
_CRITERIA = """
select move_number, criterion_code, earlier.final_score, later.final_score, earlier.numerator, earlier.denominator,
  earlier.has_counts, later.numerator, later.denominator, later.has_counts
from before_scored as earlier full join after_scored as later using (move_number, criterion_code)
where earlier.final_score is distinct from later.final_score
order by move_number, abs(coalesce(later.final_score, 0) - coalesce(earlier.final_score, 0)) desc, criterion_code
"""
_COUNTS = f"""
select
  (select count(*) from moves where is_moved),
  (select count(distinct ({_RANKING})) from moves where is_moved),
  (select count(*) from moves where not is_moved and (value_before is distinct from value_after or is_status_changed
    or grade_before is distinct from grade_after)),
  (select count(distinct ({_RANKING})) from before_listed anti join rankings using ({_RANKING})),
  (select count(distinct ({_RANKING})) from after_listed anti join rankings using ({_RANKING}))
"""


@dataclass(frozen=True)
class Figure:
    """What a criterion was scored by; ``has_counts`` false: a value over a million. None where there is none."""

    numerator: int | None
    denominator: int | None
    has_counts: bool | None


@dataclass(frozen=True)
class CriterionChange:
    """One criterion whose final score differs; None is no score."""

    criterion_code: str
    score_before: Decimal | None
    score_after: Decimal | None
    figure_before: Figure
    figure_after: Figure


@dataclass(frozen=True)
class Move:
    """One unit in one ranking that both builds hold. A rank is None where the unit is not ranked or not listed.

    ``changed_peers`` is how many other units of the ranking have other inputs; ``changed_criteria`` names the criteria
    whose rule differs, None where only the regulation's own rounding, order or grades do, or there is no such change.
    """

    authority_code: str
    kind_code: str
    ranking_name: str
    origin_code: str
    unit_of_measure_code: str | None
    peer_group_name: str
    period_name: str
    unit_code: str
    unit_name: str
    rank_before: int | None
    rank_after: int | None
    value_before: Decimal | None
    value_after: Decimal | None
    is_listed_once: bool
    is_own_input_changed: bool
    changed_peers: int
    is_rule_changed: bool
    changed_criteria: str | None
    criteria: tuple[CriterionChange, ...] = field(default=())


@dataclass(frozen=True)
class Comparison:
    """Two builds and what moved between them; ``moves`` are the ones asked for, the counts are of all."""

    before: PublishedBuild
    after: PublishedBuild
    moves: tuple[Move, ...]
    moved_count: int
    moved_ranking_count: int
    kept_rank_count: int
    only_before_count: int
    only_after_count: int

    @property
    def is_code_changed(self) -> bool:
        """Whether another version of the code computed the second build."""
        return self.before.manifest["code_hash"] != self.after.manifest["code_hash"]

    @property
    def is_as_of_changed(self) -> bool:
        """Whether the builds speak of different days."""
        return self.before.as_of_date != self.after.as_of_date

    @property
    def is_data_changed(self) -> bool:
        """Whether the builds read other deliveries, in another order, or the same ones differently."""
        one, other = (build.manifest["deliveries"] for build in (self.before, self.after))
        is_same_otherwise = not self.is_code_changed and not self.is_as_of_changed
        return one != other or (is_same_otherwise and self.before.build_id != self.after.build_id)

    def causes(self, move: Move) -> list[str]:
        """Every cause that holds for the ranking of ``move``, as codes: own_data, peer_data, rule, as_of, code."""
        has_other_inputs = move.is_own_input_changed or move.changed_peers > 0
        holding = {
            "own_data": self.is_data_changed and move.is_own_input_changed,
            "peer_data": self.is_data_changed and not move.is_own_input_changed and move.changed_peers > 0,
            "rule": move.is_rule_changed,
            "as_of": self.is_as_of_changed and has_other_inputs,
            "code": self.is_code_changed,
        }
        return [code for code, holds in holding.items() if holds]


def compare_builds(
    before: PublishedBuild, after: PublishedBuild, *, limit: int, is_everything: bool = False
) -> Comparison:
    """What moved from ``before`` to ``after``, the worst first: who came or fell out, then the longest ways.

    ``limit`` 0 is no limit; ``is_everything`` also lists who kept the rank with another value, status or grade.
    Raises BuildError when a build lacks a table or column that the comparison reads.
    """
    import duckdb

    for build in (before, after):
        missing = [table for table in _TABLES if table not in build.manifest["tables"]]
        if missing:
            raise _too_old(build.build_id, f"thiếu bảng {', '.join(missing)}")
    with duckdb.connect(":memory:") as connection:
        for side, build in zip(_SIDES, (before, after), strict=True):
            _open(connection, side, build)
        try:
            for side in _SIDES:
                connection.execute(_LISTED.format(side=side))
                connection.execute(_RULES.format(side=side))
            connection.execute(_COMPARED)
            connection.execute(_SHOWN.format(limit=limit, is_everything=is_everything))
            for side in _SIDES:
                connection.execute(_SCORED.format(side=side))
            moves = connection.execute(_MOVES).fetchall()
            changes = connection.execute(_CRITERIA).fetchall()
            counts = connection.execute(_COUNTS).fetchone()
        except duckdb.BinderException as error:
            raise _too_old(f"{before.build_id} hoặc {after.build_id}", "thiếu cột cần so sánh") from error
    criteria: dict[int, list[CriterionChange]] = {}
    for number, code, score_before, score_after, *figures in changes:
        change = CriterionChange(code, score_before, score_after, Figure(*figures[:3]), Figure(*figures[3:]))
        criteria.setdefault(number, []).append(change)
    found = tuple(Move(*columns, criteria=tuple(criteria.get(number, ()))) for *columns, number in moves)
    return Comparison(before, after, found, *counts)


def _open(connection, side: str, build: PublishedBuild) -> None:
    connection.execute(f"create schema {side}")
    for table in _TABLES:
        path = quoted(build.folder / f"{table}.parquet")
        connection.execute(f"create view {side}.{table} as from read_parquet('{path}')")


def _too_old(build_id: str, what: str) -> BuildError:
    return BuildError(
        f"Bản dựng {build_id} {what} vì do một phiên bản phần mềm khác dựng, nên không so sánh được. "
        "Hãy dựng lại bằng phiên bản này rồi so sánh."
    )
