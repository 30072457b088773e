"""What people answer: kiosk ratings of returned dossiers, and the province's yearly five-factor survey.

Does not belong here: computing any satisfaction rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.demo.arrivals import NEVER, ONLINE, Dossiers
from dagster_project.demo.calendar import DAY, day_of, epoch_day
from dagster_project.demo.dossiers import RETURNED, Seen
from dagster_project.demo.world import World

KIOSK_INSTRUMENT, WAVE_INSTRUMENT = "kiosk_3_levels", "five_factor_22"
FACTOR_ITEMS = {1: 4, 2: 5, 3: 6, 4: 3, 5: 4}
ITEMS = [f"F{factor}.{number}" for factor, count in FACTOR_ITEMS.items() for number in range(1, count + 1)]
NO_ANSWER = 9
FULL_SIZE = 50_000  # dossiers from which on a wave has its full 60–120 ballots per unit
RNG_BRANCH = 2_000_000  # plus the year


@dataclass(frozen=True)
class Ratings:
    """Kiosk ratings, one entry each: position of the dossier in its chunk, level 1–3, moment in seconds."""

    dossier: np.ndarray
    level: np.ndarray
    answered: np.ndarray


@dataclass(frozen=True)
class Wave:
    """Answers of one survey wave, one entry per ballot × item; ``answer`` 1–5, or 9 for no answer."""

    year: int
    unit: np.ndarray
    ballot: np.ndarray
    item: np.ndarray
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
    """One wave: 60–120 ballots per unit (fewer in a small demo), 22 items each."""
    rng = np.random.default_rng([world.seed, RNG_BRANCH + year])
    scale = min(1.0, world.day_counts.sum() / FULL_SIZE)
    sizes = np.maximum(5, np.round(rng.integers(60, 121, len(world.units)) * scale)).astype(np.int64)
    unit = np.repeat(np.arange(len(world.units)), sizes)
    days = np.arange(first, last + 1)
    days = days[world.calendar.is_working[days - world.calendar.first_day]]
    day = np.sort(rng.choice(days, len(unit)))
    unit = unit[rng.permutation(len(unit))]
    moment = day * DAY + rng.integers(8 * 3600, 16 * 3600, len(unit))
    month = np.minimum(world.month_of(moment), world.satisfaction.shape[1] - 1)
    ballot_mood = rng.normal(0, 0.8, len(unit))
    item_mood = rng.normal(0, 0.22, len(ITEMS))
    score = (
        (world.satisfaction[unit, month] + ballot_mood)[:, None]
        + item_mood[None, :]
        + rng.normal(0, 0.8, (len(unit), len(ITEMS)))
    )
    answer = 1 + np.searchsorted([-2.9, -2.0, -0.95, 0.55], score)
    silent_rate = np.array([0.10 if item.startswith("F5") else 0.02 for item in ITEMS])
    answer = np.where(rng.random(score.shape) < silent_rate[None, :], NO_ANSWER, answer)
    ballots = len(unit)
    return Wave(
        year=year,
        unit=np.repeat(unit, len(ITEMS)),
        ballot=np.repeat(np.arange(1, ballots + 1), len(ITEMS)),
        item=np.tile(np.arange(len(ITEMS)), ballots),
        answer=answer.ravel(),
        answered=np.repeat(moment, len(ITEMS)),
    )
