"""What the less common samplers do to a vocabulary too large to be ranked at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, Ranking, SamplingParams, distribution
from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.samplers.whole import WholeLogits

seeds = st.integers(0, 2**32 - 1)


def random_logits(seed: int, dtype: type = np.float32) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(4000, 30_000))
    logits = rng.normal(rng.normal() * 50, rng.uniform(0.1, 5.0), size)
    if rng.random() < 0.5:
        logits[rng.random(size) < rng.uniform(0.0, 0.9)] = -np.inf
    logits[0] = logits.max() + rng.exponential()
    return np.asarray(logits.astype(dtype))


@settings(deadline=None)
@given(seeds, st.sampled_from([np.float32, np.float64]))
def test_the_deviation_is_that_of_the_finite_logits(seed: int, dtype: type) -> None:
    logits = random_logits(seed, dtype)
    finite = np.sort(logits[logits > -np.inf].astype(np.float64))[::-1]
    whole = WholeLogits(Ranking(logits))
    assert whole.deviation(logits.size) == pytest.approx(finite.std(), rel=1e-5)
    some = min(300, finite.size - 1)
    assert whole.deviation(some) == pytest.approx(finite[:some].std(), rel=1e-5)


def test_the_deviation_of_logits_that_float32_cannot_square() -> None:
    logits = np.zeros(5000, np.float32)
    logits[:10] = 3e38
    assert WholeLogits(Ranking(logits)).deviation(5000) == pytest.approx(
        logits.std(dtype=np.float64)
    )


@settings(deadline=None, max_examples=50)
@given(seeds, st.floats(0.05, 0.95), st.sampled_from([0.0, 0.2, 1.0, 3.0]), st.integers(0, 1))
def test_typical_ranks_no_more_than_it_must_and_finds_the_same(
    seed: int, p: float, beta: float, half: int
) -> None:
    logits = random_logits(seed)
    count = int(np.count_nonzero(logits > -np.inf))
    kept = max(1, count // 2) if half else logits.size
    found, n = WholeLogits(Ranking(logits)).typical(p, beta, kept, 0)

    order = np.argsort(-logits, kind="stable")[: min(kept, count)]
    x = (logits[order].astype(np.float64) - logits.max()) * beta
    w = np.exp(x)
    q = w / w.sum()
    distances = np.abs(x - (q @ x))
    by_distance = np.argsort(distances, kind="stable")
    mass = np.cumsum(q[by_distance])
    expected = int(np.count_nonzero(mass <= p)) + 1
    # The weight of all is summed in float32: a token at the very boundary may fall either way.
    assert abs(n - expected) <= max(1, expected // 1000)
    exact = set(order[by_distance[: min(n, expected)]].tolist())
    left = set(np.flatnonzero(found.ranking.source > -np.inf).tolist())
    assert len(left ^ exact) <= 2 + abs(n - expected) + expected // 1000
    assert found.ranking.count == n


@settings(deadline=None, max_examples=50)
@given(seeds, st.integers(1, 3000), st.integers(1, 40))
def test_changes_bans_and_losses_of_the_best_are_those_of_the_logits_themselves(
    seed: int, kept: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    logits = random_logits(seed)
    order = np.argsort(-logits, kind="stable")[: np.count_nonzero(logits > -np.inf)]
    kept = min(kept, order.size)
    tokens = rng.choice(order[: kept * 2], min(count, kept), replace=False)
    added = {int(token): float(rng.choice([-np.inf, 3.0, -7.0])) for token in tokens}
    added[int(order[0])] = 1.0
    adjustment = Adjustment.of(added, 1.5)
    for these in (kept, logits.size):
        changed = WholeLogits(Ranking(logits)).adjusted(adjustment, these).ranking
        expected = np.full(logits.size, -np.inf)
        expected[order[:these]] = logits[order[:these]]
        for token, by in added.items():
            z = expected[token]
            expected[token] = (z * 1.5 if z <= 0 else z / 1.5) + by
        # float32: what is added may all but cancel what was there.
        assert np.allclose(changed.source, expected, rtol=1e-6, atol=1e-5)

        cut = min(count, order.size - 1, these - 1)
        if cut > 0:
            left = WholeLogits(Ranking(logits)).without_best(cut, these).ranking.source
            assert set(np.flatnonzero(left > -np.inf)) == set(order[cut:these])


def test_a_step_behind_a_cut_and_a_penalty_sees_what_they_left() -> None:
    # Such a ranking is complete, but the logits it was made of are more.
    logits = np.random.default_rng(5).normal(size=6000).astype(np.float32)
    best = np.argsort(-logits)[:40]
    few = logits[best].astype(np.float64)
    history = [int(best[1])]
    for name, value in {"top_n_sigma": 1.0, "typical_p": 0.5}.items():
        params = SamplingParams(
            **{name: value},  # type: ignore[arg-type]  # fields vary
            top_k=40,
            repeat_penalty=2.0,
            samplers=("top_k", "penalties", name),
        )
        small = SamplingParams(
            **{name: value},  # type: ignore[arg-type]  # fields vary
            repeat_penalty=2.0,
            samplers=("penalties", name),
        )
        expected = distribution(few, small, [1])
        assert distribution(logits, params, history)[best] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("shift", [0.0, 30.0, -20_000.0])
@pytest.mark.parametrize("size", [400, 20_000, 50_000])
def test_the_deviation_of_all_is_that_of_float64(shift: float, size: int) -> None:
    logits = (np.random.default_rng(size).normal(size=size) * 0.02 + shift).astype(np.float32)
    whole = WholeLogits(Ranking(logits))
    expected = float(logits.astype(np.float64).std())
    assert whole.deviation(size) == pytest.approx(expected, rel=2e-4)
    logits[::3] = -np.inf
    left = logits[logits > -np.inf].astype(np.float64)
    whole = WholeLogits(Ranking(logits))
    assert whole.deviation(size) == pytest.approx(float(left.std()), rel=2e-4)
    few = np.sort(left)[::-1][:200]
    assert whole.deviation(200) == pytest.approx(float(few.std()), rel=2e-4)


@pytest.mark.parametrize("size", [60, 128, 3000])
def test_of_equals_typical_takes_those_with_the_lowest_ids(size: int) -> None:
    rng = np.random.default_rng(size)
    logits = rng.choice(np.array([2.0, 1.0, 0.0]), size).astype(np.float32)
    for p in (0.1, 0.35, 0.6):
        params = SamplingParams(typical_p=p, samplers=("typical_p",))
        left = np.flatnonzero(distribution(logits, params))
        for value in (2.0, 1.0, 0.0):
            all_of_them = np.flatnonzero(logits == value)
            kept = np.intersect1d(left, all_of_them)
            assert kept.tolist() == all_of_them[: kept.size].tolist()
        if size <= 128:
            top = LogitSketch.of(logits).shaped(params)
            assert sorted(top.ids[top.probabilities > 0.0].tolist()) == left.tolist()
