"""What people answer: kiosk ratings of returned dossiers, the province's yearly five-factor survey, a unit's own.

The yearly wave is a sample with a plan: strata, clusters, weights, people who refuse, questions left out; and it holds
a few ballots that nobody filled in honestly. Does not belong here: computing any satisfaction rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from dagster_project.demo.arrivals import NEVER, ONLINE, Dossiers
from dagster_project.demo.calendar import DAY, day_of, epoch_day
from dagster_project.demo.dossiers import RETURNED, Seen
from dagster_project.demo.survey_clients import (
    EXPECTATIONS,
    EXPERIENCES,
    ITEMS,
    MALE,
    Clients,
    Surveyed,
    break_straight_lines,
    draw_clients,
    item_answers,
    survey_units,
)
from dagster_project.demo.survey_samples import ANSWERED, Draw, draw_sample, leave_out, reach
from dagster_project.demo.suspects import PER_DEVICE, plant_suspects
from dagster_project.demo.world import World, spread

KIOSK_SCALE, WAVE_INSTRUMENT = "3", "five_factor_22"
FULL_SIZE = 50_000  # dossiers from which on a wave has its full 60–120 ballots per unit
MEAN_REPLY = 0.75  # so many more people are drawn than ballots are wanted
RNG_BRANCH = 2_000_000  # plus the year
OWN_RNG_BRANCH = 2_100_000  # plus the month
OWN_BALLOTS = 45  # of a unit's own survey, in a full demo
PEOPLE_PER_HAMLET = 5


@dataclass(frozen=True)
class Ratings:
    """Kiosk ratings, one entry each: position of the dossier in its chunk, level 1–3, moment in seconds."""

    dossier: np.ndarray
    level: np.ndarray
    answered: np.ndarray


@dataclass(frozen=True)
class Wave:
    """A yearly wave, one entry per person drawn, in the order of the visits.

    ``unit`` is a listed unit; ``answer`` is ballot × question: a code, 9 no answer, 0 left blank. Both moments are
    NEVER for who did not answer. ``silence`` (unit of ``surveyed`` × question): the chance that a question is left out.
    """

    year: int
    first: int
    last: int
    surveyed: Surveyed
    clients: Clients
    drawn: Draw
    silence: np.ndarray
    unit: np.ndarray
    result: np.ndarray
    answer: np.ndarray
    started: np.ndarray
    answered: np.ndarray
    device: np.ndarray
    suspects: pl.DataFrame


@dataclass(frozen=True)
class OwnWave:
    """A unit's own survey of one month; ``answer`` is ballot × item: 1–5, 9 no answer."""

    month: int
    unit: int
    answer: np.ndarray
    answered: np.ndarray


def rate_dossiers(world: World, d: Dossiers, seen: Seen, rng: np.random.Generator) -> Ratings:
    """A share of handed-over dossiers is rated; late ones are liked less."""
    draw, mood = rng.random(len(d)), rng.normal(0, 1.0, len(d))
    shown = (seen.status == RETURNED) & (draw < world.rating_rate[d.unit])
    late = seen.completed // DAY > np.minimum(seen.due, NEVER) // DAY
    month = np.minimum(world.month_of(np.where(shown, seen.returned, d.received)), world.satisfaction.shape[1] - 1)
    score = world.satisfaction[d.unit, month] + mood - 1.3 * late
    level = np.select([score > -0.1, score > -1.55], [3, 2], 1)
    wait = np.where(d.channel == ONLINE, rng.integers(300, 3 * DAY, len(d)), rng.integers(20, 600, len(d)))
    answered = np.where(shown, seen.returned + wait, NEVER)
    picked = np.flatnonzero(answered <= world.cutoff)
    return Ratings(picked, level[picked], answered[picked])


def wave_years(world: World) -> list[tuple[int, int, int]]:
    """(year, first epoch day, last epoch day) of each wave: 1 September – 15 December, as far as covered.

    A year with fewer than 30 covered days has no wave.
    """
    first, last = world.first_day, int(world.month_starts[-1]) - 1
    years = []
    for year in range(day_of(first).year, day_of(last).year + 1):
        begin = max(first, epoch_day(date(year, 9, 1)))
        end = min(last, epoch_day(date(year, 12, 15)))
        if end - begin >= 30:
            years.append((year, begin, end))
    return years


def build_wave(world: World, year: int, first: int, last: int) -> Wave:
    """One wave: people drawn for 60–120 ballots per unit of today (fewer in a small demo), 34 questions each."""
    rng = np.random.default_rng([world.seed, RNG_BRANCH + year])
    sizes = np.maximum(5, np.round(rng.integers(60, 121, len(world.units)) * _scale(world))).astype(np.int64)
    surveyed = survey_units(world, first, sizes)
    clients = draw_clients(world, surveyed, int(world.month_of(np.array([first * DAY]))[0]), rng)
    drawn = draw_sample(rng, clients.stratum, clients.cluster, *_plan(surveyed, clients))
    visited = _visits(world, rng, first, last, len(drawn.row))
    order = rng.permutation(len(drawn.row))  # the visits come in any order of the units
    drawn = Draw(*(part[order] for part in (drawn.row, drawn.stratum_total, drawn.cluster_total, drawn.weight)))
    place = clients.unit[drawn.row]
    is_male = clients.traits["gender_code"][drawn.row] == MALE
    chance = rng.uniform(0.76, 0.9, len(surveyed.listed))[place] - 0.18 * is_male
    result = reach(rng, chance)
    silence = _silence(rng, len(surveyed.listed))
    answer = leave_out(rng, clients.answers[drawn.row], silence[place])
    answer[result != ANSWERED] = 0
    spent = np.minimum(180 + rng.lognormal(np.log(420), 0.35, len(place)), 3000).astype(np.int64)
    is_met = result == ANSWERED
    started, answered = np.where(is_met, visited, NEVER), np.where(is_met, visited + spent, NEVER)
    device = place // PER_DEVICE
    suspects = plant_suspects(rng, place, device, answer, started, answered)
    unit = surveyed.listed[place]
    return Wave(
        year, first, last, surveyed, clients, drawn, silence, unit, result, answer, started, answered, device, suspects
    )


def answered_ballots(wave: Wave) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Listed unit, moment and answers of the ballots that were answered."""
    is_met = wave.result == ANSWERED
    return wave.unit[is_met], wave.answered[is_met], wave.answer[is_met]


def own_waves(world: World) -> list[OwnWave]:
    """The online survey that one department, there all along, holds in each of the last two whole months."""
    unit = int(np.flatnonzero(world.reorganisation.until[:, world.reorganisation.desk] == 0)[0])
    months = len(world.month_starts) - 1
    is_whole = day_of(world.month_starts[-1]).day == 1
    last = months if is_whole else months - 1
    return [_own_wave(world, unit, month) for month in range(max(0, last - 2), last)]


def _own_wave(world: World, unit: int, month: int) -> OwnWave:
    """Who answers online likes the unit better than those whom the province draws."""
    rng = np.random.default_rng([world.seed, OWN_RNG_BRANCH + month])
    count = max(5, round(OWN_BALLOTS * _scale(world)))
    leaning = world.satisfaction[unit, month] + 0.5 + rng.normal(0, 0.8, (count, 1)) + rng.normal(0, 0.22, len(ITEMS))
    rated = item_answers(rng, leaning)
    break_straight_lines(rng, rated)
    answer = leave_out(rng, rated, _silence(rng, 1)[:, : len(ITEMS)])
    first, last = int(world.month_starts[month]), int(world.month_starts[month + 1]) - 1
    moment = rng.integers(first, last + 1, count) * DAY + rng.integers(7 * 3600, 17 * 3600, count)
    return OwnWave(month, unit, answer, np.sort(moment))


def _scale(world: World) -> float:
    return min(1.0, world.day_counts.sum() / FULL_SIZE)


def _plan(surveyed: Surveyed, clients: Clients) -> tuple[np.ndarray, np.ndarray]:
    """Clusters per stratum and people per cluster; small strata get more than their share, at least two people."""
    size = np.bincount(clients.stratum)
    clusters, people = np.ones(len(size), np.int64), np.ones(len(size), np.int64)
    for place, wanted in enumerate(surveyed.wanted):
        (of,) = np.nonzero(clients.stratum_unit == place)
        shares = np.maximum(spread(int(np.ceil(wanted / MEAN_REPLY)), np.sqrt(size[of])), 2)
        hamlets = np.maximum(2, -(-shares // PEOPLE_PER_HAMLET))
        clusters[of] = np.where(clients.is_clustered[of], hamlets, shares)
        people[of] = np.where(clients.is_clustered[of], -(-shares // hamlets), 1)
    return clusters, people


def _silence(rng: np.random.Generator, units: int) -> np.ndarray:
    """Two in a hundred leave a question out, ten in a hundred one of factor 5; units differ."""
    usual = [0.10 if item.startswith("F5") else 0.02 for item in ITEMS]
    usual += [0.02] * (len(EXPERIENCES) + len(EXPECTATIONS))
    return rng.uniform(0.5, 2.0, units)[:, None] * np.array(usual)[None, :]


def _visits(world: World, rng: np.random.Generator, first: int, last: int, count: int) -> np.ndarray:
    """Moments of the visits, in order, on working days between eight and three o'clock."""
    days = np.arange(first, last + 1)
    days = days[world.calendar.is_working[days - world.calendar.first_day]]
    return np.sort(rng.choice(days, count) * DAY + rng.integers(8 * 3600, 15 * 3600, count))
