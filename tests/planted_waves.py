"""Many small independent survey waves of an authority that has nothing else, with the truth behind each.

One unit of 2,000 people in three strata, one of them drawn hamlet by hamlet; some 240 are drawn, too many of the most
satisfied stratum. Women answer more often than men and are more satisfied, and one person's answers are alike. In waves
of even seeds every item is left out as often as any other: whoever leaves one out leaves out its whole factor, so that
within a factor the items rest on the same ballots. In the others each item has a chance of its own. No ballot is
suspicious.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.demo.survey_clients import (
    FACTOR_ITEMS,
    FACTOR_OF,
    ITEMS,
    MALE,
    MOOD,
    TRAITS,
    break_straight_lines,
    item_answers,
)
from dagster_project.demo.survey_files import RESULTS, decimals, pack
from dagster_project.demo.survey_samples import ANSWERED, NO_ANSWER, draw_sample, leave_out, reach, true_shares
from dagster_project.demo.write import labels

AUTHORITY, UNIT, INSTRUMENT = "H93", "H93.01", "five_factor_22"
STRATA = ["TT", "TR", "THON"]
STRATUM_SIZES, STRATUM_LEANINGS = [700, 500, 800], [0.35, -0.1, -0.3]
HAMLETED, HAMLETS = 2, 40
CLUSTERS, PEOPLE = np.array([110, 60, 14]), np.array([1, 1, 5])  # drawn per stratum, and per cluster of it
REPLY_CHANCES = np.array([0.85, 0.6])  # of women, of men
SKIPPED_FACTOR = 0.06
LEAST_SILENCE, MOST_SILENCE = 0.01, 0.25


@dataclass(frozen=True)
class PlantedWaves:
    """Frames in canonical columns to land, and ``truth``: a row per wave and item, factor, overall."""

    ballots: pl.DataFrame
    waves: pl.DataFrame
    totals: pl.DataFrame
    truth: pl.DataFrame

    def write(self, folder: Path) -> None:
        """One CSV file per source; the truth is not among them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("ballots", "waves", "totals"):
            getattr(self, name).write_csv(folder / f"{name}.csv")


def wave_code(seed: int) -> str:
    """``W007``."""
    return f"W{seed:03d}"


def is_silence_equal(seed: int) -> bool:
    """Whether every item of the wave is left out as often."""
    return seed % 2 == 0


def planted_waves(seeds: range) -> PlantedWaves:
    """One wave per seed."""
    parts = [_wave(seed) for seed in seeds]
    return PlantedWaves(*(pl.concat(frames) for frames in zip(*parts, strict=True)))


def _wave(seed: int) -> tuple[pl.DataFrame, ...]:
    rng = np.random.default_rng([seed, 93])
    stratum = np.repeat(np.arange(len(STRATA)), STRATUM_SIZES)
    people = len(stratum)
    hamlet = np.where(stratum == HAMLETED, 1 + (HAMLETS * rng.random(people) ** 1.3).astype(np.int64), 0)
    _, cluster = np.unique(np.where(hamlet > 0, -hamlet, np.arange(people)), return_inverse=True)
    gender = (rng.random(people) < 0.5).astype(np.int64)
    answers = _answers(rng, stratum, hamlet, gender)
    drawn = draw_sample(rng, stratum, cluster, CLUSTERS, PEOPLE)
    result = reach(rng, REPLY_CHANCES[gender[drawn.row]])
    silence, told = _told(rng, answers[drawn.row], is_silence_equal(seed))
    told[result != ANSWERED] = 0
    shares = true_shares(answers, np.zeros(people, np.int64), silence[None, :], [UNIT])
    return _ballots(seed, stratum, hamlet, gender, drawn, result, told), *_registers(seed, gender), _truth(seed, shares)


def _answers(rng, stratum, hamlet, gender) -> np.ndarray:
    leaning = np.array(STRATUM_LEANINGS)[stratum] - 0.4 * (gender == MALE) + rng.normal(0, MOOD, len(stratum))
    leaning += np.r_[0, rng.normal(0, 0.3, HAMLETS)][hamlet]
    answers = item_answers(rng, leaning[:, None] + rng.normal(0.2, 0.3, len(ITEMS))[None, :])
    break_straight_lines(rng, answers)
    return answers


def _told(rng, answers: np.ndarray, is_equal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Chance of each item to be left out, and the answers as told."""
    if is_equal:
        is_skipped = (rng.random((len(answers), len(FACTOR_ITEMS))) < SKIPPED_FACTOR)[:, FACTOR_OF]
        return np.full(len(ITEMS), SKIPPED_FACTOR), np.where(is_skipped, NO_ANSWER, answers).astype(np.int8)
    silence = rng.permutation(np.linspace(LEAST_SILENCE, MOST_SILENCE, len(ITEMS)))
    return silence, leave_out(rng, answers, silence[None, :])


def _ballots(seed, stratum, hamlet, gender, drawn, result, told) -> pl.DataFrame:
    count, of = len(drawn.row), hamlet[drawn.row]
    in_hamlet, is_met = pl.Series(of > 0), pl.Series(result == ANSWERED)
    minutes = pl.Series(np.arange(count) * 37)  # one device, a ballot each 37 minutes
    started = pl.lit(np.datetime64("2025-09-01T08:00:00", "us")) + pl.duration(minutes=minutes)
    return pl.select(
        authority_code=pl.repeat(AUTHORITY, count),
        wave_code=pl.repeat(wave_code(seed), count),
        instrument_code=pl.repeat(INSTRUMENT, count),
        unit_code=pl.repeat(UNIT, count),
        ballot_code=pl.Series([f"{wave_code(seed)}-{number:04d}" for number in range(1, count + 1)]),
        result_code=labels(RESULTS, result),
        mode_code=pl.repeat("Phiếu giấy", count),
        item_answers=pack(ITEMS, told),
        stratum_code=labels(STRATA, stratum[drawn.row]),
        cluster_code=pl.when(in_hamlet).then(labels([f"THON-{n:02d}" for n in range(HAMLETS + 1)], of)),
        stratum_total=pl.Series(drawn.stratum_total),
        cluster_total=pl.when(in_hamlet).then(pl.Series(drawn.cluster_total)),
        base_weight=decimals(drawn.weight),
        gender_code=labels(TRAITS["gender_code"], gender[drawn.row]),
        started_at=pl.when(is_met).then(started).dt.strftime("%d/%m/%Y %H:%M:%S"),
        answered_at=pl.when(is_met).then(started + pl.duration(minutes=9)).dt.strftime("%d/%m/%Y %H:%M:%S"),
    )


def _registers(seed, gender) -> tuple[pl.DataFrame, pl.DataFrame]:
    code = {"authority_code": AUTHORITY, "wave_code": wave_code(seed)}
    wave = code | {
        "wave_name": f"Khảo sát thử số {seed} (dữ liệu giả lập)",
        "instrument_code": INSTRUMENT,
        "survey_owner_code": "province",
        "population_code": "clients",
        "mode_code": "paper",
        "start_date": "01/09/2025",
        "end_date": "30/09/2025",
    }
    totals = [
        code | {"unit_code": UNIT, "group_kind_code": "gender", "group_code": name, "person_count": int(count)}
        for name, count in zip(TRAITS["gender_code"], np.bincount(gender), strict=True)
    ]
    return pl.DataFrame([wave]), pl.DataFrame(totals)


def _truth(seed, shares: pl.DataFrame) -> pl.DataFrame:
    return shares.filter(pl.col("unit_code") == UNIT).select(
        pl.lit(wave_code(seed)).alias("wave_code"),
        "unit_code",
        pl.lit(is_silence_equal(seed)).alias("is_silence_equal"),
        pl.exclude("unit_code"),
    )
