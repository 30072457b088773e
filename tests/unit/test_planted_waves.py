"""The waves that estimates are held against: the same for the same seeds, weights that add up, a truth that is met.

Estimated here once more, plainly and only where it takes a few lines: the overall index, pooled.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dagster_project.demo.survey_clients import ITEMS
from tests.planted_waves import AUTHORITY, CLUSTERS, STRATA, STRATUM_SIZES, is_silence_equal, planted_waves, wave_code

pytestmark = pytest.mark.unit

SEEDS = range(100)


@pytest.fixture(scope="module")
def planted():
    return planted_waves(SEEDS)


@pytest.fixture(scope="module")
def ballots(planted) -> pl.DataFrame:
    """With numbers as numbers, and of each ballot the valid answers and the satisfied ones to each item."""
    told = pl.col("item_answers")
    answers = {item: told.str.extract(rf"(?:^|;){item.replace('.', '[.]')}=([0-9])") for item in ITEMS}
    return planted.ballots.with_columns(
        pl.col("base_weight").str.replace(",", ".").cast(pl.Float64),
        *(answer.is_in(list("12345")).fill_null(False).alias(f"{item} valid") for item, answer in answers.items()),
        *(answer.is_in(list("45")).fill_null(False).alias(f"{item} good") for item, answer in answers.items()),
    ).with_columns(
        pl.sum_horizontal(f"{item} valid" for item in ITEMS).alias("valid"),
        pl.sum_horizontal(f"{item} good" for item in ITEMS).alias("good"),
    )


@pytest.fixture(scope="module")
def truth(planted) -> dict[str, float]:
    """The pooled overall share of each wave."""
    found = planted.truth.filter(pl.col("code") == "overall")
    return dict(found.select("wave_code", "pooled_share").iter_rows())


def test_the_same_seeds_give_the_same_waves_whatever_else_is_asked_for(planted):
    some = planted_waves(range(3, 5))
    for name in ("ballots", "waves", "totals", "truth"):
        whole, part = getattr(planted, name), getattr(some, name)
        assert part.equals(whole.filter(pl.col("wave_code").is_in([wave_code(3), wave_code(4)]))), name
    assert planted.ballots["wave_code"].n_unique() == planted.waves.height == len(SEEDS)
    assert planted.ballots.select("wave_code", "ballot_code").is_unique().all()
    assert set(planted.ballots["authority_code"]) == {AUTHORITY}


def test_about_240_people_are_drawn_and_some_do_not_answer(ballots):
    sizes = ballots.group_by("wave_code").agg(pl.len(), pl.col("item_answers").count().alias("told"))
    assert sizes["len"].is_between(220, 240).all() and sizes["told"].is_between(140, 210).all()
    answered = pl.col("result_code") == "Đã trả lời"
    assert ballots.filter(answered != pl.col("item_answers").is_not_null()).is_empty()
    rates = dict(ballots.group_by("gender_code").agg(answered.mean()).iter_rows())
    assert 0.83 < rates["female"] < 0.87 and 0.58 < rates["male"] < 0.62


def test_weights_of_a_stratum_add_up_to_its_people(ballots):
    for place, (stratum, size) in enumerate(zip(STRATA, STRATUM_SIZES, strict=True)):
        of = ballots.filter(pl.col("stratum_code") == stratum)
        if of["cluster_code"].null_count():
            sums = of.group_by("wave_code").agg(pl.col("base_weight").sum(), pl.col("stratum_total").first())
            assert (sums["base_weight"] - size).abs().max() < 1e-4 and (sums["stratum_total"] == size).all()
            continue
        hamlets = of.group_by("wave_code", "cluster_code").agg(
            pl.col("base_weight").sum(), pl.col("stratum_total").first(), pl.col("cluster_total").first()
        )
        chance = int(CLUSTERS[place]) / hamlets["stratum_total"]
        assert (hamlets["base_weight"] * chance - hamlets["cluster_total"]).abs().max() < 1e-4
        assert hamlets.group_by("wave_code").len()["len"].unique().to_list() == [CLUSTERS[place]]
        # Hamlets differ in size, so the weights of one wave add up only about right, those of all waves well.
        assert abs(of["base_weight"].sum() / len(SEEDS) / size - 1) < 0.03


def test_totals_are_the_people_of_the_unit(planted):
    sums = planted.totals.group_by("wave_code").agg(pl.col("person_count").sum())
    assert (sums["person_count"] == sum(STRATUM_SIZES)).all() and planted.totals.height == 2 * len(SEEDS)


def test_items_of_a_factor_rest_on_the_same_ballots_exactly_where_silence_is_equal(ballots, planted):
    items = [item for item in ITEMS if item.startswith("F3")]
    counts = ballots.group_by("wave_code").agg(pl.col(f"{item} valid").sum() for item in items)
    for code, *valid in counts.iter_rows():
        assert (len(set(valid)) == 1) == is_silence_equal(int(code[1:])), code
    factors = planted.truth.filter(pl.col("level_code") == "factor")
    gaps = factors.select("is_silence_equal", gap=(pl.col("pooled_share") - pl.col("mean_of_shares")).abs())
    assert gaps.filter("is_silence_equal")["gap"].max() < 1e-12
    assert gaps.filter(~pl.col("is_silence_equal"))["gap"].min() > 0


def test_the_truth_is_made_of_the_items(planted):
    for (_, is_equal), of in planted.truth.group_by("wave_code", "is_silence_equal"):
        shares = {code: share for code, share in of.select("code", "satisfied_share").iter_rows() if share is not None}
        assert set(shares) == set(ITEMS) and all(round(2000 * share, 9).is_integer() for share in shares.values())
        found = {code: pair for code, *pair in of.select("code", "pooled_share", "mean_of_shares").iter_rows()}
        means = [np.mean([shares[item] for item in ITEMS if item.startswith(f"F{factor}")]) for factor in range(1, 6)]
        assert found["overall"][1] == pytest.approx(np.mean(means), abs=1e-12)
        if is_equal:
            assert found["overall"][0] == pytest.approx(np.mean(list(shares.values())), abs=1e-12)


def test_weighted_estimates_meet_the_truth_and_unweighted_ones_do_not(ballots, planted, truth):
    weighted = estimates(ballots, planted.totals)
    plain = ballots.group_by("wave_code").agg((pl.col("good").sum() / pl.col("valid").sum()).alias("share"))
    weighted_misses = np.array([share - truth[code] for code, (share, _) in weighted.items()])
    plain_misses = np.array([share - truth[code] for code, share in plain.iter_rows()])
    assert abs(weighted_misses.mean()) < 3 * weighted_misses.std() / len(SEEDS) ** 0.5
    assert plain_misses.mean() > 6 * plain_misses.std() / len(SEEDS) ** 0.5


def test_intervals_must_know_that_answers_of_a_ballot_are_alike(ballots, planted, truth):
    within, narrow, ratios = 0, 0, []
    counts = dict(ballots.group_by("wave_code").agg(pl.col("valid").sum()).iter_rows())
    for code, (share, error) in estimates(ballots, planted.totals).items():
        binomial = (share * (1 - share) / counts[code]) ** 0.5
        within += abs(share - truth[code]) < 1.96 * error
        narrow += abs(share - truth[code]) < 1.96 * binomial
        ratios.append(error / binomial)
    # As if every answer were a person: intervals a third as wide, which miss the truth of every other wave.
    assert 90 <= within <= 99 and narrow < 60 and np.median(ratios) > 2.8


def estimates(ballots: pl.DataFrame, totals: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Pooled share and its linearised standard error by wave: base weights made to add up to the two genders."""
    sums = {
        (code, group): count for code, group, count in totals.select("wave_code", "group_code", "person_count").rows()
    }
    found = {}
    for (code,), of in ballots.filter(pl.col("item_answers").is_not_null()).group_by("wave_code"):
        gender, base = of["gender_code"].to_numpy(), of["base_weight"].to_numpy()
        weight = base.copy()
        for group in ("female", "male"):
            weight[gender == group] *= sums[code, group] / base[gender == group].sum()
        good, valid = of["good"].to_numpy().astype(float), of["valid"].to_numpy().astype(float)
        share = (weight * good).sum() / (weight * valid).sum()
        rest = (good - share * valid) / (weight * valid).sum()
        for group in ("female", "male"):
            is_of = gender == group
            rest[is_of] -= (weight[is_of] * rest[is_of]).sum() / weight[is_of].sum()
        found[code] = share, _error(of, weight * rest)
    return found


def _error(of: pl.DataFrame, parts: np.ndarray) -> float:
    clusters = of.select(
        "stratum_code", pl.coalesce("cluster_code", "ballot_code").alias("cluster"), part=pl.Series(parts)
    )
    sums = clusters.group_by("stratum_code", "cluster").agg(pl.col("part").sum())
    strata = sums.group_by("stratum_code").agg(pl.len(), pl.col("part").var().alias("variance"))
    return float((strata["len"] * strata["variance"]).sum()) ** 0.5
