from __future__ import annotations

import math

import numpy as np
import pytest

from studio.sampling import SamplingParams, distribution, measures


def test_entropy_of_a_coin_and_of_certainty() -> None:
    assert measures.entropy([0.5, 0.5, 0.0]) == pytest.approx(math.log(2))
    assert measures.bits(measures.entropy([0.5, 0.5])) == pytest.approx(1.0)
    assert math.copysign(1.0, measures.entropy([1.0, 0.0])) == 1.0
    assert measures.entropy([1.0, 0.0]) == 0.0


def test_equal_chances_are_as_many_choices() -> None:
    assert measures.effective_choices(measures.entropy(np.full(9, 1 / 9))) == pytest.approx(9.0)


def test_surprise_is_in_bits() -> None:
    assert measures.surprise(0.25) == 2.0
    assert measures.surprise(0.0) == math.inf


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_sensitivity_is_the_slope_of_the_entropy_against_log_t(temperature: float) -> None:
    logits = np.random.default_rng(3).normal(size=200) * 3

    def entropy(t: float) -> float:
        return measures.entropy(distribution(logits, SamplingParams(temperature=t)))

    step = 1e-4
    slope = (entropy(temperature * (1 + step)) - entropy(temperature * (1 - step))) / (2 * step)
    at = distribution(logits, SamplingParams(temperature=temperature))
    assert measures.sensitivity(at) == pytest.approx(slope, rel=1e-4)
