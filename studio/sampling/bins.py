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

from studio.sampling.exponential import PER_NAT, power
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
        places: Where their logits stand, ascending in rank.
        falls: How far their logits lie below the best of all, float64.
    """

    first: int
    places: NDArray[np.int64]
    falls: NDArray[np.float64]


class _Memory(NamedTuple):
    """What one set of bins works in."""

    offsets: NDArray[Any]
    weights: NDArray[Any]


_spare: list[_Memory] = []
"""Memory given back. Fresh arrays of a megabyte cost more than what is computed in them."""

_MOST_SPARE = 2

_PARTIAL_SUMS = 512
"""numpy adds rows to one another twice as fast as it adds up one."""

_SURE = 0.99
"""Of what may lie past a rank, so much is cut before all is known: float32 sums are not exact."""


class Bins:
    """All tokens with a logit above -inf, by how far they fall below the best.

    With x = β·(z − z_max), the weight of a token is exp(x). Sums over the vocabulary or over whole
    bins are of float32 weights where float32 can hold them (relative error below 1e-5, measured
    against float64 in the tests), those within a bin of float64.

    Args:
        logits: `(V,)`, not to be changed as long as the bins are in use.
        maximum: The largest logit, finite.
        count: How many of the logits are above -inf.
        ids: `(V,)`, ascending: what to call them. Without, they are called by their places.
    """

    def __init__(
        self,
        logits: NDArray[Any],
        maximum: float,
        count: int,
        ids: NDArray[np.int64] | None = None,
    ) -> None:
        self._maximum = maximum
        self._count = count
        self._ids = ids
        self._logits, self._memory, self._deepest = _offsets(logits, maximum, count)
        self._places: NDArray[np.intp] | None = None
        self._ends: NDArray[np.intp] | None = None
        self._sorted: dict[int, _Bin] = {}
        self._best: Bins | None = None
        self._beta = math.nan
        self._total = math.nan
        self._cumulative: NDArray[np.float64] | None = None

    def __del__(self) -> None:
        if self._ids is None:
            _spare.append(self._memory)
            del _spare[:-_MOST_SPARE]

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
        best = self._best_with(rank + 1)
        if best:
            return best.token_at(rank)
        found = self._bin(self._bin_of(rank))
        place = found.places.item(rank - found.first)
        return int(place if self._ids is None else self._ids[place])

    def weight_at(self, rank: int, beta: float) -> float:
        """Return the weight of the token of a rank."""
        best = self._best_with(rank + 1)
        if best:
            return best.weight_at(rank, beta)
        found = self._bin(self._bin_of(rank))
        return math.exp(max(-beta * found.falls.item(rank - found.first), LEAST_EXPONENT))

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`."""
        best = self._best_with(kept)
        if best:
            return best.mass(kept, beta)
        if kept >= self._count:
            if beta == 0.0:
                return float(self._count)
            self._weigh(beta)
            return self._total
        number = self._bin_of(kept - 1)
        inside = self._exponents(number, beta)[: kept - self._bin(number).first]
        return self._before(number, beta) + float(np.exp(inside).sum())

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens."""
        best = self._best_with(kept)
        if best:
            return best.weight(kept, beta)
        if kept >= self._count:
            mass = self.mass(kept, beta)
            if beta == 0.0:
                return Weight(mass, 0.0)
            offsets, weights = self._memory
            return Weight(mass, self._steepness(beta) * float(weights @ offsets))
        number = self._bin_of(kept - 1)
        inside = self._exponents(number, beta)[: kept - self._bin(number).first]
        inside_weights = np.exp(inside)
        before = self._before(number, beta)
        self._weigh(beta)
        offsets, weights = self._memory
        moment = self._steepness(beta) * float((weights * (self._place() < number)) @ offsets)
        return Weight(before + float(inside_weights.sum()), moment + float(inside_weights @ inside))

    def rank_at(self, mass: float, beta: float, kept: int, side: Side) -> int:
        """Return the least rank below `kept` at which the weights so far reach `mass`, or `kept`.

        With side "right", at which they exceed it.
        """
        if self._best:
            rank = self._best.rank_at(mass, beta, self._best._count, side)
            if rank < self._best._count:
                return min(rank, kept)
        best = self._best_reaching(mass, beta)
        if best:
            return min(best.rank_at(mass, beta, best._count, side), kept)
        number = int(self._cumulative_at(beta).searchsorted(mass, side))
        if number > _BINS:
            return kept
        inside = np.exp(self._exponents(number, beta)).cumsum()
        place = int((self._before(number, beta) + inside).searchsorted(mass, side))
        # The bin's own sum, in float32, may have been a little larger.
        return min(self._bin(number).first + min(place, inside.size - 1), kept)

    def _best_with(self, kept: int) -> Bins | None:
        """Return bins of the best tokens alone, if there are any and the `kept` best in them."""
        return self._best if self._best and kept <= self._best._count else None

    def _best_reaching(self, mass: float, beta: float) -> Bins | None:
        """Return bins of no more than half of the tokens, if the weights of these reach `mass`.

        All that weigh less than an equal part of what `mass` leaves cannot, together, weigh as much
        as that; so the rank in question lies among the others. They are a third of the vocabulary
        where a nucleus of 0.95 is a tenth of it.
        """
        if beta == 0.0 or self._ids is not None:
            return None
        self._weigh(beta)
        weights = self._memory.weights
        heavy = weights >= weights.dtype.type(_SURE * (self._total - mass) / self._count)
        count = int(np.count_nonzero(heavy))
        if not 0 < count <= self._count // 2:
            return None
        ids = heavy.nonzero()[0]
        self._best = Bins(self._logits.take(ids), self._maximum, count, ids)
        return self._best

    def _steepness(self, beta: float) -> float:
        return min(beta, _LARGEST_BETA[self._memory.offsets.dtype.char])

    def _weigh(self, beta: float) -> None:
        """Weigh all tokens at `beta`, in place of the β before."""
        if beta == self._beta:
            return
        self._beta, self._cumulative = beta, None
        offsets, weights = self._memory
        np.multiply(offsets, offsets.dtype.type(self._steepness(beta) * PER_NAT), out=weights)
        power(weights, out=weights)
        if self._count < weights.size and beta * self._deepest < -LEAST_EXPONENT:
            weights[self._logits == -np.inf] = 0.0
        self._total = _sum(weights)

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
        if self._places is None:
            offsets = self._memory.offsets
            scaled = offsets * offsets.dtype.type(-_BINS_PER_LOGIT)
            if self._deepest * _BINS_PER_LOGIT > _BINS:
                np.minimum(scaled, _BINS, out=scaled)
            self._places = scaled.astype(np.intp)
        return self._places

    def _exponents(self, number: int, beta: float) -> NDArray[np.float64]:
        exponents: NDArray[np.float64] = np.maximum(self._bin(number).falls * -beta, LEAST_EXPONENT)
        return exponents

    def _bin_of(self, rank: int) -> int:
        """Return the number of the bin that holds a rank."""
        for number, found in self._sorted.items():
            if found.first <= rank < found.first + found.places.size:
                return number
        if self._ends is None:
            counts = np.bincount(self._place(), minlength=_BINS + 1)
            counts[_BINS] -= self._logits.size - self._count
            self._ends = counts.cumsum()
        return int(self._ends.searchsorted(rank, "right"))

    def _bin(self, number: int) -> _Bin:
        """Return the tokens of a bin, sorted when they are first asked for."""
        if number not in self._sorted:
            place = self._place()
            inside = (place == number).nonzero()[0]
            logits = self._logits[inside].astype(np.float64)
            if number == _BINS:
                possible = logits > -np.inf
                inside, logits = inside[possible], logits[possible]
            order = np.argsort(-logits, kind="stable")
            with np.errstate(over="ignore"):
                falls = np.minimum(self._maximum - logits[order], LARGEST_FALL)
            first = int(np.count_nonzero(place < number))
            self._sorted[number] = _Bin(first, inside[order], falls)
        return self._sorted[number]


def _sum(values: NDArray[Any]) -> float:
    rows = values.size // _PARTIAL_SUMS
    whole = rows * _PARTIAL_SUMS
    by_place = np.add.reduce(values[:whole].reshape(rows, _PARTIAL_SUMS), axis=0)
    return float(np.add.reduce(by_place) + np.add.reduce(values[whole:]))


def _offsets(
    logits: NDArray[Any], maximum: float, count: int
) -> tuple[NDArray[Any], _Memory, float]:
    """Return the logits, memory with z − z_max of each in it, and how deep the deepest falls.

    That of -inf is cut to what a weight of 0 can be multiplied with. Where float32 cannot hold the
    finite ones, the logits are float64 on return.
    """
    while True:
        memory = _borrow(logits)
        furthest = _FURTHEST[logits.dtype.char]
        with np.errstate(over="ignore"):
            offsets = np.subtract(logits, logits.dtype.type(maximum), out=memory.offsets)
        deepest = -float(offsets.min())
        if deepest <= furthest:
            return logits, memory, deepest
        if logits.dtype == np.float32:
            possible = offsets[logits > -np.inf] if count < logits.size else offsets
            if -float(possible.min()) > furthest:
                logits = logits.astype(np.float64)
                continue
        np.maximum(offsets, -furthest, out=offsets)
        return logits, memory, furthest


def _borrow(logits: NDArray[Any]) -> _Memory:
    for index, memory in enumerate(_spare):
        if memory.offsets.size == logits.size and memory.offsets.dtype == logits.dtype:
            return _spare.pop(index)
    return _Memory(np.empty_like(logits), np.empty_like(logits))
