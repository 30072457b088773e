"""A second, independent way to the survey estimates: one ballot after the other, in plain Python with NumPy.

Written from the textbook (Särndal, Swensson and Wretman 1992), not from the models, and slow.
Does not belong here: anything that the product uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

VALID = {"1", "2", "3", "4", "5"}
POSITIVE = {"4", "5"}


@dataclass(frozen=True)
class Ballot:
    """One ballot that was answered; ``cluster`` is the ballot itself where persons are drawn one by one.

    ``stratum_total`` counts clusters (or persons), ``cluster_total`` persons; None: not known.
    """

    unit: str
    stratum: str
    cluster: str
    weight: float
    answers: dict[str, str]
    stratum_total: int | None = None
    cluster_total: int | None = None


def weighted(rows: Iterable[dict], totals: dict[tuple[str, str], int]) -> list[Ballot]:
    """Weighted ballots of one wave: base × asked / answered per unit and stratum, then known totals by gender.

    ``rows`` are canonical rows of ``survey__ballots``; ``totals`` says how many people a unit has of each gender.
    """
    asked = [row for row in rows if row["result_code"] != "ineligible"]
    answered = [row for row in asked if row["item_answers"]]
    base: dict[tuple, float] = defaultdict(float)
    told: dict[tuple, float] = defaultdict(float)
    for row in asked:
        base[row["unit_code"], row["stratum_code"]] += float(row["base_weight"])
    for row in answered:
        told[row["unit_code"], row["stratum_code"]] += float(row["base_weight"])
    raised = []
    for row in answered:
        key = (row["unit_code"], row["stratum_code"])
        raised.append(float(row["base_weight"]) * base[key] / told[key])
    groups: dict[tuple, float] = defaultdict(float)
    for row, weight in zip(answered, raised, strict=True):
        groups[row["unit_code"], row["gender_code"]] += weight
    ballots = []
    for row, weight in zip(answered, raised, strict=True):
        group = (row["unit_code"], row["gender_code"])
        ballots.append(
            Ballot(
                unit=row["unit_code"],
                stratum=row["stratum_code"],
                cluster=row["cluster_code"] or f"ballot {row['ballot_code']}",
                weight=weight * totals[group] / groups[group] if group in totals else weight,
                answers=dict(pair.split("=") for pair in row["item_answers"].split(";")),
                stratum_total=_number(row["stratum_total"]),
                cluster_total=_number(row["cluster_total"]) if row["cluster_code"] else None,
            )
        )
    return ballots


def _number(text: str | int | None) -> int | None:
    return None if text in (None, "") else int(text)


def share(ballots: list[Ballot], items: list[str], belongs: Callable[[Ballot], bool]) -> tuple[float, float]:
    """Satisfied answers / valid answers to ``items`` of those who belong, and its standard error."""
    positive = np.array([sum(b.answers.get(item) in POSITIVE for item in items) if belongs(b) else 0 for b in ballots])
    valid = np.array([sum(b.answers.get(item) in VALID for item in items) if belongs(b) else 0 for b in ballots])
    weight = np.array([ballot.weight for ballot in ballots])
    size = (weight * valid).sum()
    estimate = (weight * positive).sum() / size
    return estimate, _standard_error(ballots, weight * (positive - estimate * valid) / size)


def mean_value(ballots: list[Ballot], item: str, belongs: Callable[[Ballot], bool]) -> tuple[float, float]:
    """Mean of the valid answers to ``item`` of those who belong, each worth its number, and its standard error."""
    valid = np.array([b.answers.get(item) in VALID and belongs(b) for b in ballots], float)
    value = np.array([float(b.answers[item]) if told else 0.0 for b, told in zip(ballots, valid, strict=True)])
    weight = np.array([ballot.weight for ballot in ballots])
    size = (weight * valid).sum()
    estimate = (weight * value).sum() / size
    return estimate, _standard_error(ballots, weight * (value - estimate * valid) / size)


def mean_of_shares(
    ballots: list[Ballot], factors: list[list[str]], belongs: Callable[[Ballot], bool]
) -> tuple[float, float]:
    """Mean over factors of the mean over their items of the items' shares, and its standard error."""
    estimate, linear = 0.0, np.zeros(len(ballots))
    weight = np.array([ballot.weight for ballot in ballots])
    for items in factors:
        for item in items:
            part = 1 / len(factors) / len(items)
            positive = np.array([b.answers.get(item) in POSITIVE and belongs(b) for b in ballots], float)
            valid = np.array([b.answers.get(item) in VALID and belongs(b) for b in ballots], float)
            size = (weight * valid).sum()
            one = (weight * positive).sum() / size
            estimate += part * one
            linear += part * weight * (positive - one * valid) / size
    return estimate, _standard_error(ballots, linear)


def _standard_error(ballots: list[Ballot], linear: np.ndarray) -> float:
    """Of the sum of ``linear`` over a stratified sample of clusters, of which persons are asked."""
    strata: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, ballot in enumerate(ballots):
        strata[ballot.stratum][ballot.cluster].append(place)
    variance = 0.0
    for clusters in strata.values():
        first = ballots[next(iter(clusters.values()))[0]]
        count = len(clusters)
        fraction = min(1.0, count / first.stratum_total) if first.stratum_total else 0.0
        sums = np.array([linear[places].sum() for places in clusters.values()])
        if count > 1:
            variance += (1 - fraction) * count * sums.var(ddof=1)
        else:
            variance += (1 - fraction) * sums[0] ** 2
        for places in clusters.values():
            total = ballots[places[0]].cluster_total
            if total and len(places) > 1:
                within = (1 - min(1.0, len(places) / total)) * len(places) * linear[places].var(ddof=1)
                variance += fraction * within
            elif total and len(places) == 1:
                variance += fraction * (1 - min(1.0, 1 / total)) * linear[places[0]] ** 2
    return float(np.sqrt(variance))
