from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import SamplingParams, choose, distribution
from studio.sampling.logits.bins import Bins
from studio.sampling.logits.histogram import Histogram

pytestmark = pytest.mark.usefixtures("either_way")

seeds = st.integers(0, 2**32 - 1)


def nucleus(logits: NDArray[np.float32], p: float, beta: float) -> list[int]:
    order = np.argsort(-logits, kind="stable")
    order = order[logits[order] > -np.inf]
    w = np.exp(beta * (logits[order].astype(np.float64) - logits.max()))
    count = int(np.searchsorted(np.cumsum(w), p * w.sum())) + 1
    return sorted(order[:count].tolist())


def spread_out(seed: int) -> NDArray[np.float32]:
    """Logits of which no few make up a nucleus."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(20_000, 60_000))
    logits = rng.normal(rng.normal() * 20, rng.uniform(0.0, 1.5), size)
    if rng.random() < 0.3:
        logits = np.round(logits, 1)  # many ties
    if rng.random() < 0.3:
        logits = np.sort(logits)  # what a sample by id does not expect
    logits[rng.random(size) < rng.choice([0.0, 0.5])] = -np.inf
    return np.asarray(logits.astype(np.float32))


@settings(max_examples=30)
@given(seeds, st.floats(0.3, 0.999), st.sampled_from([0.0, 1e-50, 0.3, 1.0]))
def test_top_p_finds_a_deep_nucleus_without_ranking_it(seed: int, p: float, beta: float) -> None:
    logits = spread_out(seed)
    temperature = math.inf if beta == 0.0 else 1.0 / beta
    params = SamplingParams(temperature=temperature, top_p=p, samplers=("temperature", "top_p"))
    expected = nucleus(logits, p, beta)
    left = np.flatnonzero(distribution(logits, params)).tolist()
    # The weight of all is summed in float32: so many tokens at the edge as its error weighs.
    assert len(set(left) ^ set(expected)) <= 1 + len(expected) * 1e-4
    choice = choose(logits, params, (), 0.999)
    assert choice.kept == len(left)
    assert choice.token in left


def bins_of(logits: NDArray[Any]) -> Bins:
    best = float(logits.max())
    histogram = Histogram.of(logits, best, float(logits.min()), 0)
    return Bins(logits, best, histogram, int(np.count_nonzero(logits > -np.inf)))


def count(bins: Bins, share: float, beta: float, size: int) -> int:
    """How many of the best have this share of the weight."""
    return bins.rank_at(share * bins.mass(size, beta), beta, size, "left") + 1


def test_equal_logits_are_in_the_order_of_their_ids() -> None:
    bins = bins_of(np.zeros(8192, np.float32))
    assert bins.rank_at(5000.0, 1.0, 8192, "left") == 4999
    assert bins.rank_at(5000.0, 1.0, 8192, "right") == 5000
    assert [bins.token_at(rank) for rank in (0, 4999, 8191)] == [0, 4999, 8191]
    assert bins.weight(5000, 1.0) == (5000.0, 0.0)


def test_more_than_there_is_lies_past_the_end() -> None:
    bins = bins_of(np.zeros(8192, np.float32))
    assert bins.rank_at(8192.5, 1.0, 8192, "left") == 8192


def test_logits_beyond_the_bins_are_sorted_among_themselves() -> None:
    logits = np.linspace(0.0, -3e4, 40_960, dtype=np.float32)[::-1].copy()
    bins = bins_of(logits)
    for share in (0.2, 0.9):
        assert abs(count(bins, share, 1e-4, logits.size) - len(nucleus(logits, share, 1e-4))) <= 2


@pytest.mark.parametrize("seen", [-40.0, 9.0, None])
def test_a_sample_that_is_like_nothing_else_misleads_nobody(seen: float | None) -> None:
    logits = np.random.default_rng(3).normal(0.0, 3.0, 40_960).astype(np.float32)
    if seen is not None:
        logits.reshape(-1, 512)[:, :16] = seen  # all that is sampled
    bins = bins_of(logits)
    for share in (0.3, 0.9, 0.999):
        expected = len(nucleus(logits, share, 1.0))
        assert abs(count(bins, share, 1.0, logits.size) - expected) <= 1 + 1e-4 * expected


def test_weights_too_small_for_float32_are_counted_with_the_last() -> None:
    logits = np.linspace(0.0, -500.0, 40_960, dtype=np.float32)
    bins = bins_of(logits)
    total = bins.mass(logits.size, 1.0)
    found = bins.rank_at(total * (1 - 1e-6), 1.0, logits.size, "left")  # 1e-6 is rounding's own
    assert logits[found] < -12.0
    assert bins.rank_at(total * 1.001, 1.0, logits.size, "left") == logits.size


def test_logits_of_two_kinds() -> None:
    logits = np.full(40_960, -3.0, np.float32)
    logits[1::20] = 0.0
    bins = bins_of(logits)
    for share in (0.2, 0.5, 0.9):
        assert count(bins, share, 1.0, logits.size) == len(nucleus(logits, share, 1.0))


@settings(max_examples=30)
@given(seeds, st.floats(0.0, 1.0), st.sampled_from([0.0, 1e-50, 0.3, 1.0, 4.0]), st.booleans())
def test_answers_are_those_of_a_sorted_vocabulary(
    seed: int, place: float, beta: float, doubled: bool
) -> None:
    logits: NDArray[Any] = spread_out(seed).astype(np.float64 if doubled else np.float32)
    order = np.argsort(-logits, kind="stable")
    order = order[logits[order] > -np.inf]
    x = beta * (logits[order].astype(np.float64) - logits.max())
    bins = bins_of(logits)
    assert bins.count == order.size
    rank = int(place * (order.size - 2))
    assert bins.token_at(rank) == order[rank]
    assert bins.weight_at(rank, beta) == pytest.approx(np.exp(x[rank]), rel=1e-6)
    weight = bins.weight(rank + 1, beta)
    assert weight.mass == pytest.approx(np.exp(x[: rank + 1]).sum(), rel=1e-5)
    assert weight.moment == pytest.approx((x * np.exp(x))[: rank + 1].sum(), rel=1e-5, abs=1e-9)
    found = bins.rank_at(weight.mass * (1 - 1e-9), beta, order.size, "left")
    # Where the weights are tiny, float32 sums cannot say neighbours apart.
    assert np.exp(x[min(found, rank) : max(found, rank)]).sum() <= 1e-5 * weight.mass
    falls = float(logits.max()) - logits.astype(np.float64)
    distance = float(falls[order[rank]]) + 1e-12
    assert bins.within(distance) == np.count_nonzero(falls <= distance)


def test_the_memory_of_bins_is_used_again() -> None:
    logits = np.random.default_rng(0).normal(size=9000).astype(np.float32)
    first = bins_of(logits)
    expected = first.weight(logits.size, 1.0)
    del first
    other = bins_of(-logits)
    again = bins_of(logits)
    assert other.weight(logits.size, 1.0) != expected
    assert again.weight(logits.size, 1.0) == expected


@pytest.mark.parametrize("least", [0, 10, 5000])
def test_min_keep_holds_for_a_deep_nucleus(least: int) -> None:
    logits = np.random.default_rng(0).normal(size=30_000).astype(np.float32)
    params = SamplingParams(top_p=0.2, min_keep=least)
    count = np.count_nonzero(distribution(logits, params))
    assert count == max(least, len(nucleus(logits, 0.2, 1.0)))


def test_later_steps_see_what_the_nucleus_left() -> None:
    logits = np.random.default_rng(1).normal(size=30_000).astype(np.float32)
    deep = nucleus(logits, 0.5, 1.0)
    few = logits[deep].astype(np.float64)
    steps = ("top_p", "penalties", "temperature", "top_n_sigma")
    params = SamplingParams(
        top_p=0.5, temperature=0.7, top_n_sigma=2.0, presence_penalty=1.0, samplers=steps
    )
    small = SamplingParams(
        temperature=0.7, top_n_sigma=2.0, presence_penalty=1.0, samplers=steps[1:]
    )
    expected = distribution(few, small, [3])
    found = distribution(logits, params, [deep[3], int(np.argmin(logits))])
    assert found[deep] == pytest.approx(expected, abs=1e-7)
