from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitStatistics, Ranking

INF = math.inf


def ranked_by_hand(logits: NDArray[np.floating]) -> list[int]:
    possible = np.flatnonzero(logits > -INF).tolist()
    return sorted(possible, key=lambda i: (-logits[i], i))


def random_logits(seed: int, size: int, steps: int, cut: float) -> NDArray[np.float32]:
    """Logits on a grid, so that many tie, of which a share is -inf."""
    rng = np.random.default_rng(seed)
    logits = (np.round(rng.normal(size=size) * steps) / 4).astype(np.float32)
    logits[rng.random(size) < cut] = -INF
    logits[size // 2] = 0.25
    return logits


cases = st.builds(
    random_logits,
    st.integers(0, 2**32 - 1),
    st.integers(1, 12_000),
    st.sampled_from([1, 10, 10_000]),
    st.sampled_from([0.0, 0.2, 0.99, 1.0]),
)

pytestmark = pytest.mark.usefixtures("either_way")


@given(cases, st.integers(1, 13_000), st.sampled_from([np.float32, np.float64]))
def test_the_best_are_found_in_order(logits: NDArray[np.float32], least: int, kind: type) -> None:
    ranking = Ranking(logits.astype(kind))
    right = ranked_by_hand(logits)
    assert ranking.ids.tolist() == right[: ranking.ids.size]
    assert ranking.ids.size >= min(129, len(right))
    ranking.extend(least)
    assert ranking.ids.tolist() == right[: ranking.ids.size]
    assert ranking.ids.size >= min(least, len(right))
    assert np.array_equal(ranking.logits, logits[ranking.ids])
    assert ranking.count == len(right)
    assert ranking.limit(least) == min(least, len(right))


@given(cases, st.lists(st.integers(0, 10**6), min_size=1, max_size=80), st.floats(0.2, 5.0))
def test_penalised_is_the_ranking_of_penalised_logits(
    logits: NDArray[np.float32], tokens: list[int], penalty: float
) -> None:
    recent = frozenset(token % logits.size for token in tokens)
    by_hand = logits.copy()
    for token in recent:
        z = by_hand[token]
        by_hand[token] = z * np.float32(penalty) if z <= 0 else z / np.float32(penalty)
    ranking = Ranking(logits).penalised(penalty, recent, logits.size)
    right = ranked_by_hand(by_hand)
    assert ranking.ids.tolist() == right[: ranking.ids.size]
    assert np.array_equal(ranking.source, by_hand)
    ranking.extend(logits.size)
    assert ranking.ids.tolist() == right


def test_when_all_the_best_are_penalised_away_the_next_ones_are_found() -> None:
    logits = np.linspace(10.0, 1.0, 20_000, dtype=np.float32)
    recent = frozenset(range(150))
    ranking = Ranking(logits).penalised(5.0, recent, logits.size)
    assert ranking.ids[:100].tolist() == list(range(150, 250))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, ">f4"])
def test_any_real_dtype_is_ranked(dtype: str) -> None:
    logits = np.array([1, 3, -2, 3], dtype=dtype)
    assert Ranking(logits).ids.tolist() == [1, 3, 0, 2]


def test_minus_zero_ties_with_zero() -> None:
    logits = np.zeros(5000, dtype=np.float32)
    logits[::2] = -0.0
    ranking = Ranking(logits)
    ranking.extend(5000)
    assert ranking.ids.tolist() == list(range(5000))


def test_the_weight_of_everything_is_right_in_float32(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::50]:
        for beta in (0.01, 0.2, 1.0, 1.5, 10.0):
            weight = Ranking(row).weight(row.size, beta)
            x = beta * (row.astype(np.float64) - row.max())
            assert weight.mass == pytest.approx(np.exp(x).sum(), rel=1e-5)
            assert weight.moment == pytest.approx((x * np.exp(x)).sum(), rel=1e-5)


@pytest.mark.parametrize("beta", [1e-30, 1e-12, 1.0, 1e12, 1e200])
def test_the_weight_of_everything_stands_extremes(beta: float) -> None:
    logits = np.full(5000, -INF, dtype=np.float32)
    logits[:4000] = np.linspace(-3e38, 3e38, 4000)
    weight = Ranking(logits).weight(5000, beta)
    x = np.maximum(beta * (logits[:4000].astype(np.float64) - float(logits.max())), -746.0)
    assert weight.mass == pytest.approx(np.exp(x).sum(), rel=1e-9)
    assert weight.moment == pytest.approx((x * np.exp(x)).sum(), rel=1e-6, abs=1e-9)


@given(
    cases,
    st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), min_size=1, max_size=3),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_a_ranking_with_other_logits_is_that_of_these_logits(
    logits: NDArray[np.float32], groups: list[list[int]], seed: int, surveyed: bool
) -> None:
    rng = np.random.default_rng(seed)
    ranking = LogitStatistics(logits).ranking if surveyed else Ranking(logits)
    changed = logits.copy()
    for group in groups:
        tokens = np.unique(np.array(group) % logits.size)
        assert np.array_equal(ranking.logits_of(tokens), changed[tokens])
        # Taken out, moved a little, and moved to where no other token is.
        far = rng.choice([-INF, 0.0, -1e6, 300.0], tokens.size)
        moved = np.where(rng.random(tokens.size) < 0.5, far, changed[tokens] + 0.25)
        changed[tokens] = moved.astype(np.float32)
        changed[logits.size // 2] = 0.25  # one is left
        ranking = ranking.with_logits(
            np.union1d(tokens, [logits.size // 2]),
            changed[np.union1d(tokens, [logits.size // 2])],
        )
    right = ranked_by_hand(changed)
    assert ranking.ids.tolist() == right[: ranking.ids.size]
    assert ranking.count == len(right)
    weights = np.exp(0.7 * (changed[right].astype(np.float64) - changed[right[0]]))
    masses = weights.cumsum()
    # Where a token was, there may be none now.
    were = [int(np.searchsorted(-changed[right], -logits[token])) for token in tokens.tolist()]
    for rank in {*were, *(int(place * len(right)) for place in (0.0, 0.3, 0.6, 0.9, 0.99))}:
        if rank == len(right):
            continue
        assert ranking.token_at(rank) == right[rank]
        assert ranking.weight_at(rank, 0.7) == pytest.approx(weights[rank], rel=1e-5, abs=1e-300)
        mass = float(masses[rank])
        assert ranking.mass(rank + 1, 0.7) == pytest.approx(mass, rel=1e-5)
        if weights[rank] > 1e-4 * mass:  # less is rounding's
            assert ranking.rank_of_draw(mass - weights[rank] / 2, 0.7, len(right)) == rank


def test_bins_whose_tokens_are_gone_are_no_end() -> None:
    # Each deep token stands alone in its bin; every second is taken out, and draws fall everywhere.
    logits = np.concatenate((np.zeros(200), -np.geomspace(1.0, 40.0, 1000))).astype(np.float32)
    gone = np.arange(201, 1200, 2)
    ranking = LogitStatistics(logits).ranking
    ranking = ranking.with_logits(gone, np.full(gone.size, -INF, np.float32))
    left = np.delete(logits, gone)
    for beta in (0.01, 0.3):
        masses = np.exp(beta * left.astype(np.float64)).cumsum()
        for share in np.linspace(0.001, 0.999, 60):
            target = float(share * ranking.mass(logits.size, beta))
            rank = ranking.rank_of_draw(target, beta, logits.size)
            assert masses[rank] == pytest.approx(max(masses[rank], target), rel=1e-5)
            assert (masses[rank - 1] if rank else 0.0) <= target * (1 + 1e-5)
