"""Measuring a tail: K(β) = ln Σ exp(β·z) over all but the best tokens, at a few nodes.

K, its slope and its curvature are summed over a histogram of the tail at each node of a dense grid,
so dense that nothing can hide between two of them: the β where one group of logits takes over from
another is uncertain by more. Where what is interpolated between the few coarse nodes is close
enough to what was found at all others, these few are the tail; else all are. A language model's
logits need no more than the few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits import kernels
from studio.sampling.logits.histogram import Histogram
from studio.sampling.logits.ranked import LEAST_EXPONENT
from studio.sampling.tails import hermite
from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.tail import Tail

_LARGEST = 24.0
"""From here on the power law goes on: the best of a tail has all of its weight, or ties with it."""

# Each node that is not coarse lies in the middle of two that are, but for those between 0 and
# 0.094: they are for logits a hundred and more below the edge, and as far apart as coarse ones.
_STEPS = 40
_COARSE_TO = 22
_DOWN = np.geomspace(_LARGEST, 1e-3, _STEPS + 1)
_DENSE: NDArray[np.float64] = np.concatenate(
    ([0.0], _DOWN[_COARSE_TO + 2 :: 2][::-1], _DOWN[_COARSE_TO::-1])
)
_COARSE: NDArray[np.intp] = np.concatenate(
    ([0], np.arange(kernels.NODES - _COARSE_TO - 1, kernels.NODES, 2))
)

# Not by numpy's set functions: the first of them to be called imports masked arrays, for 9 ms.
_OTHERS: NDArray[np.intp] = np.array([n for n in range(kernels.NODES) if n not in set(_COARSE)])
_RIGHT: NDArray[np.intp] = _COARSE[_COARSE.searchsorted(_OTHERS)]
_LEFT: NDArray[np.intp] = _COARSE[_COARSE.searchsorted(_OTHERS) - 1]
_WIDTHS = _DENSE[_RIGHT] - _DENSE[_LEFT]
_coarse: Callable[[Sequence[float]], tuple[float, ...]] = itemgetter(*_COARSE.tolist())
_BETAS = {False: tuple(_DENSE.tolist()), True: tuple(_DENSE[_COARSE].tolist())}

# What is put up with. An error δ in K is one of share·(1 − share)·δ in probability, where share is
# the tail's part of the distribution, and with an error δ′ in K′ one near share·(δ + β·δ′) in the
# entropy.
_IN_PROBABILITY = 1e-4
_IN_ENTROPY = 3e-3

# Near the middle of its interval the error of a slope is 0, wherever else it is not. That of the
# value is some a·64·(t·(1 − t))³, of which the slope is 3.43·a at most.
_ERROR_OF_SLOPE = 3.5


def _grid() -> kernels.Grid:
    nearest = np.arange(kernels.NODES, dtype=np.int32)
    left, right = nearest.copy(), nearest.copy()
    left[_OTHERS], right[_OTHERS] = _LEFT, _RIGHT
    return kernels.Grid(
        tuple(_DENSE.tolist()),
        tuple(left.tolist()),
        tuple(right.tolist()),
        _IN_PROBABILITY,
        _IN_ENTROPY,
    )


GRID = _grid()
"""For `kernels`: the dense nodes, and when the coarse ones are enough."""


def measure(histogram: Histogram, best: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Look at the tail that a histogram is of at all nodes.

    Args:
        histogram: Of one token or more, and not of all.
        best: The best logits in descending order, among them all that the histogram leaves out.

    Returns:
        `(3, n)` K, its slope and its curvature at each node of the dense grid, and whether the
        coarse ones among them show enough: what `kernels.top_k_and_tail` finds as well.
    """
    edge, head, bins = histogram
    found = kernels.tail(bins, best, head, edge, GRID)
    if found is not None:
        return found
    jets = _jets(histogram)
    return np.array(jets), _are_enough(jets, best[:head] - best[0], edge - best[0])


def tail_of(edge: float, tokens: int, nodes: Sequence[Sequence[float]], few: bool) -> Tail:
    """Return the tail that was measured, as few numbers as are enough.

    Args:
        edge: The best logit of the tail.
        tokens: How many it has.
        nodes: What `measure` found of it.
        few: Whether the coarse nodes are enough.
    """
    return Tail(edge, tokens, Nodes(_BETAS[few], *map(_coarse if few else tuple, nodes)))


def tail_at_levels(levels: NDArray[np.float64], weights: NDArray[np.float64], tokens: int) -> Tail:
    """Return the tail that has so many tokens at each of a few logits.

    Args:
        levels: `(m,)` the logits.
        weights: `(m,)` how many tokens have each; above 0, not always whole numbers.
        tokens: How many the tail counts as.
    """
    edge = float(levels.max())
    drops = levels - edge
    powers = weights * np.exp(np.maximum(np.outer(_DENSE, drops), LEAST_EXPONENT))
    masses = powers.sum(axis=1)
    means = powers @ drops / masses
    squares = (powers * (drops - means[:, np.newaxis]) ** 2).sum(axis=1) / masses
    return tail_of(edge, tokens, (np.log(masses).tolist(), means.tolist(), squares.tolist()), False)


class _Jets(NamedTuple):
    """K, K′ and K″ at each node of the dense grid."""

    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    curvatures: NDArray[np.float64]


def _jets(histogram: Histogram) -> _Jets:
    depths = histogram.depths
    weights = np.outer(_DENSE.astype(np.float32), -depths)
    with np.errstate(under="ignore"):
        np.exp(weights, out=weights)
        weights *= histogram.counts
        masses = weights.sum(axis=1)
        means = weights @ depths / masses
        # From the mean: of the sums of squares themselves float32 would lose the difference.
        off = depths - means[:, np.newaxis]
        off *= off
        off *= weights
        squares = off.sum(axis=1)
    return _Jets(
        np.log(masses.astype(np.float64)),
        -means.astype(np.float64),
        squares.astype(np.float64) / masses,
    )


def _are_enough(jets: _Jets, best: NDArray[np.float64], edge: float) -> bool:
    """Say whether the coarse nodes give K close enough at the others, and so between all of them.

    Args:
        jets: At all of them.
        best: The logits that do not belong to the tail, from the largest on.
        edge: The tail's, from there too.
    """
    values, slopes, _ = hermite.quintic(
        (_DENSE[_OTHERS] - _DENSE[_LEFT]) / _WIDTHS,
        _WIDTHS,
        _at(jets, _LEFT),
        _at(jets, _RIGHT),
    )
    betas = _DENSE[_OTHERS]
    rest = np.exp(jets.values[_OTHERS] + betas * edge)
    share = rest / (np.exp(np.outer(betas, best)).sum(axis=1) + rest)
    off = np.abs(values - jets.values[_OTHERS])
    tilt = np.maximum(np.abs(slopes - jets.slopes[_OTHERS]), _ERROR_OF_SLOPE * off / _WIDTHS)
    in_probability = share * (1.0 - share) * off
    in_entropy = share * (off + betas * tilt)
    return bool(in_probability.max() <= _IN_PROBABILITY and in_entropy.max() <= _IN_ENTROPY)


def _at(jets: _Jets, nodes: NDArray[np.intp]) -> Any:
    return tuple(part[nodes] for part in jets)
