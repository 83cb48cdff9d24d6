from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, SamplingParams, distribution
from studio.sampling.analysis.jensen_shannon import (
    jensen_shannon_distance,
    jensen_shannon_divergence,
)

SETTINGS = {
    "T 0": SamplingParams(temperature=0.0),
    "T 0.5": SamplingParams(temperature=0.5),
    "T 0.8": SamplingParams(temperature=0.8),
    "T 1": SamplingParams(),
    "T 1.5": SamplingParams(temperature=1.5),
    "top-k 40": SamplingParams(temperature=1.3, top_k=40),
    "min-p": SamplingParams(temperature=2.0, min_p=0.05),
    "top-p": SamplingParams(temperature=0.9, top_p=0.9),
    "penalised": SamplingParams(temperature=0.7, repeat_penalty=1.3),
}
HOT = {
    "T 3": SamplingParams(temperature=3.0),
    "T 10": SamplingParams(temperature=10.0),
    "T ∞": SamplingParams(temperature=math.inf),
}

shares = st.lists(st.floats(0.0, 1.0), min_size=3, max_size=12).filter(lambda p: sum(p) > 1e-3)


def normal(weights: list[float]) -> NDArray[np.float64]:
    return np.array(weights) / sum(weights)


def test_by_hand() -> None:
    assert jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0]) == 1.0
    assert jensen_shannon_divergence([0.3, 0.7], [0.3, 0.7]) == 0.0
    assert jensen_shannon_divergence([1.0, 5e-324], [1.0, 0.0]) == 0.0
    # The mixture is (3/4, 1/4): (1·log2(4/3) + ½·log2(½/¾) + ½·log2(½/¼)) / 2
    expected = (math.log2(4 / 3) + 0.5 * math.log2(2 / 3) + 0.5) / 2
    assert jensen_shannon_divergence([1.0, 0.0], [0.5, 0.5]) == pytest.approx(expected)


@given(st.data())
def test_it_is_a_metrics_square(data: st.DataObject) -> None:
    first = normal(data.draw(shares))
    size = first.size
    others = st.lists(st.floats(0.0, 1.0), min_size=size, max_size=size)
    second, third = (normal(data.draw(others.filter(lambda p: sum(p) > 1e-3))) for _ in range(2))
    root = {
        (a, b): math.sqrt(jensen_shannon_divergence(x, y))
        for a, x in enumerate((first, second, third))
        for b, y in enumerate((first, second, third))
    }
    assert all(0.0 <= value <= 1.0 for value in root.values())
    assert root[0, 1] == pytest.approx(root[1, 0], abs=1e-9)
    assert root[0, 0] == 0.0
    assert root[0, 2] <= root[0, 1] + root[1, 2] + 1e-7


def worst(real_logits: NDArray[np.float32], settings: dict[str, SamplingParams]) -> float:
    """The largest error over all pairs of settings, at every tenth place of real text."""
    history = list(range(40))
    worst = 0.0
    for logits in real_logits[::10]:
        sketch = LogitSketch.of(logits)
        exact = {name: distribution(logits, p, history) for name, p in settings.items()}
        for one, first in settings.items():
            for other, second in settings.items():
                expected = math.sqrt(jensen_shannon_divergence(exact[one], exact[other]))
                found = jensen_shannon_distance(sketch, first, second, history)
                worst = max(worst, abs(found - expected))
    return worst


def test_from_a_sketch_of_real_logits(real_logits: NDArray[np.float32]) -> None:
    assert worst(real_logits, SETTINGS) < 0.02


def test_where_nearly_all_is_in_the_tail(real_logits: NDArray[np.float32]) -> None:
    assert worst(real_logits, HOT) < 0.05


def test_the_same_setting_is_no_distance_and_the_ends_are_far_apart() -> None:
    sketch = LogitSketch.of(np.linspace(0.0, 20.0, 50_000, dtype=np.float32))
    for params in (*SETTINGS.values(), *HOT.values()):
        assert jensen_shannon_distance(sketch, params, params) == 0.0
    assert jensen_shannon_distance(sketch, SETTINGS["T 0"], HOT["T ∞"]) > 0.99
    few = LogitSketch.of(np.array([3.0, 2.0, 1.0], dtype=np.float32))  # no tail at all
    expected = [distribution([3.0, 2.0, 1.0], SETTINGS[name]) for name in ("T 0.5", "T 1.5")]
    found = jensen_shannon_distance(few, SETTINGS["T 0.5"], SETTINGS["T 1.5"])
    assert found == pytest.approx(math.sqrt(jensen_shannon_divergence(*expected)))
