"""How far a wave has come: per unit, how many were drawn, have answered, refused or could not be reached.

Counted on landed ballots, without a build: of several versions of a ballot the newest that has a result or answers, at
the place in the plan that the newest that has one states, as in ``int_survey_ballots_latest``. A row that says neither
a result nor an answer is a ballot nobody has asked yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from dagster_project.settings import Settings
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.frame import UNITS
from dagster_project.surveying.landed import newest, open_landed, ordered_deliveries
from dagster_project.surveying.plan_files import PlannedStratum
from dagster_project.surveying.sizes import achieved_margin

BALLOTS = "survey__ballots"
OUTCOMES = ("answered", "refused", "not_reached", "ineligible")


@dataclass
class UnitProgress:
    """One unit. ``sample`` and ``drawn`` come from the plan, else ``sample`` is None and ``drawn`` the landed ballots.

    ``counts`` is None where no ballot has landed; ``margin`` where it cannot be told. ``is_registered`` is false where
    the authority's units are registered and this one is not.
    """

    authority_code: str
    unit_code: str
    unit_name: str = ""
    sample: int | None = None
    drawn: int = 0
    counts: dict[str, int] | None = None
    margin: float | None = None
    strata: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    is_registered: bool = True

    @property
    def remaining(self) -> int | None:
        """Drawn, and without a result so far: reserve that is not needed counts too."""
        return None if self.counts is None else max(self.drawn - sum(self.counts.values()), 0)


# One row per stratum: how many people it has, and what became of its ballots.
_SQL = f"""
with versions as (
    select *, (delivery_sequence, source_row_number) as age,
        coalesce(result_code, case when item_answers is not null then 'answered' end) as outcome_code
    from {BALLOTS}
    where wave_code = $wave
),
told as (
    select
        authority_code,
        max_by(unit_code, (outcome_code is not null, age)) as unit_code,
        max_by(outcome_code, age) filter (where outcome_code is not null) as outcome_code,
        coalesce(max_by(stratum_code, age) filter (where stratum_code is not null), '') as stratum_code,
        max_by((coalesce(stratum_code, ''), stratum_total), age) filter (where stratum_total is not null) as total
    from versions
    group by authority_code, ballot_code
)
select
    authority_code, unit_code, stratum_code, max(total[2]) filter (where total[1] = stratum_code), count(*),
    count(*) filter (where outcome_code = 'answered'), count(*) filter (where outcome_code = 'refused'),
    count(*) filter (where outcome_code = 'not_reached'), count(*) filter (where outcome_code = 'ineligible')
from told
group by all
order by all
"""
_NAMES_SQL = f"""
select authority_code, unit_code, max_by(unit_name, valid_from_date)
from ({newest(UNITS, ["authority_code", "unit_code", "valid_from_date"])})
group by authority_code, unit_code
"""


def wave_progress(
    settings: Settings, wave_code: str, planned: Sequence[PlannedStratum] = (), confidence: Fraction = Fraction(95, 100)
) -> list[UnitProgress]:
    """The units of a wave by code, planned or landed. SurveyError when there is neither."""
    with open_landed(settings, ordered_deliveries(settings), [BALLOTS, UNITS]) as connection:
        landed = connection.execute(_SQL, {"wave": wave_code}).fetchall()
        names = {(row[0], row[1]): row[2] for row in connection.execute(_NAMES_SQL).fetchall()}
    if not landed and not planned:
        raise SurveyError(
            f"Chưa nạp phiếu nào của đợt «{wave_code}». Hãy xem lại mã đợt, nạp tệp phiếu bằng «cchc load», "
            "hoặc nêu kế hoạch bằng --plan."
        )
    # Only the row of the authority itself is no register of its units.
    registering = {authority for authority, unit in names if unit != authority}
    units: dict[tuple[str, str], UnitProgress] = {}
    for stratum in planned:
        _add_planned(units, stratum)
    for row in landed:
        _add_landed(units, row)
    for key, unit in units.items():
        unit.unit_name = names.get(key) or unit.unit_name or unit.unit_code
        unit.margin = _margin(unit, confidence)
        unit.is_registered = key in names or unit.unit_code == unit.authority_code or key[0] not in registering
    return [units[key] for key in sorted(units)]


def _add_planned(units: dict[tuple[str, str], UnitProgress], stratum: PlannedStratum) -> None:
    key = (stratum.authority_code, stratum.unit_code)
    unit = units.setdefault(key, UnitProgress(*key, unit_name=stratum.unit_name))
    unit.sample = (unit.sample or 0) + stratum.sample
    unit.drawn += stratum.drawn
    unit.strata[stratum.stratum_code] = (stratum.population, 0)


def _add_landed(units: dict[tuple[str, str], UnitProgress], row: tuple) -> None:
    authority_code, unit_code, stratum_code, population, ballot_count, *outcomes = row
    key = (authority_code, unit_code)
    unit = units.setdefault(key, UnitProgress(*key))
    before = unit.counts or dict.fromkeys(OUTCOMES, 0)
    unit.counts = {name: before[name] + count for name, count in zip(OUTCOMES, outcomes, strict=True)}
    if unit.sample is None:
        unit.drawn += ballot_count
    people = unit.strata.get(stratum_code, (population, 0))[0]
    unit.strata[stratum_code] = (people, outcomes[0])


def _margin(unit: UnitProgress, confidence: Fraction) -> float | None:
    """None too where a stratum does not say how many people it has: then nothing is known of what was not asked."""
    strata = [(people, answers) for people, answers in unit.strata.values() if people is not None]
    if unit.counts is None or len(strata) < len(unit.strata) or any(answers > people for people, answers in strata):
        return None
    return achieved_margin(strata, confidence)
