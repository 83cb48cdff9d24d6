"""A whole vocabulary in narrow bins of logits: a rank is found without sorting what is above it.

Where a draw falls among tens of thousands of tokens, to know its rank it is enough to count those
above it, and to know the token it is enough to sort the hundred or so that share its bin. The
module knows no filters and no model.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.head import LARGEST_FALL, Side
from studio.sampling.ranked import LEAST_EXPONENT, Weight

_BINS_PER_LOGIT = 64.0
_BINS = 4096
"""All that fall further than 64 logits share the last bin: they have next to no weight."""

# By dtype: how far a logit may fall, and how large β may be, for their product to be finite. At
# such a β any two logits that differ at all differ by everything.
_FURTHEST = {"f": 1e12, "d": LARGEST_FALL}
_LARGEST_BETA = {"f": 1e25, "d": 1e200}


class _Bin(NamedTuple):
    """The tokens of one bin, in their order.

    Attributes:
        first: The rank of the first.
        ids: Ascending in rank.
        falls: How far their logits lie below the best of all, float64.
    """

    first: int
    ids: NDArray[np.int64]
    falls: NDArray[np.float64]


class _Memory(NamedTuple):
    """What one set of bins works in."""

    falls: NDArray[Any]
    place: NDArray[np.intp]
    exponents: NDArray[Any]
    weights: NDArray[Any]


_spare: list[_Memory] = []
"""Memory given back. Fresh arrays of a megabyte cost more than what is computed in them."""

_MOST_SPARE = 2


class Bins:
    """All tokens with a logit above -inf, by how far they fall below the best.

    With x = β·(z − z_max), the weight of a token is exp(x). Sums over the vocabulary or over whole
    bins are of float32 weights where float32 can hold them (relative error below 1e-5, measured
    against float64 in the tests), those within a bin of float64.

    Args:
        logits: `(V,)`, not to be changed as long as the bins are in use.
        maximum: The largest logit, finite.
        count: How many of the logits are above -inf.
    """

    def __init__(self, logits: NDArray[Any], maximum: float, count: int) -> None:
        self._maximum = maximum
        self._count = count
        self._logits, self._memory, self._deepest = _falls(logits, maximum, count)
        self._is_placed = False
        self._ends: NDArray[np.intp] | None = None
        self._sorted: dict[int, _Bin] = {}
        self._beta = math.nan
        self._cumulative: NDArray[np.float64] | None = None

    def __del__(self) -> None:
        if len(_spare) < _MOST_SPARE:
            _spare.append(self._memory)

    def within(self, distance: float) -> int:
        """Return how many tokens lie at most `distance` below the best."""
        bound = self._maximum - distance
        with np.errstate(over="ignore"):
            least = self._logits.dtype.type(bound)  # may be rounded down, and let too many in
        if float(least) < bound:
            least = np.nextafter(least, np.inf, dtype=self._logits.dtype)
        return int(np.count_nonzero(self._logits >= least))

    def token_at(self, rank: int) -> int:
        """Return the id of the token of a rank."""
        found = self._bin(self._bin_of(rank))
        return int(found.ids[rank - found.first])

    def weight_at(self, rank: int, beta: float) -> float:
        """Return the weight of the token of a rank."""
        found = self._bin(self._bin_of(rank))
        return math.exp(max(-beta * found.falls.item(rank - found.first), LEAST_EXPONENT))

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`."""
        if kept >= self._count:
            if beta == 0.0:
                return float(self._count)
            self._weigh(beta)
            return float(self._memory.weights.sum())
        number = self._bin_of(kept - 1)
        inside = self._exponents(number, beta)[: kept - self._bin(number).first]
        return self._before(number, beta) + float(np.exp(inside).sum())

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens."""
        if kept >= self._count:
            mass = self.mass(kept, beta)
            if beta == 0.0:
                return Weight(mass, 0.0)
            _, _, exponents, weights = self._memory
            return Weight(mass, float(weights @ exponents))
        number = self._bin_of(kept - 1)
        inside = self._exponents(number, beta)[: kept - self._bin(number).first]
        inside_weights = np.exp(inside)
        before = self._before(number, beta)
        self._weigh(beta)
        _, place, exponents, weights = self._memory
        moment = float((weights * (place < number)) @ exponents)
        return Weight(before + float(inside_weights.sum()), moment + float(inside_weights @ inside))

    def rank_at(self, mass: float, beta: float, kept: int, side: Side) -> int:
        """Return the least rank below `kept` at which the weights so far reach `mass`, or `kept`.

        With side "right", at which they exceed it.
        """
        number = int(self._cumulative_at(beta).searchsorted(mass, side))
        if number > _BINS:
            return kept
        inside = np.exp(self._exponents(number, beta)).cumsum()
        place = int((self._before(number, beta) + inside).searchsorted(mass, side))
        # The bin's own sum, in float32, may have been a little larger.
        return min(self._bin(number).first + min(place, inside.size - 1), kept)

    def _weigh(self, beta: float) -> None:
        """Weigh all tokens at `beta`, in place of the β before."""
        if beta == self._beta:
            return
        self._beta, self._cumulative = beta, None
        falls, _, exponents, weights = self._memory
        per_logit = -min(beta, _LARGEST_BETA[falls.dtype.char])
        np.multiply(falls, falls.dtype.type(per_logit), out=exponents)
        np.exp(exponents, out=weights)
        if self._count < falls.size and beta * self._deepest < -LEAST_EXPONENT:
            weights[self._logits == -np.inf] = 0.0

    def _cumulative_at(self, beta: float) -> NDArray[np.float64]:
        """Return the weight of each bin and all before it."""
        self._weigh(beta)
        if self._cumulative is None:
            masses = np.bincount(self._place(), self._memory.weights, minlength=_BINS + 1)
            self._cumulative = masses.cumsum()
        return self._cumulative

    def _before(self, number: int, beta: float) -> float:
        return float(self._cumulative_at(beta)[number - 1]) if number else 0.0

    def _place(self) -> NDArray[np.intp]:
        """Return the number of each token's bin; found when it is first asked for."""
        falls, place, _, _ = self._memory
        if not self._is_placed:
            scaled = falls * falls.dtype.type(_BINS_PER_LOGIT)
            if self._deepest * _BINS_PER_LOGIT > _BINS:
                np.minimum(scaled, _BINS, out=scaled)
            np.copyto(place, scaled, casting="unsafe")
            self._is_placed = True
        return place

    def _exponents(self, number: int, beta: float) -> NDArray[np.float64]:
        exponents: NDArray[np.float64] = np.maximum(self._bin(number).falls * -beta, LEAST_EXPONENT)
        return exponents

    def _bin_of(self, rank: int) -> int:
        """Return the number of the bin that holds a rank."""
        for number, found in self._sorted.items():
            if found.first <= rank < found.first + found.ids.size:
                return number
        if self._ends is None:
            counts = np.bincount(self._place(), minlength=_BINS + 1)
            counts[_BINS] -= self._memory.falls.size - self._count
            self._ends = counts.cumsum()
        return int(self._ends.searchsorted(rank, "right"))

    def _bin(self, number: int) -> _Bin:
        """Return the tokens of a bin, sorted when they are first asked for."""
        if number not in self._sorted:
            place = self._place()
            ids = (place == number).nonzero()[0]
            logits = self._logits[ids].astype(np.float64)
            if number == _BINS:
                possible = logits > -np.inf
                ids, logits = ids[possible], logits[possible]
            order = np.argsort(-logits, kind="stable")
            with np.errstate(over="ignore"):
                falls = np.minimum(self._maximum - logits[order], LARGEST_FALL)
            first = int(np.count_nonzero(place < number))
            self._sorted[number] = _Bin(first, ids[order], falls)
        return self._sorted[number]


def _falls(logits: NDArray[Any], maximum: float, count: int) -> tuple[NDArray[Any], _Memory, float]:
    """Return the logits, memory with their falls in it, and the deepest that stands there.

    That of -inf is cut to what a weight of 0 can be multiplied with. Where float32 cannot hold the
    finite ones, the logits are float64 on return.
    """
    while True:
        memory = _borrow(logits)
        furthest = _FURTHEST[logits.dtype.char]
        with np.errstate(over="ignore"):
            falls = np.subtract(logits.dtype.type(maximum), logits, out=memory.falls)
        deepest = float(falls.max())
        if deepest <= furthest:
            return logits, memory, deepest
        if logits.dtype == np.float32:
            possible = falls[logits > -np.inf] if count < logits.size else falls
            if float(possible.max()) > furthest:
                logits = logits.astype(np.float64)
                continue
        np.minimum(falls, furthest, out=falls)
        return logits, memory, furthest


def _borrow(logits: NDArray[Any]) -> _Memory:
    while _spare:
        memory = _spare.pop()
        if memory.falls.size == logits.size and memory.falls.dtype == logits.dtype:
            return memory
    falls, exponents, weights = (np.empty_like(logits) for _ in range(3))
    return _Memory(falls, np.empty(logits.size, dtype=np.intp), exponents, weights)
