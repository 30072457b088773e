"""Parting a sample over strata: whole numbers that add up, none below its minimum, none above what there is.

Does not belong here: how large the sample is (``sizes``), who is in it (``draw``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

Shares = dict[str, Fraction]


def allocate(total: int, populations: Mapping[str, int], minimum: int, *, is_equal: bool = False) -> dict[str, int]:
    """Stratum → its part of ``total``: by the size of its population, or ``is_equal`` to every stratum.

    Every stratum gets ``minimum``, or all its people where there are fewer; when the minimums need more than
    ``total``, the sample grows to their sum. Rounded by largest remainder, ties by the stratum's code.
    """
    most = {code: count for code, count in sorted(populations.items()) if count}
    least = {code: min(minimum, count) for code, count in most.items()}
    total = min(max(total, sum(least.values())), sum(most.values()))
    weights = dict.fromkeys(most, 1) if is_equal else most
    return _rounded(_shares(total, weights, least, most), total)


def _shares(total: int, weights: Mapping[str, int], least: Mapping[str, int], most: Mapping[str, int]) -> Shares:
    """Parts in proportion to the weights, but for strata held at their least or most; they add up to ``total``.

    Parts grow with one common level, straight between the levels at which a stratum meets a bound: the last level
    that gives too little and the first that gives enough say where in between ``total`` is met.
    """

    def at(level: Fraction) -> Shares:
        return {
            code: min(max(level * weight, Fraction(least[code])), Fraction(most[code]))
            for code, weight in weights.items()
        }

    lower = Fraction(0)
    bounds = {Fraction(bound[code], weight) for code, weight in weights.items() for bound in (least, most)}
    for upper in sorted(bounds):
        below, above = sum(at(lower).values()), sum(at(upper).values())
        if above >= total:
            part = Fraction(total - below, above - below) if above > below else Fraction(0)
            return at(lower + part * (upper - lower))
        lower = upper
    return at(lower)


def _rounded(shares: Shares, total: int) -> dict[str, int]:
    whole = {code: math.floor(share) for code, share in shares.items()}
    by_remainder = sorted(shares, key=lambda code: (whole[code] - shares[code], code))
    for code in by_remainder[: total - sum(whole.values())]:
        whole[code] += 1
    return whole
