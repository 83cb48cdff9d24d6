"""Logits that no model gives, and that a sketch must hold all the same."""

import math

import numpy as np
from numpy.typing import NDArray


def hostile_logits(size: int) -> list[NDArray[np.float64]]:
    """Vectors of one size, `(size,)` each: flat, natural, with a peak, cut, spread over 1e38."""
    rng = np.random.default_rng(size)
    natural = rng.normal(size=size) * 3
    spike, cliff, cut = natural.copy(), natural.copy(), natural.copy()
    spike[size // 3] = 60.0
    cliff[: size // 2] -= 30.0
    cut[rng.random(size) < 0.7] = -math.inf
    cut[0] = 1.0
    far = natural.copy()
    far[size // 2 :] = -1e30
    far[0] = 3.0
    peaks = np.where(np.arange(size) < size // 3, 0.0, -10.0)
    return [np.zeros(size), natural, natural * 1e-3, spike, cliff, cut, far, far * 1e8, peaks]
