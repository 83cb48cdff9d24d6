"""Measuring a tail: K(β) = ln Σ exp(β·z) over all but the best tokens, at a few nodes.

The quick way has the sums at β = h, 2h, 3h and 4h from `power_sums`, and those at 6h to 9h where
the tail still matters there. That is enough for logits as language models make them. `survey` goes
that way too, without those at 6h to 9h: it is the same in C, where that is compiled. For others
(two peaks, a cliff, -inf, numbers beyond float32's comfort) it is not, and what the sums say of
each other shows it: the even nodes must foretell the odd ones. Those go the thorough way, through
`tail_bins`.

The module knows no sampler and no bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from operator import truediv
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits import kernels
from studio.sampling.logits.ranking import Ranking
from studio.sampling.tails import hermite
from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.power_sums import PowerSums, further_weights, power_sums
from studio.sampling.tails.tail import Tail
from studio.sampling.tails.tail_bins import tail_by_bins

# The step h. Smaller, and the nodes end too early (4h = 1.5, T 0.67); larger, and they lie too far
# apart near β 0.
_STEP = 0.375
_BETAS: NDArray[np.float64] = _STEP * np.arange(5, dtype=np.float64)
_BETAS_TUPLE: tuple[float, ...] = tuple(_BETAS.tolist())
_SLOPED = 4
_FURTHER: NDArray[np.float64] = _STEP * np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0])
_FURTHER_LIST: list[float] = _FURTHER.tolist()
_MISSING_FURTHER = hermite.missing_from(_FURTHER, _SLOPED)
_EVEN, _ODD = [0, 2, 4], [1, 3]
_MISSING_EVEN = hermite.missing_from(_BETAS[_EVEN], _SLOPED // 2)

# Halving an even grid makes the polynomial's error some 2^6 times smaller. What the even nodes get
# wrong by 1, all of them get wrong by this.
_ERROR_HALVED = 1.0 / 64.0


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


def _quick_matrix() -> NDArray[np.float64]:
    """Return the matrix from the five values, four slopes and the first curvature to the rest.

    That is the last slope, the other four curvatures, and how far the even nodes are from
    foretelling the values at the odd ones, in terms of the error that all nodes make.
    """
    matrix = np.zeros((5 + len(_ODD), 10))
    matrix[:5, :9] = hermite.missing_from(_BETAS, _SLOPED)
    foretold = matrix[5:]
    foretold[:, [0, 2, 4, 5, 7, 9]] = _foretell_odd()
    foretold[range(len(_ODD)), _ODD] = -1.0
    foretold *= _ERROR_HALVED
    return matrix


_QUICK = _quick_matrix()

_QUICK_FROM = 8192  # for few tokens the thorough way is quick enough

# What is put up with. An error δ in K is one of share·(1 − share)·δ in probability, where share is
# the tail's part of the distribution. Between nodes h apart it makes an error near 4δ/h in K′, and
# with that one of share·(1 + 4β/h)·δ in the entropy.
_IN_PROBABILITY = 4e-4
_IN_ENTROPY = 6e-3
# From node to node the curvature (the variance of the tempered tail) changes by a factor of 0.56 to
# 1.83 at first, and 0.24 to 1.06 further on, on a language model's logits. A tail that falls into
# groups far apart leaves these ranges.
_CURVATURE_CHANGES = ((0.4, 1.9), (0.15, 1.2), (0.15, 1.2), (0.15, 1.2))
# Past the last node the power law gets K wrong by this: at 1.5, 3 and 6 times its β.
_ERRORS_BEYOND = (0.03, 0.1, 0.3)
_TIMES_THE_LAST = (1.5, 3.0, 6.0)

_RULES = kernels.Rules(
    _BETAS_TUPLE,
    tuple(_QUICK.ravel().tolist()),
    tuple(limit for change in _CURVATURE_CHANGES for limit in change),
    _IN_PROBABILITY,
    _IN_ENTROPY,
    _TIMES_THE_LAST,
    _ERRORS_BEYOND,
)


def survey(logits: NDArray[Any], head: int) -> kernels.Best | None:
    """Find the best tokens of `(V,)` logits and the nodes of the tail in one pass.

    That is the quick way, but in C; None where that is not compiled, or the logits are not for it.
    """
    return kernels.survey(logits, head, _STEP, _RULES) if logits.size >= _QUICK_FROM else None


def surveyed_tail(ranking: Ranking, head: int, nodes: NDArray[np.float64]) -> Tail:
    """Return the tail of which `survey` found the nodes."""
    parts: list[list[float]] = nodes.tolist()
    return Tail(
        ranking.logits.item(head),
        ranking.size - head,
        Nodes(_BETAS_TUPLE, *map(tuple, parts)),
    )


def measure_tail(ranking: Ranking, head: int) -> Tail | None:
    """Return the tail below the `head` best tokens, of any logits; None where there is none."""
    ranking.extend(head + 1)
    if ranking.ids.size <= head:
        return None
    source, edge = ranking.source, ranking.logits.item(head)
    if ranking.size >= _QUICK_FROM and source.dtype == np.float32:
        quick = _quick(edge, ranking.size - head, power_sums(source, edge, head, _STEP))
        if quick is not None and _is_smooth(*quick, ranking, head):
            tail = quick.tail
            if _reaches_far_enough(tail, ranking, head):
                return tail
            further = _further(ranking, head, tail)
            if further is not None and _reaches_far_enough(further, ranking, head):
                return further
    return tail_by_bins(source, ranking.ids[:head], edge)


class _Quick(NamedTuple):
    """A tail with nodes up to 4h, and what they get wrong about K between them, about each odd."""

    tail: Tail
    errors: list[float]


def _quick(edge: float, count: int, sums: PowerSums) -> _Quick | None:
    """Return None where float32 could not hold the sums."""
    weights, moments, squares = sums
    if not (math.isfinite(squares) and math.isfinite(sum(moments)) and min(weights) > 0.0):
        return None
    # In plain floats: a step of numpy on five numbers costs as much as one on a hundred.
    weights = [float(count), *weights]  # at 0, h, 2h, 3h, 4h
    values = [*map(math.log, weights)]
    slopes = [*map(truediv, moments, weights)]
    curvature = max(squares / count - (moments[0] / count) ** 2, 0.0)
    found = _QUICK.dot((*values, *slopes, curvature)).tolist()
    nodes = Nodes(_BETAS_TUPLE, tuple(values), (*slopes, found[0]), (curvature, *found[1:5]))
    return _Quick(Tail(edge, count, nodes), [*map(abs, found[5:])])


def _further(ranking: Ranking, head: int, tail: Tail) -> Tail | None:
    """Return the tail with nodes up to 9h; None where float32 cannot hold the sums."""
    weights = further_weights(ranking.source, tail.edge, head, _STEP)
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


def _is_smooth(tail: Tail, errors: list[float], ranking: Ranking, head: int) -> bool:
    """Say whether the nodes are close enough together for this tail."""
    for (least, most), (here, following) in zip(
        _CURVATURE_CHANGES, pairwise(tail.nodes.curvatures), strict=True
    ):
        if not least * here <= following <= most * here:
            return False
    shares = _shares(ranking, head, _BETAS, tail.nodes.values, tail.edge - ranking.maximum)
    return _are_small(errors, shares)


def _are_small(errors: list[float], shares: list[float]) -> bool:
    """Say whether errors at the odd nodes are put up with, for these shares of the tail."""
    for odd, error in zip(_ODD, errors, strict=True):
        # The share only falls with β; the error is about as large on either side of the node.
        before = (shares[odd - 1] + shares[odd]) / 2
        if before * (1 + 4 * odd) * error > _IN_ENTROPY:
            return False
        after = (shares[odd] + shares[odd + 1]) / 2
        nearest_half = min(max(after, 0.5), before)
        if nearest_half * (1.0 - nearest_half) * error > _IN_PROBABILITY:
            return False
    return True


def _reaches_far_enough(tail: Tail, ranking: Ranking, head: int) -> bool:
    """Say whether what the power law gets wrong past the last node is of no account."""
    if hermite.power_law(hermite.end(tail.nodes)) is None:
        return False
    betas = tail.nodes.betas[-1] * np.array(_TIMES_THE_LAST)
    values = [tail.log_partition(beta).value for beta in betas.tolist()]
    shares = _shares(ranking, head, betas, values, tail.edge - ranking.maximum)
    return all(
        share * (1.0 - share) * error <= _IN_PROBABILITY
        for share, error in zip(shares, _ERRORS_BEYOND, strict=True)
    )


def _shares(
    ranking: Ranking,
    head: int,
    betas: NDArray[np.float64],
    values: Sequence[float],
    below: float,
) -> list[float]:
    """Return the tail's share of the distribution at each of `betas`.

    Args:
        ranking: Of all tokens.
        head: How many are not of the tail.
        betas: β.
        values: K there.
        below: The tail's edge, from the largest logit on; negative.
    """
    offsets = ranking.logits[:head] - ranking.maximum
    best = np.exp(np.outer(betas, offsets)).sum(axis=1)
    # Of so many tokens at most, none better than the best: no overflow.
    rest = np.exp(betas * below + values)
    shares: list[float] = (rest / (best + rest)).tolist()
    return shares
