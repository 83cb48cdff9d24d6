"""The tails of many sketches at once: their log partition functions, each at a β of its own.

What `hermite.at` does for one tail, in numpy for all. Tails are grouped by their nodes' β: those
that `tail_nodes` measures have one of two sets of them, so there are few groups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.tails import hermite
from studio.sampling.tails.tail import Tail

_FIRST_ROOM = 64


def with_room(rows: NDArray[Any], count: int) -> NDArray[Any]:
    """Return `rows`, or a copy with room for `count` rows and as many again if it has less.

    So that adding one row after another costs a constant time each, on average.

    Args:
        rows: An array whose first axis are rows.
        count: How many rows there must be room for.
    """
    if count <= len(rows):
        return rows
    larger = np.zeros((max(_FIRST_ROOM, 2 * count), *rows.shape[1:]), dtype=rows.dtype)
    larger[: len(rows)] = rows
    return larger


class LogPartition(NamedTuple):
    """K and K′ of every tail, float64, relative to its edge; 0 where a sketch has no tail."""

    value: NDArray[np.float64]
    slope: NDArray[np.float64]


class TailStack:
    """A growing stack of tails, evaluated together."""

    def __init__(self) -> None:
        self._size = 0
        self._counts = np.zeros(0)
        self._edges = np.zeros(0)
        self._groups: dict[tuple[float, ...], _Group] = {}

    def __len__(self) -> int:
        return self._size

    @property
    def counts(self) -> NDArray[np.float64]:
        """`(n,)` how many tokens each tail has; 0 where there is no tail."""
        return self._counts[: self._size]

    @property
    def edges(self) -> NDArray[np.float64]:
        """`(n,)` the best logit of each tail; 0 where there is no tail."""
        return self._edges[: self._size]

    def append(self, tail: Tail | None) -> None:
        """Put a tail on top; None where a sketch has none."""
        row = self._size
        self._counts = with_room(self._counts, row + 1)
        self._edges = with_room(self._edges, row + 1)
        self._counts[row] = tail.count if tail else 0
        self._edges[row] = tail.edge if tail else 0.0
        self._size = row + 1
        if tail is not None:
            group = self._groups.get(tail.nodes.betas)
            if group is None:
                group = self._groups[tail.nodes.betas] = _Group(tail.nodes.betas)
            group.append(row, tail)

    def truncate(self, size: int) -> None:
        """Keep the first `size` tails."""
        self._size = min(size, self._size)
        for group in self._groups.values():
            group.truncate(self._size)

    def mean_and_variance(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return `(n,)` the mean of each tail's logits, relative to its edge, and their variance.

        They are K′ and K″ at β 0; both 0 where there is no tail.
        """
        mean, variance = np.zeros(self._size), np.zeros(self._size)
        for group in self._groups.values():
            mean[group.rows], variance[group.rows] = group.at_zero()
        return mean, variance

    def log_partition(self, betas: NDArray[np.float64]) -> LogPartition:
        """Return K and K′ of every tail at the β of its own row, `(n,)`, none negative."""
        found = LogPartition(np.zeros(self._size), np.zeros(self._size))
        for group in self._groups.values():
            rows = group.rows
            if rows.size:
                found.value[rows], found.slope[rows] = group.at(betas[rows])
        return found


class _Group:
    """Tails whose nodes lie at the same β."""

    def __init__(self, betas: tuple[float, ...]) -> None:
        self._betas = np.array(betas)
        self._rows = np.zeros(0, dtype=np.intp)
        self._nodes = np.zeros((0, 3, len(betas)))  # value, slope, curvature
        self._size = 0

    @property
    def rows(self) -> NDArray[np.intp]:
        """Which rows of the stack these are, ascending."""
        return self._rows[: self._size]

    def append(self, row: int, tail: Tail) -> None:
        self._rows = with_room(self._rows, self._size + 1)
        self._nodes = with_room(self._nodes, self._size + 1)
        self._rows[self._size] = row
        self._nodes[self._size] = tail.nodes[1:]
        self._size += 1

    def truncate(self, size: int) -> None:
        self._size = int(self.rows.searchsorted(size))

    def at_zero(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the slope and the curvature of each at the first node, which is β 0."""
        return self._nodes[: self._size, 1, 0], self._nodes[: self._size, 2, 0]

    def at(self, betas: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the value and the slope of each at its β, as `hermite.at` does."""
        # Only the tails that lie past the last node need the power law; as a rule, all or none.
        last = self._betas[-1]
        past = betas >= last
        value, slope = self._between(np.minimum(betas, np.nextafter(last, 0.0)))
        if past.any():
            rows = np.flatnonzero(past)
            value[rows], slope[rows] = _beyond(self._nodes[rows, :, -1], betas[rows] - last)
        return value, slope

    def _between(
        self, betas: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        right = self._betas.searchsorted(betas, "right")
        left = right - 1
        every = np.arange(self._size)
        highest, lowest_slope, curvature = self._nodes[every, :, left].T
        lowest, highest_slope, next_curvature = self._nodes[every, :, right].T
        width = self._betas[right] - self._betas[left]
        value, slope, _ = hermite.quintic(
            (betas - self._betas[left]) / width,
            width,
            (highest, lowest_slope, curvature),
            (lowest, highest_slope, next_curvature),
        )
        # The value first not below its right end, then not above its left, as for one tail.
        return (
            np.minimum(np.maximum(value, lowest), highest),
            np.minimum(np.maximum(slope, lowest_slope), highest_slope),
        )


def _beyond(
    last: NDArray[np.float64], distance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return value and slope past the last node, by the power law of `hermite.beyond`.

    Args:
        last: `(k, 3)` value, slope and curvature at the last node.
        distance: `(k,)` how far past it.
    """
    value, slope, curvature = last.T
    falls = (value > 0.0) & (slope < 0.0)
    fall = np.divide(-slope, value, out=np.ones_like(value), where=falls)
    excess = np.divide(curvature, value, out=np.zeros_like(value), where=falls) - fall**2
    fits = falls & (excess > 1e-9 * fall**2)
    excess = np.where(fits, excess, 1.0)
    power, scale = fall**2 / excess, fall / excess
    there = scale + distance
    with np.errstate(under="ignore"):
        lower = np.where(fits, value * (scale / there) ** power, value)
    return lower, np.where(fits, -power * lower / there, 0.0)
