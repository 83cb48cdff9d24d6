"""Measuring a tail: K(β) = ln Σ exp(β·z) over all but the best tokens, at a few nodes.

The quick way takes one exponential of the vocabulary, e = exp(h·z), and gets the sums at β = h, 2h,
3h and 4h as products of its powers: the matrix with the rows 1, e, e², e³ times e gives them, times
z their slopes; times e⁶ it gives the sums at 6h to 9h, where the tail still matters there. That is
enough for logits as language models make them. For others (two peaks, a cliff, -inf, numbers beyond
float32's comfort) it is not, and what the sums say of each other shows it: the even nodes must
foretell the odd ones. Then the thorough way puts the logits into narrow bins, and sums over the
bins at many nodes, spaced so closely that nothing can hide between them.

The module knows no sampler and no bytes.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling import hermite, scratch
from studio.sampling.hermite import Nodes
from studio.sampling.ranking import Ranking
from studio.sampling.tail import Tail

# The step h. Smaller, and the nodes end too early (4h = 1.5, T 0.67); larger, and they lie too far
# apart near β 0.
_STEP = 0.375
_BETAS: NDArray[np.float64] = _STEP * np.arange(5, dtype=np.float64)
_BETAS_LIST: list[float] = _BETAS.tolist()
_SLOPED = 4
_MISSING = hermite.missing_from(_BETAS, _SLOPED)
_FURTHER: NDArray[np.float64] = _STEP * np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0])
_MISSING_FURTHER = hermite.missing_from(_FURTHER, _SLOPED)
_EVEN = [0, 2, 4]
_MISSING_EVEN = hermite.missing_from(_BETAS[_EVEN], _SLOPED // 2)


def _foretell_odd() -> NDArray[np.float64]:
    """Return the matrix from what is known at the even nodes to the values at the odd ones.

    What it is given: the values at the even nodes, the slopes at all but the last of them, and the
    curvature at the first. Interpolation is linear in these but for the bounds that `hermite.at`
    keeps; a value past a bound is far enough off to be noticed all the same.
    """
    even = _BETAS[_EVEN]
    columns = []
    for unit in np.eye(2 * len(_EVEN)):
        nodes = hermite.complete(
            even.tolist(),
            unit[: len(_EVEN)].tolist(),
            unit[len(_EVEN) : -1].tolist(),
            float(unit[-1]),
            _MISSING_EVEN,
        )
        columns.append([hermite.unbounded_value(nodes, beta) for beta in _BETAS[[1, 3]].tolist()])
    return np.array(columns).T


_FORETELL_ODD: list[list[float]] = _foretell_odd().tolist()

# Edges with which exp(β·z) itself, without a shift, stays well inside float32 up to β = 9h.
_UNSHIFTED = (-25.0, 24.0)

_QUICK_FROM = 8192  # for few tokens the thorough way is quick enough

# What is put up with. An error δ in K is one of share·(1 − share)·δ in probability, where share is
# the tail's part of the distribution. Between nodes h apart it makes an error near 4δ/h in K′, and
# with that one of share·(1 + 4β/h)·δ in the entropy.
_IN_PROBABILITY = 4e-4
_IN_ENTROPY = 6e-3
# Halving an even grid makes the polynomial's error some 2^6 times smaller. What the even nodes get
# wrong by 1, all of them get wrong by this.
_ERROR_HALVED = 1.0 / 64.0
# From node to node the curvature (the variance of the tempered tail) changes by a factor of 0.56 to
# 1.25 at first, and 0.24 to 0.99 further on, on a language model's logits. A tail that falls into
# groups far apart leaves these ranges.
_CURVATURE_CHANGES = ((0.4, 1.5), (0.15, 1.2), (0.15, 1.2), (0.15, 1.2))
# Past the last node the power law gets K wrong by this: at 1.5, 3 and 6 times its β.
_ERRORS_BEYOND = (0.03, 0.1, 0.3)
_TIMES_THE_LAST: NDArray[np.float64] = np.array([1.5, 3.0, 6.0])

# The thorough way. A logit d below the edge has its say at β near ln(V)/d and below, so bins may
# widen in proportion to d: with this many to a factor e the error in K is below 0.0005. And the β
# where one group of logits takes over from another is uncertain by about β/ln(V): nodes that far
# apart miss no such turn.
_BINS_PER_E = 200
_DENSE = np.concatenate(([0.0], np.geomspace(1e-3, 24.0, 45)))
_PIECE = 16_384
_NEGLIGIBLE = -80.0  # e to this adds nothing to a sum of at least 1
_FURTHEST = 1e12  # keeps the squares of the lowest logits within float32


def measure_tail(ranking: Ranking, head: int) -> Tail | None:
    """Return the tail of `ranking` below its `head` best tokens; None where there is none."""
    ranking.extend(head + 1)
    if ranking.ids.size <= head:
        return None
    edge = float(ranking.logits[head])
    ids, best = ranking.ids[:head], ranking.logits[:head]
    if ranking.source.dtype == np.float32 and ranking.size >= _QUICK_FROM:
        tail = _quick(ranking.source, ids, best, edge)
        if tail is not None and _is_smooth(tail, ranking, head):
            if _reaches_far_enough(tail, ranking, head):
                return tail
            tail = _further(ranking.source, tail)
            if tail is not None and _reaches_far_enough(tail, ranking, head):
                return tail
    return _thorough(ranking.source, ids, edge)


def _quick(
    source: NDArray[np.float32],
    head: NDArray[np.int64],
    best: NDArray[np.float64],
    edge: float,
) -> Tail | None:
    """Return the tail by powers of one exponential; None where float32 cannot hold them.

    Args:
        source: All logits.
        head: The ids that do not belong to the tail.
        best: Their logits.
        edge: The tail's best logit.
    """
    _, e, e2, e3, shifted, powers = scratch.float32_rows(source.size)  # of degree 0 to 3
    shift = _shift(edge)
    with np.errstate(over="ignore", invalid="ignore"):
        z = np.subtract(source, np.float32(shift), out=shifted) if shift else source
        # Not exp2: numpy's takes half as long or twice, by the luck of a process's addresses.
        np.multiply(z, np.float32(_STEP), out=e)
        np.exp(e, out=e)
        e[head] = 0.0
        np.multiply(e, e, out=e2)
        np.multiply(e2, e, out=e3)
        weights = (powers @ e).tolist()  # at h, 2h, 3h, 4h
        moments = (powers @ z).tolist()  # at 0, h, 2h, 3h
        squares = float(z @ z)
    if shift:
        best = z[head].astype(np.float64)
    moments[0] -= float(np.add.reduce(best))
    squares -= float(best @ best)
    if not (math.isfinite(squares) and math.isfinite(sum(moments)) and min(weights) > 0.0):
        return None
    # From here on plain floats: a step of numpy on five numbers costs as much as one on a hundred.
    count = source.size - head.size
    weights = [float(count), *weights]
    edge_as_summed = edge - shift
    values = [math.log(w) - b * edge_as_summed for w, b in zip(weights, _BETAS_LIST, strict=True)]
    slopes = [m / w - edge_as_summed for m, w in zip(moments, weights, strict=False)]
    curvature = max(squares / count - (moments[0] / count) ** 2, 0.0)
    return Tail(edge, count, hermite.complete(_BETAS_LIST, values, slopes, curvature, _MISSING))


def _further(source: NDArray[np.float32], tail: Tail) -> Tail | None:
    """Return the tail with nodes up to 9h; None where float32 cannot hold them.

    It goes on from the powers of e that `_quick` has just left in the scratch.
    """
    _, _, _, e3, e6, powers = scratch.float32_rows(source.size)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(e3, e3, out=e6)
        weights = (powers @ e6).astype(np.float64)  # at 6h, 7h, 8h, 9h
    if not (np.isfinite(weights).all() and weights.min() > 0.0):
        return None
    values = np.log(weights) - _FURTHER[-4:] * (tail.edge - _shift(tail.edge))
    nodes = hermite.complete(
        _FURTHER.tolist(),
        [*tail.nodes.values, *values.tolist()],
        tail.nodes.slopes[:_SLOPED],
        tail.nodes.curvatures[0],
        _MISSING_FURTHER,
    )
    return Tail(tail.edge, tail.count, nodes)


def _shift(edge: float) -> float:
    """Return what the quick way takes off the logits before it exponentiates them."""
    return 0.0 if _UNSHIFTED[0] < edge < _UNSHIFTED[1] else edge


def _is_smooth(tail: Tail, ranking: Ranking, head: int) -> bool:
    """Say whether the nodes are close enough together for this tail."""
    _, values, slopes, curvatures = tail.nodes
    for (least, most), (here, following) in zip(
        _CURVATURE_CHANGES, pairwise(curvatures), strict=True
    ):
        if not least * here <= following <= most * here:
            return False
    given = (*values[::2], *slopes[:_SLOPED:2], curvatures[0])
    errors = [
        abs(sum(map(mul, row, given)) - values[odd]) * _ERROR_HALVED
        for odd, row in zip((1, 3), _FORETELL_ODD, strict=True)
    ]
    # Of a distribution of the favourite and the tail alone the tail would have a larger share.
    at_most = [odds / (1.0 + odds) for odds in map(partial(_odds, tail, ranking), range(5))]
    if _are_small(errors, at_most, [0.0] * 5):
        return True
    shares = _shares(tail, ranking, head, _BETAS)
    return _are_small(errors, shares, shares)


def _are_small(errors: list[float], at_most: list[float], at_least: list[float]) -> bool:
    """Say whether errors at the odd nodes are put up with, for these shares of the tail."""
    for odd, error in zip((1, 3), errors, strict=True):
        # The share only falls with β; the error is about as large on either side of the node.
        share = (at_most[odd - 1] + at_most[odd]) / 2
        after = (at_least[odd] + at_least[odd + 1]) / 2
        nearest_half = min(max(after, 0.5), share)
        if nearest_half * (1.0 - nearest_half) * error > _IN_PROBABILITY:
            return False
        if share * (1 + 4 * odd) * error > _IN_ENTROPY:
            return False
    return True


def _reaches_far_enough(tail: Tail, ranking: Ranking, head: int) -> bool:
    """Say whether what the power law gets wrong past the last node is of no account."""
    if hermite.power_law(hermite.end(tail.nodes)) is None:
        return False
    if _odds(tail, ranking, -1) * max(_ERRORS_BEYOND) <= _IN_PROBABILITY:
        return True  # the share is smaller, and only falls with β
    shares = _shares(tail, ranking, head, tail.nodes.betas[-1] * _TIMES_THE_LAST)
    return all(
        share * (1.0 - share) * error <= _IN_PROBABILITY
        for share, error in zip(shares, _ERRORS_BEYOND, strict=True)
    )


def _odds(tail: Tail, ranking: Ranking, node: int) -> float:
    """Return how many times as probable as the favourite the whole tail is, at one of its nodes."""
    below = tail.nodes.betas[node] * (tail.edge - ranking.maximum)
    return math.exp(tail.nodes.values[node] + below)


def _shares(tail: Tail, ranking: Ranking, head: int, betas: NDArray[np.float64]) -> list[float]:
    """Return the tail's share of the distribution at each of `betas`."""
    offsets = ranking.logits[:head] - ranking.maximum
    best = np.exp(np.outer(betas, offsets)).sum(axis=1)
    logs = np.array([tail.log_partition(beta).value for beta in betas.tolist()])
    # Of `count` tokens at most, none better than the best: no overflow.
    rest = np.exp(logs + betas * (tail.edge - ranking.maximum))
    shares: list[float] = (rest / (best + rest)).tolist()
    return shares


def _thorough(source: NDArray[Any], head: NDArray[np.int64], edge: float) -> Tail:
    """Return the tail by way of narrow bins and many nodes; right for any logits."""
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
