"""A whole vocabulary by depth: a rank is found without sorting what is above it.

Where a draw falls among tens of thousands of tokens, to know its rank it is enough to count those
above it, and to know the token it is enough to sort the few that are about as deep. Which these
are, a sample of the vocabulary tells; where it does not, narrow bins of logits do. The module knows
no filters and no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits import kernels
from studio.sampling.logits.head import LARGEST_FALL, Side
from studio.sampling.logits.kernels import Between
from studio.sampling.logits.ranked import Weight
from studio.sampling.logits.stretch import Stretch

_BINS_PER_LOGIT = 64.0
_BINS = 4096
"""All that fall further than 64 logits share the last bin: they have next to no weight."""

# By dtype: how far a logit may fall, and how large β may be, for their product to be finite. At
# such a β any two logits that differ at all differ by everything.
_FURTHEST = {"f": 1e12, "d": LARGEST_FALL}
_LARGEST_BETA = {"f": 1e25, "d": 1e200}

_spare: list[NDArray[Any]] = []
"""Memory given back. A fresh array of a megabyte costs more than what is computed in it."""

_MOST_SPARE = 2

_PIECE = 32_768
"""Tokens weighed at a time: what is done to them finds them in the processor's own cache."""

_ROW = 512
"""Tokens summed up in float32: of a few hundred, such a sum is exact to 1e-7."""

_SAMPLED = 8
"""Of each row so many tokens are looked at."""

_DEVIATIONS = 3.0
"""How far off, in standard deviations, a sample of the weights may be for it to be of use."""


class Bins:
    """All tokens with a logit above -inf, by how far they fall below the best.

    With x = β·(z − z_max), the weight of a token is exp(x). Sums over the vocabulary or over all
    above some depth are of float32 weights where float32 can hold them (relative error below 1e-5,
    measured against float64 in the tests), those of a few tokens of about one depth of float64.

    Args:
        logits: `(V,)`, not to be changed as long as the bins are in use.
        maximum: The largest logit, finite.
        lowest: The least, where it is known.

    Attributes:
        count: How many of the logits are above -inf.
    """

    def __init__(self, logits: NDArray[Any], maximum: float, lowest: float | None = None) -> None:
        self._maximum = maximum
        self._lowest = float(logits.min()) if lowest is None else lowest
        possible = logits > -np.inf if self._lowest == -math.inf else None
        self.count = logits.size if possible is None else int(np.count_nonzero(possible))
        lowest = self._lowest if possible is None else float(logits[possible].min())
        too_far = logits.dtype == np.float32 and maximum - lowest > _FURTHEST["f"]
        self._logits = logits.astype(np.float64) if too_far else logits
        self._weights = _borrow(self._logits)
        self._beta = math.nan
        self._total = math.nan
        self._heavier: dict[Stretch, float] = {}
        """What all that are better than these weigh, at the β in force."""
        self._sampled: Stretch | None = None
        # Of the bins; made when they are first asked for.
        self._numbers: NDArray[np.intp] | None = None
        self._ends: NDArray[np.intp] | None = None
        self._cumulative: NDArray[np.float64] | None = None
        self._sorted: dict[int, Stretch] = {}

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
        """Return the weight of the token of a rank."""
        stretch = self._about(rank)
        return math.exp(stretch.exponents(beta).item(rank - stretch.first))

    def mass(self, kept: int, beta: float) -> float:
        """Return the mass of `weight`."""
        if kept < self.count:
            stretch = self._about(kept - 1)
            inside = stretch.exponents(beta)[: kept - stretch.first]
            return self._before(stretch, beta) + float(np.exp(inside).sum())
        if beta == 0.0:
            return float(self.count)
        self._weigh(beta)
        return self._total

    def weight(self, kept: int, beta: float) -> Weight:
        """Return the weight of the `kept` best tokens."""
        mass = self.mass(kept, beta)
        if beta == 0.0:
            return Weight(mass, 0.0)
        self._weigh(beta)
        if kept >= self.count:
            return Weight(mass, self._steepness(beta) * _dot(self._weights, self._offsets()))
        stretch = self._about(kept - 1)
        inside = stretch.exponents(beta)[: kept - stretch.first]
        above = _dot(self._weights * self._above(stretch), self._offsets())
        return Weight(mass, self._steepness(beta) * above + float(np.exp(inside) @ inside))

    def rank_at(self, mass: float, beta: float, kept: int, side: Side) -> int:
        """Return the least rank below `kept` at which the weights so far reach `mass`, or `kept`.

        With side "right", at which they exceed it.
        """
        # First those known: asked how many weigh what so many did, the answer is as many.
        for stretch in self._known():
            rank = self._rank_in(stretch, self._so_far, mass, beta, side)
            if rank is not None:
                return min(rank, kept)
        sampled = self._sample_about(mass, beta)
        if sampled:
            rank = self._rank_in(sampled, self._roughly_so_far, mass, beta, side)
            if rank is not None:
                self._sampled = sampled
                return min(rank, kept)
        number = int(self._cumulative_at(beta).searchsorted(mass, side))
        if number > _BINS:
            return kept
        stretch = self._bin(number)
        so_far = self._so_far(stretch, beta)
        # The bin's own sum, in float32, may have been a little larger.
        place = min(int(so_far.searchsorted(mass, side)), so_far.size - 1)
        return min(stretch.first + place, kept)

    def _rank_in(
        self,
        stretch: Stretch,
        so_far_of: Callable[[Stretch, float], NDArray[np.float64]],
        mass: float,
        beta: float,
        side: Side,
    ) -> int | None:
        """Return the rank of `rank_at` where it is one of these tokens."""
        if self._before(stretch, beta) >= mass:
            return None
        so_far = so_far_of(stretch, beta)
        if so_far[-1] <= mass:
            return None
        return stretch.first + int(so_far.searchsorted(mass, side))

    def _known(self) -> list[Stretch]:
        sampled = [self._sampled] if self._sampled else []
        return [*sampled, *self._sorted.values()]

    def _about(self, rank: int) -> Stretch:
        """Return the tokens of about the depth of a rank."""
        for known in self._known():
            if rank in known:
                return known
        if self._ends is None:
            counts = np.bincount(self._number(), minlength=_BINS + 1)
            counts[_BINS] -= self._logits.size - self.count
            self._ends = counts.cumsum()
        return self._bin(int(self._ends.searchsorted(rank, "right")))

    def _above(self, stretch: Stretch) -> NDArray[np.bool_]:
        """Say of each token whether it is better than all of these."""
        above: NDArray[np.bool_] = self._logits > stretch.best
        return above

    def _before(self, stretch: Stretch, beta: float) -> float:
        """Return the weight of all that are better than these."""
        if beta == 0.0:
            return float(stretch.first)
        self._weigh(beta)
        if stretch not in self._heavier:
            self._heavier[stretch] = _dot(self._weights, self._above(stretch))
        return self._heavier[stretch]

    def _so_far(self, stretch: Stretch, beta: float) -> NDArray[np.float64]:
        """Return the weight of each of these and all that are better."""
        so_far: NDArray[np.float64] = np.exp(stretch.exponents(beta)).cumsum()
        so_far += self._before(stretch, beta)
        return so_far

    def _roughly_so_far(self, stretch: Stretch, beta: float) -> NDArray[np.float64]:
        """Return the same of the weights at hand, which is quicker."""
        ascending = np.sort(self._weights[stretch.places])
        return self._before(stretch, beta) + ascending[::-1].cumsum(dtype=np.float64)

    def _sample_about(self, mass: float, beta: float) -> Stretch | None:
        """Guess from a sample among which tokens the weights so far reach `mass`.

        Looked for from the lightest on, for there no few have most of the weight, and a sample of
        them tells what all of them weigh.

        Returns:
            None where the sample does not tell, or leaves too many.
        """
        if beta == 0.0:
            return None
        self._weigh(beta)
        weights, logits = self._weights, self._logits
        some = np.sort(_in_rows(weights)[:, :_SAMPLED], axis=None)
        so_far = some.cumsum(dtype=np.float64)
        past = (self._total - mass) * some.size / weights.size
        lighter = some[: so_far.searchsorted(past)]
        off = _DEVIATIONS * math.sqrt(float(lighter @ lighter))
        first, last = so_far.searchsorted((past - off, past + off)).tolist()
        if last - first > some.size // 4:
            return None
        least = self._logit_of(float(some[first - 1]) if first else 0.0, beta)
        most = self._logit_of(float(some[last]), beta) if last < some.size else np.inf
        likely = (last - first + 2) * weights.size // some.size
        places, above, before = self._between(least, most, likely)
        if not places.size:
            return None
        stretch = Stretch(above, places, logits, self._maximum)
        self._heavier[stretch] = before
        return stretch

    def _between(self, least: Any, most: Any, likely: int) -> Between:
        """Return the tokens with logits from `least` to `most`, which are about so many."""
        found = kernels.between(self._logits, self._weights, least, most, 2 * likely)
        if found is not None:
            return found
        better = self._logits > most
        places = ((self._logits >= least) ^ better).nonzero()[0]
        return Between(places, int(np.count_nonzero(better)), _dot(self._weights, better))

    def _logit_of(self, weight: float, beta: float) -> Any:
        """Return about which logit has this weight; the least finite one for a weight of 0."""
        dtype = self._logits.dtype
        least = float(np.finfo(dtype).min)
        if weight > 0.0:
            least = max(least, self._maximum + math.log(weight) / self._steepness(beta))
        return dtype.type(least)

    def _steepness(self, beta: float) -> float:
        return min(beta, _LARGEST_BETA[self._logits.dtype.char])

    def _weigh(self, beta: float) -> None:
        """Weigh all tokens at `beta`, in place of the β before."""
        if beta == self._beta:
            return
        self._beta, self._cumulative = beta, None
        self._heavier.clear()
        steepness = self._steepness(beta)
        scale = self._logits.dtype.type(steepness)
        if scale == 0.0:  # 0 times -inf is no number
            np.greater(self._logits, -np.inf, out=self._weights, casting="unsafe")
            self._total = float(self.count)
            return
        total = kernels.weigh(self._logits, self._maximum, steepness, self._weights)
        self._total = self._weighed_by_numpy(scale) if total is None else total

    def _weighed_by_numpy(self, scale: Any) -> float:
        """Weigh all tokens; return what they weigh together."""
        maximum = self._logits.dtype.type(self._maximum)
        total = 0.0
        with np.errstate(over="ignore"):
            for start in range(0, self._logits.size, _PIECE):
                weights = self._weights[start : start + _PIECE]
                np.subtract(self._logits[start : start + _PIECE], maximum, out=weights)
                np.multiply(weights, scale, out=weights)
                np.exp(weights, out=weights)
                total += _sum(weights)
        return total

    def _offsets(self) -> NDArray[Any]:
        """Return z − z_max of each, that of -inf cut to what 0 can be multiplied with."""
        with np.errstate(over="ignore"):
            offsets: NDArray[Any] = self._logits - self._logits.dtype.type(self._maximum)
        furthest = _FURTHEST[offsets.dtype.char]
        if self._maximum - self._lowest > furthest:
            np.maximum(offsets, -furthest, out=offsets)
        return offsets

    def _cumulative_at(self, beta: float) -> NDArray[np.float64]:
        """Return the weight of each bin and all before it."""
        self._weigh(beta)
        if self._cumulative is None:
            masses = np.bincount(self._number(), self._weights, minlength=_BINS + 1)
            self._cumulative = masses.cumsum()
        return self._cumulative

    def _number(self) -> NDArray[np.intp]:
        """Return the number of each token's bin."""
        if self._numbers is None:
            offsets = self._offsets()
            scaled = np.multiply(offsets, -_BINS_PER_LOGIT, out=offsets)
            if (self._maximum - self._lowest) * _BINS_PER_LOGIT > _BINS:
                np.minimum(scaled, _BINS, out=scaled)
            self._numbers = scaled.astype(np.intp)
        return self._numbers

    def _bin(self, number: int) -> Stretch:
        """Return the tokens of a bin."""
        if number not in self._sorted:
            numbers = self._number()
            inside = numbers == number
            if number == _BINS:
                inside &= self._logits > -np.inf
            places = inside.nonzero()[0]
            first = int(np.count_nonzero(numbers < number))
            self._sorted[number] = Stretch(first, places, self._logits, self._maximum)
        return self._sorted[number]


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
