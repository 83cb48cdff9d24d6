"""Measures of a distribution: entropy, effective choices, sensitivity to temperature.

Entropies are in nats unless a name says bits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def entropy(probabilities: ArrayLike) -> float:
    """Return Shannon's entropy −Σ p·ln p in nats; zeros count as zero."""
    p = _possible(probabilities)
    # The sum of a one-token distribution is -0.0; adding 0.0 makes it 0.0.
    return float(-np.sum(p * np.log(p))) + 0.0


def bits(nats: float) -> float:
    """Convert an entropy from nats to bits."""
    return nats / math.log(2.0)


def effective_choices(nats: float) -> float:
    """Return how many equally likely tokens would have this entropy: exp of it (perplexity)."""
    return math.exp(nats)


def surprise(probability: float) -> float:
    """Return −log2 p, the bits that learning of this token carries; infinity at p 0."""
    return math.inf if probability == 0.0 else -math.log2(probability)


def sensitivity(probabilities: ArrayLike) -> float:
    """Return dH/dlnT in nats: how fast the entropy grows as the temperature is turned.

    For P ∝ exp(β·z) the derivative is β²·Var(z), which is the variance of ln P under P itself, so
    neither T nor the logits are needed. Zeros count as cut, and stay cut as T turns.
    """
    p = _possible(probabilities)
    log_p = np.log(p)
    mean = np.sum(p * log_p)
    return float(np.sum(p * (log_p - mean) ** 2))


def _possible(probabilities: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    p = np.asarray(probabilities, dtype=np.float64)
    possible: np.ndarray[tuple[int], np.dtype[np.float64]] = p[p > 0.0]
    return possible
