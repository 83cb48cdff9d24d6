"""Sums of exp(β·z) over a tail at β = h, 2h, 3h, ..., by the powers of one exponential.

With e = exp(h·z), the matrix of the rows 1, e, e², e³ times e gives the sums at h to 4h, times z
the moments at 0 to 3h, and times e⁶ the sums at 6h to 9h. These passes over a vocabulary are most
of what a sketch costs. The module knows no β but multiples of h, and nothing of K.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling import scratch
from studio.sampling.scratch import Rows

_LOG2_E = math.log2(math.e)

# Tokens to a piece, so that a piece's rows stay in a core's own cache from pass to pass: at 262,144
# whole rows take more than twice as long.
_PIECE = 49_152


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
    weights, moments, squares = [], [], 0.0
    for part, best_there in _pieces(source, head):
        z, rows = _put_powers(part, best_there, step, shift)
        weights.append((rows.stacked @ rows.first).tolist())
        moments.append((rows.stacked @ z).tolist())
        squares += float(z @ z)
    if shift:
        best = (source.take(head) - np.float32(shift)).astype(np.float64)
    sums_of_moments = _added(moments)
    sums_of_moments[0] -= float(np.add.reduce(best))
    squares -= float(best @ best)
    return PowerSums(shift, _added(weights), sums_of_moments, squares)


def further_weights(
    source: NDArray[np.float32], head: NDArray[np.int64], step: float, shift: float
) -> list[float]:
    """Return Σ exp(β·z) at β = 6h, 7h, 8h, 9h; arguments as for `power_sums`."""
    weights = []
    for part, best_there in _pieces(source, head):
        _, rows = _put_powers(part, best_there, step, shift)
        e3 = rows.third
        weights.append((rows.stacked @ np.multiply(e3, e3, out=rows.fourth)).tolist())
    return _added(weights)


def _pieces(
    source: NDArray[np.float32], head: NDArray[np.int64]
) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Return the vocabulary in pieces of about one size, and the head's places in each."""
    count = -(-source.size // _PIECE)
    if count == 1:
        return [(source, head)]
    size = -(-source.size // count)
    starts = range(0, source.size, size)
    by_id = np.sort(head)
    cuts = [0, *by_id.searchsorted(starts[1:]).tolist(), head.size]
    return [
        (source[start : start + size], by_id[first:end] - start)
        for start, (first, end) in zip(starts, pairwise(cuts), strict=True)
    ]


def _put_powers(
    source: NDArray[np.float32], head: NDArray[np.int64], step: float, shift: float
) -> tuple[NDArray[np.float32], Rows]:
    """Put e, e² and e³ into rows 1 to 3 of the scratch, 0 for the head's tokens.

    Returns:
        z, perhaps in the fourth row, and the rows.
    """
    rows = scratch.float32_rows(source.size)
    _, e, e2, e3, spare, _ = rows
    z = np.subtract(source, np.float32(shift), out=spare) if shift else source
    np.multiply(z, np.float32(step * _LOG2_E), out=e)
    np.exp2(e, out=e)  # half of what np.exp takes, where rows are aligned
    e[head] = 0.0
    np.multiply(e, e, out=e2)
    np.multiply(e2, e, out=e3)
    return z, rows


def _added(rows: list[list[float]]) -> list[float]:
    return rows[0] if len(rows) == 1 else [*map(sum, zip(*rows, strict=True))]
