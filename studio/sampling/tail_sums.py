"""Measuring a tail: K(β) = ln Σ exp(β·z) over all but the best tokens, at a few nodes.

The quick way has the sums at β = h, 2h, 3h and 4h from `power_sums`, and those at 6h to 9h where
the tail still matters there. That is enough for logits as language models make them. For others
(two peaks, a cliff, -inf, numbers beyond float32's comfort) it is not, and what the sums say of
each other shows it: the even nodes must foretell the odd ones. Those go the thorough way, through
`tail_bins`.

The module knows no sampler and no bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from operator import mul

import numpy as np
from numpy.typing import NDArray

from studio.sampling import hermite
from studio.sampling.power_sums import PowerSums, further_weights, power_sums
from studio.sampling.ranking import Ranking
from studio.sampling.tail import Tail
from studio.sampling.tail_bins import tail_by_bins

# The step h. Smaller, and the nodes end too early (4h = 1.5, T 0.67); larger, and they lie too far
# apart near β 0.
_STEP = 0.375
_BETAS: NDArray[np.float64] = _STEP * np.arange(5, dtype=np.float64)
_BETAS_LIST: list[float] = _BETAS.tolist()
_SLOPED = 4
_MISSING = hermite.missing_from(_BETAS, _SLOPED)
_FURTHER: NDArray[np.float64] = _STEP * np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0])
_FURTHER_LIST: list[float] = _FURTHER.tolist()
_MISSING_FURTHER = hermite.missing_from(_FURTHER, _SLOPED)
_EVEN, _ODD = [0, 2, 4], [1, 3]
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
        columns.append([hermite.unbounded_value(nodes, beta) for beta in _BETAS[_ODD].tolist()])
    return np.array(columns).T


_FORETELL_ODD: list[list[float]] = _foretell_odd().tolist()

# Edges with which exp(β·z) itself, without a shift, stays well inside float32 up to β = 4h.
_UNSHIFTED = (-50.0, 50.0)

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
# 1.83 at first, and 0.24 to 1.06 further on, on a language model's logits. A tail that falls into
# groups far apart leaves these ranges.
_CURVATURE_CHANGES = ((0.4, 1.9), (0.15, 1.2), (0.15, 1.2), (0.15, 1.2))
# Past the last node the power law gets K wrong by this: at 1.5, 3 and 6 times its β.
_ERRORS_BEYOND = (0.03, 0.1, 0.3)
_TIMES_THE_LAST = (1.5, 3.0, 6.0)
# Where the tail weighs no more than this beside the favourite, none of them is too large (log).
_LOG_ODDS_BEYOND = [math.log(_IN_PROBABILITY / error) for error in _ERRORS_BEYOND]


def measure_tails(rankings: Sequence[Ranking], head: int) -> list[Tail | None]:
    """Return of each ranking the tail below its `head` best tokens; None where there is none.

    The passes over vocabularies come first, all of them, and then the small sums: either kind runs
    the faster for not having the other between.
    """
    for ranking in rankings:
        ranking.extend(head + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = [_sums(ranking, head) for ranking in rankings]
    return [
        None if ranking.ids.size <= head else _tail(ranking, head, found)
        for ranking, found in zip(rankings, sums, strict=True)
    ]


def measure_tail(ranking: Ranking, head: int) -> Tail | None:
    """Return the tail of one ranking, as `measure_tails` does."""
    return measure_tails((ranking,), head)[0]


def _sums(ranking: Ranking, head: int) -> PowerSums | None:
    """Return the sums over the tail; None where there is no tail, or no quick way to it."""
    source = ranking.source
    if ranking.ids.size <= head or ranking.size < _QUICK_FROM or source.dtype != np.float32:
        return None
    edge = ranking.logits.item(head)
    shift = 0.0 if _UNSHIFTED[0] < edge < _UNSHIFTED[1] else edge
    return power_sums(source, ranking.ids[:head], ranking.logits[:head], _STEP, shift)


def _tail(ranking: Ranking, head: int, sums: PowerSums | None) -> Tail:
    if sums is not None:
        tail = _quick(ranking, head, sums)
        if tail is not None and _is_smooth(tail, ranking, head):
            if _reaches_far_enough(tail, ranking, head):
                return tail
            tail = _further(ranking, head, tail)
            if tail is not None and _reaches_far_enough(tail, ranking, head):
                return tail
    return tail_by_bins(ranking.source, ranking.ids[:head], ranking.logits.item(head))


def _quick(ranking: Ranking, head: int, sums: PowerSums) -> Tail | None:
    """Return the tail with nodes up to 4h; None where float32 could not hold the sums."""
    shift, weights, moments, squares = sums
    if not (math.isfinite(squares) and math.isfinite(sum(moments)) and min(weights) > 0.0):
        return None
    # In plain floats: a step of numpy on five numbers costs as much as one on a hundred.
    edge, count = ranking.logits.item(head), ranking.size - head
    weights = [float(count), *weights]  # at 0, h, 2h, 3h, 4h
    above = edge - shift
    values = [math.log(w) - b * above for w, b in zip(weights, _BETAS_LIST, strict=True)]
    slopes = [m / w - above for m, w in zip(moments, weights, strict=False)]
    curvature = max(squares / count - (moments[0] / count) ** 2, 0.0)
    return Tail(edge, count, hermite.complete(_BETAS_LIST, values, slopes, curvature, _MISSING))


def _further(ranking: Ranking, head: int, tail: Tail) -> Tail | None:
    """Return the tail with nodes up to 9h; None where float32 cannot hold the sums."""
    with np.errstate(over="ignore", invalid="ignore"):
        weights = further_weights(ranking.source, ranking.ids[:head], _STEP, tail.edge)
    if not (math.isfinite(sum(weights)) and min(weights) > 0.0):
        return None
    nodes = hermite.complete(
        _FURTHER_LIST,
        [*tail.nodes.values, *map(math.log, weights)],
        tail.nodes.slopes[:_SLOPED],
        tail.nodes.curvatures[0],
        _MISSING_FURTHER,
    )
    return Tail(tail.edge, tail.count, nodes)


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
        for odd, row in zip(_ODD, _FORETELL_ODD, strict=True)
    ]
    if _are_small(errors, [1.0] * 5, [0.0] * 5):
        return True
    # Of a distribution of the favourite and the tail alone the tail would have a larger share.
    at_most = [odds / (1.0 + odds) for odds in map(partial(_odds, tail, ranking), range(5))]
    if _are_small(errors, at_most, [0.0] * 5):
        return True
    shares = _shares(tail, ranking, head, _BETAS)
    return _are_small(errors, shares, shares)


def _are_small(errors: list[float], at_most: list[float], at_least: list[float]) -> bool:
    """Say whether errors at the odd nodes are put up with, for these shares of the tail."""
    for odd, error in zip(_ODD, errors, strict=True):
        # The share only falls with β; the error is about as large on either side of the node.
        share = (at_most[odd - 1] + at_most[odd]) / 2
        if share * (1 + 4 * odd) * error > _IN_ENTROPY:
            return False
        after = (at_least[odd] + at_least[odd + 1]) / 2
        nearest_half = min(max(after, 0.5), share)
        if nearest_half * (1.0 - nearest_half) * error > _IN_PROBABILITY:
            return False
    return True


def _reaches_far_enough(tail: Tail, ranking: Ranking, head: int) -> bool:
    """Say whether what the power law gets wrong past the last node is of no account."""
    last = hermite.end(tail.nodes)
    if hermite.power_law(last) is None:
        return False
    end, below = tail.nodes.betas[-1], tail.edge - ranking.maximum
    # K falls on, and beside the favourite alone the tail would have a larger share.
    if all(
        last.value + times * end * below <= most
        for times, most in zip(_TIMES_THE_LAST, _LOG_ODDS_BEYOND, strict=True)
    ):
        return True
    shares = _shares(tail, ranking, head, end * np.array(_TIMES_THE_LAST))
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
