"""Cutting a vocabulary at a share of its weight that many tokens make up.

To rank them all for that would take longer than everything else together, and a draw asks for few
of them. So the weight is summed in narrow bins of the logit, and only one bin is sorted. The module
knows no filters and no ranking.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.sampling import scratch
from studio.sampling.fast_exp import EXP, PER_NAT

_BINS_PER_LOGIT = 64
_BINS = 4096  # the last one holds all that is further down


def cut_at_mass(
    logits: NDArray[np.float32], maximum: float, beta: float, mass: float
) -> tuple[NDArray[np.float32], int] | None:
    """Return `logits` with only the fewest best that weigh `mass` above -inf, and their number.

    Equal logits are cut from the highest id on. None where all of them together weigh less than
    `mass`, as rounding can make it, or float32 cannot hold the weights.

    Args:
        logits: `(V,)`; -inf marks what is not there.
        maximum: The largest.
        beta: The inverse temperature in force.
        mass: What the tokens left weigh at least, the best one weighing 1.
    """
    rows = scratch.float32_rows(logits.size)
    falls, weights = rows.first, rows.second
    with np.errstate(over="ignore", invalid="ignore"):
        np.subtract(logits, np.float32(maximum), out=falls)
        np.multiply(falls, np.float32(beta * PER_NAT), out=weights)
        EXP(weights, out=weights)
        np.multiply(falls, np.float32(-_BINS_PER_LOGIT), out=falls)
    if beta == 0.0:
        weights[logits == -np.inf] = 0.0  # 0 times infinity is no number
    np.minimum(falls, np.float32(_BINS - 1), out=falls)
    sums = np.bincount(falls.astype(np.intp), weights, _BINS).cumsum()
    place = int(sums.searchsorted(mass, "left"))
    if place == _BINS or not np.isfinite(sums[-1]):
        return None
    better = falls < place
    near = ((falls < place + 1) ^ better).nonzero()[0]
    order = near[np.argsort(-logits[near], kind="stable")]
    lighter = float(sums[place - 1]) if place else 0.0
    cumulative = lighter + weights[order].cumsum(dtype=np.float64)
    # Added up in another order the sums of one bin can differ in the last digit.
    wanted = min(int(cumulative.searchsorted(mass, "left")) + 1, order.size)
    better[order[:wanted]] = True
    left = logits.copy()
    np.copyto(left, -np.inf, where=~better)
    return left, int(np.count_nonzero(better))
