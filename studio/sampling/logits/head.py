"""The best tokens at one inverse temperature: their weights, and sums of them.

Two ways to hold the same: a few tokens in plain Python, where each costs a tenth of a microsecond
and nothing costs more; and thousands in numpy, where a call costs microseconds (ten times as many
in a token loop, whose code the decode has swept from the processor's caches) and a token almost
nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import exp, fsum
from operator import mul
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranked import LEAST_EXPONENT

FEW = 256
"""Up to this many tokens plain Python is the quicker way."""

LARGEST_GAP = 1e100
"""A difference of logits that no β makes overflow."""

Side = Literal["left", "right"]


class Head(Protocol):
    """Tokens in descending order at inverse temperature `beta`, weighed relative to the best.

    With x = β·(z − z_max), the weight of a token is exp(x) and its moment x·exp(x).
    """

    beta: float

    def mass(self, kept: int) -> float:
        """Return the weight of the `kept` best together."""

    def moment(self, kept: int) -> float:
        """Return their moments' sum."""

    def weights(self, start: int, end: int) -> list[float]:
        """Return the weights of the tokens from rank `start` to before rank `end`.

        Args:
            start: The first rank.
            end: The rank behind the last.
        """

    def rank_at(self, mass: float, kept: int, side: Side) -> int:
        """Return the least rank below `kept` at which the weights so far reach `mass`, or `kept`.

        With side "right", at which they exceed it.

        Args:
            mass: In the unit of `mass`.
            kept: How many of the best tokens are left.
            side: As `numpy.searchsorted` has it.
        """


class LogitGaps(Protocol):
    """How far each of the best tokens' logits lies below the first's, ascending from 0."""

    def within(self, distance: float) -> int:
        """Return how many lie at most `distance` below."""

    def at(self, beta: float) -> Head:
        """Return the tokens weighed at `beta`."""


def gaps_of(logits: NDArray[Any]) -> LogitGaps:
    """Return the gaps of `(n,)` logits in descending order, the first of them finite."""
    return _FewGaps(logits) if logits.size <= FEW else _ManyGaps(logits)


def gaps_of_few(logits: NDArray[Any], count: int) -> list[float]:
    """Return how far each of the `count` best logits lies below the first, ascending from 0.

    Args:
        logits: In descending order, the first of them finite; all are meant where there are fewer.
        count: 1 or more.
    """
    found: list[float] = logits[:count].tolist()
    best = found[0]
    gaps = [best - logit for logit in found]
    if gaps[-1] > LARGEST_GAP:
        gaps = [min(gap, LARGEST_GAP) for gap in gaps]
    return gaps


def exponents_of_few(gaps: list[float], count: int, beta: float) -> list[float]:
    """Return the first `count` gaps as x = β·(z − z_max), none of them below LEAST_EXPONENT.

    Args:
        gaps: How far below the largest each logit is.
        count: How many of them.
        beta: The inverse temperature, 1/T.
    """
    downwards = -beta
    exponents = [downwards * gap for gap in gaps[:count]]
    if exponents[-1] < LEAST_EXPONENT:
        exponents = [max(x, LEAST_EXPONENT) for x in exponents]
    return exponents


class _FewGaps:
    """A list of them, no longer than has been asked."""

    __slots__ = ("_gaps", "_logits")

    def __init__(self, logits: NDArray[Any]) -> None:
        self._logits = logits
        self._gaps: list[float] = []

    def first(self, count: int) -> list[float]:
        """Return at least the gaps of the `count` best, or all there are."""
        if len(self._gaps) < min(count, self._logits.size):
            self._gaps = gaps_of_few(self._logits, count)
        return self._gaps

    def within(self, distance: float) -> int:
        gaps = self._gaps
        if not gaps or gaps[-1] <= distance:
            gaps = self.first(self._logits.size)
        return bisect_right(gaps, distance)

    def at(self, beta: float) -> Head:
        return _FewWeighed(self, beta)


class _FewWeighed:
    """Weighs no more tokens than it is asked about."""

    __slots__ = ("_cumulative", "_exponents", "_gaps", "_weights", "beta")

    def __init__(self, gaps: _FewGaps, beta: float) -> None:
        self.beta = beta
        self._gaps = gaps
        self._exponents: list[float] = []
        self._weights: list[float] = []
        self._cumulative: list[float] = []

    def _weigh(self, count: int) -> None:
        gaps = self._gaps.first(count)
        if min(count, len(gaps)) <= len(self._weights):
            return
        self._exponents = exponents_of_few(gaps, count, self.beta)
        self._weights = [*map(exp, self._exponents)]
        self._cumulative = [*accumulate(self._weights)]

    def mass(self, kept: int) -> float:
        self._weigh(kept)
        cumulative = self._cumulative
        return cumulative[kept - 1] if kept <= len(cumulative) else cumulative[-1]

    def moment(self, kept: int) -> float:
        self._weigh(kept)
        return fsum(map(mul, self._weights[:kept], self._exponents))

    def weights(self, start: int, end: int) -> list[float]:
        self._weigh(end)
        return self._weights[start:end]

    def rank_at(self, mass: float, kept: int, side: Side) -> int:
        self._weigh(kept)
        kept = min(kept, len(self._cumulative))
        bisect = bisect_left if side == "left" else bisect_right
        return bisect(self._cumulative, mass, 0, kept)


class _ManyGaps:
    """An array of them."""

    __slots__ = ("_gaps",)

    def __init__(self, logits: NDArray[Any]) -> None:
        with np.errstate(over="ignore"):
            gaps = logits[0].astype(np.float64) - logits.astype(np.float64)
        self._gaps: NDArray[np.float64] = np.minimum(gaps, LARGEST_GAP)

    def within(self, distance: float) -> int:
        return int(self._gaps.searchsorted(distance, "right"))

    def at(self, beta: float) -> Head:
        return _ManyWeighed(self._gaps, beta)


class _ManyWeighed:
    """Weighs all of them at once."""

    __slots__ = ("_cumulative", "_exponents", "_weights", "beta")

    def __init__(self, gaps: NDArray[np.float64], beta: float) -> None:
        self.beta = beta
        self._exponents = np.maximum(gaps * -beta, LEAST_EXPONENT)
        self._weights: NDArray[np.float64] = np.exp(self._exponents)
        self._cumulative = self._weights.cumsum()

    def mass(self, kept: int) -> float:
        return float(self._cumulative[min(kept, self._cumulative.size) - 1])

    def moment(self, kept: int) -> float:
        return float(self._weights[:kept] @ self._exponents[:kept])

    def weights(self, start: int, end: int) -> list[float]:
        numbers: list[float] = self._weights[start:end].tolist()
        return numbers

    def rank_at(self, mass: float, kept: int, side: Side) -> int:
        return int(self._cumulative[:kept].searchsorted(mass, side))
