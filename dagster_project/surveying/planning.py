"""A survey plan: how many people of which unit and stratum, and which dossiers they are.

Every unit is a sample of its own, as large as the margin asks for, and is parted over its strata. A main ballot stands
for N_h / n_h people of its stratum. A replacement takes the place and the weight of the ballot that it replaces.
Does not belong here: reading the list (``frame``), writing files (``plan_files``).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dagster_project.settings import Settings
from dagster_project.surveying.allocation import allocate
from dagster_project.surveying.draw import in_draw_order
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.frame import Frame, Person
from dagster_project.surveying.landed import newest, open_landed, ordered_deliveries
from dagster_project.surveying.sizes import drawn_size, random_size, slovin_size

INSTRUMENTS = "survey__instruments"
CHANNELS = {
    "direct": "Trực tiếp",
    "online": "Trực tuyến",
    "postal": "Bưu chính công ích",
    "email": "Thư điện tử",
    "internal": "Nội bộ",
}
NOT_SAID = "Không ghi"


@dataclass(frozen=True)
class Design:
    """How a sample is made. Rates are fractions of one; ``method`` is ``random`` or ``slovin``, ``strata`` one of
    ``none``, ``channel`` and ``procedure_group``; ``is_equal``: every stratum the same, else by its size.
    """

    wave_code: str
    instrument_code: str
    margin: Fraction
    confidence: Fraction
    response_rate: Fraction
    minimum: int
    seed: int
    method: str = "random"
    strata: str = "none"
    is_equal: bool = False


@dataclass(frozen=True)
class Stratum:
    """One stratum of one unit: its people, the ballots of the sample and those in reserve, in the order drawn."""

    unit_code: str
    unit_name: str
    code: str
    name: str
    population: int
    main: tuple[Person, ...]
    reserve: tuple[Person, ...]

    @property
    def drawn(self) -> int:
        """Main ballots and reserve together."""
        return len(self.main) + len(self.reserve)

    @property
    def base_weight(self) -> Fraction:
        """How many people each ballot stands for."""
        return Fraction(self.population, len(self.main))


@dataclass(frozen=True)
class SurveyPlan:
    """The strata of every unit, by unit and stratum; ``empty_units`` have nobody in the list."""

    design: Design
    authority_code: str
    strata: tuple[Stratum, ...]
    empty_units: dict[str, str]

    @property
    def short_of_reserve(self) -> list[str]:
        """Units in which everybody is drawn and still fewer than the expected response rate asks for."""
        return sorted(
            {
                stratum.unit_code
                for stratum in self.strata
                if stratum.drawn < len(stratum.main) / self.design.response_rate
            }
        )

    def unit_sizes(self) -> dict[str, tuple[int, int]]:
        """Unit → its people and the ballots of its sample, reserve aside."""
        sizes: dict[str, tuple[int, int]] = {}
        for stratum in self.strata:
            people, main = sizes.get(stratum.unit_code, (0, 0))
            sizes[stratum.unit_code] = people + stratum.population, main + len(stratum.main)
        return sizes


def make_plan(frame: Frame, design: Design) -> SurveyPlan:
    """Sizes, parts and draw over a list. SurveyError when nobody is in it."""
    if not frame.people:
        raise SurveyError("Không hồ sơ nào trong danh sách đủ điều kiện để hỏi. Hãy xem lý do ở trên.")
    groups = _groups(frame.people, design.strata)
    members: dict[str, dict[str, list[Person]]] = {}
    for person in frame.people:
        members.setdefault(person.unit_code, {}).setdefault(_group(person, design.strata), []).append(person)
    strata = [
        stratum
        for unit_code in sorted(members)
        for stratum in _unit_strata(unit_code, frame.unit_names[unit_code], members[unit_code], groups, design)
    ]
    empty = {code: name for code, name in frame.unit_names.items() if code not in members}
    return SurveyPlan(design, frame.authority_code, tuple(strata), empty)


def unit_size(population: int, design: Design) -> int:
    """Answers that one unit needs."""
    if design.method == "slovin":
        return slovin_size(population, design.margin)
    return random_size(population, design.margin, design.confidence)


def required_ballots(settings: Settings, code: str) -> int:
    """With how many ballots of a unit a questionnaire tells its index.

    SurveyError unless the questionnaire is a national one or has landed, and is asked in waves.
    """
    with (settings.dbt_project / "seeds" / "instruments.csv").open(encoding="utf-8", newline="") as handle:
        known = {
            row["instrument_code"]: (row["kind_code"], row["minimum_ballot_count"]) for row in csv.DictReader(handle)
        }
    with open_landed(settings, ordered_deliveries(settings), [INSTRUMENTS]) as connection:
        # Two authorities may have one of the same code: then the stricter one warns.
        landed = connection.execute(
            "select instrument_code, max(kind_code), max(minimum_ballot_count) "
            f"from ({newest(INSTRUMENTS, ['authority_code', 'instrument_code'])}) group by instrument_code"
        ).fetchall()
    known |= {instrument: (kind, minimum) for instrument, kind, minimum in landed}
    surveys = sorted(instrument for instrument, (kind, _) in known.items() if kind == "survey")
    if code not in surveys:
        raise SurveyError(
            f"Không có bộ câu hỏi khảo sát theo đợt nào mang mã «{code}». Các bộ câu hỏi: {', '.join(surveys)}. "
            f"Bộ câu hỏi của địa phương thì nạp theo mẫu «cchc template {INSTRUMENTS}»."
        )
    return int(known[code][1])


def _unit_strata(
    unit_code: str,
    unit_name: str,
    members: Mapping[str, Sequence[Person]],
    groups: Mapping[str, tuple[str, str]],
    design: Design,
) -> list[Stratum]:
    populations = {groups[key][0]: len(people) for key, people in members.items()}
    wanted = unit_size(sum(populations.values()), design)
    sizes = allocate(wanted, populations, design.minimum, is_equal=design.is_equal)
    strata = []
    for key, people in members.items():
        code, name = groups[key]
        ordered = in_draw_order(people, design.seed, design.wave_code)
        size, drawn = sizes[code], drawn_size(sizes[code], len(people), design.response_rate)
        # Codes are unique in the whole wave: a stratum is a part of one unit.
        own_code = f"{unit_code}/{code}" if code else unit_code
        main, reserve = tuple(ordered[:size]), tuple(ordered[size:drawn])
        strata.append(Stratum(unit_code, unit_name, own_code, name, len(people), main, reserve))
    return sorted(strata, key=lambda stratum: stratum.code)


def _group(person: Person, strata: str) -> str:
    """What a person is grouped by: '' where there is one stratum only, or where the dossier does not say."""
    if strata == "channel":
        return person.channel_code or ""
    return person.domain_name or "" if strata == "procedure_group" else ""


def _groups(people: Sequence[Person], strata: str) -> dict[str, tuple[str, str]]:
    """Group → the code and the name of its stratum. Fields of work have no codes: they are numbered by name."""
    found = sorted({_group(person, strata) for person in people})
    if strata == "none":
        return {"": ("", "Cả đơn vị")}
    named = [key for key in found if key]
    if strata == "channel":
        groups = {key: (key, CHANNELS.get(key, key)) for key in named}
    else:
        groups = {key: (f"LV{number:02}", key) for number, key in enumerate(named, start=1)}
    return groups | {"": ("unknown", NOT_SAID)}


def totals(plan: SurveyPlan) -> tuple[int, int, int]:
    """People, main ballots and ballots drawn over all units."""
    counted: Counter[str] = Counter()
    for stratum in plan.strata:
        counted.update(people=stratum.population, main=len(stratum.main), drawn=stratum.drawn)
    return counted["people"], counted["main"], counted["drawn"]
