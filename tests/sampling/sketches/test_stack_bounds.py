"""What a stack of truncated sketches says: the bounds of each, and the truth between them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import SamplingParams, distribution, measures
from studio.sampling.sketches.stack_bounds import StackBounds
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.sampling.sketches.truncated_sketch import TruncatedSketch

ROWS, SIZE = 12, 3000


def places() -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(8)
    made = []
    for row in range(ROWS):
        raw = rng.normal(scale=1.0 + 0.3 * row, size=SIZE)
        logs = raw - math.log(float(np.exp(raw).sum()))
        made.append(logs.astype(np.float32).astype(np.float64))
    return made


@pytest.mark.parametrize("taken", [1.0, 1.5])
@pytest.mark.parametrize("temperature", [0.0, 0.1, 0.5, 1.0, 1.7, 5.0])
def test_the_truth_lies_between(temperature: float, taken: float) -> None:
    stack, logs = StackBounds(), places()
    written = []
    for row, one in enumerate(logs):
        order = np.argsort(-one)
        count = (20, 100, 200, 600)[row % 4]
        written.append(int(order[row]))
        at = one / taken
        at -= math.log(float(np.exp(at).sum()))
        known = TruncatedLogits(order[:count], at[order[:count]], SIZE, temperature=taken)
        sketch = known.sketch(written[-1])
        assert isinstance(sketch, TruncatedSketch)
        stack.append(sketch, written[-1])
    entropy, surprise = stack.entropy(temperature), stack.surprise(temperature)
    each = stack.entropy(np.full(ROWS, temperature))
    for row, one in enumerate(logs):
        p = distribution(one, SamplingParams(temperature=temperature))
        assert entropy[0][row] - 2e-3 <= measures.entropy(p) <= entropy[1][row] + 2e-3
        assert each[0][row] == pytest.approx(entropy[0][row])
        mine = float(p[written[row]])
        bits = math.inf if mine == 0.0 else -math.log2(mine)
        assert surprise[0][row] - 2e-3 <= bits <= surprise[1][row] + 2e-3
