"""Measuring a tail the thorough way: right for any logits, and some ten times as slow.

The logits go into narrow bins, and K(β) = ln Σ exp(β·z) is summed over the bins at many nodes,
spaced so closely that nothing can hide between them. The module knows no sampler and no bytes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.tail import Tail

# A logit d below the edge has its say at β near ln(V)/d and below, so bins may widen in proportion
# to d: with this many to a factor e the error in K is below 0.0005. And the β where one group of
# logits takes over from another is uncertain by about β/ln(V): nodes that far apart miss no such
# turn.
_BINS_PER_E = 200
_DENSE = np.concatenate(([0.0], np.geomspace(1e-3, 24.0, 45)))
_PIECE = 16_384
_NEGLIGIBLE = -80.0  # e to this adds nothing to a sum of at least 1
_FURTHEST = 1e12  # keeps the squares of the lowest logits within float32


def tail_by_bins(source: NDArray[Any], head: NDArray[np.int64], edge: float) -> Tail:
    """Return the tail by way of narrow bins and many nodes.

    Args:
        source: `(V,)` all logits; -inf among them are left out.
        head: The ids that do not belong to the tail.
        edge: The tail's best logit.
    """
    in_tail = source > -np.inf
    in_tail[head] = False
    with np.errstate(over="ignore"):
        below = edge - source[in_tail]
    np.minimum(below, _FURTHEST, out=below)
    bins = 1 + int(math.log(float(below.max()) + 1.0) * _BINS_PER_E + 1.0)
    counts, sums = np.zeros(bins), np.zeros(bins)
    # In pieces that the processor's cache holds: whole, this takes three times as long.
    for start in range(0, below.size, _PIECE):
        piece = below[start : start + _PIECE]
        place = (np.log(piece + 1.0) * _BINS_PER_E).astype(np.intp)
        counts += np.bincount(place, minlength=bins)
        sums += np.bincount(place, piece, minlength=bins)
    filled = counts > 0
    means = -sums[filled] / counts[filled]
    weights = counts[filled] * np.exp(np.maximum(np.outer(_DENSE, means), _NEGLIGIBLE))
    totals = weights.sum(axis=1)
    slopes = weights @ means / totals
    curvatures = np.maximum(weights @ means**2 / totals - slopes**2, 0.0)
    nodes = (part.tolist() for part in (_DENSE, np.log(totals), slopes, curvatures))
    return Tail(edge, below.size, Nodes(*(tuple(part) for part in nodes)))
