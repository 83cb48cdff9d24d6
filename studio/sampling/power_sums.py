"""Sums of exp(β·z) over a tail at β = h, 2h, 3h, ..., by the powers of one exponential.

With e = exp(h·z), the matrix of the rows 1, e, e², e³ times e gives the sums at h to 4h, times z
the moments at 0 to 3h, and times e⁶ the sums at 6h to 9h. These passes over a vocabulary are most
of what a sketch costs. The module knows no β but multiples of h, and nothing of K.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling import scratch

_LOG2_E = math.log2(math.e)


class PowerSums(NamedTuple):
    """Sums over the tail's tokens; not finite, or 0, where float32 could not hold them.

    Attributes:
        shift: What was taken off the logits; z is what is left.
        weights: Σ exp(β·z) at β = h, 2h, 3h, 4h.
        moments: Σ z·exp(β·z) at β = 0, h, 2h, 3h.
        squares: Σ z².
    """

    shift: float
    weights: list[float]
    moments: list[float]
    squares: float


def power_sums(
    source: NDArray[np.float32],
    head: NDArray[np.int64],
    best: NDArray[np.float64],
    step: float,
    shift: float,
) -> PowerSums:
    """Sum over all logits but the best.

    Overflow is to be expected, and numpy's warnings of it are the caller's to switch off.

    Args:
        source: `(V,)` all logits.
        head: The ids that do not belong to the tail.
        best: Their logits.
        step: h.
        shift: To be taken off the logits.
    """
    z = _put_powers(source, head, step, shift)
    _, e, _, _, _, powers = scratch.float32_rows(source.size)
    weights = (powers @ e).tolist()
    moments = (powers @ z).tolist()
    squares = float(z @ z)
    if shift:
        best = z.take(head).astype(np.float64)
    moments[0] -= float(np.add.reduce(best))
    squares -= float(best @ best)
    return PowerSums(shift, weights, moments, squares)


def further_weights(
    source: NDArray[np.float32], head: NDArray[np.int64], step: float, shift: float
) -> list[float]:
    """Return Σ exp(β·z) at β = 6h, 7h, 8h, 9h; arguments as for `power_sums`."""
    _put_powers(source, head, step, shift)
    _, _, _, e3, spare, powers = scratch.float32_rows(source.size)
    e6 = np.multiply(e3, e3, out=spare)
    weights: list[float] = (powers @ e6).tolist()
    return weights


def _put_powers(
    source: NDArray[np.float32], head: NDArray[np.int64], step: float, shift: float
) -> NDArray[np.float32]:
    """Put e, e² and e³ into the scratch, 0 for the head's tokens; return z."""
    _, e, e2, e3, spare, _ = scratch.float32_rows(source.size)
    z = np.subtract(source, np.float32(shift), out=spare) if shift else source
    np.multiply(z, np.float32(step * _LOG2_E), out=e)
    np.exp2(e, out=e)  # half of what np.exp takes, where rows are aligned
    e[head] = 0.0
    np.multiply(e, e, out=e2)
    np.multiply(e2, e, out=e3)
    return z
