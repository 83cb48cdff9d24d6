"""One way for logits of any shape: as few passes, and as small an error, whatever they are like."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    LogitSketch,
    LogitStatistics,
    SamplingParams,
    choose,
    distribution,
    measures,
)
from studio.sampling.logits import best, histogram, kernels
from tests.real_logits import recorded_logits

TEMPERATURES = (0.3, 0.5, 0.8, 1.0, 1.4, 2.0, 3.0, 5.0)

Shape = Callable[[np.random.Generator, int], NDArray[np.float64]]


def bell(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    return rng.normal(rng.normal() * 20, rng.uniform(0.5, 5.0), size)


def two_humps(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    upper = rng.random(size) < rng.uniform(0.001, 0.9)
    return np.where(upper, rng.normal(0.0, 1.0, size), rng.normal(-rng.uniform(3, 40), 2.0, size))


def cliff(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    upper = rng.random(size) < rng.uniform(0.001, 0.5)
    depth = rng.uniform(2.0, 30.0)
    return np.where(upper, rng.uniform(-0.5, 0.0, size), rng.uniform(-depth - 20.0, -depth, size))


def heavy_tail(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    return -np.abs(rng.standard_cauchy(size)) * rng.uniform(0.1, 5.0)


def ties(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    step = rng.choice([1.0, 0.5, 0.1, 0.0625])
    return np.asarray(np.round(rng.normal(0.0, 3.0, size) / step) * step)


def masses_at_minus_infinity(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    logits = bell(rng, size)
    logits[rng.random(size) < rng.choice([0.3, 0.9, 0.99, 0.9999])] = -math.inf
    logits[rng.integers(size)] = 1.0
    return logits


def constant(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    return np.full(size, rng.normal() * 10)


def a_sure_word(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    logits = bell(rng, size)
    logits[rng.integers(size)] = logits.max() + rng.uniform(1.0, 40.0)
    return logits


def sorted_by_id(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    return np.sort(bell(rng, size))[:: rng.choice([1, -1])]


SHAPES: tuple[Shape, ...] = (
    *(bell, two_humps, cliff, heavy_tail, ties, masses_at_minus_infinity, constant),
    *(a_sure_word, sorted_by_id),
)


def errors(logits: NDArray[np.float32], sketch: LogitSketch) -> tuple[float, float]:
    """Return the worst total variation, the tail as one token, and the worst entropy's error."""
    variations, entropies = [], []
    for temperature in TEMPERATURES:
        exact = distribution(logits, SamplingParams(temperature=temperature))
        ids, probabilities, tail = sketch.distribution(temperature)
        known = exact[ids]
        apart = np.abs(known - probabilities).sum() + abs(1.0 - known.sum() - tail)
        variations.append(0.5 * float(apart))
        entropies.append(abs(sketch.entropy(temperature) - measures.entropy(exact)))
    return max(variations), max(entropies)


shapes = st.sampled_from(SHAPES)
seeds = st.integers(0, 2**32 - 1)
sizes = st.sampled_from([1024, 5003, 32_000, 49_152, 128_256])


# Always the same cases, as the bounds are measured.
@settings(derandomize=True, max_examples=20)
@given(shapes, seeds, sizes)
@pytest.mark.usefixtures("either_way")
def test_whatever_the_shape_the_sketch_is_close(shape: Shape, seed: int, size: int) -> None:
    logits = shape(np.random.default_rng(seed), size).astype(np.float32)
    variation, entropy = errors(logits, LogitSketch.of(logits))
    assert variation < 2e-4
    assert entropy < 5e-3


@pytest.mark.usefixtures("either_way")
def test_of_real_logits_too(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::12]:
        variation, entropy = errors(row, LogitSketch.of(row))
        assert variation < 2e-4
        assert entropy < 5e-3


def test_and_of_those_of_a_large_vocabulary() -> None:
    for row in recorded_logits():
        variation, entropy = errors(row, LogitSketch.of(row))
        assert variation < 2e-4
        assert entropy < 5e-3


# How often C goes over all logits, as it is called for.
PASSES = {"kelvin_top_k_and_tail": 2, "kelvin_best": 1, "kelvin_histogram": 1, "kelvin_weigh": 1}
PASSES |= {"kelvin_between": 2, "kelvin_tail": 0}
MOST_PASSES = {
    "temperature": (SamplingParams(temperature=0.8), 8),
    "min_p": (SamplingParams(temperature=0.8, min_p=0.05), 10),
    "top_k": (SamplingParams(temperature=0.8, top_k=40), 2),
    "top_p, min_p": (SamplingParams(temperature=0.8, top_p=0.95, min_p=0.05), 14),
}


COMPILED = kernels._library
"""As it is before a test puts numpy in its place."""


class Counting:
    """The compiled passes, and how often each was called."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(COMPILED, name)

    @property
    def passes(self) -> int:
        return sum(PASSES.get(name, 0) * count for name, count in self.calls.items())


@pytest.mark.skipif(not kernels.are_compiled(), reason="the passes in C are not compiled here")
@pytest.mark.parametrize("setting", MOST_PASSES)
def test_whatever_the_shape_it_takes_as_few_passes(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, most = MOST_PASSES[setting]

    def numpys(*_: object) -> None:
        raise AssertionError("numpy went over all logits")

    monkeypatch.setattr(histogram, "_counted_by_numpy", numpys)
    monkeypatch.setattr(best, "_above_a_bound", numpys)
    seen = set()
    for shape in SHAPES:
        for seed in range(12):
            rng = np.random.default_rng(seed)
            logits = shape(rng, 40_000).astype(np.float32)
            counting = Counting()
            monkeypatch.setattr(kernels, "_library", counting)
            statistics = LogitStatistics(logits)
            choose(statistics.ranking, params, (), float(rng.random()))
            LogitSketch.of_statistics(statistics, None).to_bytes()
            assert counting.passes <= most, (shape.__name__, seed, counting.calls)
            seen.add(counting.passes)
    assert min(seen) >= 2  # the statistics's own are counted
