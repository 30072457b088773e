"""The people a province's survey wave could ask: unit, stratum, cluster, traits, and an answer to every question.

All of it is drawn before anybody is asked, so the true shares are known. Does not belong here: who is asked and who
answers (survey_samples.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.placing import surveyed_units
from dagster_project.demo.world import World, spread

FACTOR_ITEMS = {1: 4, 2: 5, 3: 6, 4: 3, 5: 4}
ITEMS = [f"F{factor}.{number}" for factor, count in FACTOR_ITEMS.items() for number in range(1, count + 1)]
FACTOR_OF = np.repeat(np.arange(len(FACTOR_ITEMS)), list(FACTOR_ITEMS.values()))  # of each item, from 0
EXPERIENCES = ["X1", "X2", "X3"]  # on time; harassed; paid extra: 1 yes, 2 no
EXPECTATIONS = [f"E{number}" for number in range(1, 10)]  # 1 little, 2 much, 3 very much
QUESTIONS = [*ITEMS, *EXPERIENCES, *EXPECTATIONS]
# Which answers count as satisfied, by question: from, to.
GOOD_FROM = np.array([4] * len(ITEMS) + [1, 2, 2] + [3] * len(EXPECTATIONS))
GOOD_TO = np.array([5] * len(ITEMS) + [1, 2, 2] + [3] * len(EXPECTATIONS))
LEVELS_FROM = [-2.9, -2.0, -0.95, 0.55]  # of a score: answers 2, 3, 4, 5
MOOD = 0.8  # how far apart two people of one unit are: it makes the answers of one ballot alike
SURE_ITEMS = 18  # the first ones (F1–F4), which nearly everybody answers
LEAST_VARIED = 4  # of them; a ballot with less variety would look like one filled in a straight line
NEIGHBOUR = np.array([0, 2, 1, 2, 5, 4])  # the answer next to an answer, as satisfied as it

FEMALE, MALE = 0, 1
TRAITS = {
    "gender_code": ["female", "male"],
    "age_band_code": ["18-24", "25-34", "35-49", "50-60", "over_60"],
    "ethnicity_code": ["kinh", "other"],
    "education_code": ["secondary", "high_school", "college", "university", "postgraduate"],
    "occupation_code": ["farmer", "worker", "private_sector", "public_sector", "retired", "other"],
    "residence_code": ["rural", "urban"],
}
ODDS = {
    "gender_code": [0.48, 0.52],
    "age_band_code": [0.08, 0.25, 0.38, 0.2, 0.09],
    "ethnicity_code": [0.83, 0.17],
    "education_code": [0.2, 0.34, 0.2, 0.23, 0.03],
    "occupation_code": [0.33, 0.2, 0.22, 0.1, 0.08, 0.07],
    "residence_code": [0.65, 0.35],
}
CHANNEL_STRATA, SECTION_STRATA = ["TT", "TR", "BC"], ["P01", "P02", "P03"]
IN_PERSON = "TT"
CLUSTERED_EVERY = 3  # each third commune is asked hamlet by hamlet, where people come in person
HAMLETS = 12
PROVINCE_CLIENTS = 60_000  # shared out over the units by their work, within the bounds below
FEWEST_CLIENTS, MOST_CLIENTS = 240, 1500


@dataclass(frozen=True)
class Surveyed:
    """Units asked about, one entry each: index in the listed units, today's unit it stands for, ballots wanted."""

    listed: np.ndarray
    today: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True)
class Clients:
    """One entry per person; ``unit`` is the place in :class:`Surveyed`, ``answers`` is person × question.

    A stratum without clusters is a stratum whose every person is a cluster, without a code.
    """

    unit: np.ndarray
    stratum: np.ndarray
    cluster: np.ndarray
    traits: dict[str, np.ndarray]
    answers: np.ndarray
    stratum_unit: np.ndarray
    stratum_names: list[str]
    is_clustered: np.ndarray  # per stratum
    hamlet: np.ndarray  # 0 where the stratum has no clusters


def survey_units(world: World, first_day: int, sizes: np.ndarray) -> Surveyed:
    """The units of the day; the ``sizes`` of today's units are shared among the ones that stood in their place."""
    listed, today = surveyed_units(world, first_day)
    share = (sizes / np.bincount(today))[today]
    units, places = np.unique(listed, return_inverse=True)
    _, firsts = np.unique(listed, return_index=True)
    wanted = np.maximum(5, np.round(np.bincount(places, share))).astype(np.int64)
    return Surveyed(units, today[firsts], wanted)


def draw_clients(world: World, surveyed: Surveyed, month: int, rng: np.random.Generator) -> Clients:
    """Everybody the wave of ``month`` could ask."""
    clients = _place_clients(world, surveyed, rng)
    leaning = world.satisfaction[surveyed.today, month][clients.unit] + _place_effects(clients, rng)
    leaning += 0.05 * clients.traits["age_band_code"] - 0.35 * (clients.traits["gender_code"] == MALE)
    leaning += rng.normal(0, MOOD, len(clients.unit))
    item_mood = rng.normal(0, 0.22, len(ITEMS)) + rng.normal(0, 0.15, (len(surveyed.listed), len(ITEMS)))
    rated = item_answers(rng, leaning[:, None] + item_mood[clients.unit])
    break_straight_lines(rng, rated)
    late = world.late_rate[surveyed.today, month][clients.unit]
    told = [rated, _experiences(rng, leaning, late), _expectations(rng, leaning)]
    clients.answers[:] = np.concatenate(told, axis=1)
    return clients


def item_answers(rng: np.random.Generator, leaning: np.ndarray) -> np.ndarray:
    """Answers 1–5 to the items, from how each person leans on each; those to one factor are a little more alike."""
    factor = rng.normal(0, 0.35, (len(leaning), len(FACTOR_ITEMS)))[:, FACTOR_OF]
    score = leaning + factor + rng.normal(0, 0.72, leaning.shape)
    return (1 + np.searchsorted(LEVELS_FROM, score)).astype(np.int8)


def break_straight_lines(rng: np.random.Generator, rated: np.ndarray) -> None:
    """Give ballots that say (nearly) one thing throughout some variety, in place: all straight lines shall be planted.

    Nobody becomes more or less satisfied.
    """
    sure = rated[:, :SURE_ITEMS]
    counts = np.stack([(sure == level).sum(axis=1) for level in range(1, 6)], axis=1)
    (rows,) = np.nonzero(SURE_ITEMS - counts.max(axis=1) < LEAST_VARIED)
    usual = 1 + counts[rows].argmax(axis=1)
    order = np.argsort(rng.random((len(rows), SURE_ITEMS)) + (sure[rows] != usual[:, None]), axis=1)
    picked = order[:, :LEAST_VARIED]
    rated[rows[:, None], picked] = NEIGHBOUR[usual][:, None]


def is_satisfied(answers: np.ndarray) -> np.ndarray:
    """Which answers to QUESTIONS (or to the ITEMS alone) count as satisfied."""
    width = answers.shape[1]
    return (answers >= GOOD_FROM[:width]) & (answers <= GOOD_TO[:width])


def _place_clients(world: World, surveyed: Surveyed, rng: np.random.Generator) -> Clients:
    volumes = np.bincount(world.pair_unit, world.pair_weight, len(world.units))
    parts = np.bincount(surveyed.today, minlength=len(world.units))
    share = (volumes / volumes.sum() / np.maximum(parts, 1))[surveyed.today]
    counts = np.clip(share * PROVINCE_CLIENTS, FEWEST_CLIENTS, MOST_CLIENTS).astype(np.int64)
    is_commune = (world.listed_units.blocs == "commune")[surveyed.listed]
    number = np.cumsum(is_commune)
    sizes, owners, names, clustered = [], [], [], []
    for place, count in enumerate(counts):
        strata = (CHANNEL_STRATA if is_commune[place] else SECTION_STRATA)[: rng.integers(2, 4)]
        sizes.append(spread(int(count), rng.uniform(0.5, 1.5, len(strata))))
        owners += [place] * len(strata)
        names += strata
        by_hamlet = is_commune[place] and number[place] % CLUSTERED_EVERY == 0
        clustered += [bool(by_hamlet and name == IN_PERSON) for name in strata]
    stratum_unit, is_clustered = np.array(owners), np.array(clustered)
    stratum = np.repeat(np.arange(len(owners)), np.concatenate(sizes))
    every = np.arange(len(stratum))
    hamlet = np.where(is_clustered[stratum], 1 + (HAMLETS * rng.random(len(stratum)) ** 1.2).astype(np.int64), 0)
    _, cluster = np.unique(np.where(hamlet > 0, -1 - (stratum * (HAMLETS + 1) + hamlet), every), return_inverse=True)
    traits = {name: rng.choice(len(odds), len(stratum), p=odds) for name, odds in ODDS.items()}
    answers = np.zeros((len(stratum), len(QUESTIONS)), np.int8)
    return Clients(stratum_unit[stratum], stratum, cluster, traits, answers, stratum_unit, names, is_clustered, hamlet)


def _place_effects(clients: Clients, rng: np.random.Generator) -> np.ndarray:
    """Strata and hamlets differ in what they think."""
    of_stratum = rng.normal(0, 0.2, len(clients.stratum_names))[clients.stratum]
    of_cluster = rng.normal(0, 0.25, clients.cluster.max() + 1)[clients.cluster]
    return of_stratum + np.where(clients.hamlet > 0, of_cluster, 0)


def _experiences(rng: np.random.Generator, leaning: np.ndarray, late: np.ndarray) -> np.ndarray:
    """On time as the unit truly is, whatever it reports; who was harassed or paid extra leans low."""
    grim = np.exp(-0.7 * leaning)
    is_late, is_harassed, has_paid = (
        rng.random(len(leaning)) < np.minimum(odds * grim, 0.9) for odds in (1.1 * late + 0.02, 0.03, 0.02)
    )
    return np.stack([1 + is_late, 2 - is_harassed, 2 - has_paid], axis=1).astype(np.int8)


def _expectations(rng: np.random.Generator, leaning: np.ndarray) -> np.ndarray:
    wish = rng.normal(0, 0.4, len(EXPECTATIONS)) - 0.3 * leaning[:, None]
    score = wish + rng.normal(0, 0.9, (len(leaning), len(EXPECTATIONS)))
    return (1 + np.searchsorted([-0.7, 0.4], score)).astype(np.int8)
