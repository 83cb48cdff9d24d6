"""XTC and top-k where they differ from what they do in most places, by hand-computed numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import Ranking, SamplingParams, distribution
from studio.sampling.samplers import filters
from studio.sampling.samplers.whole import WholeLogits

LOGITS = np.log(np.array([0.2, 0.5, 0.3]))


def left(*steps: str, logits: NDArray[np.float64] = LOGITS, **fields: float) -> list[int]:
    params = SamplingParams(samplers=steps, xtc_probability=1.0, **fields)  # type: ignore[arg-type]  # fields vary
    return np.flatnonzero(distribution(logits, params)).tolist()


def test_top_k_of_zero_keeps_what_was_left() -> None:
    ranked = WholeLogits(Ranking(LOGITS))
    assert [filters.top_k(ranked, 3, 1.0, k) for k in (0, 1, 2, 3, 9)] == [3, 1, 2, 3, 3]


def test_xtc_after_temperature_looks_at_the_tempered_probabilities() -> None:
    # Squared, 0.5, 0.3 and 0.2 are 0.66, 0.24 and 0.11 of their sum; at T 2, 0.42, 0.32 and 0.26.
    assert left("temperature", "xtc", temperature=0.5, xtc_threshold=0.2) == [0, 2]
    assert left("temperature", "xtc", temperature=0.5, xtc_threshold=0.25) == [0, 1, 2]
    assert left("temperature", "xtc", temperature=2.0, xtc_threshold=0.25) == [0]
    assert left("temperature", "xtc", temperature=2.0, xtc_threshold=0.3) == [0, 2]


@pytest.mark.parametrize("size", [4, 300])
def test_at_t_infinity_all_reach_xtcs_threshold_or_none_does(size: int) -> None:
    logits = np.linspace(3.0, 0.0, size)
    share = 1.0 / size
    flat = ("temperature", "xtc")
    assert left(*flat, logits=logits, temperature=math.inf, xtc_threshold=share) == [size - 1]
    above = math.nextafter(share, 1.0)
    assert left(*flat, logits=logits, temperature=math.inf, xtc_threshold=above) == [*range(size)]


@pytest.mark.parametrize("temperature", [0.5, 1.0, math.inf])
def test_xtc_with_no_threshold_leaves_the_least_probable(temperature: float) -> None:
    assert left("temperature", "xtc", temperature=temperature, xtc_threshold=0.0) == [0]
