"""How many answers a margin of error takes, and which margin so many answers give.

Shares are assumed to be one half, where the margin is widest; rates are fractions of one, exact (no 0.1 + 0.2).
Does not belong here: parting a size over strata (``allocation``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist

HALF = Fraction(1, 2)


def z_squared(confidence: Fraction) -> Fraction:
    """The square of the two-sided normal quantile: 1.96² for 95 %."""
    return Fraction(NormalDist().inv_cdf(float((1 + confidence) / 2))) ** 2


def random_size(population: int, margin: Fraction, confidence: Fraction) -> int:
    """Answers needed from a simple random sample of a finite population.

    n0 = z² p (1 − p) / e², n = n0 / (1 + (n0 − 1) / N), rounded up. (W. G. Cochran, Sampling Techniques, ch. 4.)
    """
    if population == 0:
        return 0
    endless = z_squared(confidence) * HALF * (1 - HALF) / margin**2
    return min(population, math.ceil(endless / (1 + (endless - 1) / population)))


def slovin_size(population: int, margin: Fraction) -> int:
    """n = N / (1 + N e²), rounded up: the rule of the 2012 method, 95 % with z taken as 2."""
    return math.ceil(population / (1 + population * margin**2))


def drawn_size(sample: int, population: int, response_rate: Fraction) -> int:
    """How many to draw so that ``sample`` answer when ``response_rate`` of them do; never more than there are."""
    return min(population, math.ceil(sample / response_rate))


def achieved_margin(strata: Sequence[tuple[int, int]], confidence: Fraction) -> float | None:
    """The margin that answers give, over strata of (population, answers); None when a stratum has no answer.

    e² = z² Σ (N_h / N)² p (1 − p) / n_h · (N_h − n_h) / (N_h − 1): of one stratum, :func:`random_size` turned round.
    """
    inhabited = [(population, answers) for population, answers in strata if population]
    total = sum(population for population, _ in inhabited)
    if not inhabited or any(answers == 0 for _, answers in inhabited):
        return None
    variance = sum(
        Fraction(population, total) ** 2 * HALF * (1 - HALF) / answers * _unseen(population, answers)
        for population, answers in inhabited
    )
    return math.sqrt(z_squared(confidence) * variance)


def _unseen(population: int, answers: int) -> Fraction:
    """The finite population correction; where everybody answered nothing is left to chance."""
    return Fraction(population - answers, population - 1) if answers < population else Fraction(0)
