"""A whole vocabulary by depth: a rank is found without sorting what is above it.

Where a draw falls among tens of thousands of tokens, to know its rank it is enough to count those
above it, and to know the token it is enough to sort the few that are about as deep. Which these are
a histogram shows, or nearly: where it is not quite that of the logits, or where a mass is asked
about, the next bin's may be meant, which is seen.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits import kernels
from studio.sampling.logits.head import LARGEST_GAP, Side
from studio.sampling.logits.histogram import Histogram
from studio.sampling.logits.kernels import Between
from studio.sampling.logits.rank_slice import RankSlice
from studio.sampling.logits.ranked import Weight

# By dtype: how far a logit may fall, and how large β may be, for their product to be finite. At
# such a β any two logits that differ at all differ by everything.
_FURTHEST = {"f": 1e12, "d": LARGEST_GAP}
_LARGEST_BETA = {"f": 1e25, "d": 1e200}

_spare: list[NDArray[Any]] = []
"""Memory given back. A fresh array of a megabyte costs more than what is computed in it."""

_MOST_SPARE = 2

_PIECE = 32_768
"""Tokens weighed at a time: what is done to them finds them in the processor's own cache."""

_ROW = 512
"""Tokens summed up in float32: of a few hundred, such a sum is exact to 1e-7."""

_ROOM = 64
"""For tokens beside those of a bin: its bounds are rounded, and C looks at some together."""


class _Weighed(msgspec.Struct):
    """What some tokens weigh.

    Attributes:
        mass: Σ exp(x).
        moment: Σ (z − z_max)·exp(x); None until it is asked for, where C did not give it as well.
    """

    mass: float
    moment: float | None = None


class Bins:
    """All tokens with a logit above -inf, by how far they fall below the best.

    With x = β·(z − z_max), the weight of a token is exp(x). Sums over the vocabulary or over all
    above some depth are of float32 weights where float32 can hold them (relative error below 1e-5,
    measured against float64 in the tests), those of a few tokens of about one depth of float64.

    Args:
        logits: `(V,)`, not to be changed as long as the bins are in use.
        maximum: The largest logit, finite.
        histogram: Of all tokens or all but some of the best. Or of logits of which some hundred
            were others: then it takes a look at more bins.
        count: How many of the logits are above -inf.

    Attributes:
        count: How many of the logits are above -inf.
    """

    def __init__(
        self, logits: NDArray[Any], maximum: float, histogram: Histogram, count: int
    ) -> None:
        self._maximum = maximum
        self._histogram = histogram
        ends = histogram.better + histogram.counts.cumsum(dtype=np.float64)
        self._ends: NDArray[np.float64] = ends
        """The rank after the last of each bin."""
        self.count = count
        self._is_deep = histogram.depths.item(-1) > _FURTHEST["f"]
        too_far = logits.dtype == np.float32 and self._is_deep
        self._logits = logits.astype(np.float64) if too_far else logits
        self._weights = _borrow(self._logits)
        self._beta = math.nan
        # What all of them weigh, and what all weigh that are better than some; at the β in force.
        self._total = _Weighed(math.nan)
        self._better: dict[RankSlice, _Weighed] = {}
        self._sorted: dict[int, RankSlice] = {}

    def __del__(self) -> None:
        _spare.append(self._weights)
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
        return self._about(rank).place(rank)

    def weight_at(self, rank: int, beta: float) -> float:
        """Return the weight of the token of a rank.

        Args:
            rank: From 0, the best token's.
            beta: The inverse temperature, 1/T.
        """
        rank_slice = self._about(rank)
        return math.exp(rank_slice.exponents(beta).item(rank - rank_slice.first))

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        if kept < self.count:
            rank_slice = self._about(kept - 1)
            inside = rank_slice.exponents(beta)[: kept - rank_slice.first]
            return self._before(rank_slice, beta) + float(np.exp(inside).sum())
        if beta == 0.0:
            return float(self.count)
        self._weigh(beta)
        return self._total.mass

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens.

        Args:
            kept: How many of the best tokens are left.
            beta: The inverse temperature, 1/T.
        """
        mass = self.mass(kept, beta)
        if beta == 0.0:
            return Weight(mass, 0.0)
        self._weigh(beta)
        if kept >= self.count:
            return Weight(mass, self._moment(self._total, None))
        rank_slice = self._about(kept - 1)
        inside = rank_slice.exponents(beta)[: kept - rank_slice.first]
        above = self._moment(self._above(rank_slice), rank_slice)
        return Weight(mass, above + float(np.exp(inside) @ inside))

    def rank_at(self, mass: float, beta: float, kept: int, side: Side) -> int:
        """Return the least rank below `kept` at which the weights so far reach `mass`, or `kept`.

        With side "right", at which they exceed it.

        Args:
            mass: In the unit of `mass`.
            beta: The inverse temperature, 1/T.
            kept: How many of the best tokens are left.
            side: As `numpy.searchsorted` has it.
        """
        # First those known: asked how many weigh what so many did, the answer is as many.
        for rank_slice in self._sorted.values():
            step, rank = self._rank_in(rank_slice, mass, beta, side)
            if not step:
                return min(rank, kept)
        total = self.mass(self.count, beta)
        if mass > total or (mass == total and side == "right"):
            return kept
        index, way = self._likely(total - mass, beta), 0
        step, rank = self._rank_in(self._bin(index), mass, beta, side)
        # Past both ends of two neighbours it is by rounding alone.
        while step and step != -way and 0 <= index + step < self._ends.size:
            index, way = index + step, step
            step, rank = self._rank_in(self._bin(index), mass, beta, side)
        return min(rank, kept)

    def _rank_in(
        self, rank_slice: RankSlice, mass: float, beta: float, side: Side
    ) -> tuple[int, int]:
        """Return the rank of `rank_at` as one of these tokens, and before it which way it lies.

        That is 0 where it is one of them, -1 where the weights reach `mass` among better tokens,
        and 1 among others.
        """
        before, so_far = self._before(rank_slice, beta), self._so_far(rank_slice, beta)
        place, last = int(so_far.searchsorted(mass, side)), so_far.size - 1
        if before > mass or (before == mass and side == "left"):
            return -1, rank_slice.first
        return int(place > last), rank_slice.first + min(place, last)

    def _likely(self, past: float, beta: float) -> int:
        """Return the bin past which all tokens weigh about `past`.

        Looked for from the lightest on, for there what is left is known best.
        """
        gaps = self._histogram.depths.astype(np.float64) + (self._maximum - self._histogram.edge)
        with np.errstate(under="ignore"):
            weights = self._histogram.counts * np.exp(-self._steepness(beta) * gaps)
        lighter = weights[::-1].cumsum()
        return max(int(lighter.size - 1 - lighter.searchsorted(past)), 0)

    def _about(self, rank: int) -> RankSlice:
        """Return the tokens of about the depth of a rank, which is below the count."""
        index = min(int(self._ends.searchsorted(rank, "right")), self._ends.size - 1)
        rank_slice = self._bin(index)
        while rank not in rank_slice:
            index += -1 if rank < rank_slice.first else 1
            rank_slice = self._bin(index)
        return rank_slice

    def _bin(self, index: int) -> RankSlice:
        """Return the tokens of a bin, and perhaps some others of about their depth.

        Where it has none, for they were others when they were counted, the next bins' as well.
        """
        if index not in self._sorted:
            first = last = index
            found = self._between_bins(first, last)
            while not found.places.size:
                if last < self._ends.size - 1:
                    last += 1
                else:
                    first -= 1
                found = self._between_bins(first, last)
            rank_slice = RankSlice(found.better, found.places, self._logits, self._maximum)
            if not math.isnan(self._beta):
                self._better[rank_slice] = _Weighed(found.mass, found.moment)
            self._sorted[index] = rank_slice
        return self._sorted[index]

    def _between_bins(self, first: int, last: int) -> Between:
        """Return the tokens from one bin's beginning to another's end."""
        edge, better, (_, counts, _) = self._histogram
        nearest, furthest = self._histogram.bounds(first)[0], self._histogram.bounds(last)[1]
        kind = self._logits.dtype.type
        with np.errstate(over="ignore"):
            least = np.nextafter(kind(edge - furthest), kind(-np.inf))
            most = np.nextafter(kind(edge - nearest), kind(np.inf))
        least = max(least, np.finfo(kind).min)
        return self._between(least, most, better + int(counts[first : last + 1].sum()))

    def _above(self, rank_slice: RankSlice) -> _Weighed:
        """Return what all weigh that are better than these, at the β in force."""
        if rank_slice not in self._better:
            found = self._between(rank_slice.best, rank_slice.best, 1)
            self._better[rank_slice] = _Weighed(found.mass, found.moment)
        return self._better[rank_slice]

    def _moment(self, weighed: _Weighed, below: RankSlice | None) -> float:
        """Return Σ x·exp(x) of all that are better than these, or of all."""
        if weighed.moment is None:
            weights = self._weights
            if below:
                weights = weights * (self._logits > below.best)
            weighed.moment = _dot(weights, self._offsets())
        return self._steepness(self._beta) * weighed.moment

    def _before(self, rank_slice: RankSlice, beta: float) -> float:
        """Return the weight of all that are better than these."""
        if beta == 0.0:
            return float(rank_slice.first)
        self._weigh(beta)
        return self._above(rank_slice).mass

    def _so_far(self, rank_slice: RankSlice, beta: float) -> NDArray[np.float64]:
        """Return the weight of each of these and all that are better."""
        so_far: NDArray[np.float64] = np.exp(rank_slice.exponents(beta)).cumsum()
        so_far += self._before(rank_slice, beta)
        return so_far

    def _between(self, least: Any, most: Any, likely: int) -> Between:
        """Return the tokens with logits from `least` to `most`, which are about so many.

        What the better ones weigh is reported where all tokens have been weighed.
        """
        for room in (2 * likely + _ROOM, self._logits.size + _ROOM):
            found = kernels.between(self._logits, self._weights, least, most, self._maximum, room)
            if found is not None:
                return found
        better = self._logits > most
        places = ((self._logits >= least) ^ better).nonzero()[0]
        mass = math.nan if math.isnan(self._beta) else _dot(self._weights, better)
        return Between(places, int(np.count_nonzero(better)), mass, None)

    def _steepness(self, beta: float) -> float:
        return min(beta, _LARGEST_BETA[self._logits.dtype.char])

    def _weigh(self, beta: float) -> None:
        """Weigh all tokens at `beta`, in place of the β before."""
        if beta == self._beta:
            return
        self._beta = beta
        self._better.clear()
        steepness = self._steepness(beta)
        if self._logits.dtype.type(steepness) == 0.0:  # 0 times -inf is no number
            np.greater(self._logits, -np.inf, out=self._weights, casting="unsafe")
            self._total = _Weighed(float(self.count), 0.0)
            return
        total = kernels.weigh(self._logits, self._maximum, steepness, self._weights)
        self._total = _Weighed(*total) if total else _Weighed(self._weighed_by_numpy(steepness))

    def _weighed_by_numpy(self, steepness: float) -> float:
        """Weigh all tokens; return what they weigh together."""
        maximum = self._logits.dtype.type(self._maximum)
        scale = self._logits.dtype.type(steepness)
        mass = 0.0
        with np.errstate(over="ignore"):
            for start in range(0, self._logits.size, _PIECE):
                weights = self._weights[start : start + _PIECE]
                np.subtract(self._logits[start : start + _PIECE], maximum, out=weights)
                np.multiply(weights, scale, out=weights)
                np.exp(weights, out=weights)
                mass += _sum(weights)
        return mass

    def _offsets(self) -> NDArray[Any]:
        """Return z − z_max of each, that of -inf cut to what 0 can be multiplied with."""
        with np.errstate(over="ignore"):
            offsets: NDArray[Any] = self._logits - self._logits.dtype.type(self._maximum)
        furthest = _FURTHEST[offsets.dtype.char]
        if self._is_deep or self.count < offsets.size:
            np.maximum(offsets, -furthest, out=offsets)
        return offsets


def _sum(values: NDArray[Any]) -> float:
    by_row = np.vecdot(_in_rows(values), np.ones(_ROW, values.dtype))
    return float(by_row.sum(dtype=np.float64) + values[values.size // _ROW * _ROW :].sum())


def _dot(values: NDArray[Any], others: NDArray[Any]) -> float:
    whole = values.size // _ROW * _ROW
    by_row = np.vecdot(_in_rows(values), _in_rows(others))
    return float(by_row.sum(dtype=np.float64)) + float(values[whole:] @ others[whole:])


def _in_rows(values: NDArray[Any]) -> NDArray[Any]:
    """Return all but the last few as rows to be summed up, the sums then in float64."""
    rows = values.size // _ROW
    return values[: rows * _ROW].reshape(rows, _ROW)


def _borrow(logits: NDArray[Any]) -> NDArray[Any]:
    for index, memory in enumerate(_spare):
        if memory.size == logits.size and memory.dtype == logits.dtype:
            return _spare.pop(index)
    return np.empty_like(logits)
