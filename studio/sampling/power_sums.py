"""Sums of exp(β·z) over a tail at β = h, 2h, 3h, ..., by the powers of one exponential.

With e = exp(h·z) and t = h·z, the products of e with 1, e, e², e³ are the sums at h to 4h, those of
t the moments at 0 to 3h, and those of e⁶ the sums at 6h to 9h. These passes over a vocabulary are
most of what a sketch costs. The module knows no β but multiples of h, and nothing of K.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling import scratch
from studio.sampling.exponential import HAS_AVX_512, PER_NAT, power
from studio.sampling.scratch import Rows

# Tokens to a piece at least, and less than twice as many at most: a piece's rows stay in a core's
# own cache from pass to pass. At 262,144 whole rows take more than twice as long.
_PIECE = 32_768


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
    of_t, of_e = [], []
    for part, best_there in _pieces(source, head):
        rows = _put_powers(part, best_there, step, shift)
        t, e = _with_t_and_e(rows)
        of_t.append(t)
        of_e.append(e)
    if shift:
        best = (source.take(head) - np.float32(shift)).astype(np.float64)
    t_t, t_e, t_e2, t_e3, t_1 = _added(of_t)
    _, *higher, e_1 = _added(of_e)
    z_per_t = 1.0 / float(_unit(step))
    moments = [t_1 * z_per_t, t_e * z_per_t, t_e2 * z_per_t, t_e3 * z_per_t]
    moments[0] -= float(np.add.reduce(best))
    squares = t_t * z_per_t**2 - float(best @ best)
    return PowerSums(shift, [e_1, *higher], moments, squares)


def further_weights(
    source: NDArray[np.float32], head: NDArray[np.int64], step: float, shift: float
) -> list[float]:
    """Return Σ exp(β·z) at β = 6h, 7h, 8h, 9h; arguments as for `power_sums`."""
    weights = []
    for part, best_there in _pieces(source, head):
        rows = _put_powers(part, best_there, step, shift)
        e6 = np.multiply(rows.fourth, rows.fourth, out=rows.first)
        weights.append((rows.stacked[1:] @ e6).tolist())
    *higher, at_6h = _added(weights)
    return [at_6h, *higher]


def _pieces(
    source: NDArray[np.float32], head: NDArray[np.int64]
) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Return the vocabulary in pieces of about one size, and the head's places in each."""
    count = source.size // _PIECE
    if count <= 1:
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
) -> Rows:
    """Put t, e, e² and e³ into the rows of the scratch; e is 0 for the head's tokens."""
    rows = scratch.float32_rows(source.size)
    t, e, e2, e3, *_ = rows
    z = np.subtract(source, np.float32(shift), out=t) if shift else source
    np.multiply(z, _unit(step), out=t)
    power(t, out=e)
    e[head] = 0.0
    np.multiply(e, e, out=e2)
    np.multiply(e2, e, out=e3)
    return rows


@lru_cache(maxsize=1)
def _unit(step: float) -> np.float32:
    """Return what makes of z the exponent of the power that is exp(h·z)."""
    return np.float32(step * PER_NAT)


def _with_t_and_e(rows: Rows) -> list[list[float]]:
    """Return the products of all rows with the first, and with the second."""
    t_and_e = rows.stacked[:2]
    # One product of matrices reads each row but once. It has kernels for such few rows with
    # AVX-512; without, it takes four times as long as two products with a vector.
    if HAS_AVX_512:
        products: list[list[float]] = (t_and_e @ rows.stacked.T).tolist()
        return products
    return [(rows.stacked @ row).tolist() for row in t_and_e]


def _added(rows: list[list[float]]) -> list[float]:
    return rows[0] if len(rows) == 1 else [*map(sum, zip(*rows, strict=True))]
