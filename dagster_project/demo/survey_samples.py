"""Who of a finite population is drawn, with which chance, who answers, and what the truth was.

Does not belong here: what people think (survey_clients.py), the ballots as a file (survey_files.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_project.demo.survey_clients import FACTOR_ITEMS, FACTOR_OF, ITEMS, QUESTIONS, is_satisfied

NO_ANSWER, BLANK = 9, 0  # said "don't know"; left the question out
BLANK_SHARE = 0.2  # of the questions without an answer
ANSWERED, REFUSED, NOT_REACHED = 0, 1, 2


@dataclass(frozen=True)
class Draw:
    """Drawn people, one entry each: row in the population, totals of both stages, inverse inclusion probability."""

    row: np.ndarray
    stratum_total: np.ndarray
    cluster_total: np.ndarray
    weight: np.ndarray


def draw_sample(
    rng: np.random.Generator, stratum: np.ndarray, cluster: np.ndarray, clusters: np.ndarray, people: np.ndarray
) -> Draw:
    """Draw, without replacement, ``clusters`` of each stratum and ``people`` of each of them (both per stratum)."""
    stratum_of = np.zeros(cluster.max() + 1, np.int64)
    stratum_of[cluster] = stratum
    size, total = np.bincount(cluster), np.bincount(stratum_of)
    taken = np.minimum(clusters, total)
    is_taken = _order_within(rng, stratum_of) < taken[stratum_of]
    asked = np.minimum(people[stratum_of], size)
    (row,) = np.nonzero(is_taken[cluster] & (_order_within(rng, cluster) < asked[cluster]))
    of, within = stratum[row], cluster[row]
    return Draw(row, total[of], size[within], (total[of] / taken[of]) * (size[within] / asked[within]))


def reach(rng: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """Who of the drawn answers; the others refuse, or more often are not reached."""
    is_reached, is_refusing = rng.random(len(chance)) < chance, rng.random(len(chance)) < 0.4
    return np.select([is_reached, is_refusing], [ANSWERED, REFUSED], NOT_REACHED)


def leave_out(rng: np.random.Generator, answers: np.ndarray, silence: np.ndarray) -> np.ndarray:
    """The ``answers`` with some missing, each with the chance ``silence``: mostly a 9, sometimes nothing at all."""
    is_silent, is_blank = rng.random(answers.shape) < silence, rng.random(answers.shape) < BLANK_SHARE
    return np.where(is_silent, np.where(is_blank, BLANK, NO_ANSWER), answers).astype(np.int8)


def true_shares(answers: np.ndarray, unit: np.ndarray, silence: np.ndarray, codes: list[str]) -> pl.DataFrame:
    """One row per unit and question, factor, and the index over all; ``silence`` is unit × question.

    ``satisfied_share`` is that of everybody, known of questions only. ``pooled_share`` is that of the answers which
    would be given if everybody were asked, ``mean_of_shares`` the mean of such shares of items, then of factors. In one
    unit the share of a question is the same in all three; units differ in silence, so over all units it is not. The
    last rows, with unit code None, are of all units together.
    """
    questions = QUESTIONS[: answers.shape[1]]
    is_good = is_satisfied(answers)
    people = np.bincount(unit, minlength=len(codes))
    good = np.stack([np.bincount(unit, is_good[:, place], len(codes)) for place in range(len(questions))], axis=1)
    reply = 1 - silence
    people, good = np.r_[people, people.sum()], np.r_[good, [good.sum(axis=0)]]
    given = np.r_[people[:-1, None] * reply, [(people[:-1, None] * reply).sum(axis=0)]]
    given_good = np.r_[good[:-1] * reply, [(good[:-1] * reply).sum(axis=0)]]
    share = given_good / given
    parts = [(question, "item", good[:, q] / people, share[:, q], share[:, q]) for q, question in enumerate(questions)]
    means = []
    for place, factor in enumerate(FACTOR_ITEMS):
        (of,) = np.nonzero(place == FACTOR_OF)
        means.append(share[:, of].mean(axis=1))
        pooled = given_good[:, of].sum(axis=1) / given[:, of].sum(axis=1)
        parts.append((f"F{factor}", "factor", np.full(len(people), np.nan), pooled, means[-1]))
    count = len(ITEMS)
    pooled = given_good[:, :count].sum(axis=1) / given[:, :count].sum(axis=1)
    parts.append(("overall", "overall", np.full(len(people), np.nan), pooled, np.mean(means, axis=0)))
    return pl.concat(_share_rows(people, [*codes, None], *part) for part in parts)


def _share_rows(people, codes, code, level, satisfied, pooled, mean_of_shares) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unit_code": pl.Series(codes, dtype=pl.String),
            "level_code": [level] * len(codes),
            "code": [code] * len(codes),
            "client_count": people,
            "satisfied_share": pl.Series(satisfied).fill_nan(None),
            "pooled_share": pooled,
            "mean_of_shares": mean_of_shares,
        }
    )


def _order_within(rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
    """A random place (from 0) of each entry among those of its group."""
    order = np.lexsort((rng.random(len(group)), group))
    grouped = group[order]
    starts = np.searchsorted(grouped, grouped)
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - starts
    return place
