"""Sums of exp(β·z) over a tail at β = h, 2h, 3h, ..., by the powers of one exponential.

With e = exp(h·z), the products of e with 1, e, e², e³ are the sums at h to 4h, those of z the
moments at 0 to 3h, and those of e⁶ the sums at 6h to 9h. These passes over a vocabulary are most of
what a sketch costs. z is a logit less the tail's edge, and what is better than the edge is taken
for the edge itself: then each token that is not of the tail adds 1 to a sum of weights, which is
taken off again, and nothing to the others. `kernels.c` does the same. The module knows no β but
multiples of h, and nothing of K.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_PIECE = 16_384
"""Tokens at a time: what is made of them stays in a core's own cache from pass to pass."""


class PowerSums(NamedTuple):
    """Sums over tokens none of which is better than the edge; z is a logit less the edge.

    They are not finite where float32 cannot hold them, or where a logit is -inf.

    Attributes:
        weights: Σ exp(β·z) at β = h, 2h, 3h, 4h.
        moments: Σ z·exp(β·z) at β = 0, h, 2h, 3h.
        squares: Σ z².
    """

    weights: list[float]
    moments: list[float]
    squares: float


def power_sums(source: NDArray[np.float32], edge: float, better: int, step: float) -> PowerSums:
    """Sum over the tail's tokens.

    Args:
        source: `(V,)` all logits.
        edge: The tail's best.
        better: How many tokens do not belong to the tail.
        step: h.
    """
    weights, moments, squares = np.full(4, -float(better)), np.zeros(4), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for z, e in _pieces(source, edge, step):
            e2 = e * e
            e3 = e2 * e
            weights += e.sum(), e @ e, e @ e2, e2 @ e2
            moments += z.sum(), z @ e, z @ e2, z @ e3
            squares += float(z @ z)
    return PowerSums(weights.tolist(), moments.tolist(), squares)


def further_weights(
    source: NDArray[np.float32], edge: float, better: int, step: float
) -> list[float]:
    """Return Σ exp(β·z) at β = 6h, 7h, 8h, 9h; arguments as for `power_sums`."""
    weights = np.full(4, -float(better))
    with np.errstate(over="ignore", invalid="ignore"):
        for _, e in _pieces(source, edge, step):
            e2 = e * e
            e3 = e2 * e
            e6 = e3 * e3
            weights += e6.sum(), e @ e6, e2 @ e6, e3 @ e6
    found: list[float] = weights.tolist()
    return found


def _pieces(
    source: NDArray[np.float32], edge: float, step: float
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Go through z and e, some thousands of tokens at a time."""
    for start in range(0, source.size, _PIECE):
        z = np.minimum(source[start : start + _PIECE] - np.float32(edge), np.float32(0.0))
        yield z, np.exp(z * np.float32(step))
